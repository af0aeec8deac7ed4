"""docs/attendance.md, Which punch belongs to which day: from punches to what a day shows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from support.walltime import wall

from staff.attendance.days import Leave, PersonDay, person_days
from staff.attendance.rosters import Shift

OFFICE = Shift(540, 1080, 60, 0)
NIGHT = Shift.between(21 * 60, 6 * 60)
DAY = date(2026, 10, 13)
NEXT = date(2026, 10, 14)


def times(*texts: str) -> list[int]:
    """Times on the 13th, or with a ``+`` before them on the 14th."""
    return [
        wall(f"2026-10-14 {text[1:]}" if text.startswith("+") else f"2026-10-13 {text}")
        for text in texts
    ]


def day_of(
    *texts: str,
    shift: Shift = OFFICE,
    leaves: list[tuple[str, str]] | None = None,
    corrections: list[str] | None = None,
    excuses: frozenset[tuple[date, str]] = frozenset(),
) -> PersonDay:
    """The 13th of October with one shift."""
    [day] = person_days(
        DAY,
        DAY,
        shifts={DAY: shift},
        punches=times(*texts),
        corrections=times(*(corrections or [])),
        leaves=[Leave(times(begin)[0], times(end)[0]) for begin, end in leaves or []],
        excuses=excuses,  # type: ignore[arg-type]
        repeat_minutes=5,
    )
    return day


def test_a_day_on_time_shows_arrival_and_departure_and_nothing_else() -> None:
    start, end = times("09:00", "18:00")
    assert day_of("08:55", "12:01", "18:05") == PersonDay(
        DAY,
        OFFICE,
        shift_start=start,
        shift_end=end,
        expected_start=start,
        expected_end=end,
        arrival=times("08:55")[0],
        departure=times("18:05")[0],
        punches=tuple(times("08:55", "12:01", "18:05")),
    )


def test_no_punch_is_an_absence() -> None:
    day = day_of()
    assert (day.absent, day.missing_punch, day.worked) == (True, False, False)


@pytest.mark.parametrize(
    ("time", "inside"),
    [
        ("04:59:59", False),
        ("05:00", True),
        ("23:59:59", True),
        ("+00:00", False),
    ],
)
def test_the_window_holds_its_opening_and_not_its_close(time: str, inside: bool) -> None:
    day = day_of(time)
    assert day.worked is inside
    assert day.absent is not inside


@pytest.mark.parametrize(("time", "owner"), [("01:59:59", DAY), ("02:00", NEXT)])
def test_the_later_window_has_the_cut_itself(time: str, owner: date) -> None:
    days = person_days(
        DAY,
        NEXT,
        shifts={DAY: Shift(12 * 60, 22 * 60), NEXT: Shift(6 * 60, 15 * 60)},
        punches=times("+" + time),
        repeat_minutes=5,
    )
    assert [day.day for day in days if day.worked] == [owner]


@pytest.mark.parametrize(
    ("shift", "time", "is_arrival"),
    [
        (OFFICE, "13:29:59", True),
        (OFFICE, "13:30", False),
        (NIGHT, "+01:29:59", True),
        (NIGHT, "+01:30", False),
        (Shift(540, 1081), "13:30:29", True),
        (Shift(540, 1081), "13:30:30", False),
    ],
)
def test_one_punch_is_an_arrival_before_the_middle_and_a_departure_from_it_on(
    shift: Shift, time: str, is_arrival: bool
) -> None:
    day = day_of(time, shift=shift)
    assert day.missing_punch
    assert (day.arrival is not None, day.departure is not None) == (is_arrival, not is_arrival)
    assert (day.late_minutes > 0, day.early_minutes > 0) == (is_arrival, not is_arrival)


def test_the_middle_is_that_of_the_rostered_shift_whatever_leave_does() -> None:
    day = day_of("13:40", leaves=[("09:00", "13:30")])
    assert (day.arrival, day.early_minutes, day.missing_punch) == (None, 260, True)


@pytest.mark.parametrize(
    ("time", "grace", "late"),
    [
        ("09:00", 0, 0),
        ("09:00:59", 0, 0),
        ("09:01", 0, 1),
        ("09:01:59", 0, 1),
        ("09:05:59", 5, 0),
        ("09:06", 5, 6),
        ("08:00", 0, 0),
    ],
)
def test_late_is_counted_in_whole_minutes_from_the_start_once_the_grace_is_over(
    time: str, grace: int, late: int
) -> None:
    day = day_of(time, "18:00", shift=Shift(540, 1080, 60, grace))
    assert day.late_minutes == late


@pytest.mark.parametrize(
    ("time", "early"),
    [("18:00", 0), ("17:59:01", 0), ("17:59", 1), ("17:58:01", 1), ("17:55", 5), ("19:00", 0)],
)
def test_early_departure_is_whole_minutes_and_knows_no_grace(time: str, early: int) -> None:
    day = day_of("09:00", time, shift=Shift(540, 1080, 60, 30))
    assert day.early_minutes == early


def test_repeated_punches_are_dropped_and_shown() -> None:
    day = day_of("09:00", "09:04:59", "18:00", "18:05")
    assert day.punches == tuple(times("09:00", "18:00", "18:05"))
    assert day.dropped == tuple(times("09:04:59"))


def test_two_punches_within_the_repeat_time_are_one() -> None:
    assert day_of("09:00", "09:03").missing_punch


def test_a_repeat_may_be_dropped_because_of_a_punch_outside_the_window() -> None:
    day = day_of("04:58", "05:02")
    assert day.absent
    assert day.outside == tuple(times("04:58"))
    assert day.dropped == tuple(times("05:02"))


def test_punches_outside_every_shift_are_kept_and_shown_on_their_date() -> None:
    free = DAY - timedelta(days=1)
    days = person_days(
        free,
        NEXT,
        shifts={DAY: OFFICE},
        punches=[wall("2026-10-12 23:00"), wall("2026-10-12 23:02"), *times("03:00", "+08:00")],
        repeat_minutes=5,
    )
    assert [day.outside for day in days] == [
        (wall("2026-10-12 23:00"),),
        tuple(times("03:00")),
        tuple(times("+08:00")),
    ]
    assert [day.dropped for day in days] == [(wall("2026-10-12 23:02"),), (), ()]
    assert [day.absent for day in days] == [False, True, False]
    assert [day.worked for day in days] == [False, False, False]


def test_a_night_shift_belongs_to_the_date_on_which_it_begins() -> None:
    last = date(2026, 10, 31)
    days = person_days(
        last,
        date(2026, 11, 1),
        shifts={last: NIGHT},
        punches=[wall("2026-10-31 21:10"), wall("2026-11-01 05:30")],
        repeat_minutes=5,
    )
    assert [(day.worked, day.late_minutes, day.early_minutes) for day in days] == [
        (True, 10, 30),
        (False, 0, 0),
    ]
    assert days[1].outside == ()


def test_every_date_of_the_range_is_there_in_order() -> None:
    days = person_days(DAY, NEXT, shifts={}, punches=[], repeat_minutes=5)
    assert days == [PersonDay(DAY), PersonDay(NEXT)]


def test_a_correction_adds_a_punch_and_is_marked() -> None:
    day = day_of("18:00", corrections=["09:00"])
    assert (day.arrival, day.missing_punch, day.late_minutes) == (times("09:00")[0], False, 0)
    assert day.corrections == tuple(times("09:00"))


def test_a_correction_is_a_punch_like_any_other_to_what_is_dropped() -> None:
    day = day_of("09:03", "17:57", corrections=["09:00", "18:00"])
    assert day.punches == tuple(times("09:00", "17:57"))
    assert day.dropped == tuple(times("09:03", "18:00"))
    assert day.corrections == tuple(times("09:00", "18:00"))


def test_a_correction_at_the_second_of_a_punch_is_that_punch() -> None:
    day = day_of("09:00", corrections=["09:00"])
    assert (day.punches, day.dropped) == (tuple(times("09:00")), ())


def test_a_correction_outside_every_shift_is_marked_too() -> None:
    assert day_of(corrections=["03:00"]).corrections == tuple(times("03:00"))


@pytest.mark.parametrize("kind", ["late", "early", "missing"])
def test_what_is_excused_stays_visible_and_is_marked(kind: str) -> None:
    excuses = frozenset({(DAY, kind)})
    both = day_of("09:10", "17:50", excuses=excuses)
    single = day_of("09:10", excuses=excuses)
    assert (both.late_minutes, both.early_minutes, single.missing_punch) == (10, 10, True)
    assert both.late_excused is (kind == "late")
    assert both.early_excused is (kind == "early")
    assert single.missing_excused is (kind == "missing")


def test_an_excuse_marks_nothing_where_nothing_happened() -> None:
    kinds = ("late", "early", "missing")
    on_time = day_of("09:00", "18:00", excuses=frozenset((DAY, kind) for kind in kinds))
    other_date = day_of("09:10", excuses=frozenset((NEXT, kind) for kind in kinds))
    for day in (on_time, other_date):
        assert [day.late_excused, day.early_excused, day.missing_excused] == [False] * 3
