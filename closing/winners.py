"""Awards decided: winners confirmed from the proposal, or taken back (docs/scoring.md, Awards)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.awards import award_of, propose
from closing.months import newest_closed
from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.models import MonthState
from core.values import Month, half_up
from rewards.models import AwardWinner
from rewards.policy import Award
from rewards.selection import Proposal, quota_of
from staff.models import Employee
from staff.second_decider import AS_CANDIDATE


def confirm_winners(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    month: Month,
    key: str,
    numbers: Collection[str],
    reason: str = "",
) -> list[AwardWinner]:
    """Decide an award: ``numbers`` are the employee numbers of the winners.

    Whoever departs from the proposal gives a reason. The prize is paid with the award's month, or
    with the next open one where that month's payroll was exported. Raises ``Conflict`` for an open
    month and for an award that is decided, ``Forbidden`` for a candidate, ``Refused`` with the
    field ``winners`` or ``reason``.
    """
    one_at_a_time(session, "awards")
    state = session.get(MonthState, month, with_for_update=True)
    _, award = award_of(session, month, key)
    proposals = propose(session, month, key)
    _check_not_candidate(session, actor, proposals)
    chosen = _chosen(award, proposals, set(numbers))
    reason = reason.strip()
    selected = {each.employee_no for each in proposals if each.selected}
    if {each.employee_no for each in chosen} != selected and not reason:
        raise Refused(N_("Say why you depart from the proposal."), field="reason")
    exported = state is not None and state.exported_at is not None
    pay_month = _next_open(session) if exported else month
    ids = dict(
        session.execute(
            select(Employee.employee_no, Employee.id).where(
                Employee.employee_no.in_([each.employee_no for each in chosen])
            )
        ).all()
    )
    winners = [
        AwardWinner(
            month=month,
            award=key,
            employee_id=ids[each.employee_no],
            proposed=each.selected,
            reason=reason or None,
            amount=half_up(award.prize.amount, 2),
            pay_month=pay_month,
            decided_by=actor.label,
            decided_at=now,
        )
        for each in chosen
    ]
    _store(session, winners, month, key)
    audit.record(
        session,
        actor=actor,
        at=now,
        action="award.confirmed",
        subject=f"award:{month}:{key}",
        before={"proposed": sorted(selected)},
        after={
            "winners": sorted(ids),
            "reason": reason or None,
            "pay_month": str(pay_month),
        },
    )
    return winners


def undo_confirmation(
    session: Session, *, actor: Actor, now: datetime, month: Month, key: str, reason: str
) -> None:
    """Take every winner of an award back, until the payroll with the prizes was exported.

    Raises ``Refused`` without a reason, ``NotFound`` where nobody was confirmed, ``Conflict`` after
    the export, ``Forbidden`` for one of the winners.
    """
    if not reason.strip():
        raise Refused(N_("Say why the decision is taken back."), field="reason")
    one_at_a_time(session, "awards")
    rows = list(
        session.execute(
            select(AwardWinner, Employee.employee_no)
            .join(Employee, Employee.id == AwardWinner.employee_id)
            .where(AwardWinner.month == month, AwardWinner.award == key)
            .order_by(Employee.employee_no)
        ).all()
    )
    if not rows:
        raise NotFound(N_("Nobody has been confirmed for this award."))
    if any(actor.is_person(winner.employee_id) for winner, _ in rows):
        raise Forbidden(AS_CANDIDATE)
    for pay_month in sorted({winner.pay_month for winner, _ in rows}):
        state = session.get(MonthState, pay_month, with_for_update=True)
        if state is not None and state.exported_at is not None:
            raise Conflict(
                N_("The prizes were paid with %(month)s: the decision stays."), month=str(pay_month)
            )
    for winner, _ in rows:
        session.delete(winner)
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now,
        action="award.undone",
        subject=f"award:{month}:{key}",
        before={"winners": [number for _, number in rows]},
        after={"reason": reason.strip()},
    )


def is_candidate(session: Session, employee_id: int | None, proposals: list[Proposal]) -> bool:
    """Whether the person stands on the list, eligible or not."""
    person = session.get(Employee, employee_id) if employee_id is not None else None
    return person is not None and any(each.employee_no == person.employee_no for each in proposals)


def _check_not_candidate(session: Session, actor: Actor, proposals: list[Proposal]) -> None:
    if is_candidate(session, actor.employee_id, proposals):
        raise Forbidden(AS_CANDIDATE)


def _chosen(award: Award, proposals: list[Proposal], numbers: set[str]) -> list[Proposal]:
    """The proposals chosen, in their order; they have to be eligible and within the quota."""
    if not numbers:
        raise Refused(N_("Choose at least one winner."), field="winners")
    eligible = [each for each in proposals if each.eligible]
    chosen = [each for each in eligible if each.employee_no in numbers]
    strange = sorted(numbers - {each.employee_no for each in chosen})
    if strange:
        raise Refused(N_("Not eligible: %(numbers)s."), field="winners", numbers=", ".join(strange))
    quota = quota_of(award, len(eligible))
    if len(chosen) > quota:
        raise Refused(N_("This award has %(quota)d winners at most."), field="winners", quota=quota)
    return chosen


def _store(session: Session, winners: list[AwardWinner], month: Month, key: str) -> None:
    """Written first and counted then: with one writer at a time nobody comes in between."""
    present = select(AwardWinner.id).where(AwardWinner.month == month, AwardWinner.award == key)
    decided = Conflict(N_("This award is decided already. Take the decision back first."))
    if session.scalar(present.limit(1)) is not None:
        raise decided
    session.add_all(winners)
    session.flush()
    if len(session.scalars(present).all()) != len(winners):
        raise decided


def _next_open(session: Session) -> Month:
    newest = newest_closed(session)
    if newest is None:
        raise ValueError("an exported month that is not closed")
    return newest.plus(1)
