"""Whom the awards of a draft would have proposed in a closed month, beside whom they did.

Stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from closing.awards import (
    Bar,
    bars_in,
    candidate_of,
    rows_of,
    totals_before,
    wins_before,
)
from closing.cards import CardView
from closing.policy import Policy
from closing.versions import policy_of_closing
from core.models import Closing
from core.values import Month, Names, flat
from rewards.policy import Award
from rewards.selection import Candidate, Proposal, select

Person = tuple[str, str]  # number, name


@dataclass(frozen=True, slots=True)
class AwardEffect:
    """``winners`` with their rank and whether they were proposed then; ``gone`` were, and are not.

    ``before`` and ``after`` are the prize money of all that were and are proposed.
    """

    key: str
    names: Names
    eligible: int
    winners: tuple[tuple[Person, int, bool], ...]
    gone: tuple[Person, ...]
    before: Decimal
    after: Decimal

    @property
    def differs(self) -> bool:
        new = any(not then for _person, _rank, then in self.winners)
        return bool(new or self.gone or self.before != self.after)


def award_effects(
    session: Session,
    closing: Closing,
    policy: Policy,
    *,
    before: Sequence[CardView],
    after: Sequence[CardView],
    hired: Mapping[int, date],
) -> tuple[AwardEffect, ...]:
    """Every award of the draft ``policy``, then those that it drops. ``hired`` by employee id."""
    month = closing.month
    then = policy_of_closing(session, closing.document_version_id).policy
    if not (then.awards or policy.awards):
        return ()
    rows, wins = rows_of(session, closing), wins_before(session, month)
    bars, totals = bars_in(session, month), totals_before(session, month)
    everybody = (*before, *after)
    names = {view.employee_no: view.name for view in everybody}
    stored = [candidate_of(row, bars[row.Scorecard.employee_id], []) for row in rows]
    paths = {row.Scorecard.team_id: row.path for row in rows}
    struck = _struck(before, bars, month)
    fresh = [
        replace(
            _candidate(view, totals.get(view.employee_id), hired[view.employee_id]),
            team=paths.get(view.team_id, view.team),
            bars=_bars(view, bars[view.employee_id], struck),
        )
        for view in after
    ]
    ids = {view.employee_no: view.employee_id for view in everybody}
    keys = [*policy.awards, *(key for key in then.awards if key not in policy.awards)]
    effects = []
    for key in keys:
        won = {number: wins.get(key, {}).get(who, []) for number, who in ids.items()}
        old, new = then.awards.get(key), policy.awards.get(key)
        found = _proposed(old, month, stored, won), _proposed(new, month, fresh, won)
        effects.append(_effect(old, new, *found, names))
    return tuple(effects)


def _proposed(
    award: Award | None,
    month: Month,
    candidates: Sequence[Candidate],
    won: Mapping[str, Sequence[Month]],
) -> list[Proposal]:
    if award is None:
        return []
    return select(award, month, [replace(each, wins=won[each.employee_no]) for each in candidates])


def _effect(
    old: Award | None,
    new: Award | None,
    before: Sequence[Proposal],
    after: Sequence[Proposal],
    names: Mapping[str, str],
) -> AwardEffect:
    award = new or old
    assert award is not None
    then = [each.employee_no for each in before if each.selected]
    now = [each for each in after if each.selected]
    numbers = {each.employee_no for each in now}
    return AwardEffect(
        key=award.key,
        names=award.names,
        eligible=sum(each.eligible for each in after),
        winners=tuple(
            ((each.employee_no, names[each.employee_no]), each.rank or 0, each.employee_no in then)
            for each in now
        ),
        gone=tuple((number, names[number]) for number in then if number not in numbers),
        before=_money(old, len(then)),
        after=_money(new, len(now)),
    )


def _money(award: Award | None, winners: int) -> Decimal:
    return Decimal(repr(award.prize.amount)) * winners if award else Decimal(0)


def _candidate(view: CardView, total_before: float | None, hired: date) -> Candidate:
    return Candidate(
        employee_no=view.employee_no,
        position=view.position,
        team=view.team,
        hire_date=hired,
        complete=view.status == "complete",
        ramping=view.ramping,
        facts=flat(dict(view.facts)),
        total=view.total,
        total_before=total_before,
        coverage=view.coverage,
        tenure_months=view.tenure_months,
        team_rank=view.team_rank,
        company_rank=view.company_rank,
    )


def _struck(
    before: Sequence[CardView], bars: Mapping[int, list[Bar]], month: Month
) -> set[tuple[int, str]]:
    """Whom which rule barred at the close and, voided since, does not any more."""
    return {
        (view.employee_id, entry.rule)
        for view in before
        for entry in view.rules
        if entry.state == "counts"
        and entry.bars_awards
        and not any(
            bar.rule == entry.rule and bar.month == month for bar in bars.get(view.employee_id, ())
        )
    }


def _bars(
    view: CardView, stored: Sequence[Bar], struck: set[tuple[int, str]]
) -> list[tuple[Month, int]]:
    """Those of earlier months, and what the rules of the draft bar in this one."""
    earlier = [
        (bar.month, bar.until.index - bar.month.index + 1)
        for bar in stored
        if bar.month < view.month
    ]
    now = [
        (view.month, entry.bars_awards)
        for entry in view.rules
        if entry.state == "counts"
        and entry.bars_awards
        and (view.employee_id, entry.rule) not in struck
    ]
    return [*earlier, *now]
