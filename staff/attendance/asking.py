"""From what a form asks for to a span of the wall clock: whole days, halves, times. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from core.messages import N_, Refused
from staff.attendance.rosters import Shift
from staff.attendance.spans import DAY, Span, midnight

PARTS = ("whole", "first_half", "second_half", "times")
LONGEST_DAYS = 400
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """First and last day of a leave, and how much of them: one of ``PARTS``.

    ``begin`` and ``end`` are minutes of the first and of the last day, for ``times``.
    """

    first: date
    last: date
    part: str = "whole"
    begin: int | None = None
    end: int | None = None


def leave_span(days: Days, shifts: Mapping[date, Shift]) -> Span:
    """The wall seconds that a leave covers. ``shifts`` are those of its days.

    Whole days begin with the first shift and end with the last one, so that a night shift is
    covered to its end; a day without a shift goes from midnight to midnight. Raises ``Refused``
    with the field ``last``, ``part``, ``begin`` or ``end``.
    """
    if days.last < days.first:
        raise Refused(N_("The last day comes before the first."), field="last")
    if (days.last - days.first).days >= LONGEST_DAYS:
        raise Refused(N_("No longer than %(days)s days at once."), field="last", days=LONGEST_DAYS)
    if days.part == "times":
        return _timed(days)
    if days.part in ("first_half", "second_half"):
        return _half(days, shifts)
    first, last = shifts.get(days.first), shifts.get(days.last)
    begin = midnight(days.first) + (first.start_minute * 60 if first else 0)
    end = midnight(days.last) + (last.end_minute * 60 if last else DAY)
    return begin, end


def _timed(days: Days) -> Span:
    if days.begin is None:
        raise Refused(N_("Say from when."), field="begin")
    if days.end is None:
        raise Refused(N_("Say until when."), field="end")
    begin = midnight(days.first) + days.begin * 60
    end = midnight(days.last) + days.end * 60
    if end <= begin:
        raise Refused(N_("The end has to come after the beginning."), field="end")
    return begin, end


def _half(days: Days, shifts: Mapping[date, Shift]) -> Span:
    if days.first != days.last:
        raise Refused(N_("Half a shift is of one day: make first and last day the same."),
                      field="part")  # fmt: skip
    shift = shifts.get(days.first)
    if shift is None:
        raise Refused(N_("There is no shift on this day."), field="first")
    day = midnight(days.first)
    start, end = day + shift.start_minute * 60, day + shift.end_minute * 60
    middle = (start + end) // 2
    return (start, middle) if days.part == "first_half" else (middle, end)


def overtime_span(day: date, begin: int, end: int) -> Span:
    """Minutes of a day; an end that is not after the beginning lies on the next day."""
    start = midnight(day) + begin * 60
    stop = midnight(day) + end * 60
    return start, stop if stop > start else stop + DAY
