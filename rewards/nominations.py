"""Nominations for awards: whom supervisors would like to see win, and why.

A nomination decides nothing: it stands beside the candidate when the award is decided. It is
withdrawn, or anew, until the decision is announced. Whom an actor reaches is the route's affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.values import Month
from rewards.announcements import standing
from rewards.models import AwardNomination
from rewards.policy import Award
from staff.models import Employee
from staff.queries import assignments_on

AWARDS = "awards"  # what happens to awards happens one at a time


def nominate(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    award: Award,
    employee_id: int,
    reason: str,
) -> AwardNomination:
    """Nominate somebody for an award of a month that has begun.

    Raises ``Forbidden`` for oneself, ``Conflict`` once the decision is announced (until then it is
    not told) or where one's own nomination stands already, ``Refused`` with the field ``award`` or
    ``reason``.
    """
    one_at_a_time(session, AWARDS)
    if actor.employee_id is None or actor.is_person(employee_id):
        raise Forbidden(N_("Nobody nominates themselves."))
    reason = reason.strip()
    if not reason:
        raise Refused(N_("Say why."), field="reason")
    today = now.wall.date()
    if month.first_day > today:
        raise Refused(N_("This month is still to come."), field="award")
    _check_position(session, month, award, employee_id)
    _check_undecided(session, month, award.key, today)
    own = _standing(month).where(
        AwardNomination.award == award.key,
        AwardNomination.employee_id == employee_id,
        AwardNomination.nominated_by_id == actor.employee_id,
    )
    if session.scalar(own) is not None:
        raise Conflict(N_("You nominated this person for this award already."))
    nomination = AwardNomination(
        month=month,
        award=award.key,
        employee_id=employee_id,
        reason=reason,
        nominated_by=actor.label,
        nominated_by_id=actor.employee_id,
        nominated_at=now.moment,
    )
    session.add(nomination)
    session.flush()
    _note(session, actor, now, "award.nominated", nomination)
    return nomination


def withdraw(session: Session, *, actor: Actor, now: Now, nomination_id: int) -> None:
    """Take one's own nomination back. Raises ``NotFound``, or ``Conflict`` once a decision is
    announced."""
    one_at_a_time(session, AWARDS)
    found = session.get(AwardNomination, nomination_id)
    if found is None or found.withdrawn_at or not actor.is_person(found.nominated_by_id):
        raise NotFound(N_("There is no such nomination."))
    _check_undecided(session, found.month, found.award, now.wall.date())
    found.withdrawn_at = now.moment
    session.flush()
    _note(session, actor, now, "award.nomination_withdrawn", found)


def of_month(session: Session, month: Month, award: str | None = None) -> Sequence[Any]:
    """Those that stand.

    Columns: id, award, employee_id, employee_no, name, reason, nominated_by_id, nominated_by (a
    label), nominator (a name), nominated_at.
    """
    nominator = aliased(Employee)
    columns: list[Any] = [
        AwardNomination.id,
        AwardNomination.award,
        AwardNomination.employee_id,
        Employee.employee_no,
        Employee.name,
        AwardNomination.reason,
        AwardNomination.nominated_by_id,
        AwardNomination.nominated_by,
        nominator.name.label("nominator"),
        AwardNomination.nominated_at,
    ]
    query = (
        select(*columns)
        .join(Employee, Employee.id == AwardNomination.employee_id)
        .join(nominator, nominator.id == AwardNomination.nominated_by_id)
        .where(AwardNomination.month == month, AwardNomination.withdrawn_at.is_(None))
        .order_by(AwardNomination.award, Employee.employee_no, AwardNomination.id)
    )
    if award is not None:
        query = query.where(AwardNomination.award == award)
    return session.execute(query).all()


def _standing(month: Month) -> Any:
    return select(AwardNomination.id).where(
        AwardNomination.month == month, AwardNomination.withdrawn_at.is_(None)
    )


def _check_undecided(session: Session, month: Month, award: str, today: date) -> None:
    decision = standing(session, month, award)
    if decision is not None and decision.announced_on <= today:
        raise Conflict(N_("This award is decided already."))


def _check_position(session: Session, month: Month, award: Award, employee_id: int) -> None:
    assigned = assignments_on(month.last_day)
    position = session.scalar(
        select(assigned.c.position).where(assigned.c.employee_id == employee_id)
    )
    if award.positions is not None and position not in award.positions:
        raise Refused(N_("This award is not for the person's position."), field="award")


def _note(
    session: Session, actor: Actor, now: Now, action: str, nomination: AwardNomination
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=action,
        subject=f"award:{nomination.month}:{nomination.award}",
        after={"employee": nomination.employee_id, "reason": nomination.reason},
    )
