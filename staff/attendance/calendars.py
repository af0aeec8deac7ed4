"""The calendar in force: the official one, with the organisation's own days over it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.values import Month
from staff.attendance.calendar import OfficialCalendar, official_calendar
from staff.attendance.models import CalendarOverride

_SATURDAY = 6


def calendar_around(session: Session, month: Month) -> OfficialCalendar:
    """The calendar of a month and of the months beside it, as whole years.

    A shift of a neighbouring month may take punches from one of this month, so its days matter
    too: two days to either side, or more where a span of overtime reaches further.
    """
    years = {month.plus(-1).year, month.year, month.plus(1).year}
    rows = session.execute(
        select(CalendarOverride.day, CalendarOverride.working, CalendarOverride.label)
    )
    return official_calendar(years, {day: (working, label) for day, working, label in rows})


def calendar_json(session: Session, month: Month) -> dict[str, Any]:
    """The calendar of ``month`` as the document that is kept with its closing."""
    return calendar_around(session, month).to_json()


def working_days_after(session: Session, day: date, count: int) -> date:
    """The ``count``-th working day after ``day``, which itself does not count."""
    kinds = calendar_around(session, Month.of(day)).days
    while count:
        day += timedelta(days=1)
        kind = kinds.get(day)
        count -= kind == "makeup" or (kind is None and day.isoweekday() < _SATURDAY)
    return day
