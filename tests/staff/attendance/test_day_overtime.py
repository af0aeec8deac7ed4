"""docs/attendance.md: approved overtime of a shift, and on dates without one."""

from __future__ import annotations

from datetime import date

import pytest
from support.walltime import wall

from staff.attendance.days import person_days
from staff.attendance.rosters import Shift

MINUTE, HOUR = 60, 3600
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 10, day) for day in (16, 17, 18, 19))
OFFICE = Shift(540, 1080)
NIGHT = Shift.between(21 * 60, 6 * 60)


def span(begin: str, end: str) -> tuple[int, int]:
    return wall(f"2026-10-{begin}"), wall(f"2026-10-{end}")


def seconds(
    punches: list[str],
    overtime: list[tuple[int, int]],
    shifts: dict[date, Shift] | None = None,
) -> dict[int, int]:
    """Overtime by day of the month, for Friday to Monday; office hours on Friday by default."""
    days = person_days(
        FRIDAY,
        MONDAY,
        shifts={FRIDAY: OFFICE} if shifts is None else shifts,
        punches=[wall(f"2026-10-{text}") for text in punches],
        overtime=overtime,
        repeat_minutes=5,
    )
    return {day.day.day: day.overtime_seconds for day in days if day.overtime_seconds}


EVENING = span("16 18:00", "16 20:00")


@pytest.mark.parametrize(
    ("last", "counted"),
    [
        ("16 18:00", 0),
        ("16 18:00:01", 1),
        ("16 19:30", 90 * MINUTE),
        ("16 20:00", 2 * HOUR),
        ("16 23:00", 2 * HOUR),
    ],
)
def test_overtime_counts_up_to_the_last_punch_of_the_window(last: str, counted: int) -> None:
    assert seconds(["16 09:00", last], [EVENING]).get(16, 0) == counted


def test_overtime_before_the_shift_counts_from_the_first_punch() -> None:
    assert seconds(["16 07:30", "16 18:00"], [span("16 07:00", "16 09:00")]) == {16: 90 * MINUTE}


def test_time_inside_the_rostered_shift_is_no_overtime() -> None:
    assert seconds(["16 08:00", "16 19:00"], [span("16 07:00", "16 20:00")]) == {16: 2 * HOUR}
    assert seconds(["16 08:00", "16 19:00"], [span("16 10:00", "16 12:00")]) == {}


def test_overtime_counts_from_a_first_punch_after_the_shift_too() -> None:
    around = span("16 17:00", "16 20:00")
    assert seconds(["16 18:30", "16 19:30"], [around]) == {16: HOUR}
    assert seconds(["16 07:30", "16 08:30"], [span("16 07:00", "16 10:00")]) == {16: HOUR}


@pytest.mark.parametrize("punches", [[], ["16 19:00"], ["16 19:00", "16 19:03"]])
def test_overtime_needs_a_first_and_a_last_punch(punches: list[str]) -> None:
    assert seconds(punches, [EVENING]) == {}


def test_overlapping_and_touching_spans_count_once() -> None:
    spans = [EVENING, span("16 19:00", "16 21:00"), span("16 21:00", "16 22:00")]
    assert seconds(["16 09:00", "16 23:00"], spans) == {16: 4 * HOUR}


def test_punches_outside_the_window_end_no_overtime() -> None:
    late = [span("16 18:00", "17 02:00")]
    assert seconds(["16 09:00", "16 23:00", "17 01:00"], late) == {16: 5 * HOUR}


def test_overtime_belongs_to_the_date_of_the_shift() -> None:
    assert seconds(["16 21:00", "17 08:00"], [span("17 06:00", "17 08:00")], {FRIDAY: NIGHT}) == {
        16: 2 * HOUR
    }


WEEKEND = span("17 10:00", "17 14:00")


@pytest.mark.parametrize(
    ("punches", "counted"),
    [
        (["17 10:00", "17 14:00"], 4 * HOUR),
        (["17 09:00", "17 15:00"], 4 * HOUR),
        (["17 11:00", "17 13:00"], 2 * HOUR),
        (["17 05:59:59", "17 13:00"], 0),
        (["17 06:00", "17 13:00"], 3 * HOUR),
        (["17 11:00", "17 19:59:59"], 3 * HOUR),
        (["17 11:00", "17 20:00"], 0),
        (["17 11:00"], 0),
        (["17 08:00", "17 09:00"], 0),
        (["17 15:00", "17 16:00"], 0),
        ([], 0),
    ],
)
def test_a_span_on_a_free_date_counts_between_the_punches_around_it(
    punches: list[str], counted: int
) -> None:
    assert seconds(punches, [WEEKEND]).get(17, 0) == counted


def test_punches_in_a_shifts_window_do_not_count_for_a_free_date() -> None:
    # The window of Friday's night shift closes at noon on Saturday.
    punches = ["16 21:00", "17 11:00", "17 12:00", "17 13:00"]
    assert seconds(punches, [WEEKEND], {FRIDAY: NIGHT}) == {16: HOUR, 17: HOUR}


def test_a_free_dates_span_leaves_out_every_rostered_shift() -> None:
    long_span = [span("18 20:00", "19 20:00")]
    punches = ["18 20:00", "20 01:00"]
    assert seconds(punches, long_span, {MONDAY: OFFICE}) == {18: 15 * HOUR}


def test_a_free_dates_span_belongs_to_the_date_of_its_from() -> None:
    assert seconds(["17 22:00", "18 02:00"], [span("17 23:00", "18 01:00")]) == {17: 2 * HOUR}


def test_several_spans_of_a_free_date_are_added_up() -> None:
    spans = [span("17 08:00", "17 10:00"), span("17 12:00", "17 13:00")]
    assert seconds(["17 08:00", "17 13:00"], spans) == {17: 3 * HOUR}


def test_a_span_that_is_united_with_fridays_begins_on_friday() -> None:
    spans = [span("16 18:00", "17 00:00"), span("17 00:00", "17 10:00")]
    assert seconds(["17 02:00", "17 08:00"], spans) == {}
    assert seconds(["17 02:00", "17 08:00"], spans[1:]) == {17: 6 * HOUR}


def test_overtime_of_a_date_outside_the_range_is_not_told() -> None:
    assert seconds(["20 10:00", "20 14:00"], [span("20 10:00", "20 14:00")]) == {}
