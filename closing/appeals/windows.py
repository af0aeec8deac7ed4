"""The last days for lodging and for deciding an appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from closing.appeals import deadlines
from closing.policy import AppealsSection
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


def deadlines_of(
    closing: Closing, section: AppealsSection, published_at: datetime, now: Now
) -> Deadlines:
    """So many working days as the closing's policy says, by the calendar kept with the close."""
    calendar = OfficialCalendar.from_json(closing.calendar).days
    lodge = deadlines.after(_wall_day(published_at, now), section.window_days, calendar)
    decide = deadlines.after(now.wall.date(), section.decision_days, calendar)
    return Deadlines(lodge, decide)


def _wall_day(moment: datetime, now: Now) -> date:
    """The day of a moment on the organisation's clock."""
    ahead: timedelta = now.wall - now.moment.replace(tzinfo=None)
    return (moment.replace(tzinfo=None) + ahead).date()
