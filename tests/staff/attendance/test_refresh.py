"""Stored person-days follow the records: what is computed again, and what is left alone."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from support.staffing import SECTION, Staffing, default_sections
from support.statements import sent
from support.walltime import wall

from core.values import Month
from staff.attendance.models import AttendanceMonth, CalendarOverride, PersonDay, Punch, StaleDays
from staff.attendance.policy import DEFAULT_LEAVE, AttendanceSection
from staff.attendance.records import Sections
from staff.attendance.services import (
    ensure_month,
    mark_month,
    mark_stale,
    mark_team,
    refresh_days,
)
from staff.models import Employee

SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)
WEEKDAYS_OF_OCTOBER = 22
NIGHT = (21 * 60, 6 * 60)

Stored = dict[tuple[int, date], tuple[object, ...]]


def stored(session: Session) -> Stored:
    """All person-days as plain values by employee and date."""
    table = PersonDay.__table__
    return {(row.employee_id, row.day): tuple(row) for row in session.execute(select(table))}


def day(session: Session, employee_id: int, on: date) -> PersonDay:
    session.expire_all()
    return session.get_one(PersonDay, (employee_id, on))


def keep(session: Session, *months: Month) -> int:
    for month in months:
        ensure_month(session, month)
    return refresh_days(session, default_sections)


def test_a_month_is_computed_whole_once_it_is_kept(session: Session, staffing: Staffing) -> None:
    who, idle = staffing.employee(), staffing.employee()
    staffing.roster(who)
    staffing.roster(idle)
    staffing.punches(who, "2026-10-12 09:20 17:30")
    assert keep(session, OCTOBER) == 2 * WEEKDAYS_OF_OCTOBER
    found = day(session, who, date(2026, 10, 12))
    assert (found.month, found.scheduled, found.worked) == (OCTOBER, True, True)
    assert (found.late_minutes, found.early_minutes) == (20, 30)
    assert (found.shift_start, found.shift_end) == (
        wall("2026-10-12 09:00"),
        wall("2026-10-12 18:00"),
    )
    assert (found.arrival, found.departure) == (wall("2026-10-12 09:20"), wall("2026-10-12 17:30"))
    assert day(session, idle, date(2026, 10, 12)).absent
    assert (who, date(2026, 10, 11)) not in stored(session)  # a Sunday


def test_keeping_a_month_again_makes_nothing_stale(session: Session, staffing: Staffing) -> None:
    staffing.roster(staffing.employee())
    keep(session, OCTOBER)
    ensure_month(session, OCTOBER)
    assert session.scalar(select(func.count()).select_from(StaleDays)) == 0
    assert list(session.scalars(select(AttendanceMonth.month))) == [OCTOBER]


def test_months_that_are_not_kept_have_no_days(session: Session, staffing: Staffing) -> None:
    who = staffing.employee()
    staffing.roster(who)
    mark_stale(session, [(who, date(2026, 10, 1), date.max)])
    assert refresh_days(session, default_sections) == 0
    assert stored(session) == {}


def test_only_rows_that_changed_are_written(session: Session, staffing: Staffing) -> None:
    people = [staffing.employee() for _ in range(5)]
    for who in people:
        staffing.roster(who)
        staffing.punches(who, "2026-10-12 08:55 18:01", "2026-10-13 08:55 18:01")
    keep(session, OCTOBER)
    before = stored(session)
    staffing.punches(people[2], "2026-10-12 18:30")
    mark_stale(session, [(people[2], date(2026, 10, 12), date(2026, 10, 12))])
    with sent(session) as seen:
        assert refresh_days(session, default_sections) == 1
    assert seen.writes("person_days") == 1
    after = stored(session)
    assert {key for key in before if before[key] != after[key]} == {(people[2], date(2026, 10, 12))}
    assert before.keys() == after.keys()


def test_nothing_stale_reads_no_records_and_writes_nothing(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who)
    keep(session, OCTOBER)
    with sent(session) as seen:
        assert refresh_days(session, default_sections) == 0
    assert not any("punches" in statement for statement in seen.statements)
    assert session.scalar(select(func.count()).select_from(StaleDays)) == 0


def test_everything_stale_without_a_change_writes_nothing(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who)
    staffing.punches(who, "2026-10-12 08:55 18:01")
    keep(session, OCTOBER)
    mark_month(session, OCTOBER)
    with sent(session) as seen:
        assert refresh_days(session, default_sections) == 0
    assert seen.writes("person_days") == 0


def test_the_number_of_statements_does_not_grow_with_people(
    session: Session, staffing: Staffing
) -> None:
    def statements() -> int:
        mark_month(session, OCTOBER)
        with sent(session) as seen:
            refresh_days(session, default_sections)
        return len(seen.statements)

    staffing.roster(staffing.employee())
    keep(session, OCTOBER)
    alone = statements()
    for _ in range(20):
        who = staffing.employee()
        staffing.roster(who)
        staffing.punches(who, "2026-10-12 08:55 18:01")
        staffing.leave(who, "2026-10-13 09:00", "2026-10-13 18:00")
    refresh_days(session, default_sections)
    statements()
    assert statements() == alone


def test_a_punch_of_the_next_month_belongs_to_the_night_shift_that_began_in_this_one(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who, shift=NIGHT, weekdays="1234567")
    staffing.punches(who, "2026-10-31 20:50")
    keep(session, OCTOBER, NOVEMBER)
    assert day(session, who, date(2026, 10, 31)).missing
    staffing.punches(who, "2026-11-01 06:05")
    mark_stale(session, [(who, date(2026, 11, 1), date(2026, 11, 1))])
    assert refresh_days(session, default_sections) == 1
    found = day(session, who, date(2026, 10, 31))
    assert (found.missing, found.departure) == (False, wall("2026-11-01 06:05"))


def test_closed_months_are_never_computed(session: Session, staffing: Staffing) -> None:
    who = staffing.employee()
    staffing.roster(who)
    staffing.punches(who, "2026-10-12 08:55")
    keep(session, SEPTEMBER, OCTOBER)
    staffing.close(SEPTEMBER)
    before = stored(session)
    staffing.punches(who, "2026-09-14 08:55 18:01", "2026-10-12 18:01")
    mark_stale(session, [(who, date(2026, 9, 1), date(2026, 10, 31)), (None, date.min, date.max)])
    assert refresh_days(session, default_sections) == 1
    after = stored(session)
    assert {key for key in before if before[key] != after[key]} == {(who, date(2026, 10, 12))}


def test_shifts_are_those_of_the_team_that_the_person_is_in_on_the_date(
    session: Session, staffing: Staffing
) -> None:
    early, late = staffing.team("早班"), staffing.team("晚班")
    staffing.roster(team_id=early, shift=(7 * 60, 15 * 60))
    staffing.roster(team_id=late, shift=(14 * 60, 22 * 60))
    who = staffing.employee()
    staffing.assigned(who, date(2020, 1, 6), team_id=early)
    staffing.assigned(who, date(2026, 10, 14), team_id=late)
    keep(session, OCTOBER)
    assert day(session, who, date(2026, 10, 13)).shift_start == wall("2026-10-13 07:00")
    assert day(session, who, date(2026, 10, 14)).shift_start == wall("2026-10-14 14:00")


def test_ones_own_roster_goes_before_the_teams(session: Session, staffing: Staffing) -> None:
    team = staffing.team("早班")
    staffing.roster(team_id=team, shift=(7 * 60, 15 * 60), weekdays="1234567")
    who = staffing.employee()
    staffing.assigned(who, date(2020, 1, 6), team_id=team)
    staffing.roster(who, start=date(2026, 10, 12), end=date(2026, 10, 18))
    keep(session, OCTOBER)
    assert day(session, who, date(2026, 10, 11)).shift_start == wall("2026-10-11 07:00")
    assert day(session, who, date(2026, 10, 12)).shift_start == wall("2026-10-12 09:00")
    assert (who, date(2026, 10, 17)) not in stored(session)  # a Saturday it does not name


def test_a_team_has_no_roster_of_the_team_above_it(session: Session, staffing: Staffing) -> None:
    above, below = staffing.team("客服中心"), staffing.team("客服中心/售前一组")
    staffing.roster(team_id=above)
    who = staffing.employee()
    staffing.assigned(who, date(2020, 1, 6), team_id=below)
    assert keep(session, OCTOBER) == 0


def test_a_changed_roster_of_a_team_is_computed_for_its_members_only(
    session: Session, staffing: Staffing
) -> None:
    team = staffing.team("早班")
    roster = staffing.roster(team_id=team)
    member, other = staffing.employee(), staffing.employee()
    staffing.assigned(member, date(2020, 1, 6), team_id=team)
    staffing.roster(other)
    keep(session, OCTOBER)
    roster.grace_minutes, roster.shift_start = 10, 8 * 60
    mark_team(session, team, date(2026, 10, 1), date.max)
    assert {row.employee_id for row in session.scalars(select(StaleDays))} == {member}
    assert refresh_days(session, default_sections) == WEEKDAYS_OF_OCTOBER


def test_there_are_no_days_before_the_hire_date_or_after_the_last_day(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee(hired=date(2026, 10, 6), left=date(2026, 10, 15))
    gone = staffing.employee(left=date(2026, 9, 30))
    staffing.roster(who)
    staffing.roster(gone)
    staffing.overtime(gone, "2026-10-10 09:00", "2026-10-10 12:00")
    staffing.punches(gone, "2026-10-10 09:00 12:00")
    keep(session, OCTOBER)
    mark_stale(session, [(gone, date(2026, 10, 10), date(2026, 10, 10))])
    assert refresh_days(session, default_sections) == 0
    assert {employee for employee, _ in stored(session)} == {who}
    days = sorted(on for _, on in stored(session))
    assert (days[0], days[-1], len(days)) == (date(2026, 10, 6), date(2026, 10, 15), 8)


def test_days_of_somebody_who_left_after_all_are_removed(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who)
    keep(session, OCTOBER, NOVEMBER)
    session.get_one(Employee, who).leave_date = date(2026, 10, 15)
    mark_stale(session, [(who, date(2026, 10, 16), date.max)])
    refresh_days(session, default_sections)
    assert max(on for _, on in stored(session)) == date(2026, 10, 15)


def test_all_days_of_somebody_who_was_gone_before_the_month_are_removed(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who)
    keep(session, OCTOBER)
    session.get_one(Employee, who).leave_date = date(2026, 9, 30)
    mark_month(session, OCTOBER)
    assert refresh_days(session, default_sections) == WEEKDAYS_OF_OCTOBER
    assert stored(session) == {}


def test_overtime_on_a_free_day_is_stored_without_a_shift(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who)
    staffing.overtime(who, "2026-10-10 09:00", "2026-10-10 12:00")
    staffing.overtime(who, "2026-10-11 09:00", "2026-10-11 12:00", status="requested")
    staffing.punches(who, "2026-10-10 09:30 12:30", "2026-10-11 09:00 12:00")
    keep(session, OCTOBER)
    found = day(session, who, date(2026, 10, 10))
    assert (found.scheduled, found.overtime_seconds) == (False, 9000)
    assert (who, date(2026, 10, 11)) not in stored(session)


def test_overtime_that_touches_a_span_of_the_month_before_counts_there(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.overtime(who, "2026-10-31 20:00", "2026-11-01 00:00")
    staffing.overtime(who, "2026-11-01 00:00", "2026-11-01 02:00")
    staffing.punches(who, "2026-10-31 20:00", "2026-11-01 02:00")
    ensure_month(session, NOVEMBER)
    assert refresh_days(session, default_sections) == 0
    assert keep(session, OCTOBER) == 1
    assert day(session, who, date(2026, 10, 31)).overtime_seconds == 6 * 3600


def test_overtime_of_a_month_reaches_as_far_as_the_spans_that_touch_each_other(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.overtime(who, "2026-10-31 20:00", "2026-11-02 05:00")
    staffing.overtime(who, "2026-11-02 05:00", "2026-11-03 00:00")
    staffing.overtime(who, "2026-11-03 00:00", "2026-11-04 00:00")
    staffing.punches(who, "2026-10-31 20:00", "2026-11-03 20:00")
    assert keep(session, OCTOBER) == 1
    assert day(session, who, date(2026, 10, 31)).overtime_seconds == 3 * 86400


def test_a_punch_changes_the_day_on_which_the_overtime_around_it_began(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.overtime(who, "2026-10-05 08:00", "2026-10-15 08:00")
    staffing.punches(who, "2026-10-05 08:00")
    assert keep(session, OCTOBER) == 0
    staffing.punches(who, "2026-10-14 08:00")
    mark_stale(session, [(who, date(2026, 10, 14), date(2026, 10, 14))])
    assert refresh_days(session, default_sections) == 1
    assert day(session, who, date(2026, 10, 5)).overtime_seconds == 9 * 86400


def test_a_repeat_of_a_punch_long_before_the_day_is_dropped(
    session: Session, staffing: Staffing
) -> None:
    """A punch every three minutes: which of them are kept depends on the first of them all."""
    who = staffing.employee()
    staffing.roster(who, shift=(10 * 60, 18 * 60), weekdays="1234567")
    first, last = wall("2026-09-29 23:00"), wall("2026-10-01 12:00")
    times = range(first, last, 180)
    session.add_all(Punch(employee_id=who, at=at) for at in times)
    session.flush()
    keep(session, OCTOBER)
    kept = [at for at in times[::2] if at >= wall("2026-10-01 06:00")]
    assert day(session, who, date(2026, 10, 1)).arrival == kept[0]


def test_where_punches_far_apart_are_repeats_one_changes_all_days_after_it(
    session: Session, staffing: Staffing
) -> None:
    def sections(_month: Month) -> Sections:
        return AttendanceSection(3, 3, 3, 25, repeat_minutes=20 * 60), DEFAULT_LEAVE

    who = staffing.employee()
    staffing.roster(who, weekdays="1234567")
    staffing.punches(who, *(f"2026-10-{number:02} 08:55 18:01" for number in range(12, 32)))
    ensure_month(session, OCTOBER)
    refresh_days(session, sections)
    arrivals = [day(session, who, date(2026, 10, number)).arrival for number in (12, 31)]
    assert arrivals == [wall("2026-10-12 08:55"), wall("2026-10-31 08:55")]
    staffing.punches(who, "2026-10-11 18:00")  # now each morning is a repeat of the evening before
    mark_stale(session, [(who, date(2026, 10, 11), date(2026, 10, 11))])
    assert refresh_days(session, sections) == 21
    last = day(session, who, date(2026, 10, 31))
    assert (last.arrival, last.departure) == (None, wall("2026-10-31 18:01"))


def test_what_is_protected_and_what_is_a_repeat_follows_the_policy_of_the_month(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who)
    for month in ("09", "10"):
        staffing.leave(who, f"2026-{month}-14 09:00", f"2026-{month}-14 18:00", "annual")
        staffing.punches(who, f"2026-{month}-15 08:50 09:04 18:00")
    ensure_month(session, SEPTEMBER)
    ensure_month(session, OCTOBER)
    strict = AttendanceSection(3, 3, 3, 25, repeat_minutes=15)
    refresh_days(
        session,
        lambda month: (strict, {}) if month == OCTOBER else (SECTION, DEFAULT_LEAVE),
    )
    leave = [day(session, who, date(2026, each, 14)) for each in (9, 10)]
    assert [(each.leave_halves, each.protected_halves) for each in leave] == [(2, 2), (2, 0)]
    mark_month(session, OCTOBER)
    assert refresh_days(session, default_sections) == 1


def test_months_without_a_policy_are_passed_over(session: Session, staffing: Staffing) -> None:
    who = staffing.employee()
    staffing.roster(who)
    ensure_month(session, SEPTEMBER)
    ensure_month(session, OCTOBER)
    changed = refresh_days(
        session, lambda month: None if month == SEPTEMBER else (SECTION, DEFAULT_LEAVE)
    )
    assert changed == WEEKDAYS_OF_OCTOBER
    assert {Month.of(on) for _, on in stored(session)} == {OCTOBER}


def test_rosters_follow_the_organisations_own_calendar(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who, follows_calendar=True)
    session.add(CalendarOverride(day=date(2026, 10, 12), working=False, label="周年庆"))
    session.add(CalendarOverride(day=date(2026, 10, 18), working=True, label=""))
    keep(session, OCTOBER)
    days = {on for _, on in stored(session)}
    assert date(2026, 10, 12) not in days
    assert date(2026, 10, 18) in days  # a Sunday
    assert date(2026, 10, 1) not in days  # the national holiday


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([(12, 13), (14, 15)], [(12, 15)]),
        ([(12, 15), (13, 14)], [(12, 15)]),
        ([(14, 15), (12, 12)], [(12, 12), (14, 15)]),
    ],
)
def test_marks_that_overlap_or_adjoin_become_one(
    session: Session,
    staffing: Staffing,
    spans: list[tuple[int, int]],
    merged: list[tuple[int, int]],
) -> None:
    who, other = staffing.employee(), staffing.employee()
    october = [(date(2026, 10, first), date(2026, 10, last)) for first, last in spans]
    mark_stale(session, [(who, *span) for span in october] + [(other, *october[0])])
    rows = session.scalars(
        select(StaleDays).where(StaleDays.employee_id == who).order_by(StaleDays.first)
    )
    assert [(row.first.day, row.last.day) for row in rows] == merged
    assert session.scalar(select(func.count()).where(StaleDays.employee_id == other)) == 1


def test_marks_with_open_ends_are_merged(session: Session, staffing: Staffing) -> None:
    who = staffing.employee()
    mark_stale(session, [(who, date(2026, 10, 1), date.max), (who, date(2026, 12, 1), date.max)])
    (row,) = session.scalars(select(StaleDays))
    assert (row.first, row.last) == (date(2026, 10, 1), date.max)
