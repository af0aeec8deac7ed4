"""A computed day as the row that is stored of it, and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from staff.attendance.days import PersonDay

COLUMNS = (
    "scheduled",
    "shift_start",
    "shift_end",
    "arrival",
    "departure",
    "worked",
    "absent",
    "missing",
    "late_minutes",
    "early_minutes",
    "leave_halves",
    "protected_halves",
    "overtime_seconds",
    "excused",
)
Row = tuple[object, ...]
"""The values of ``COLUMNS``, in this order."""


def row_of(day: PersonDay) -> Row:
    return (
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
    """What is stored: days with a shift, and days without one on which overtime counts."""
    for day in days:
        if day.shift is not None or day.overtime_seconds:
            yield (employee_id, day.day), row_of(day)
