"""Which punches count, and which day they belong to (docs/attendance.md, same heading). Pure.

A window is the time in which a punch belongs to a shift. Windows never overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from staff.attendance.rosters import Shift
from staff.attendance.spans import DAY, HOUR, Span, date_of, midnight, united

BEFORE_START = 4 * HOUR
AFTER_END = 6 * HOUR

# A shift begins on its date and lasts up to 24 hours, so it ends before the second midnight after
# the one that begins its date, and its window at most 6 hours later. The shift after it can be two
# dates away and still share time with it; one three dates away cannot.
NEIGHBOURS = 2
# The cut between two windows less than 10 hours apart lies up to 5 hours before the later shift.
_EARLIEST = 5 * HOUR
_LATEST = 2 * DAY + AFTER_END


class Window(NamedTuple):
    """A shift on its date in wall seconds, and the time whose punches belong to it.

    A punch at ``opens`` belongs to it, one at ``closes`` does not.
    """

    day: date
    shift: Shift
    start: int
    end: int
    opens: int
    closes: int


def windows_of(shifts: Mapping[date, Shift]) -> list[Window]:
    """The windows of one employee's shifts, by date.

    The first and the last may be too wide where a neighbour of theirs was not given.
    """
    result: list[Window] = []
    for day in sorted(shifts):
        shift = shifts[day]
        base = midnight(day)
        start = base + shift.start_minute * 60
        end = base + shift.end_minute * 60
        opens = start - BEFORE_START
        if result:
            previous = result[-1]
            if opens < previous.closes:
                # Both in whole minutes, so the half is in whole seconds.
                opens = (previous.end + start) // 2
                result[-1] = previous._replace(closes=opens)
        # A shift that lies inside another may be left without a window, hence the maximum.
        result.append(Window(day, shift, start, end, opens, max(opens, end + AFTER_END)))
    return result


def without_repeats(punches: Sequence[int], repeat_minutes: int) -> tuple[list[int], list[int]]:
    """Split one employee's punches, in order, into those kept and those dropped as repeats."""
    least = repeat_minutes * 60
    kept: list[int] = []
    dropped: list[int] = []
    free_from = punches[0] if punches else 0
    for at in punches:
        if at >= free_from:
            kept.append(at)
            free_from = at + least
        else:
            dropped.append(at)
    return kept, dropped


def certain_from(punches: Iterable[int], since: int, repeat_minutes: int) -> int:
    """From when on it is certain which punches are kept, given all punches from ``since`` on.

    Whether a punch is kept depends on the ones before it, back to the last pause of at least
    ``repeat_minutes``; the first such pause after ``since`` makes everything after it certain.
    Fetch from an earlier moment while the answer lies after what is wanted.
    """
    least = repeat_minutes * 60
    edge = since
    for at in sorted(punches):
        if at < since:
            continue
        if at - edge >= least:
            break
        edge = at
    return edge if edge == since else edge + 1


class Needed(NamedTuple):
    """What must be known to compute some days: shifts by date, punches by wall seconds.

    ``last_shift`` is included, ``punches_until`` is not.
    """

    first_shift: date
    last_shift: date
    punches_from: int
    punches_until: int


def needed(first: date, last: date, overtime: Iterable[Span] = ()) -> Needed:
    """What ``person_days`` needs for the dates from ``first`` to ``last``.

    ``overtime`` are the employee's approved spans: one that begins on one of the dates asks for
    records as far as it reaches. Punches that decide what is dropped may lie earlier still; see
    ``certain_from``.
    """
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    until = max(
        [midnight(last) + _LATEST]
        + [stop + AFTER_END for start, stop in united(overtime) if begin <= start < end]
    )
    reach = timedelta(days=NEIGHBOURS)
    latest = max(last, date_of(until - 1)) if until > midnight(last) + _LATEST else last
    return Needed(first - reach, latest + reach, begin - _EARLIEST, until)


def touched_days(begin: int, end: int, overtime: Iterable[Span] = ()) -> tuple[date, date]:
    """The first and last date whose days may change with a record between ``begin`` and ``end``.

    The moments, both included, are those of the punches, leave, overtime or shifts that were
    added, changed or removed; for punches, ``end`` is ``chain_end``; for shifts, they are the
    ends of the punches that ``needed`` names for their dates. ``overtime`` are the employee's
    approved spans, old and new: one that begins on a date without a shift is counted there,
    however far it reaches.
    """
    reach = timedelta(days=NEIGHBOURS)
    first, last = date_of(begin) - reach, date_of(end) + reach
    for start, stop in united(overtime):
        if start - BEFORE_START <= midnight(last) + _LATEST and midnight(first) <= stop + AFTER_END:
            first, last = min(first, date_of(start)), max(last, date_of(start))
    return first, last


def chain_end(punches: Iterable[int], at: int, repeat_minutes: int) -> int:
    """The last punch whose being kept may depend on a punch at ``at``.

    ``punches`` are those of the employee from ``at`` on, old and new.
    """
    least = repeat_minutes * 60
    end = at
    for following in sorted(punches):
        if following - end >= least:
            break
        end = max(end, following)
    return end
