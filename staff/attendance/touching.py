"""What a span of somebody's time touches: shifts, days of leave, months that are closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import MonthState
from core.values import Month
from staff.attendance.boundaries import Edges
from staff.attendance.calendars import calendar_around
from staff.attendance.days import Leave, person_days
from staff.attendance.records import add_rosters, basics
from staff.attendance.rostering import Rostering
from staff.attendance.rosters import Shift
from staff.attendance.spans import date_of
from staff.attendance.windows import NEIGHBOURS


def shifts_between(
    session: Session, employee_id: int, first: date, last: date
) -> Mapping[date, Shift]:
    """The shifts of one person on these dates."""
    known = basics(session, [employee_id], first, last)
    add_rosters(session, known, [employee_id], first, last)
    days = calendar_around(session, Month.of(first)).days
    if Month.of(first).plus(1).year < last.year:
        days = {**days, **calendar_around(session, Month.of(last)).days}
    return Rostering(session, days).shifts(known[employee_id], first, last)


def leave_days(session: Session, employee_id: int, start: int, end: int) -> float:
    """How many days of leave a span would be, as the facts of its months count them."""
    first, last = date_of(start), date_of(end - 1)
    before = date.fromordinal(first.toordinal() - NEIGHBOURS)
    shifts = shifts_between(session, employee_id, before, last)
    days = person_days(
        before,
        last,
        shifts=shifts,
        punches=(),
        leaves=[Leave(start, end)],
        repeat_minutes=0,
    )
    return sum(day.leave_halves for day in days) / 2


def closed_month_in(
    session: Session, employee_id: int, start: int, end: int, *, overtime: bool = False
) -> Month | None:
    """The first closed month that leave or overtime from ``start`` to ``end`` would change.

    One that begins after a closed month does so where it meets a shift of it.
    """
    closed = frozenset(
        session.scalars(select(MonthState.month).where(MonthState.state == "closed"))
    )
    first, last = date_of(start), date_of(end - 1)
    touched = [each for each in closed if each.first_day <= last and first <= each.last_day]
    if touched or not closed:
        return min(touched, default=None)
    edges = Edges(session, closed)
    edges.read([(employee_id, start)])
    for window in edges.windows(employee_id, start):
        begin, until = (window.opens, window.closes) if overtime else (window.start, window.end)
        if Month.of(window.day) in closed and start < until and begin < end:
            return Month.of(window.day)
    return None
