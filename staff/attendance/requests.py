"""Asking for leave, overtime and punch corrections. Nothing that is asked for counts yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.actor import SYSTEM
from core.db import one_at_a_time, wall_seconds, wall_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.values import Month
from staff.attendance import request_notices
from staff.attendance.models import AttendanceRequest, Punch
from staff.attendance.policy import LeaveType
from staff.attendance.request_rows import (
    MONTHS,
    TABLES,
    Who,
    open_same,
    record,
    settle,
    short_reason,
    standing,
    undecided,
)
from staff.attendance.spans import date_of
from staff.attendance.touching import closed_month_in
from staff.attendance.views import shift_of_punch
from staff.models import Employee


def ask_for_leave(
    session: Session,
    *,
    who: Who,
    kind: str,
    start: int,
    end: int,
    reason: str,
    types: Mapping[str, LeaveType],
) -> AttendanceRequest:
    """Ask for leave of a type that the policy names. Raises ``Refused`` with the field ``type``,
    ``first`` or ``reason``; ``Forbidden`` for whoever acts for somebody else."""
    one_at_a_time(session, MONTHS)
    person = _oneself(session, who)
    if kind not in types:
        raise Refused(N_("Choose a type of leave."), field="type")
    _employed(person, date_of(start), date_of(end - 1))
    made = _request(who, person, "leave", start, end, reason)
    made.type = kind
    _stand(session, who, made)
    return _asked(session, who, person, made, types)


def ask_for_overtime(
    session: Session, *, who: Who, start: int, end: int, reason: str
) -> AttendanceRequest:
    """Ask for work outside the shift. Raises ``Refused`` with the field ``first`` or ``reason``."""
    one_at_a_time(session, MONTHS)
    person = _oneself(session, who)
    _employed(person, date_of(start), date_of(end - 1))
    made = _request(who, person, "overtime", start, end, reason)
    _stand(session, who, made)
    return _asked(session, who, person, made)


def ask_for_correction(
    session: Session, *, who: Who, at: datetime, reason: str, limit: int | None
) -> AttendanceRequest:
    """Ask for a punch that the clock missed; ``limit`` is how many one may ask for in its month.

    Raises ``Refused`` with the field ``at`` or ``reason``.
    """
    one_at_a_time(session, MONTHS)
    person = _oneself(session, who)
    if at > who.now.wall:
        raise Refused(N_("This time has not come yet."), field="at")
    second = wall_seconds(at)
    day = shift_of_punch(session, person.id, second) or at.date()
    _employed(person, day, day, field="at")
    for month in {Month.of(day), Month.of(at.date())}:
        _open(closed_month_in(session, person.id, *_noon(month)), field="at")
    if session.get(Punch, (person.id, second)) is not None:
        raise Refused(N_("There is a punch at this time already."), field="at")
    made = _request(who, person, "correction", second, None, reason)
    made.day = day
    if open_same(session, made) is not None:
        raise Refused(N_("This is asked for already."), field="at")
    month = Month.of(day)
    if limit is not None and corrections_in(session, person.id, month) >= limit:
        raise Refused(
            N_("The policy allows %(limit)s punch corrections a month, and they are used up."),
            field="at",
            limit=limit,
        )
    return _asked(session, who, person, made)


def corrections_in(session: Session, employee_id: int, month: Month) -> int:
    """How many corrections of a month somebody asked for, without those declined or withdrawn."""
    query = select(func.count()).where(
        AttendanceRequest.employee_id == employee_id,
        AttendanceRequest.kind == "correction",
        AttendanceRequest.state.in_(("requested", "approved")),
        AttendanceRequest.day.between(month.first_day, month.last_day),
    )
    return session.scalar(query) or 0


def withdraw(session: Session, *, who: Who, request_id: int) -> AttendanceRequest:
    """Take back what one asked for, before it is decided here or by a file. Raises ``Conflict``
    afterwards."""
    one_at_a_time(session, MONTHS)
    row = session.get(AttendanceRequest, request_id)
    if row is None or row.employee_id != who.actor.employee_id or who.actor.behalf_id is not None:
        raise NotFound(N_("There is no such request."))
    undecided(row)
    there = standing(session, row)
    if there is not None:
        if there.status != "requested":
            raise Conflict(N_("A file has changed this request meanwhile."))
        session.delete(there)
    settle(session, who, row, "withdrawn", "")
    return row


def _oneself(session: Session, who: Who) -> Employee:
    actor = who.actor
    if actor.employee_id is None or actor.behalf_id is not None:
        raise Forbidden(N_("Everybody asks for themselves only."))
    return session.get_one(Employee, actor.employee_id)


def _request(
    who: Who, person: Employee, kind: str, start: int, end: int | None, reason: str
) -> AttendanceRequest:
    reason = short_reason(reason)
    if not reason:
        raise Refused(N_("Give a reason."), field="reason")
    return AttendanceRequest(
        employee_id=person.id,
        kind=kind,
        start=start,
        end=end,
        day=date_of(start),
        reason=reason,
        state="requested",
        asked_at=who.now.moment,
        decision="",
    )


def _employed(person: Employee, first: date, last: date, field: str = "first") -> None:
    if first < person.hire_date or (person.leave_date is not None and last > person.leave_date):
        raise Refused(
            N_("%(number)s was not employed on this day."), field=field, number=person.employee_no
        )


def _open(closed: Month | None, field: str) -> None:
    if closed is not None:
        raise Refused(
            N_("%(month)s is closed: its records stay as they are. Against its scorecard you may "
               "appeal."),
            field=field,
            month=str(closed),
        )  # fmt: skip


def _noon(month: Month) -> tuple[int, int]:
    """Some time that is in no other month."""
    middle = wall_seconds(datetime(month.year, month.number, 15, 12))
    return middle, middle + 1


def _stand(session: Session, who: Who, made: AttendanceRequest) -> None:
    """Put a row with status ``requested`` among leave or overtime; refuse what overlaps."""
    table, end = TABLES[made.kind], made.end or made.start
    overtime = made.kind == "overtime"
    closed = closed_month_in(session, made.employee_id, made.start, end, overtime=overtime)
    _open(closed, field="first")
    other = session.scalars(
        select(table)
        .where(
            table.employee_id == made.employee_id,
            table.status.in_(("requested", "approved")),
            table.start < end,
            table.end > made.start,
        )
        .limit(1)
    ).first()
    if other is not None:
        raise Refused(
            N_("From %(start)s to %(end)s something is asked for or approved already."),
            field="first",
            start=f"{wall_time(other.start):%Y-%m-%d %H:%M}",
            end=f"{wall_time(other.end):%Y-%m-%d %H:%M}",
        )
    earlier = open_same(session, made)
    if earlier is not None:  # a file has declined it meanwhile
        row = session.get_one(AttendanceRequest, earlier)
        settle(session, Who(SYSTEM, who.now), row, "declined", "")
    there = standing(session, made)
    values: dict[str, Any] = {"end": end, "status": "requested"}
    if made.kind == "leave":
        values["type"] = made.type
    if there is None:
        there = table(employee_id=made.employee_id, start=made.start, **values)
        session.add(there)
    for name, value in values.items():  # one that was declined is asked for again
        setattr(there, name, value)


def _asked(
    session: Session,
    who: Who,
    person: Employee,
    made: AttendanceRequest,
    types: Mapping[str, LeaveType] | None = None,
) -> AttendanceRequest:
    session.add(made)
    session.flush()
    record(session, who, made, "request.asked", None)
    request_notices.asked(session, who.now, made, person, who.hr, types or {})
    return made
