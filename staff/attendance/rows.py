"""A computed day as the row that is stored of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from staff.attendance.days import PersonDay


class Row(NamedTuple):
    """The stored values of a day beside its key; ``excused`` holds letters: l, e, m."""

    scheduled: bool
    shift_start: int | None
    shift_end: int | None
    arrival: int | None
    departure: int | None
    worked: bool
    absent: bool
    missing: bool
    late_minutes: int
    early_minutes: int
    leave_halves: int
    protected_halves: int
    overtime_seconds: int
    excused: str


COLUMNS = Row._fields


def row_of(day: PersonDay) -> Row:
    """What is stored of a day."""
    return Row(
        day.shift is not None,
        day.shift_start,
        day.shift_end,
        day.arrival,
        day.departure,
        day.worked,
        day.absent,
        day.missing_punch,
        day.late_minutes,
        day.early_minutes,
        day.leave_halves,
        day.protected_halves,
        day.overtime_seconds,
        "l" * day.late_excused + "e" * day.early_excused + "m" * day.missing_excused,
    )


def rows_of(employee_id: int, days: Iterable[PersonDay]) -> Iterator[tuple[tuple[int, date], Row]]:
    """The rows by key: days with a shift, and days without one on which overtime counts."""
    for day in days:
        if day.shift is not None or day.overtime_seconds:
            yield (employee_id, day.day), row_of(day)
