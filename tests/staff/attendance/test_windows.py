"""docs/attendance.md, Which punch belongs to which day: windows, repeats, what is needed."""

from __future__ import annotations

from datetime import date

import pytest
from support.walltime import wall

from staff.attendance.rosters import Shift
from staff.attendance.spans import date_of, midnight, overlap, united
from staff.attendance.windows import (
    Needed,
    certain_from,
    chain_end,
    needed,
    touched_days,
    windows_of,
    without_repeats,
)

OFFICE = Shift(540, 1080)
NIGHT = Shift.between(21 * 60, 6 * 60)
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 10, day) for day in (12, 13, 14))


def opening_times(shifts: dict[date, Shift]) -> list[tuple[int, int]]:
    return [(window.opens, window.closes) for window in windows_of(shifts)]


def test_wall_seconds_and_dates_answer_each_other() -> None:
    assert midnight(date(1970, 1, 2)) == 86400
    assert midnight(MONDAY) == wall("2026-10-12 00:00")
    assert date_of(wall("2026-10-12 23:59:59")) == MONDAY
    assert date_of(midnight(TUESDAY)) == TUESDAY


def test_overlapping_and_touching_spans_become_one_and_empty_ones_vanish() -> None:
    assert united([(5, 9), (1, 3), (3, 4), (6, 7), (20, 20), (30, 29)]) == [(1, 4), (5, 9)]
    assert overlap([(1, 4), (5, 9)], 3, 6) == 2
    assert overlap([(1, 4)], 4, 9) == 0
    assert overlap([(1, 4)], 3, 2) == 0


def test_a_window_is_from_four_hours_before_the_start_to_six_hours_after_the_end() -> None:
    assert opening_times({MONDAY: OFFICE}) == [(wall("2026-10-12 05:00"), wall("2026-10-13 00:00"))]
    assert opening_times({MONDAY: NIGHT}) == [(wall("2026-10-12 17:00"), wall("2026-10-13 12:00"))]


def test_windows_ten_hours_apart_do_not_overlap() -> None:
    closing, opening = Shift(13 * 60, 23 * 60), Shift(9 * 60, 18 * 60)
    assert opening_times({MONDAY: closing, TUESDAY: opening}) == [
        (wall("2026-10-12 09:00"), wall("2026-10-13 05:00")),
        (wall("2026-10-13 05:00"), wall("2026-10-14 00:00")),
    ]


@pytest.mark.parametrize(
    ("first", "second", "cut"),
    [
        (Shift(12 * 60, 22 * 60), Shift(6 * 60, 15 * 60), "2026-10-13 02:00"),
        (Shift(12 * 60, 22 * 60 + 1), Shift(6 * 60, 15 * 60), "2026-10-13 02:00:30"),
        # Half-way may lie more than four hours before the later shift: its window begins there.
        (Shift(13 * 60, 24 * 60), Shift(9 * 60, 18 * 60), "2026-10-13 04:30"),
        # A day and a night without a pause.
        (Shift.between(9 * 60, 9 * 60), Shift(9 * 60, 18 * 60), "2026-10-13 09:00"),
    ],
)
def test_overlapping_windows_are_cut_half_way_between_end_and_start(
    first: Shift, second: Shift, cut: str
) -> None:
    (_, closes), (opens, _) = opening_times({TUESDAY: second, MONDAY: first})
    assert closes == opens == wall(cut)


def test_the_shift_after_next_may_cut_a_window_too() -> None:
    long_night, early = Shift(23 * 60, 47 * 60), Shift(3 * 60, 11 * 60)
    (_, closes), (opens, _) = opening_times({MONDAY: long_night, WEDNESDAY: early})
    assert closes == opens == wall("2026-10-14 01:00")


def test_windows_stay_apart_even_where_shifts_lie_inside_one_another() -> None:
    shifts = {MONDAY: Shift(1439, 1439 + 1440, 0), TUESDAY: Shift(0, 60, 0), WEDNESDAY: OFFICE}
    times = opening_times(shifts)
    flat = [moment for pair in times for moment in pair]
    assert flat == sorted(flat)


def test_repeats_are_measured_from_the_previous_kept_punch() -> None:
    minute = 60
    punches = [0, 4 * minute, 5 * minute, 9 * minute, 10 * minute - 1, 10 * minute]
    kept, dropped = without_repeats(punches, 5)
    assert kept == [0, 5 * minute, 10 * minute]
    assert dropped == [4 * minute, 9 * minute, 10 * minute - 1]


def test_with_no_repeat_minutes_nothing_is_dropped() -> None:
    assert without_repeats([1, 2, 3], 0) == ([1, 2, 3], [])
    assert without_repeats([], 5) == ([], [])


@pytest.mark.parametrize(
    ("punches", "certain"),
    [
        ([], 1000),
        ([1300], 1000),
        ([1299], 1300),
        ([1299, 1598, 1898], 1599),
        ([1100, 1400], 1101),
        ([900, 1299, 1599], 1300),
    ],
)
def test_a_pause_makes_certain_which_punches_are_kept(punches: list[int], certain: int) -> None:
    assert certain_from(punches, 1000, 5) == certain


def test_a_punch_may_decide_about_others_up_to_the_next_pause() -> None:
    assert chain_end([], 100, 5) == 100
    assert chain_end([100, 399, 698, 998], 100, 5) == 698
    assert chain_end([400], 100, 5) == 100


def test_needed_are_two_neighbours_and_the_widest_windows() -> None:
    assert needed(MONDAY, TUESDAY) == Needed(
        date(2026, 10, 10),
        date(2026, 10, 15),
        wall("2026-10-11 19:00"),
        wall("2026-10-15 06:00"),
    )


def test_overtime_that_reaches_far_asks_for_records_as_far_as_it_reaches() -> None:
    long_span = (wall("2026-10-12 10:00"), wall("2026-10-20 10:00"))
    assert needed(MONDAY, MONDAY, [long_span]) == Needed(
        date(2026, 10, 10), date(2026, 10, 22), wall("2026-10-11 19:00"), wall("2026-10-20 16:00")
    )
    assert needed(TUESDAY, TUESDAY, [long_span]) == needed(TUESDAY, TUESDAY)


def test_touched_days_reach_back_to_the_overtime_that_a_punch_may_end() -> None:
    at = wall("2026-10-20 15:00")
    assert touched_days(at, at) == (date(2026, 10, 18), date(2026, 10, 22))
    long_span = (wall("2026-10-12 10:00"), wall("2026-10-20 10:00"))
    assert touched_days(at, at, [long_span]) == (date(2026, 10, 12), date(2026, 10, 22))
