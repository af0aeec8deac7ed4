"""Excuses, corrections and days of the organisation's own calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from support.staffing import Staffing, default_sections
from support.walltime import wall

from core.actor import Actor
from core.clock import Now
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.values import Month
from staff.attendance.decisions import add_correction, excuse_day, override_day, withdraw_excuse
from staff.attendance.models import CalendarOverride, Excuse, PersonDay, Punch
from staff.attendance.queries import month_totals
from staff.attendance.services import ensure_month, refresh_days

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)
NOW = Now(datetime(2026, 10, 20, 4, tzinfo=UTC), datetime(2026, 10, 20, 12))
BOSS = Actor("E9000", employee_id=None)
MONDAY = date(2026, 10, 12)


@pytest.fixture
def who(session: Session, staffing: Staffing) -> int:
    """Late by 20 minutes on a Monday, without a departure."""
    employee = staffing.employee(number="E0007")
    staffing.roster(employee)
    staffing.punches(employee, "2026-10-12 09:20")
    ensure_month(session, OCTOBER)
    refresh_days(session, default_sections)
    return employee


def audited(session: Session) -> list[tuple[str, str, str]]:
    return [(each.action, each.actor, each.subject) for each in session.info.pop("audit", [])]


def excuse(session: Session, who: int, kind: str = "late", reason: str = "大雪") -> Excuse:
    return excuse_day(
        session,
        actor=BOSS,
        now=NOW,
        employee_id=who,
        day=MONDAY,
        kind=kind,  # type: ignore[arg-type]
        reason=reason,
    )


def correct(session: Session, who: int, at: datetime, actor: Actor = BOSS) -> None:
    add_correction(session, actor=actor, now=NOW, employee_id=who, at=at, reason="设备故障")


def monday(session: Session, who: int) -> PersonDay:
    refresh_days(session, default_sections)
    session.expire_all()
    return session.get_one(PersonDay, (who, MONDAY))


def test_what_is_excused_stays_visible_and_counts_in_no_sum(session: Session, who: int) -> None:
    excuse(session, who, "late")
    excuse(session, who, "missing")
    day = monday(session, who)
    assert (day.late_minutes, day.missing, day.excused) == (20, True, "lm")
    sums = month_totals(session, OCTOBER, ())[who]
    assert (sums.late, sums.late_minutes, sums.missing) == (0, 0, 0)


def test_an_excuse_keeps_who_gave_it_and_why(session: Session, who: int) -> None:
    row = excuse(session, who, reason="  大雪 ")
    assert (row.reason, row.decided_by, row.decided_at) == ("大雪", "E9000", NOW.moment)
    assert audited(session) == [("attendance.excused", "E9000", "employee:E0007")]


def test_an_excuse_can_be_taken_back(session: Session, who: int) -> None:
    row = excuse(session, who)
    assert monday(session, who).excused == "l"
    withdraw_excuse(session, actor=BOSS, now=NOW, excuse_id=row.id)
    assert monday(session, who).excused == ""
    assert [entry[0] for entry in audited(session)] == [
        "attendance.excused",
        "attendance.excuse_withdrawn",
    ]


def test_the_same_is_not_excused_twice(session: Session, who: int) -> None:
    excuse(session, who)
    with pytest.raises(Conflict):
        excuse(session, who)


def test_an_excuse_needs_a_reason(session: Session, who: int) -> None:
    with pytest.raises(Refused) as refused:
        excuse(session, who, reason=" ")
    assert refused.value.field == "reason"


def test_nobody_decides_on_themselves(session: Session, who: int) -> None:
    myself = Actor("E0007", employee_id=who)
    row = excuse(session, who, "missing")
    audited(session)
    with pytest.raises(Forbidden):
        excuse_day(
            session, actor=myself, now=NOW, employee_id=who, day=MONDAY, kind="late", reason="x"
        )
    with pytest.raises(Forbidden):
        withdraw_excuse(session, actor=myself, now=NOW, excuse_id=row.id)
    with pytest.raises(Forbidden):
        correct(session, who, datetime(2026, 10, 12, 18), myself)
    assert session.scalar(select(func.count()).select_from(Excuse)) == 1
    assert session.scalar(select(func.count()).select_from(Punch)) == 1
    assert audited(session) == []


def test_unknown_people_and_excuses_are_not_found(session: Session, who: int) -> None:
    with pytest.raises(NotFound):
        excuse(session, who + 1000)
    with pytest.raises(NotFound):
        withdraw_excuse(session, actor=BOSS, now=NOW, excuse_id=77)


def test_closed_months_take_no_decision(session: Session, staffing: Staffing, who: int) -> None:
    row = excuse(session, who, "missing")
    staffing.close(OCTOBER)
    with pytest.raises(Conflict):
        excuse(session, who)
    with pytest.raises(Conflict):
        withdraw_excuse(session, actor=BOSS, now=NOW, excuse_id=row.id)
    with pytest.raises(Conflict):
        correct(session, who, datetime(2026, 10, 12, 18))
    with pytest.raises(Conflict):
        override_day(session, actor=BOSS, now=NOW, day=MONDAY, working=False)


def test_a_correction_is_a_punch_with_a_mark(session: Session, who: int) -> None:
    correct(session, who, datetime(2026, 10, 12, 18, 0, 5))
    day = monday(session, who)
    assert (day.missing, day.departure) == (False, wall("2026-10-12 18:00:05"))
    assert session.get_one(Punch, (who, wall("2026-10-12 18:00:05"))).correction
    assert audited(session) == [("attendance.corrected", "E9000", "employee:E0007")]


def test_there_is_one_punch_at_a_time(session: Session, who: int) -> None:
    with pytest.raises(Refused) as refused:
        correct(session, who, datetime(2026, 10, 12, 9, 20))
    assert refused.value.field == "at"


def test_a_time_to_come_is_not_corrected(session: Session, who: int) -> None:
    correct(session, who, NOW.wall)
    with pytest.raises(Refused):
        correct(session, who, datetime(2026, 10, 20, 12, 0, 1))


def test_the_end_of_a_night_shift_of_a_closed_month_is_closed_with_it(
    session: Session, staffing: Staffing
) -> None:
    who, by_day = staffing.employee(), staffing.employee()
    staffing.roster(who, shift=(21 * 60, 6 * 60), weekdays="1234567")
    staffing.roster(by_day)
    staffing.close(SEPTEMBER)
    with pytest.raises(Conflict):
        correct(session, who, datetime(2026, 10, 1, 6))
    correct(session, who, datetime(2026, 10, 1, 20, 59))
    correct(session, by_day, datetime(2026, 10, 1, 6))


def test_a_day_off_of_the_organisations_own_takes_effect_and_is_taken_back(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee()
    staffing.roster(who, follows_calendar=True)
    ensure_month(session, OCTOBER)
    refresh_days(session, default_sections)
    before = month_totals(session, OCTOBER, ())[who].scheduled

    def scheduled(working: bool | None) -> int:
        override_day(session, actor=BOSS, now=NOW, day=MONDAY, working=working, label="周年庆")
        refresh_days(session, default_sections)
        return month_totals(session, OCTOBER, ())[who].scheduled

    assert scheduled(False) == before - 1
    assert scheduled(None) == before
    assert session.scalar(select(func.count()).select_from(CalendarOverride)) == 0
    assert len(audited(session)) == 2


def test_a_day_of_the_calendar_said_again_changes_nothing(session: Session) -> None:
    for _ in range(2):
        override_day(session, actor=BOSS, now=NOW, day=MONDAY, working=True)
    assert audited(session) == [("attendance.calendar", "E9000", "day:2026-10-12")]
