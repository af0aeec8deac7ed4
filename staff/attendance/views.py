"""A person's month as a page shows it: every date, with its punches and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import wall_time
from core.models import Closing, MonthState
from core.values import Month
from staff.attendance.calendar import OfficialCalendar
from staff.attendance.calendars import calendar_around
from staff.attendance.days import PersonDay as ComputedDay
from staff.attendance.days import person_days
from staff.attendance.models import PersonDay
from staff.attendance.records import Rules, Sections, add_rosters, basics, fill
from staff.attendance.rostering import Rostering
from staff.attendance.rosters import DayKind, Shift
from staff.attendance.rows import COLUMNS, Row, row_of
from staff.attendance.spans import date_of, midnight
from staff.attendance.windows import NEIGHBOURS, windows_of

PunchState = Literal["kept", "repeat", "outside"]


@dataclass(frozen=True, slots=True)
class PunchView:
    """A punch on the wall clock: kept in a shift's window, dropped as a repeat, or in no window."""

    at: datetime
    state: PunchState
    correction: bool


@dataclass(frozen=True, slots=True)
class DayView:
    """One date of one person. ``excused`` holds the letters l, e, m for what was excused.

    ``kind`` and ``label`` are those of the calendar. ``leave_days`` and ``protected_leave_days``
    are multiples of 0.5. Punches stand with the date of their shift, else with their own.
    """

    day: date
    kind: DayKind | None
    label: str
    scheduled: bool
    shift_start: datetime | None
    shift_end: datetime | None
    arrival: datetime | None
    departure: datetime | None
    worked: bool
    absent: bool
    missing: bool
    late_minutes: int
    early_minutes: int
    leave_days: float
    protected_leave_days: float
    overtime_seconds: int
    excused: str
    punches: tuple[PunchView, ...]


def person_month(
    session: Session, employee_id: int, month: Month, sections: Sections
) -> list[DayView]:
    """Every date of the month. ``sections`` are those of the policy in force in it.

    An open month is computed anew; a closed one shows what was stored, and which punches
    belonged to the shifts of then. Nothing is written.
    """
    kept = session.scalar(
        select(Closing.calendar)
        .join(MonthState, MonthState.closing_id == Closing.id)
        .where(MonthState.month == month, MonthState.state == "closed")
    )
    return month_view(session, employee_id, month, sections, kept)


def month_view(
    session: Session,
    employee_id: int,
    month: Month,
    sections: Sections,
    kept: Mapping[str, Any] | None,
) -> list[DayView]:
    """The same for whoever knows the calendar that a closed month keeps (None: it is open)."""
    stored = None if kept is None else _stored(session, employee_id, month)
    calendar = calendar_around(session, month) if kept is None else OfficialCalendar.from_json(kept)
    computed = _computed(session, employee_id, month, Rules(*sections, calendar.days), stored)
    return [_view(day, calendar, stored) for day in computed]


def shift_of_punch(session: Session, employee_id: int, at: int) -> date | None:
    """The date of the shift in whose window a punch at wall second ``at`` lies, None outside."""
    day = date_of(at)
    reach = timedelta(days=2 * NEIGHBOURS)
    first, last = day - reach, day + reach
    known = basics(session, [employee_id], day, day)
    add_rosters(session, known, [employee_id], first, last)
    rostering = Rostering(session, calendar_around(session, Month.of(day)).days)
    windows = windows_of(rostering.shifts(known[employee_id], first, last))
    return next((each.day for each in windows if each.opens <= at < each.closes), None)


def _stored(session: Session, employee_id: int, month: Month) -> dict[date, Row]:
    table = PersonDay.__table__
    rows = session.execute(
        select(table.c.day, *(table.c[name] for name in COLUMNS)).where(
            table.c.employee_id == employee_id, table.c.month == month
        )
    )
    return {day: Row(*values) for day, *values in rows}


def _computed(
    session: Session,
    employee_id: int,
    month: Month,
    rules: Rules,
    stored: Mapping[date, Row] | None,
) -> list[ComputedDay]:
    span = (month.first_day, month.last_day)
    known = basics(session, [employee_id], *span)
    wanted = {employee_id: span}
    need = fill(session, known, wanted, rules, judged=stored is None)[employee_id]
    records = known[employee_id]
    rostering = Rostering(session, rules.calendar)
    shifts = dict(rostering.shifts(records, need.first_shift, need.last_shift))
    if stored is not None:
        shifts = {day: shift for day, shift in shifts.items() if day not in month}
        for day, row in stored.items():
            if row.shift_start is not None and row.shift_end is not None:
                begin = midnight(day)
                minutes = (row.shift_start - begin) // 60, (row.shift_end - begin) // 60
                shifts[day] = Shift(*minutes, break_minutes=0)
    return person_days(
        *span,
        shifts=shifts,
        punches=records.punches,
        corrections=records.corrections,
        leaves=records.leaves,
        overtime=records.overtime,
        excuses=records.excuses,
        repeat_minutes=rules.section.repeat_minutes,
    )


def _view(
    day: ComputedDay, calendar: OfficialCalendar, stored: Mapping[date, Row] | None
) -> DayView:
    row = row_of(day) if stored is None else stored.get(day.day, row_of(ComputedDay(day.day)))
    times = (row.shift_start, row.shift_end, row.arrival, row.departure)
    shift_start, shift_end, arrival, departure = (
        None if at is None else wall_time(at) for at in times
    )
    return DayView(
        day=day.day,
        kind=calendar.days.get(day.day),
        label=calendar.labels.get(day.day, ""),
        scheduled=row.scheduled,
        shift_start=shift_start,
        shift_end=shift_end,
        arrival=arrival,
        departure=departure,
        worked=row.worked,
        absent=row.absent,
        missing=row.missing,
        late_minutes=row.late_minutes,
        early_minutes=row.early_minutes,
        leave_days=row.leave_halves / 2,
        protected_leave_days=row.protected_halves / 2,
        overtime_seconds=row.overtime_seconds,
        excused=row.excused,
        punches=_punches(day),
    )


def _punches(day: ComputedDay) -> tuple[PunchView, ...]:
    states: dict[int, PunchState] = {}
    groups: tuple[tuple[PunchState, tuple[int, ...]], ...] = (
        ("kept", day.punches),
        ("outside", day.outside),
        ("repeat", day.dropped),
    )
    for state, times in groups:
        states |= dict.fromkeys(times, state)
    added = set(day.corrections)
    return tuple(PunchView(wall_time(at), states[at], at in added) for at in sorted(states))
