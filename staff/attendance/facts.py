"""The facts of a month as sums over person-days (docs/attendance.md, Facts of the month). Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from core.values import Fact, half_up
from staff.attendance.days import PersonDay
from staff.attendance.policy import AttendanceSection

SECONDS_OF_HOUR = 3600


class Totals(NamedTuple):
    """Integers added up over the days of one employee and month; excused events are left out.

    Leave is in half days, overtime in seconds; ``late_over`` maps each tier N (minutes) to the
    late arrivals of more than N.
    """

    scheduled: int = 0
    worked: int = 0
    late: int = 0
    late_minutes: int = 0
    early: int = 0
    early_minutes: int = 0
    absent: int = 0
    missing: int = 0
    leave_halves: int = 0
    protected_halves: int = 0
    overtime_seconds: int = 0
    late_over: Mapping[int, int] = MappingProxyType({})


def totals(days: Iterable[PersonDay], late_tiers: Iterable[int]) -> Totals:
    """Add up the days of one employee and month."""
    listed = list(days)
    late = [day.late_minutes for day in listed if day.late_minutes and not day.late_excused]
    early = [day.early_minutes for day in listed if day.early_minutes and not day.early_excused]
    return Totals(
        scheduled=sum(day.shift is not None for day in listed),
        worked=sum(day.worked for day in listed),
        late=len(late),
        late_minutes=sum(late),
        early=len(early),
        early_minutes=sum(early),
        absent=sum(day.absent for day in listed),
        missing=sum(day.missing_punch and not day.missing_excused for day in listed),
        leave_halves=sum(day.leave_halves for day in listed),
        protected_halves=sum(day.protected_halves for day in listed),
        overtime_seconds=sum(day.overtime_seconds for day in listed),
        late_over={tier: sum(minutes > tier for minutes in late) for tier in late_tiers},
    )


def facts_of(sums: Totals, section: AttendanceSection) -> dict[str, Fact]:
    """The attendance facts that follow from a month's totals.

    Counts and minutes are int, days and hours float; the score is int where the
    policy's numbers are.
    """
    values: dict[str, float] = {
        "scheduled_days": sums.scheduled,
        "worked_days": sums.worked,
        "late_count": sums.late,
        "late_minutes": sums.late_minutes,
        "early_leave_count": sums.early,
        "early_leave_minutes": sums.early_minutes,
        "absent_days": sums.absent,
        "missing_punch_count": sums.missing,
        "leave_days": sums.leave_halves / 2,
        "protected_leave_days": sums.protected_halves / 2,
        "overtime_hours": float(half_up(sums.overtime_seconds / SECONDS_OF_HOUR, 2)),
    }
    for tier, count in sums.late_over.items():
        values[f"late_over_{tier}_count"] = count
    values["attendance_score"] = _score(sums, section)
    return {key: _fact(value) for key, value in values.items()}


@lru_cache(maxsize=4096, typed=True)
def _fact(value: float) -> Fact:
    """Of many people most have the same few counts."""
    return Fact(value)


def month_facts(
    days: Iterable[PersonDay], section: AttendanceSection, *, rostered: bool
) -> dict[str, Fact]:
    """The facts of one employee and month.

    ``rostered`` says whether any roster reaches into the month: without one there are no facts;
    with one that gives no scheduled day they are 0, and the score is 100.
    """
    if not rostered:
        return {}
    return facts_of(totals(days, section.late_tiers), section)


def _score(sums: Totals, section: AttendanceSection) -> float:
    parts = (
        100,
        -section.late * sums.late,
        -section.early_leave * sums.early,
        -section.missing_punch * sums.missing,
        -section.absent * sums.absent,
    )
    if all(isinstance(part, int) for part in parts):
        return max(0, sum(parts))
    return max(0.0, math.fsum(parts))
