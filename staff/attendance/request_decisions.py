"""Deciding on what was asked for.

What is approved enters the records in the ordinary way: a leave or overtime is approved, a punch is
added as a correction.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.db import one_at_a_time, wall_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.values import Month
from staff.attendance import request_notices
from staff.attendance.decisions import add_correction
from staff.attendance.models import AttendanceRequest, Leave
from staff.attendance.request_rows import (
    MONTHS,
    TABLES,
    Who,
    differs,
    open_same,
    settle,
    short_reason,
    standing,
    undecided,
)
from staff.attendance.services import ensure_month, mark_stale
from staff.attendance.spans import date_of
from staff.attendance.touching import closed_month_in


def decide(
    session: Session, *, who: Who, ref: str, approve: bool, reason: str = ""
) -> AttendanceRequest:
    """Approve or decline; ``ref`` is that of ``request_queries.listed``.

    Raises ``Forbidden`` on oneself, ``Conflict`` where somebody decided meanwhile or the month is
    closed, ``Refused`` at ``reason`` where one is declined without. Whom the actor reaches is the
    route's affair.
    """
    one_at_a_time(session, MONTHS)
    row = _taken_up(session, ref)
    if who.actor.is_person(row.employee_id):
        raise Forbidden(N_("Nobody decides on their own attendance."))
    undecided(row)
    reason = short_reason(reason)
    if not approve and not reason:
        raise Refused(N_("Say why it is declined. The person reads it."), field="reason")
    if approve:
        _still_open(session, row)
    _enter(session, who, row, "approved" if approve else "declined", reason)
    settle(session, who, row, "approved" if approve else "declined", reason)
    request_notices.decided(session, who.now, row)
    return row


def _enter(session: Session, who: Who, row: AttendanceRequest, state: str, reason: str) -> None:
    """The decision in the records of attendance."""
    if row.kind == "correction":
        if state == "approved":
            add_correction(
                session,
                actor=who.actor,
                now=who.now,
                employee_id=row.employee_id,
                at=wall_time(row.start),
                reason=row.reason or reason,
            )
        return
    there = standing(session, row)
    if (
        there is None
        or there.status != "requested"
        or (state == "approved" and differs(row, there))
    ):
        raise Conflict(N_("A file has changed this request meanwhile."))
    there.status = state
    session.flush()
    if state == "approved":
        _counts(session, row)


def _taken_up(session: Session, ref: str) -> AttendanceRequest:
    """The request; one that a file brought becomes one when it is decided."""
    kind, _dash, number = ref.rpartition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound(N_("There is no such request."))
    if not kind:
        found = session.get(AttendanceRequest, int(number))
        if found is None:
            raise NotFound(N_("There is no such request."))
        return found
    table = TABLES.get(kind)
    row = session.get(table, int(number)) if table else None
    if row is None:
        raise NotFound(N_("There is no such request."))
    if row.status != "requested":
        raise Conflict(N_("This request is decided already."))
    made = AttendanceRequest(
        employee_id=row.employee_id,
        kind=kind,
        type=row.type if isinstance(row, Leave) else None,
        start=row.start,
        end=row.end,
        day=date_of(row.start),
        reason="",
        state="requested",
        decision="",
    )
    known = open_same(session, made)
    if known is not None:
        return session.get_one(AttendanceRequest, known)
    session.add(made)
    session.flush()
    return made


def _still_open(session: Session, row: AttendanceRequest) -> None:
    """A correction is checked where it is added."""
    if row.end is None:
        return
    overtime = row.kind == "overtime"
    closed = closed_month_in(session, row.employee_id, row.start, row.end, overtime=overtime)
    if closed is not None:
        raise Conflict(
            N_("%(month)s is closed: this can only be declined, or approved once it is reopened."),
            month=str(closed),
        )


def _counts(session: Session, row: AttendanceRequest) -> None:
    """The days of approved leave or overtime are computed again."""
    first, last = date_of(row.start), date_of((row.end or row.start + 1) - 1)
    month = Month.of(first)
    while month <= Month.of(last):
        ensure_month(session, month)
        month = month.plus(1)
    mark_stale(session, [(row.employee_id, first, last)])
