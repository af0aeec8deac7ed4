"""Windows in working days, by the calendar that a closing keeps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

_SATURDAY = 6


def is_working(day: date, calendar: Mapping[date, str]) -> bool:
    """``calendar`` holds the dates that differ from their weekday: ``holiday`` or ``makeup``."""
    kind = calendar.get(day)
    return day.isoweekday() < _SATURDAY if kind is None else kind == "makeup"


def after(day: date, count: int, calendar: Mapping[date, str]) -> date:
    """The ``count``-th working day after ``day``, which itself does not count."""
    while count:
        day += timedelta(days=1)
        count -= is_working(day, calendar)
    return day
