"""A person's month as a page shows it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session
from support.staffing import SECTION, Staffing, default_sections
from support.statements import sent
from support.walltime import wall

from core.values import Month
from staff.attendance.models import Punch, Roster
from staff.attendance.policy import DEFAULT_LEAVE
from staff.attendance.queries import calendar_json, person_month
from staff.attendance.services import ensure_month, refresh_days
from staff.attendance.views import DayView, PunchView

OCTOBER = Month(2026, 10)
SECTIONS = (SECTION, DEFAULT_LEAVE)


def october(session: Session, who: int) -> dict[int, DayView]:
    return {view.day.day: view for view in person_month(session, who, OCTOBER, SECTIONS)}


def at(number: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, number, hour, minute)


def test_an_open_month_is_computed_from_its_records_and_nothing_is_written(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who, follows_calendar=True)
    staffing.punches(who, "2026-10-12 09:20 18:00")
    with sent(session) as seen:
        days = october(session, who)
    assert all(statement.lstrip().startswith("SELECT") for statement in seen.statements)
    assert sorted(days) == list(range(1, 32))
    day = days[12]
    assert (day.shift_start, day.shift_end) == (at(12, 9), at(12, 18))
    assert (day.arrival, day.departure, day.late_minutes) == (at(12, 9, 20), at(12, 18), 20)
    assert (days[1].scheduled, days[1].kind) == (False, "holiday")
    assert days[1].label


def test_punches_say_what_became_of_them(session: Session, staffing: Staffing) -> None:
    who = staffing.employee()
    staffing.roster(who)
    staffing.punches(who, "2026-10-12 08:58 09:01 18:00", "2026-10-17 10:00 10:03")
    session.add(Punch(employee_id=who, at=wall("2026-10-12 18:30"), correction=True))
    session.flush()
    days = october(session, who)
    assert days[12].punches == (
        PunchView(at(12, 8, 58), "kept", False),
        PunchView(at(12, 9, 1), "repeat", False),
        PunchView(at(12, 18), "kept", False),
        PunchView(at(12, 18, 30), "kept", True),
    )
    assert [each.state for each in days[17].punches] == ["outside", "repeat"]


def test_leave_is_shown_in_days(session: Session, staffing: Staffing) -> None:
    who = staffing.employee()
    staffing.roster(who)
    staffing.leave(who, "2026-10-12 09:00", "2026-10-12 13:00", "annual")
    day = october(session, who)[12]
    assert (day.leave_days, day.protected_leave_days) == (0.5, 0.5)


def test_a_closed_month_shows_what_was_stored_whatever_came_after(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    roster: Roster = staffing.roster(who, follows_calendar=True)
    staffing.punches(who, "2026-10-12 09:20 18:00")
    ensure_month(session, OCTOBER)
    refresh_days(session, default_sections)
    staffing.close(OCTOBER, calendar_json(session, OCTOBER))
    then = october(session, who)
    roster.shift_start, roster.weekdays = 12 * 60, "67"
    staffing.leave(who, "2026-10-13 09:00", "2026-10-13 18:00")
    staffing.overtime(who, "2026-10-12 18:00", "2026-10-12 23:00")
    assert october(session, who) == then
    assert (then[12].late_minutes, then[13].absent) == (20, True)
    assert [each.state for each in then[12].punches] == ["kept", "kept"]


def test_somebody_not_employed_yet_has_empty_days(session: Session, staffing: Staffing) -> None:
    who = staffing.employee(hired=date(2026, 11, 2))
    staffing.roster(who)
    days = october(session, who)
    assert len(days) == 31
    assert not any(day.scheduled or day.absent for day in days.values())
