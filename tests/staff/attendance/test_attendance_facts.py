"""docs/attendance.md, Facts of the month."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from staff.attendance.days import PersonDay
from staff.attendance.facts import Totals, facts_of, month_facts
from staff.attendance.policy import AttendanceSection
from staff.attendance.rosters import Shift

SECTION = AttendanceSection(3, 4, 5, 25, late_tiers=(15, 30), repeat_minutes=5)
FIRST = date(2026, 10, 1)
OFFICE = Shift()


def scheduled(**what: object) -> PersonDay:
    return PersonDay(FIRST, OFFICE)._replace(**what)  # type: ignore[arg-type]


def values(*days: PersonDay, section: AttendanceSection = SECTION) -> dict[str, float]:
    numbered = [day._replace(day=FIRST + timedelta(days=n)) for n, day in enumerate(days)]
    facts = month_facts(numbered, section, rostered=True)
    return {key: fact.value for key, fact in facts.items()}


def test_without_a_roster_there_are_no_facts() -> None:
    assert month_facts([PersonDay(FIRST)], SECTION, rostered=False) == {}


def test_a_roster_without_a_scheduled_day_gives_zeros_and_a_full_score() -> None:
    found = values(PersonDay(FIRST))
    assert found.pop("attendance_score") == 100
    assert list(found) == [
        "scheduled_days",
        "worked_days",
        "late_count",
        "late_minutes",
        "early_leave_count",
        "early_leave_minutes",
        "absent_days",
        "missing_punch_count",
        "leave_days",
        "protected_leave_days",
        "overtime_hours",
        "late_over_15_count",
        "late_over_30_count",
    ]
    assert set(found.values()) == {0}


def test_every_fact_is_a_sum_over_the_days() -> None:
    found = values(
        scheduled(punches=(1, 2), late_minutes=16, early_minutes=7, leave_halves=1),
        scheduled(punches=(1,), missing_punch=True, late_minutes=15),
        scheduled(punches=(1, 2), late_minutes=31, overtime_seconds=3600),
        scheduled(absent=True),
        scheduled(leave_day=True, leave_halves=2, protected_halves=2),
        PersonDay(FIRST, overtime_seconds=1800, outside=(1, 2)),
    )
    assert found == {
        "scheduled_days": 5,
        "worked_days": 3,
        "late_count": 3,
        "late_minutes": 62,
        "early_leave_count": 1,
        "early_leave_minutes": 7,
        "absent_days": 1,
        "missing_punch_count": 1,
        "leave_days": 1.5,
        "protected_leave_days": 1.0,
        "overtime_hours": 1.5,
        "late_over_15_count": 2,
        "late_over_30_count": 1,
        "attendance_score": 100 - 3 * 3 - 4 - 5 - 25,
    }


def test_counts_are_whole_and_days_and_hours_are_not() -> None:
    floats = {key for key, value in values(scheduled()).items() if isinstance(value, float)}
    assert floats == {"leave_days", "protected_leave_days", "overtime_hours"}


def test_what_was_excused_counts_in_no_fact() -> None:
    found = values(
        scheduled(punches=(1, 2), late_minutes=40, late_excused=True, early_minutes=5),
        scheduled(punches=(1, 2), early_minutes=9, early_excused=True, late_minutes=2),
        scheduled(punches=(1,), missing_punch=True, missing_excused=True),
    )
    assert found == values(
        scheduled(punches=(1, 2), early_minutes=5),
        scheduled(punches=(1, 2), late_minutes=2),
        scheduled(punches=(1,)),
    )


@pytest.mark.parametrize(
    ("spans", "hours"),
    [([17], 0.0), ([18], 0.01), ([17, 1], 0.01), ([3600, 53], 1.01), ([5418], 1.51)],
)
def test_overtime_is_summed_over_the_month_and_then_rounded(spans: list[int], hours: float) -> None:
    days = [scheduled(overtime_seconds=seconds) for seconds in spans]
    assert values(*days)["overtime_hours"] == hours


def test_the_score_does_not_fall_below_zero() -> None:
    assert values(*[scheduled(absent=True)] * 4)["attendance_score"] == 0
    assert values(*[scheduled(absent=True)] * 5)["attendance_score"] == 0


def test_a_policy_with_fractions_gives_a_score_with_fractions() -> None:
    section = AttendanceSection(0.1, 0.2, 0.5, 20)
    found = values(*[scheduled(punches=(1, 2), late_minutes=1)] * 3, section=section)
    assert found["attendance_score"] == pytest.approx(99.7)
    assert "late_over_15_count" not in found


def test_facts_follow_from_totals_that_were_added_up_elsewhere() -> None:
    sums = Totals(scheduled=20, worked=19, late=1, late_minutes=16, late_over={15: 1, 30: 0})
    facts = facts_of(sums, SECTION)
    assert facts["late_over_15_count"].value == 1
    assert facts["attendance_score"] == (97, None, "computed")
