"""Seconds of service between two wall-clock times, as an SQL expression over integers.

The service clock runs only inside the policy's hours (docs/scoring.md, Facts). With F(t) the open
seconds from a fixed Monday to t, the wait from a to b is F(b) - F(a); both databases compute it
with whole numbers, so nothing is rounded.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, case, literal

from evaluations.policy import ServiceClock

DAY = 86400
MONDAY = 3  # 1970-01-01 was a Thursday: day 0 is three days after a Monday


def service_seconds(
    clock: ServiceClock | None, start: ColumnElement[int], end: ColumnElement[int]
) -> ColumnElement[int]:
    """Open seconds from ``start`` to ``end``; all seconds without a clock, none without a day."""
    if clock is None:
        return end - start
    if not clock.days:
        return literal(0, Integer)
    return _open_until(clock, end) - _open_until(clock, start)


def _open_until(clock: ServiceClock, at: ColumnElement[int]) -> ColumnElement[int]:
    opens, length = clock.start_minute * 60, (clock.end_minute - clock.start_minute) * 60
    day = at // DAY + MONDAY
    weekday, second = day % 7, at % DAY
    today = case((second <= opens, 0), (second >= opens + length, length), else_=second - opens)
    whole_weeks = (day // 7) * (length * len(clock.days))
    if len(clock.days) == 7:
        return day * length + today
    before: list[Any] = []
    here: list[Any] = []
    for number in range(7):
        open_before = sum(1 for each in range(1, number + 1) if each in clock.days)
        before.append((weekday == number, literal(open_before * length, Integer)))
        if number + 1 in clock.days:
            here.append((weekday == number, today))
    return whole_weeks + case(*before, else_=0) + case(*here, else_=0)
