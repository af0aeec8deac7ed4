"""The facts of training of one person and month (docs/training.md, Facts). Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.values import Fact, Month, mean


@dataclass(frozen=True, slots=True)
class CourseRule:
    """What of a course decides: for which positions it is due, and how long it is valid."""

    id: int
    positions: frozenset[str]
    due_days: int | None
    valid_months: int | None
    hours: float | None
    pass_mark: float | None
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attendance:
    """One row of a person's training."""

    course: CourseRule
    day: date
    mandatory: bool
    status: str
    hours: float | None
    score: float | None
    passed: bool | None

    @property
    def counts_as_passed(self) -> bool:
        """Attended, unless it says otherwise or its score is below the pass mark."""
        if self.status != "attended" or self.passed is False:
            return False
        mark = self.course.pass_mark
        return self.score is None or mark is None or self.score >= mark


def training_facts(
    month: Month,
    position: str | None,
    hired: date,
    last_day: date,
    rows: Iterable[Attendance],
    courses: Iterable[CourseRule],
) -> dict[str, Fact]:
    """``last_day`` is the month's, or the leaver's own; ``rows`` are all up to it."""
    rows = [row for row in rows if row.day <= last_day]
    current = [row for row in rows if row.day in month]
    attended = [row for row in current if row.status == "attended"]
    lengths = (row.course.hours if row.hours is None else row.hours for row in attended)
    facts = {
        "training_hours": Fact(math.fsum(length or 0 for length in lengths)),
        "mandatory_missed": Fact(sum(r.mandatory and r.status == "missed" for r in current)),
        "mandatory_overdue": Fact(_overdue(position, hired, last_day, rows, courses)),
    }
    scores = [row.score for row in current if row.score is not None]
    if scores:
        facts["training_score"] = Fact(mean(scores), len(scores))
    return facts


def months_after(day: date, months: int) -> date:
    """The same day number ``months`` later, or that month's last day."""
    month = Month.of(day).plus(months)
    return date(month.year, month.number, min(day.day, month.length))


def in_time_until(course: CourseRule, hired: date, passed: Iterable[date]) -> date | None:
    """The last day on which a mandatory course is not overdue; None where it never will be.

    ``passed`` are the days on which it was passed: the newest one counts.
    """
    newest = max(passed, default=None)
    if newest is None:
        return hired + timedelta(days=course.due_days or 0)
    if course.valid_months is None:
        return None
    return months_after(newest, course.valid_months) - timedelta(days=1)


def _overdue(
    position: str | None,
    hired: date,
    last_day: date,
    rows: list[Attendance],
    courses: Iterable[CourseRule],
) -> int:
    overdue = 0
    for course in courses:
        if position not in course.positions:
            continue
        passed = [row.day for row in rows if row.course.id == course.id and row.counts_as_passed]
        until = in_time_until(course, hired, passed)
        overdue += until is not None and last_day > until
    return overdue
