"""What a draft would have done to a closed month, and what one rule of it alone. Stores nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy.orm import Session

from closing.award_effect import AwardEffect, award_effects
from closing.cards import CardView, preview_views, stored_views
from closing.gather import Gathered
from closing.policy import Policy
from closing.services import run
from closing.simulation import Difference, closed_inputs, paid
from core.models import Closing
from core.values import Month
from rewards.entries import RuleEntry

_FIRED = ("counts", "proposed", "superseded")


@dataclass(frozen=True, slots=True)
class Hit:
    """One person whom a rule fires for; ``before`` says that it fired in the closed month, too.

    ``money`` is what they are paid with the rule less what they would be without it.
    """

    employee_no: str
    name: str
    states: tuple[str, ...]
    times: int
    points: float
    money: Decimal
    before: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """A closed month under a draft beside what it was closed with.

    ``differences`` are the people whose scorecard says something else, facts that nothing uses
    left aside. ``hits`` are of one rule, None where none is asked about; ``gone`` are the numbers
    of those whom the rule hit then and would not now. ``grades`` counts moves from a grade to
    another; ``awards`` are those that the draft or the policy of the close has.
    """

    month: Month
    differences: tuple[Difference, ...]
    people: int
    before: Decimal
    after: Decimal
    grades: tuple[tuple[tuple[str, str], int], ...]
    ranks: int
    awards: tuple[AwardEffect, ...]
    hits: tuple[Hit, ...] | None = None
    gone: tuple[tuple[str, str], ...] = ()

    @property
    def money(self) -> Decimal:
        return self.after - self.before

    @property
    def prizes(self) -> tuple[Decimal, Decimal]:
        """What the proposed winners would get in money, as it was and under the draft."""
        return (
            sum((each.before for each in self.awards), Decimal("0.00")),
            sum((each.after for each in self.awards), Decimal("0.00")),
        )

    @property
    def rule_money(self) -> Decimal:
        return sum((hit.money for hit in self.hits or ()), Decimal("0.00"))


def effect_of(
    session: Session, closing: Closing, policy: Policy, code: str | None = None
) -> Effect:
    """The closed month under ``policy``; of the rule ``code`` whom it hits, and for how much.

    The caller rolls back.
    """
    before = stored_views(session, closing)
    gathered = closed_inputs(session, closing, policy)
    after = _views(session, closing, gathered, policy)
    old = {view.employee_no: view for view in before}
    new = {view.employee_no: view for view in after}
    found = [Difference(no, old.get(no), new.get(no)) for no in sorted(old | new)]
    moves = [_move(each) for each in found]
    effect = Effect(
        month=closing.month,
        differences=tuple(each for each in found if _seen(each.before) != _seen(each.after)),
        people=len(found),
        before=_paid(before),
        after=_paid(after),
        grades=tuple(sorted(Counter(move for move in moves if move).items())),
        ranks=sum(_rank(each.before) != _rank(each.after) for each in found),
        awards=award_effects(
            session,
            closing,
            policy,
            before=before,
            after=after,
            hired={each.employee_id: each.hire_date for each in gathered.inputs.people},
        ),
    )
    if code is None or code not in policy.rules:
        return effect
    rules = {**policy.rules, code: replace(policy.rules[code], enabled=False)}
    without = _views(session, closing, gathered, replace(policy, rules=rules))
    hits = _hits(code, old, after, {view.employee_no: view for view in without})
    numbers = {hit.employee_no for hit in hits}
    gone = [(no, view.name) for no, view in old.items() if _fired(view, code) and no not in numbers]
    return replace(effect, hits=tuple(hits), gone=tuple(gone))


def _views(
    session: Session, closing: Closing, gathered: Gathered, policy: Policy
) -> list[CardView]:
    return preview_views(
        run(session, gathered, policy, closing.closed_at),
        gathered.rows,
        month=closing.month,
        policy_version=0,
        as_of=gathered.as_of,
    )


def _hits(
    code: str, old: dict[str, CardView], after: Sequence[CardView], without: dict[str, CardView]
) -> list[Hit]:
    found = []
    for view in after:
        entries = _fired(view, code)
        if not entries:
            continue
        other, then = without.get(view.employee_no), old.get(view.employee_no)
        found.append(
            Hit(
                employee_no=view.employee_no,
                name=view.name,
                states=tuple(dict.fromkeys(entry.state for entry in entries)),
                times=len(entries),
                points=sum(entry.points for entry in entries if entry.state == "counts"),
                money=paid(view) - paid(other),
                before=then is not None and bool(_fired(then, code)),
            )
        )
    return found


def _fired(view: CardView, code: str) -> list[RuleEntry]:
    return [entry for entry in view.rules if entry.rule == code and entry.state in _FIRED]


def _seen(view: CardView | None) -> object:
    """What somebody notices: facts that no line and no rule uses may come and go."""
    if view is None:
        return None
    said = view.as_json()
    return {key: each for key, each in said.items() if key not in _UNSEEN}


_UNSEEN = frozenset(("revision", "policy_version", "facts"))


def _move(each: Difference) -> tuple[str, str] | None:
    before = (each.before.grade if each.before else None) or "—"
    after = (each.after.grade if each.after else None) or "—"
    return (before, after) if before != after else None


def _rank(view: CardView | None) -> int | None:
    return view.company_rank if view else None


def _paid(views: Iterable[CardView]) -> Decimal:
    return sum((paid(view) for view in views), Decimal("0.00"))
