"""Award proposals of a closed month, made from its stored results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.cards import CardView, stored_views
from closing.months import current_closing
from closing.versions import policy_of_closing
from core.errors import N_, Conflict, NotFound
from core.models import Closing, MonthState
from core.values import Month, flat
from evaluations.scorecards.models import FactSheet, Scorecard
from rewards.models import AwardWinner
from rewards.models import RuleEntry as StoredEntry
from rewards.policy import Award
from rewards.selection import Candidate, Proposal
from rewards.selection import select as select_winners
from rewards.voiding import still_counts


def award_of(session: Session, month: Month, key: str) -> tuple[Closing, Award]:
    """The closing and the award as its policy has it.

    Raises ``Conflict`` for an open month, ``NotFound`` for an unknown award.
    """
    closing = current_closing(session, month)
    if closing is None:
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    policy = policy_of_closing(session, closing.document_version_id).policy
    if key not in policy.awards:
        raise NotFound(N_("There is no award %(key)s."), key=key)
    return closing, policy.awards[key]


def propose(session: Session, month: Month, key: str) -> list[Proposal]:
    """The ranked proposal with the reasons of those who are not eligible."""
    closing, award = award_of(session, month, key)
    return select_winners(award, month, candidates(session, closing, award))


def candidates(session: Session, closing: Closing, award: Award) -> list[Candidate]:
    """Every scorecard of the month with what earlier months say about its owner."""
    month = closing.month
    views = stored_views(session, closing)
    sheets = select(FactSheet.employee_id, FactSheet.hire_date)
    hired = dict(session.execute(sheets.where(FactSheet.closing_id == closing.id)).all())
    before = totals_before(session, month)
    bars = _earlier_bars(session, month)
    wins: dict[int, list[Month]] = defaultdict(list)
    winners = select(AwardWinner.employee_id, AwardWinner.month).where(
        AwardWinner.award == award.key, AwardWinner.month < month
    )
    for employee_id, won in session.execute(winners):
        wins[employee_id].append(won)
    return [
        Candidate(
            employee_no=view.employee_no,
            position=view.position,
            team=view.team,
            hire_date=hired[view.employee_id],
            complete=view.status == "complete",
            ramping=view.ramping,
            facts=flat(dict(view.facts)),
            total=view.total,
            total_before=before.get(view.employee_id),
            coverage=view.coverage,
            tenure_months=view.tenure_months,
            team_rank=view.team_rank,
            company_rank=view.company_rank,
            bars=[*bars[view.employee_id], *_own_bars(view)],
            wins=wins[view.employee_id],
        )
        for view in views
    ]


def _own_bars(view: CardView) -> list[tuple[Month, int]]:
    return [
        (view.month, entry.bars_awards)
        for entry in view.rules
        if entry.state == "counts" and entry.bars_awards
    ]


def totals_before(session: Session, month: Month) -> dict[int, float]:
    """Totals of the complete scorecards of the month before, where it is closed."""
    rows = session.execute(
        select(Scorecard.employee_id, Scorecard.total)
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .where(
            MonthState.month == month.plus(-1),
            MonthState.state == "closed",
            Scorecard.status == "complete",
        )
    )
    return {who: total for who, total in rows if total is not None}


def _earlier_bars(session: Session, month: Month) -> dict[int, Sequence[tuple[Month, int]]]:
    rows = session.execute(
        select(Scorecard.employee_id, Scorecard.month, StoredEntry.bars_awards)
        .join(StoredEntry, StoredEntry.scorecard_id == Scorecard.id)
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .where(
            MonthState.state == "closed",
            Scorecard.month < month,
            StoredEntry.state == "counts",
            StoredEntry.bars_awards > 0,
            still_counts(Scorecard.employee_id, Scorecard.month),
        )
    )
    found: dict[int, list[tuple[Month, int]]] = defaultdict(list)
    for who, barred, length in rows:
        found[who].append((barred, length))
    return found  # type: ignore[return-value]
