"""The last days for lodging and for deciding an appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from closing.appeals import deadlines
from core.clock import Now
from core.models import Closing
from staff.attendance.calendar import OfficialCalendar


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last days for lodging an appeal, and for deciding one that is lodged today."""

    lodge: date
    decide: date

    def over(self, day: date) -> bool:
        return day > self.lodge


def deadlines_of(closing: Closing, published_at: datetime, now: Now) -> Deadlines:
    """Working days by the calendar that is kept with the close."""
    calendar = OfficialCalendar.from_json(closing.calendar).days
    lodge = deadlines.after(_wall_day(published_at, now), deadlines.WINDOW, calendar)
    decide = deadlines.after(now.wall.date(), deadlines.DECISION, calendar)
    return Deadlines(lodge, decide)


def _wall_day(moment: datetime, now: Now) -> date:
    """The day of a moment on the organisation's clock."""
    ahead: timedelta = now.wall - now.moment.replace(tzinfo=None)
    return (moment.replace(tzinfo=None) + ahead).date()
