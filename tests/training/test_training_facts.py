"""The facts of training of one person and month: docs/training.md, Facts."""

from __future__ import annotations

from datetime import date

import pytest

from core.values import Fact, Month
from training.facts import Attendance, CourseRule, months_after, training_facts

OCTOBER = Month(2026, 10)
LAST = date(2026, 10, 31)
HIRED = date(2026, 1, 15)


def course(
    due: int | None = 30,
    valid: int | None = None,
    hours: float | None = 1.5,
    mark: float | None = 60,
    number: int = 1,
) -> CourseRule:
    return CourseRule(number, frozenset({"agent"}), due, valid, hours, mark)


def row(
    day: str,
    status: str = "attended",
    *,
    of: CourseRule | None = None,
    mandatory: bool = True,
    hours: float | None = None,
    score: float | None = None,
    passed: bool | None = None,
) -> Attendance:
    made = of or course()
    return Attendance(made, date.fromisoformat(day), mandatory, status, hours, score, passed)


def facts(
    rows: list[Attendance],
    courses: list[CourseRule] | None = None,
    *,
    position: str | None = "agent",
    hired: date = HIRED,
    last: date = LAST,
) -> dict[str, Fact]:
    return training_facts(OCTOBER, position, hired, last, rows, courses or [])


def test_counts_are_nought_where_nothing_was_recorded() -> None:
    assert facts([]) == {
        "training_hours": Fact(0),
        "mandatory_missed": Fact(0),
        "mandatory_overdue": Fact(0),
    }


def test_hours_are_those_of_the_row_or_else_of_the_course() -> None:
    rows = [
        row("2026-10-01"),
        row("2026-10-31", hours=0.25),
        row("2026-10-05", hours=0),
        row("2026-10-06", of=course(hours=None)),
        row("2026-10-07", "missed", hours=9),
        row("2026-10-08", "excused", hours=9),
        row("2026-09-30", hours=9),
    ]
    assert facts(rows)["training_hours"] == Fact(1.75)


def test_the_score_is_the_mean_of_the_months_assessments() -> None:
    rows = [
        row("2026-10-01", score=80),
        row("2026-10-02", score=91, passed=False),
        row("2026-10-03"),
        row("2026-09-03", score=1),
    ]
    assert facts(rows)["training_score"] == Fact(85.5, 2)
    assert "training_score" not in facts(rows[2:])


def test_only_a_missed_mandatory_session_counts_as_missed() -> None:
    rows = [
        row("2026-10-01", "missed"),
        row("2026-10-02", "missed", mandatory=False),
        row("2026-10-03", "excused"),
        row("2026-10-04"),
        row("2026-09-30", "missed"),
    ]
    assert facts(rows)["mandatory_missed"] == Fact(1)


@pytest.mark.parametrize(
    ("hired", "due", "overdue"),
    [
        (date(2026, 10, 1), 30, 0),  # due on the last day itself
        (date(2026, 9, 30), 30, 1),
        (date(2026, 10, 31), 0, 0),
        (date(2026, 10, 30), 0, 1),
        (date(2026, 10, 30), None, 1),
    ],
)
def test_a_course_is_overdue_once_the_days_after_hire_are_over(
    hired: date, due: int | None, overdue: int
) -> None:
    assert facts([], [course(due)], hired=hired)["mandatory_overdue"] == Fact(overdue)


def test_a_leaver_is_judged_by_the_own_last_day() -> None:
    hired, left = date(2026, 10, 1), date(2026, 10, 10)
    assert facts([], [course(9)], hired=hired)["mandatory_overdue"] == Fact(1)
    assert facts([], [course(9)], hired=hired, last=left)["mandatory_overdue"] == Fact(0)
    later = [row("2026-10-11", "missed", hours=2)]
    assert facts(later, last=left)["mandatory_missed"] == Fact(0)


@pytest.mark.parametrize(
    ("passed_on", "valid", "overdue"),
    [
        ("2026-01-20", None, 0),
        ("2025-10-31", 12, 1),  # on the last day itself
        ("2025-11-01", 12, 0),
        ("2026-08-31", 2, 1),
        ("2026-09-30", 1, 1),  # 2026-10-30
        ("2026-10-31", 1, 0),
    ],
)
def test_a_completion_wears_off(passed_on: str, valid: int | None, overdue: int) -> None:
    one = course(valid=valid)
    assert facts([row(passed_on, of=one)], [one])["mandatory_overdue"] == Fact(overdue)


def test_the_latest_completion_counts() -> None:
    one = course(valid=1)
    rows = [row("2026-10-20", of=one), row("2026-02-01", of=one)]
    assert facts(rows, [one])["mandatory_overdue"] == Fact(0)
    failed = [row("2026-10-20", of=one, passed=False), row("2026-02-01", of=one)]
    assert facts(failed, [one])["mandatory_overdue"] == Fact(1)


@pytest.mark.parametrize(
    ("status", "score", "passed", "counts"),
    [
        ("attended", None, None, True),
        ("attended", 60, None, True),
        ("attended", 59.9, None, False),
        ("attended", 59.9, True, False),
        ("attended", 90, False, False),
        ("attended", None, False, False),
        ("missed", 90, True, False),
        ("excused", None, True, False),
    ],
)
def test_attended_counts_as_passed_unless_something_says_otherwise(
    status: str, score: float | None, passed: bool | None, counts: bool
) -> None:
    assert row("2026-10-01", status, score=score, passed=passed).counts_as_passed is counts


def test_without_a_pass_mark_every_score_passes() -> None:
    assert row("2026-10-01", of=course(mark=None), score=0).counts_as_passed


@pytest.mark.parametrize("position", ["senior", None, ""])
def test_a_course_is_due_for_its_positions_only(position: str | None) -> None:
    assert facts([], [course()], position=position)["mandatory_overdue"] == Fact(0)


def test_every_course_counts_once() -> None:
    assert facts([], [course(), course(number=2)])["mandatory_overdue"] == Fact(2)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-08-31", 1, "2026-09-30"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-10-31", 4, "2027-02-28"),
        ("2023-10-31", 4, "2024-02-29"),
        ("2026-10-15", 0, "2026-10-15"),
    ],
)
def test_months_later_is_the_same_day_or_the_last(day: str, months: int, later: str) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(later)
