"""The sections ``attendance`` and ``leave`` of the policy (docs/attendance.md). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from core.values import Names


@dataclass(frozen=True, slots=True)
class AttendanceSection:
    """Points taken from the attendance score per event, and how punches are read.

    ``late_tiers`` are minutes: each N gives a fact ``late_over_N_count``. Punches less than
    ``repeat_minutes`` after the one before are dropped.
    """

    late: float
    early_leave: float
    missing_punch: float
    absent: float
    late_tiers: tuple[int, ...] = ()
    repeat_minutes: int = 5


@dataclass(frozen=True, slots=True)
class LeaveType:
    """A type of leave; days of a protected one do not lower the pay ratio."""

    key: str
    protected: bool
    names: Names
