"""From an employee's punches, leave and overtime to their days (docs/attendance.md). Pure.

All times are wall seconds (staff/attendance/spans.py).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from staff.attendance.rosters import Shift
from staff.attendance.spans import Span, date_of, midnight, overlap, united
from staff.attendance.windows import (
    AFTER_END,
    BEFORE_START,
    Window,
    windows_of,
    without_repeats,
)

ExcuseKind = Literal["late", "early", "missing"]


class Leave(NamedTuple):
    """An approved leave; ``protected`` is what the policy says of its type."""

    start: int
    end: int
    protected: bool = False


class PersonDay(NamedTuple):
    """One date of one employee.

    ``shift_start`` and ``shift_end`` are those of the roster; ``expected_start`` and
    ``expected_end`` are what leave made of them, None on a leave day. Excused events keep their
    minutes and are marked; facts leave them out. ``leave_halves`` are half days. ``punches``
    are those kept in the shift's window; ``outside`` those kept on this date that lie in no
    window; ``dropped`` the repeats among either; ``corrections`` which of them all were added
    by an approved correction. An arrival or departure is None where no punch is one.
    """

    day: date
    shift: Shift | None = None
    shift_start: int | None = None
    shift_end: int | None = None
    expected_start: int | None = None
    expected_end: int | None = None
    arrival: int | None = None
    departure: int | None = None
    absent: bool = False
    missing_punch: bool = False
    late_minutes: int = 0
    early_minutes: int = 0
    late_excused: bool = False
    early_excused: bool = False
    missing_excused: bool = False
    leave_day: bool = False
    leave_halves: int = 0
    protected_halves: int = 0
    overtime_seconds: int = 0
    punches: tuple[int, ...] = ()
    outside: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    corrections: tuple[int, ...] = ()

    @property
    def scheduled(self) -> bool:
        return self.shift is not None

    @property
    def worked(self) -> bool:
        """A scheduled day with at least one punch."""
        return self.shift is not None and bool(self.punches)


class _Records(NamedTuple):
    """An employee's records in the form in which every day asks for them."""

    kept: list[int]
    dropped: list[int]
    corrections: frozenset[int]
    leave: list[Span]
    protected: list[Span]
    overtime: list[Span]
    excuses: Collection[tuple[date, ExcuseKind]]


def person_days(
    first: date,
    last: date,
    *,
    shifts: Mapping[date, Shift],
    punches: Iterable[int],
    corrections: Iterable[int] = (),
    leaves: Iterable[Leave] = (),
    overtime: Iterable[Span] = (),
    excuses: Collection[tuple[date, ExcuseKind]] = frozenset(),
    repeat_minutes: int,
    windows: Sequence[Window] | None = None,
) -> list[PersonDay]:
    """Every date from ``first`` to ``last`` of one employee, in order.

    ``shifts`` holds the scheduled days only: whoever builds it leaves out the dates on which
    the employee is not employed. Punches there are then outside every shift, unless they lie in
    the window of a shift on an employed date.

    The answer is exact when shifts and punches are given at least as far as
    ``windows.needed(first, last, overtime)`` says, punches back to a pause
    (``windows.certain_from``), and every approved leave and overtime that overlaps or touches
    them. More does no harm. The order of records does not matter; corrections are punches with
    a mark, and two punches at the same second are one. ``windows`` are those of the shifts, where
    they are known already.
    """
    added = frozenset(corrections)
    kept, dropped = without_repeats(sorted({*punches, *added}), repeat_minutes)
    all_leave = list(leaves)
    records = _Records(
        kept,
        dropped,
        added,
        united((leave.start, leave.end) for leave in all_leave),
        united((leave.start, leave.end) for leave in all_leave if leave.protected),
        united(overtime),
        excuses,
    )
    if windows is None:
        windows = windows_of(shifts)
    scheduled = {
        window.day: _scheduled_day(window, records)
        for window in windows
        if first <= window.day <= last
    }
    outside = _by_date(_in_no_window(kept, windows), first, last)
    dropped_outside = _by_date(_in_no_window(dropped, windows), first, last) if dropped else {}
    extra = _overtime_on_free_days(first, last, shifts, windows, records) if overtime else {}
    days = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        known = scheduled.get(day) or PersonDay(day)
        loose, repeats = outside.get(day, ()), dropped_outside.get(day, ())
        if loose or repeats:
            marked = tuple(at for at in (*loose, *repeats) if at in added)
            known = known._replace(
                outside=tuple(loose),
                dropped=tuple(sorted((*known.dropped, *repeats))),
                corrections=tuple(sorted((*known.corrections, *marked))),
            )
        if day in extra:
            known = known._replace(overtime_seconds=known.overtime_seconds + extra[day])
        days.append(known)
    return days


def _scheduled_day(window: Window, records: _Records) -> PersonDay:
    day, shift, start, end, opens, closes = window
    low = bisect_left(records.kept, opens)
    punches = tuple(records.kept[low : bisect_left(records.kept, closes, low)])
    dropped: tuple[int, ...] = ()
    if records.dropped:
        low = bisect_left(records.dropped, opens)
        dropped = tuple(records.dropped[low : bisect_left(records.dropped, closes, low)])
    expected_start, expected_end = _expected(start, end, records.leave)
    leave_day = expected_start >= expected_end
    arrival, departure = _arrival_and_departure(punches, (start + end) // 2)
    late = early = 0
    missing = absent = False
    if not leave_day:
        absent, missing = not punches, len(punches) == 1
        if arrival is not None:
            late = max(0, arrival - expected_start) // 60
            late = late if late > shift.grace_minutes else 0
        if departure is not None:
            early = max(0, expected_end - departure) // 60
    halves = _half_days(records.leave, start, end, shift) if records.leave else 0
    protected = _half_days(records.protected, start, end, shift) if records.protected else 0
    excuses = records.excuses
    return PersonDay(
        day,
        shift,
        start,
        end,
        None if leave_day else expected_start,
        None if leave_day else expected_end,
        arrival,
        departure,
        absent,
        missing,
        late,
        early,
        bool(late) and (day, "late") in excuses,
        bool(early) and (day, "early") in excuses,
        missing and (day, "missing") in excuses,
        leave_day,
        halves,
        protected,
        _overtime_of_shift(punches, start, end, records.overtime) if records.overtime else 0,
        punches,
        (),
        dropped,
        tuple(at for at in sorted((*punches, *dropped)) if at in records.corrections)
        if records.corrections
        else (),
    )


def _expected(start: int, end: int, leave: Sequence[Span]) -> Span:
    """The expected start and end; the start is not before the end where leave covers it all."""
    expected_start, expected_end = start, end
    for begin, until in leave:
        if begin <= start < until:
            expected_start = min(until, end)
        if begin < end <= until:
            expected_end = max(begin, start)
    return expected_start, expected_end


def _arrival_and_departure(punches: tuple[int, ...], middle: int) -> tuple[int | None, int | None]:
    if len(punches) > 1:
        return punches[0], punches[-1]
    if not punches:
        return None, None
    return (punches[0], None) if punches[0] < middle else (None, punches[0])


def _half_days(leave: Sequence[Span], start: int, end: int, shift: Shift) -> int:
    """Covered time over the shift's time without break, at most 1, half up to half days.

    In integers, which round as the settled quotient would: a quotient of such small numbers
    cannot come within 1e-9 of a boundary without lying on it.
    """
    work = end - start - shift.break_minutes * 60
    covered = min(overlap(leave, start, end), work)
    return (4 * covered + work) // (2 * work)


def _overtime_of_shift(
    punches: tuple[int, ...], start: int, end: int, overtime: Sequence[Span]
) -> int:
    if len(punches) < 2:
        return 0
    first, last = punches[0], punches[-1]
    inside_shift = overlap(overtime, max(first, start), min(last, end))
    return overlap(overtime, first, last) - inside_shift


def _in_no_window(punches: list[int], windows: Sequence[Window]) -> list[int]:
    loose: list[int] = []
    done = 0
    for window in windows:
        low = bisect_left(punches, window.opens, done)
        if low > done:
            loose += punches[done:low]
        done = bisect_left(punches, window.closes, low)
    return loose + punches[done:]


def _by_date(punches: Iterable[int], first: date, last: date) -> dict[date, list[int]]:
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    result: dict[date, list[int]] = {}
    for at in punches:
        if begin <= at < end:
            result.setdefault(date_of(at), []).append(at)
    return result


def _overtime_on_free_days(
    first: date,
    last: date,
    shifts: Mapping[date, Shift],
    windows: Sequence[Window],
    records: _Records,
) -> dict[date, int]:
    """Seconds of the spans that begin on a date without a shift, by that date."""
    result: dict[date, int] = {}
    loose: list[int] | None = None
    for start, end in records.overtime:
        day = date_of(start)
        if day in shifts or not first <= day <= last:
            continue
        if loose is None:
            loose = _in_no_window(records.kept, windows)
        low = bisect_left(loose, start - BEFORE_START)
        high = bisect_left(loose, end + AFTER_END)
        if high - low < 2:
            continue
        begin, until = max(start, loose[low]), min(end, loose[high - 1])
        rostered = united((window.start, window.end) for window in windows)
        seconds = max(0, until - begin) - overlap(rostered, begin, until)
        result[day] = result.get(day, 0) + seconds
    return result
