"""A person's month of attendance, day by day, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date
from flask_babel import get_locale
from flask_babel import gettext as _

from core.i18n import language
from core.pages.filters import minutes, number, short
from core.values import half_up
from reports import words
from staff.attendance.views import DayView, PunchView

MONDAY = date(2024, 1, 1)
GRAVEST = ("bad", "warn", "good")


@dataclass(frozen=True, slots=True)
class Note:
    """What became of a day; ``kind`` is that of a badge."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """One date, ``written`` with its weekday; ``kind`` is that of its gravest note.

    ``outside`` are punches outside every shift, ``others`` those between arrival and departure.
    ``lack`` is when a punch is lacking that a correction may add, as an address has it.
    """

    day: date
    written: str
    weekday: str
    kind: str
    label: str
    holiday: bool
    shift: str
    arrival: str
    departure: str
    notes: tuple[Note, ...]
    overtime: str
    outside: str
    others: str
    lack: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days in order; ``blanks`` cells stand before the first in a week that begins on Monday.

    ``weekdays`` are the heads of its columns.
    """

    lines: tuple[Line, ...]
    blanks: int
    weekdays: tuple[str, ...]
    scheduled: int
    worked: int
    late: int
    absent: int


def calendar_page(days: Sequence[DayView]) -> Calendar:
    return Calendar(
        lines=tuple(_line(day) for day in days),
        blanks=days[0].day.weekday() if days else 0,
        weekdays=tuple(_weekday(MONDAY + timedelta(days=at)) for at in range(7)),
        scheduled=sum(day.scheduled for day in days),
        worked=sum(day.worked for day in days),
        late=sum(day.late_minutes > 0 and "l" not in day.excused for day in days),
        absent=sum(day.absent for day in days),
    )


def _line(day: DayView) -> Line:
    shown = {day.arrival, day.departure}
    between = [each for each in day.punches if each.state == "kept" and each.at not in shown]
    repeats = [each for each in day.punches if each.state == "repeat"]
    outside = [each for each in day.punches if each.state == "outside"]
    shift = ""
    if day.shift_start is not None and day.shift_end is not None:
        shift = f"{_clock(day.shift_start, day.day)}–{_clock(day.shift_end, day.day)}"
    overtime = short(half_up(day.overtime_seconds / 3600, 2)) if day.overtime_seconds else ""
    notes = tuple(_notes(day))
    return Line(
        day=day.day,
        weekday=_weekday(day.day),
        kind=next((kind for kind in GRAVEST for note in notes if note.kind == kind), "plain"),
        written=str(format_date(day.day, _form(), locale=get_locale())),
        label=words.holiday(day.label),
        holiday=day.kind == "holiday",
        shift=shift,
        arrival=_clock(day.arrival, day.day),
        departure=_clock(day.departure, day.day),
        notes=notes,
        overtime=overtime,
        outside=_times(outside, day.day),
        others=_times([*between, *repeats], day.day),
        lack=_lack(day),
    )


def _weekday(day: date) -> str:
    return str(format_date(day, "EEE", locale=get_locale()))


def _form() -> str:
    """Day and weekday; the month stands above."""
    return "EEE d" if language() == "en" else "d日 EEE"


def _notes(day: DayView) -> Iterable[Note]:
    events = (
        ("l", day.late_minutes > 0, _("late by %(time)s", time=minutes(day.late_minutes))),
        ("e", day.early_minutes > 0, _("left %(time)s early", time=minutes(day.early_minutes))),
        ("m", day.missing, _("a punch is missing")),
    )
    for letter, happened, text in events:
        if happened and letter in day.excused:
            yield Note(_("%(event)s, excused", event=text))
        elif happened:
            yield Note(text, "warn")
    if day.absent:
        yield Note(_("absent, not explained"), "bad")
    if day.leave_days:
        yield Note(_("leave %(days)s d", days=number(day.leave_days, 1)), "good")
    if any(each.correction for each in day.punches):
        yield Note(_("corrected punch"))


def _lack(day: DayView) -> str:
    """The time of the shift at which nobody punched, or not in time; empty where nothing lacks."""
    late = day.late_minutes > 0 and "l" not in day.excused
    early = day.early_minutes > 0 and "e" not in day.excused
    missing = day.missing and "m" not in day.excused
    at = None
    if day.absent or late or (missing and day.arrival is None):
        at = day.shift_start
    elif early or missing:
        at = day.shift_end
    return f"{at:%Y-%m-%dT%H:%M}" if at else ""


def _times(punches: Iterable[PunchView], day: date) -> str:
    return " ".join(
        _clock(each.at, day) + ("*" if each.correction else "")
        for each in sorted(punches, key=lambda each: each.at)
    )


def _clock(at: datetime | None, day: date) -> str:
    """The time; what lies on another date than the day says by how many days."""
    if at is None:
        return ""
    offset = (at.date() - day).days
    return f"{at:%H:%M}" + (f" {offset:+d}" if offset else "")
