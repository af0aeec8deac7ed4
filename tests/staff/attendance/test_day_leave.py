"""docs/attendance.md: what approved leave makes of a day, and how much of it counts."""

from __future__ import annotations

from datetime import date

import pytest
from support.walltime import wall

from staff.attendance.days import Leave, PersonDay, person_days
from staff.attendance.rosters import Shift

DAY = date(2026, 10, 13)
OFFICE = Shift(540, 1080, 60, 0)


def clock(text: str) -> int:
    return wall(f"2026-10-13 {text}")


def leave(begin: str, end: str, protected: bool = False) -> Leave:
    return Leave(clock(begin), clock(end), protected)


def day_with(leaves: list[Leave], *punches: str, shift: Shift = OFFICE) -> PersonDay:
    [day] = person_days(
        DAY,
        DAY,
        shifts={DAY: shift},
        punches=[clock(text) for text in punches],
        leaves=leaves,
        repeat_minutes=5,
    )
    return day


@pytest.mark.parametrize(
    ("begin", "end"), [("09:00", "11:00"), ("08:00", "11:00"), ("00:00", "11:00")]
)
def test_leave_that_covers_the_start_moves_the_expected_start_to_its_end(
    begin: str, end: str
) -> None:
    day = day_with([leave(begin, end)], "11:10", "18:00")
    assert (day.expected_start, day.late_minutes) == (clock("11:00"), 10)
    assert day_with([leave(begin, end)], "11:00", "18:00").late_minutes == 0


def test_the_grace_counts_from_the_moved_start_too() -> None:
    graceful = Shift(540, 1080, 60, 5)
    assert day_with([leave("09:00", "11:00")], "11:05", "18:00", shift=graceful).late_minutes == 0
    assert day_with([leave("09:00", "11:00")], "11:06", "18:00", shift=graceful).late_minutes == 6


@pytest.mark.parametrize("end", ["18:00", "20:00"])
def test_leave_to_the_end_moves_the_expected_end_to_its_start(end: str) -> None:
    day = day_with([leave("16:00", end)], "09:00", "15:30")
    assert (day.expected_end, day.early_minutes) == (clock("16:00"), 30)
    assert day_with([leave("16:00", end)], "09:00", "16:00").early_minutes == 0


@pytest.mark.parametrize(
    ("begin", "end"),
    [("09:00:01", "11:00"), ("12:00", "14:00"), ("16:00", "17:59:59"), ("06:00", "09:00")],
)
def test_leave_that_touches_neither_start_nor_end_moves_nothing(begin: str, end: str) -> None:
    day = day_with([leave(begin, end)], "09:10", "17:50")
    assert (day.late_minutes, day.early_minutes) == (10, 10)


def test_leave_that_begins_at_the_end_of_the_shift_moves_nothing() -> None:
    assert day_with([leave("18:00", "20:00")], "09:00", "17:50").early_minutes == 10


@pytest.mark.parametrize(
    "leaves",
    [
        [leave("09:00", "18:00")],
        [leave("00:00", "23:00")],
        [leave("13:00", "18:00"), leave("09:00", "13:00")],
        [leave("08:00", "14:00"), leave("12:00", "15:00", True), leave("15:00", "19:00")],
    ],
)
@pytest.mark.parametrize("punches", [(), ("12:00",), ("14:00",), ("10:00", "11:00")])
def test_on_a_leave_day_nothing_is_late_early_missing_or_absent(
    leaves: list[Leave], punches: tuple[str, ...]
) -> None:
    day = day_with(leaves, *punches)
    assert day.leave_day
    assert (day.late_minutes, day.early_minutes) == (0, 0)
    assert not day.absent
    assert not day.missing_punch
    assert day.worked is bool(punches)
    assert day.leave_halves == 2


@pytest.mark.parametrize(
    "leaves",
    [
        [leave("09:00", "17:59:59")],
        [leave("09:00:01", "18:00")],
        [leave("09:00", "13:00"), leave("13:00:01", "18:00")],
    ],
)
def test_a_second_that_leave_leaves_open_makes_it_no_leave_day(leaves: list[Leave]) -> None:
    day = day_with(leaves)
    assert day.absent
    assert not day.leave_day


def test_overlapping_leaves_are_united_first() -> None:
    day = day_with([leave("10:00", "13:00"), leave("09:00", "10:30")], "13:20", "18:00")
    assert (day.expected_start, day.late_minutes) == (clock("13:00"), 20)
    # Counted once: 4 of 8 hours.
    assert day.leave_halves == 1


def test_leave_at_both_ends_moves_both() -> None:
    day = day_with([leave("09:00", "10:00"), leave("16:00", "18:00")], "10:30", "15:45")
    assert (day.late_minutes, day.early_minutes) == (30, 15)


def test_partial_leave_does_not_excuse_an_absence_or_a_missing_punch() -> None:
    assert day_with([leave("09:00", "17:00")]).absent
    assert day_with([leave("09:00", "13:00")], "13:00").missing_punch


@pytest.mark.parametrize(
    ("begin", "end", "halves"),
    [
        # Of 480 minutes without the break: a quarter is 120, three quarters are 360.
        ("09:00", "10:59:59", 0),
        ("09:00", "11:00", 1),
        ("10:00", "12:00", 1),
        ("09:00", "14:59:59", 1),
        ("09:00", "15:00", 2),
        ("09:00", "18:00", 2),
        ("07:00", "09:00", 0),
        ("18:00", "22:00", 0),
        ("00:00", "23:59:59", 2),
    ],
)
def test_leave_days_are_rounded_half_up_to_half_a_day(begin: str, end: str, halves: int) -> None:
    assert day_with([leave(begin, end)]).leave_halves == halves


def test_seconds_of_leave_decide_at_a_boundary_that_is_no_whole_minute() -> None:
    shift = Shift(540, 1080, 90)  # 450 minutes of work, a quarter is 112.5
    assert day_with([leave("09:00", "10:52:29")], shift=shift).leave_halves == 0
    assert day_with([leave("09:00", "10:52:30")], shift=shift).leave_halves == 1


def test_protected_leave_days_count_the_protected_types_only() -> None:
    day = day_with([leave("09:00", "13:00", True), leave("11:00", "18:00")])
    assert (day.leave_halves, day.protected_halves) == (2, 1)
    day = day_with([leave("09:00", "10:30", True), leave("10:00", "11:00", True)])
    assert (day.leave_halves, day.protected_halves) == (1, 1)


def test_long_leave_makes_a_leave_day_of_every_scheduled_day_in_it() -> None:
    night = Shift.between(21 * 60, 6 * 60)
    dates = [date(2026, 10, day) for day in (12, 13, 14, 15)]
    days = person_days(
        dates[0],
        dates[-1],
        shifts={day: night for day in dates if day.day != 14},
        punches=[],
        leaves=[Leave(wall("2026-10-12 22:00"), wall("2026-10-16 06:00"), True)],
        repeat_minutes=5,
    )
    assert [day.leave_halves for day in days] == [2, 2, 0, 2]
    assert [day.leave_day for day in days] == [False, True, False, True]
    assert [day.absent for day in days] == [True, False, False, False]
