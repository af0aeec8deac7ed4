"""docs/attendance.md, Working days: who has which shift on which date."""

from __future__ import annotations

from datetime import date

import pytest

from staff.attendance.rosters import DayCalendar, RosterEntry, Shift, roster_reaches, shift_on

DAY = Shift(9 * 60, 18 * 60)
LATE = Shift(12 * 60, 21 * 60)
NIGHT = Shift.between(21 * 60, 6 * 60)

WORKWEEK = frozenset({1, 2, 3, 4, 5})
ALWAYS = date(2026, 1, 1)
MONDAY, SATURDAY, SUNDAY = date(2026, 10, 12), date(2026, 10, 17), date(2026, 10, 18)
HOLIDAY, MAKEUP = date(2026, 10, 1), date(2026, 10, 10)
CALENDAR: DayCalendar = {HOLIDAY: "holiday", date(2026, 10, 3): "holiday", MAKEUP: "makeup"}


def test_a_shift_is_nine_to_six_with_an_hour_of_break_and_no_grace_by_default() -> None:
    assert Shift() == Shift(540, 1080, 60, 0)


@pytest.mark.parametrize(
    ("start", "end", "end_minute"),
    [(540, 1080, 1080), (1260, 360, 1800), (540, 540, 1980), (900, 1440, 1440), (0, 0, 1440)],
)
def test_an_end_that_is_not_after_the_start_lies_on_the_next_day(
    start: int, end: int, end_minute: int
) -> None:
    assert Shift.between(start, end, 30, 5) == Shift(start, end_minute, 30, 5)


@pytest.mark.parametrize(
    "numbers",
    [
        (-1, 60, 0, 0),
        (1440, 1500, 0, 0),
        (540, 540, 0, 0),
        (540, 540 + 1441, 0, 0),
        (540, 600, 60, 0),
        (540, 600, -1, 0),
        (540, 600, 0, -1),
    ],
)
def test_a_shift_that_makes_no_sense_is_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError):
        Shift(*numbers)


def test_weekdays_that_the_roster_does_not_name_are_off() -> None:
    pattern = [RosterEntry(ALWAYS, None, DAY, WORKWEEK)]
    assert shift_on(MONDAY, pattern, [], {}) == DAY
    assert shift_on(SATURDAY, pattern, [], {}) is None
    assert shift_on(SUNDAY, [RosterEntry(ALWAYS, None, DAY)], [], {}) == DAY
    assert shift_on(SUNDAY, [RosterEntry(ALWAYS, None, DAY, frozenset({7}))], [], {}) == DAY


def test_a_range_includes_both_its_dates_and_nothing_beyond() -> None:
    week = [RosterEntry(date(2026, 10, 12), date(2026, 10, 16), DAY)]
    shifts = {day: shift_on(date(2026, 10, day), week, [], {}) for day in (11, 12, 16, 17)}
    assert shifts == {11: None, 12: DAY, 16: DAY, 17: None}


def test_without_any_roster_there_is_no_shift() -> None:
    assert shift_on(MONDAY, [], [], {}) is None


def test_the_employee_goes_before_the_team() -> None:
    own, team = [RosterEntry(ALWAYS, None, LATE)], [RosterEntry(MONDAY, MONDAY, DAY)]
    assert shift_on(MONDAY, own, team, {}) == LATE
    assert shift_on(MONDAY, [], team, {}) == DAY


def test_the_teams_roster_is_not_asked_on_weekdays_that_the_employees_does_not_name() -> None:
    own = [RosterEntry(ALWAYS, None, LATE, frozenset({2}))]
    assert shift_on(MONDAY, own, [RosterEntry(ALWAYS, None, DAY)], {}) is None


def test_the_teams_roster_is_asked_on_dates_that_the_employees_does_not_cover() -> None:
    own = [RosterEntry(date(2026, 10, 13), None, LATE)]
    assert shift_on(MONDAY, own, [RosterEntry(ALWAYS, None, DAY)], {}) == DAY


def test_a_single_date_goes_before_a_range_whatever_the_range_begins_with() -> None:
    day_off = RosterEntry(MONDAY, MONDAY, None)
    another = RosterEntry(MONDAY, MONDAY, NIGHT, frozenset({7}))
    later_range = RosterEntry(MONDAY, date(2026, 10, 30), LATE)
    assert shift_on(MONDAY, [later_range, day_off], [], {}) is None
    assert shift_on(MONDAY, [another, later_range], [], {}) == NIGHT


def test_of_several_ranges_the_one_with_the_latest_start_alone_decides() -> None:
    entries = [
        RosterEntry(date(2026, 10, 1), None, LATE, frozenset({2})),
        RosterEntry(ALWAYS, None, DAY, WORKWEEK),
    ]
    for order in (entries, entries[::-1]):
        assert shift_on(date(2026, 10, 13), order, [], {}) == LATE
        assert shift_on(MONDAY, order, [], {}) is None
        assert shift_on(date(2026, 9, 28), order, [], {}) == DAY


def test_a_range_that_has_ended_decides_nothing() -> None:
    entries = [
        RosterEntry(ALWAYS, None, DAY),
        RosterEntry(date(2026, 10, 5), date(2026, 10, 9), LATE),
    ]
    assert shift_on(MONDAY, entries, [], {}) == DAY


def test_a_roster_that_follows_the_calendar_has_no_shift_on_a_public_holiday() -> None:
    entries = [RosterEntry(ALWAYS, None, DAY, WORKWEEK, follows_calendar=True)]
    assert shift_on(HOLIDAY, entries, [], CALENDAR) is None
    assert shift_on(date(2026, 10, 8), entries, [], CALENDAR) == DAY


def test_a_holiday_on_a_weekend_frees_those_who_work_all_seven_days() -> None:
    assert shift_on(date(2026, 10, 3), [RosterEntry(ALWAYS, None, DAY)], [], CALENDAR) == DAY
    entries = [RosterEntry(ALWAYS, None, DAY, follows_calendar=True)]
    assert shift_on(date(2026, 10, 3), entries, [], CALENDAR) is None


@pytest.mark.parametrize("weekdays", [WORKWEEK, frozenset({3}), frozenset()])
def test_a_makeup_day_gives_its_shift_whatever_the_weekday(weekdays: frozenset[int]) -> None:
    entries = [RosterEntry(ALWAYS, None, DAY, weekdays, follows_calendar=True)]
    assert shift_on(MAKEUP, entries, [], CALENDAR) == DAY


def test_a_roster_that_does_not_follow_the_calendar_ignores_holidays_and_makeup_days() -> None:
    entries = [RosterEntry(ALWAYS, None, DAY, WORKWEEK)]
    assert shift_on(HOLIDAY, entries, [], CALENDAR) == DAY
    assert shift_on(MAKEUP, entries, [], CALENDAR) is None


def test_off_is_off_on_a_makeup_day_too() -> None:
    entries = [RosterEntry(MAKEUP, MAKEUP, None, follows_calendar=True)]
    assert shift_on(MAKEUP, entries, [RosterEntry(ALWAYS, None, DAY)], CALENDAR) is None


@pytest.mark.parametrize(
    ("start", "end", "reaches"),
    [
        (date(2026, 9, 1), date(2026, 9, 30), False),
        (date(2026, 9, 1), date(2026, 10, 1), True),
        (date(2026, 10, 31), None, True),
        (date(2026, 11, 1), None, False),
        (date(2026, 1, 1), None, True),
    ],
)
def test_a_roster_reaches_into_a_month_by_its_first_or_last_date(
    start: date, end: date | None, reaches: bool
) -> None:
    entry = RosterEntry(start, end, None)
    for rosters in ([[entry], []], [[], [entry]]):
        assert roster_reaches(date(2026, 10, 1), date(2026, 10, 31), *rosters) is reaches
