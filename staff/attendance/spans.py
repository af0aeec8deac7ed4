"""Spans of time as pairs of wall-clock seconds, from the first up to, not including, the second.

Wall seconds count from 1970-01-01 00:00 of the wall clock, without an offset. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

Span = tuple[int, int]

HOUR = 3600
DAY = 86400

_EPOCH = date(1970, 1, 1).toordinal()


def midnight(day: date) -> int:
    """The wall seconds at which ``day`` begins."""
    return (day.toordinal() - _EPOCH) * DAY


def date_of(at: int) -> date:
    """The date on which the wall seconds ``at`` lie."""
    return date.fromordinal(at // DAY + _EPOCH)


def united(spans: Iterable[Span]) -> list[Span]:
    """The same time as disjoint spans in order: overlapping and touching ones become one.

    Spans without any time in them are left out.
    """
    result: list[Span] = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if result and begin <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        else:
            result.append((begin, end))
    return result


def overlap(spans: Sequence[Span], begin: int, end: int) -> int:
    """Seconds from ``begin`` to ``end`` inside disjoint ``spans``; 0 where the end is before."""
    if end <= begin:
        return 0
    seconds = 0
    for start, stop in spans:
        if start < end and begin < stop:
            seconds += min(stop, end) - max(start, begin)
    return seconds
