"""The facts of a month from stored days, and the same facts under another policy."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from support.staffing import MOMENT, SECTION, Staffing, default_sections
from support.statements import sent

from core.values import Fact, Month
from staff.attendance.days import ExcuseKind
from staff.attendance.facts import Totals
from staff.attendance.models import CalendarOverride, Excuse, PersonDay
from staff.attendance.policy import DEFAULT_LEAVE, AttendanceSection
from staff.attendance.queries import (
    attendance_facts,
    calendar_json,
    days_for_policy,
    month_totals,
    rostered_employees,
)
from staff.attendance.services import ensure_month, refresh_days

OCTOBER = Month(2026, 10)


def keep(session: Session) -> None:
    ensure_month(session, OCTOBER)
    refresh_days(session, default_sections)


def an_eventful_month(staffing: Staffing) -> int:
    """Late by 16, 31 and (excused) 45 minutes, early, missing, absent, on leave, overtime."""
    who = staffing.employee()
    staffing.roster(who, start=date(2026, 10, 12), end=date(2026, 10, 23))
    staffing.punches(
        who,
        "2026-10-12 09:16 18:00",
        "2026-10-13 09:31 18:00",
        "2026-10-14 09:45 18:00",
        "2026-10-15 09:00 17:50",
        "2026-10-16 09:00",
        "2026-10-20 09:00 20:00",
        "2026-10-21 18:00",
        "2026-10-22 08:00 17:00",
        "2026-10-23 08:00 18:30",
    )
    staffing.leave(who, "2026-10-19 09:00", "2026-10-19 18:00", "annual")
    staffing.overtime(who, "2026-10-20 18:00", "2026-10-20 19:30")
    excused: list[tuple[int, ExcuseKind]] = [(14, "late"), (21, "missing"), (22, "early")]
    for number, kind in excused:
        staffing.add(
            Excuse(
                employee_id=who,
                day=date(2026, 10, number),
                kind=kind,
                reason="大雪",
                decided_by="E1",
                decided_at=MOMENT,
            )
        )
    return who


def test_totals_are_sums_of_integers_without_what_was_excused(
    session: Session, staffing: Staffing
) -> None:
    who = an_eventful_month(staffing)
    keep(session)
    sums = month_totals(session, OCTOBER, (15, 30, 40))[who]
    assert sums == Totals(
        scheduled=10,
        worked=9,
        late=2,
        late_minutes=16 + 31,
        early=1,
        early_minutes=10,
        absent=0,
        missing=1,
        leave_halves=2,
        protected_halves=2,
        overtime_seconds=5400,
        late_over={15: 2, 30: 1, 40: 0},
    )
    assert {type(value) for value in (sums.late_minutes, sums.leave_halves, sums.late)} == {int}


def test_totals_of_other_months_stay_out(session: Session, staffing: Staffing) -> None:
    an_eventful_month(staffing)
    keep(session)
    assert month_totals(session, Month(2026, 9), ()) == {}
    assert month_totals(session, Month(2026, 11), ()) == {}


def test_facts_follow_from_the_stored_days(session: Session, staffing: Staffing) -> None:
    who = an_eventful_month(staffing)
    keep(session)
    facts = attendance_facts(session, OCTOBER, SECTION)[who]
    assert facts["late_over_15_count"] == Fact(2)
    assert facts["overtime_hours"] == Fact(1.5)
    assert facts["attendance_score"] == Fact(100 - 3 * 2 - 3 - 3)


def test_without_a_roster_that_reaches_into_the_month_there_are_no_facts(
    session: Session, staffing: Staffing
) -> None:
    who, before = staffing.employee(), staffing.employee()
    staffing.roster(before, end=date(2026, 9, 30))
    staffing.overtime(who, "2026-10-10 09:00", "2026-10-10 12:00")
    staffing.punches(who, "2026-10-10 09:00 12:00")
    keep(session)
    assert month_totals(session, OCTOBER, ())[who].overtime_seconds == 3 * 3600
    assert attendance_facts(session, OCTOBER, SECTION) == {}


def test_a_roster_without_a_scheduled_day_gives_zeros_and_a_full_score(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who, start=date(2026, 10, 31), end=date(2026, 10, 31), shift=None)
    keep(session)
    facts = attendance_facts(session, OCTOBER, SECTION)[who]
    assert facts.pop("attendance_score") == Fact(100)
    assert {fact.value for fact in facts.values()} == {0}
    assert "late_over_30_count" in facts


def test_a_teams_roster_counts_for_whoever_is_in_the_team_on_one_of_the_days(
    session: Session, staffing: Staffing
) -> None:
    rostered, free = staffing.team("有班"), staffing.team("无班")
    staffing.roster(team_id=rostered)
    spells = {
        "stays": [(date(2020, 1, 6), rostered)],
        "comes": [(date(2020, 1, 6), free), (date(2026, 10, 31), rostered)],
        "goes": [(date(2020, 1, 6), rostered), (date(2026, 10, 2), free)],
        "went": [(date(2020, 1, 6), rostered), (date(2026, 10, 1), free)],
        "later": [(date(2020, 1, 6), free), (date(2026, 11, 1), rostered)],
    }
    people = {}
    for name, spell in spells.items():
        people[name] = staffing.employee()
        for since, team in spell:
            staffing.assigned(people[name], since, team_id=team)
    found = rostered_employees(session, OCTOBER)
    assert {name for name, who in people.items() if who in found} == {"stays", "comes", "goes"}


def test_a_teams_roster_of_another_time_counts_for_nobody(
    session: Session, staffing: Staffing
) -> None:
    team = staffing.team("有班")
    staffing.roster(team_id=team, end=date(2026, 9, 30))
    staffing.roster(team_id=team, start=date(2026, 11, 1))
    staffing.assigned(staffing.employee(), date(2020, 1, 6), team_id=team)
    assert rostered_employees(session, OCTOBER) == set()


def test_facts_under_the_policy_in_force_are_those_of_the_stored_days(
    session: Session, staffing: Staffing
) -> None:
    an_eventful_month(staffing)
    staffing.roster(staffing.employee())
    keep(session)
    calendar = calendar_json(session, OCTOBER)
    found = days_for_policy(session, OCTOBER, SECTION, DEFAULT_LEAVE, calendar)
    assert found == attendance_facts(session, OCTOBER, SECTION)


def test_facts_under_another_policy_are_computed_and_not_stored(
    session: Session, staffing: Staffing
) -> None:
    who = an_eventful_month(staffing)
    keep(session)
    calendar = calendar_json(session, OCTOBER)
    mild = AttendanceSection(0, 0, 1, 0, late_tiers=(5,), repeat_minutes=5)
    with sent(session) as seen:
        facts = days_for_policy(session, OCTOBER, mild, {}, calendar)[who]
    assert facts["attendance_score"] == Fact(99)
    assert facts["late_over_5_count"] == Fact(2)
    assert facts["protected_leave_days"] == Fact(0.0)
    assert "late_over_15_count" not in facts
    assert all(statement.lstrip().startswith("SELECT") for statement in seen.statements)


def test_facts_under_another_policy_use_the_calendar_that_was_kept(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who, follows_calendar=True)
    kept = calendar_json(session, OCTOBER)
    session.add(CalendarOverride(day=date(2026, 10, 12), working=False, label="周年庆"))
    session.flush()
    now = calendar_json(session, OCTOBER)
    days = [
        days_for_policy(session, OCTOBER, SECTION, DEFAULT_LEAVE, calendar)[who]["scheduled_days"]
        for calendar in (kept, now)
    ]
    assert days[0].value - days[1].value == 1
    assert session.scalar(select(func.count()).select_from(PersonDay)) == 0


def test_the_kept_calendar_holds_the_neighbouring_year_where_shifts_reach_into_it(
    session: Session,
) -> None:
    days = calendar_json(session, Month(2026, 12))["days"]
    assert days["2026-10-01"] == "holiday"
    assert days["2027-01-01"] == "holiday"
    assert calendar_json(session, OCTOBER)["days"].keys() == {
        day for day in days if day.startswith("2026")
    }
