"""Decisions on single days: excuses, corrections, and days of the organisation's own calendar."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time, wall_seconds
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.models import MonthState
from core.values import Month
from staff.attendance.days import ExcuseKind
from staff.attendance.models import CalendarOverride, Excuse, Punch
from staff.attendance.services import ensure_month, mark_stale
from staff.attendance.views import shift_of_punch
from staff.models import Employee


def excuse_day(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    employee_id: int,
    day: date,
    kind: ExcuseKind,
    reason: str,
) -> Excuse:
    """Excuse the late arrival, early departure or missing punch of one day.

    Raises ``Forbidden`` on oneself, ``Conflict`` in a closed month or where it is excused already,
    ``Refused`` without a reason, ``NotFound`` for an unknown employee.
    """
    one_at_a_time(session, "attendance")
    employee = _decidable(session, actor, employee_id)
    reason = _required(reason)
    _require_open(session, Month.of(day))
    known = select(Excuse).where(
        Excuse.employee_id == employee_id, Excuse.day == day, Excuse.kind == kind
    )
    if session.scalar(known) is not None:
        raise Conflict(N_("This is excused already."))
    excuse = Excuse(
        employee_id=employee_id,
        day=day,
        kind=kind,
        reason=reason,
        decided_by=actor.label,
        decided_at=now.moment,
    )
    session.add(excuse)
    session.flush()
    mark_stale(session, [(employee_id, day, day)])
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="attendance.excused",
        subject=f"employee:{employee.employee_no}",
        after={"day": day.isoformat(), "kind": kind, "reason": reason},
    )
    return excuse


def withdraw_excuse(session: Session, *, actor: Actor, now: Now, excuse_id: int) -> None:
    """Take an excuse back. Raises as ``excuse_day`` does."""
    one_at_a_time(session, "attendance")
    excuse = session.get(Excuse, excuse_id)
    if excuse is None:
        raise NotFound(N_("There is no such excuse."))
    employee = _decidable(session, actor, excuse.employee_id)
    _require_open(session, Month.of(excuse.day))
    mark_stale(session, [(excuse.employee_id, excuse.day, excuse.day)])
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="attendance.excuse_withdrawn",
        subject=f"employee:{employee.employee_no}",
        before={"day": excuse.day.isoformat(), "kind": excuse.kind, "reason": excuse.reason},
    )
    session.delete(excuse)
    session.flush()


def add_correction(
    session: Session, *, actor: Actor, now: Now, employee_id: int, at: datetime, reason: str
) -> None:
    """Add a punch that the clock missed, marked as a correction; ``at`` is naive wall time.

    Raises ``Forbidden`` on oneself, ``Conflict`` where the month of its date or of its shift is
    closed, ``Refused`` without a reason, for a time to come, or where there is a punch already.
    """
    one_at_a_time(session, "attendance")
    employee = _decidable(session, actor, employee_id)
    reason = _required(reason)
    if at > now.wall:
        raise Refused(N_("This time has not come yet."), field="at")
    second = wall_seconds(at)
    _require_open(session, Month.of(at.date()))
    shift = shift_of_punch(session, employee_id, second)
    if shift is not None:
        _require_open(session, Month.of(shift))
    if session.get(Punch, (employee_id, second)) is not None:
        raise Refused(N_("There is a punch at this time already."), field="at")
    session.add(Punch(employee_id=employee_id, at=second, correction=True))
    session.flush()
    ensure_month(session, Month.of(at.date()))
    mark_stale(session, [(employee_id, at.date(), at.date())])
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="attendance.corrected",
        subject=f"employee:{employee.employee_no}",
        after={"at": at.isoformat(sep=" "), "reason": reason},
    )


def override_day(
    session: Session, *, actor: Actor, now: Now, day: date, working: bool | None, label: str = ""
) -> None:
    """Make a date a working day or a day off of the organisation's own; None: neither any more.

    Raises ``Conflict`` in a closed month.
    """
    one_at_a_time(session, "attendance")
    _require_open(session, Month.of(day))
    row = session.get(CalendarOverride, day)
    before = None if row is None else {"working": row.working, "label": row.label}
    after = None if working is None else {"working": working, "label": label}
    if before == after:
        return
    if row is not None:
        session.delete(row)
        session.flush()
    if working is not None:
        session.add(CalendarOverride(day=day, working=working, label=label))
        session.flush()
    mark_stale(session, [(None, day, day)])
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="attendance.calendar",
        subject=f"day:{day.isoformat()}",
        before=before,
        after=after,
    )


def _decidable(session: Session, actor: Actor, employee_id: int) -> Employee:
    employee = session.get(Employee, employee_id)
    if employee is None:
        raise NotFound(N_("There is no such employee."))
    if actor.is_person(employee_id):
        raise Forbidden(N_("Nobody decides on their own attendance."))
    return employee


def _required(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refused(N_("Give a reason."), field="reason")
    return reason


def _require_open(session: Session, month: Month) -> None:
    state = session.scalar(select(MonthState.state).where(MonthState.month == month))
    if state == "closed":
        raise Conflict(N_("%(month)s is closed."), month=str(month))
