"""Asking for leave, overtime and punch corrections, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.staffing import SECTION, Staffing, default_sections
from support.walltime import wall

from core.actor import Actor
from core.clock import Now
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.values import Month
from staff.attendance.asking import Days, leave_span, overtime_span
from staff.attendance.models import AttendanceRequest, Leave, Overtime, PersonDay, Punch
from staff.attendance.policy import DEFAULT_LEAVE
from staff.attendance.queries import attendance_facts
from staff.attendance.request_decisions import decide
from staff.attendance.request_rows import Who
from staff.attendance.requests import (
    ask_for_correction,
    ask_for_leave,
    ask_for_overtime,
    corrections_in,
    withdraw,
)
from staff.attendance.rosters import Shift
from staff.attendance.services import ensure_month, refresh_days
from staff.attendance.touching import leave_days
from staff.models import Notice

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)
NOW = Now(datetime(2026, 10, 20, 4, tzinfo=UTC), datetime(2026, 10, 20, 12))
BOSS = Who(Actor("E9000"), NOW)
MONDAY = date(2026, 10, 12)


@pytest.fixture
def me(session: Session, staffing: Staffing) -> int:
    """Nine to six from Monday to Friday; on Monday nobody punched on leaving."""
    employee = staffing.employee(number="E0007")
    staffing.roster(employee)
    staffing.punches(employee, "2026-10-12 08:55")
    ensure_month(session, OCTOBER)
    refresh_days(session, default_sections)
    return employee


def own(me: int) -> Who:
    return Who(Actor("E0007", me), NOW)


def leave(session: Session, me: int, start: str, end: str, kind: str = "sick") -> Any:
    return ask_for_leave(
        session,
        who=own(me),
        kind=kind,
        start=wall(start),
        end=wall(end),
        reason="发烧",
        types=DEFAULT_LEAVE,
    )


def punch(session: Session, me: int, at: datetime, limit: int | None = None) -> Any:
    return ask_for_correction(session, who=own(me), at=at, reason="忘记打卡", limit=limit)


def day(session: Session, me: int, on: date = MONDAY) -> PersonDay:
    refresh_days(session, default_sections)
    session.expire_all()
    return session.get_one(PersonDay, (me, on))


def told(session: Session, who: int) -> list[str]:
    return list(session.scalars(select(Notice.kind).where(Notice.employee_id == who)))


def test_leave_counts_once_it_is_approved_and_not_before(session: Session, me: int) -> None:
    made = leave(session, me, "2026-10-13 09:00", "2026-10-13 18:00")
    assert day(session, me, date(2026, 10, 13)).absent
    decide(session, who=BOSS, ref=str(made.id), approve=True)
    on = day(session, me, date(2026, 10, 13))
    assert (on.absent, on.leave_halves) == (False, 2)
    assert (made.state, made.decided_by) == ("approved", "E9000")
    assert told(session, me) == ["request.approved"]
    assert [each.action for each in session.info["audit"]] == ["request.asked", "request.approved"]


def test_a_missed_punch_is_added_as_a_correction(session: Session, me: int) -> None:
    made = punch(session, me, datetime(2026, 10, 12, 18, 3))
    assert day(session, me).missing
    decide(session, who=BOSS, ref=str(made.id), approve=True)
    assert not day(session, me).missing
    assert session.get_one(Punch, (me, wall("2026-10-12 18:03"))).correction


def test_overtime_that_is_approved_counts_as_far_as_punches_support_it(
    session: Session, me: int, staffing: Staffing
) -> None:
    staffing.punches(me, "2026-10-13 08:50 20:30")
    start, end = overtime_span(date(2026, 10, 13), 18 * 60, 21 * 60)
    made = ask_for_overtime(session, who=own(me), start=start, end=end, reason="大促")
    decide(session, who=BOSS, ref=str(made.id), approve=True)
    assert day(session, me, date(2026, 10, 13)).overtime_seconds == 9000


def test_what_is_declined_says_why_counts_nothing_and_may_be_asked_again(
    session: Session, me: int
) -> None:
    made = leave(session, me, "2026-10-13 09:00", "2026-10-13 18:00")
    with pytest.raises(Refused) as refused:
        decide(session, who=BOSS, ref=str(made.id), approve=False, reason=" ")
    assert refused.value.field == "reason"
    decide(session, who=BOSS, ref=str(made.id), approve=False, reason="当天人手不足")
    assert session.scalar(select(Leave.status)) == "declined"
    assert told(session, me) == ["request.declined"]
    again = leave(session, me, "2026-10-13 09:00", "2026-10-13 13:00", "personal")
    decide(session, who=BOSS, ref=str(again.id), approve=True)
    assert day(session, me, date(2026, 10, 13)).leave_halves == 1


def test_what_is_withdrawn_leaves_nothing_and_is_not_decided(session: Session, me: int) -> None:
    made = leave(session, me, "2026-10-13 09:00", "2026-10-13 18:00")
    with pytest.raises(NotFound):
        withdraw(session, who=BOSS, request_id=made.id)
    withdraw(session, who=own(me), request_id=made.id)
    assert (made.state, session.scalar(select(Leave.id))) == ("withdrawn", None)
    with pytest.raises(Conflict):
        decide(session, who=BOSS, ref=str(made.id), approve=True)
    with pytest.raises(Conflict):
        withdraw(session, who=own(me), request_id=made.id)


def test_nobody_decides_on_what_they_or_the_one_they_act_for_asked(
    session: Session, me: int
) -> None:
    made = leave(session, me, "2026-10-13 09:00", "2026-10-13 18:00")
    for actor in (Actor("E0007", me), Actor("E0009 for E0007", me + 1, behalf_id=me)):
        with pytest.raises(Forbidden):
            decide(session, who=Who(actor, NOW), ref=str(made.id), approve=True)
    assert made.state == "requested"


def test_everybody_asks_for_themselves_only(session: Session, me: int) -> None:
    deputy = Who(Actor("E0009 for E0007", me, behalf_id=me), NOW)
    for who in (deputy, Who(Actor("admin"), NOW)):
        with pytest.raises(Forbidden):
            ask_for_correction(session, who=who, at=NOW.wall, reason="x", limit=None)


def test_the_second_decision_is_refused_and_names_the_first(session: Session, me: int) -> None:
    made = leave(session, me, "2026-10-13 09:00", "2026-10-13 18:00")
    decide(session, who=BOSS, ref=str(made.id), approve=True)
    with pytest.raises(Conflict, match="E9000 has decided on this already"):
        decide(session, who=Who(Actor("E8000"), NOW), ref=str(made.id), approve=False, reason="x")


def test_in_a_closed_month_nothing_is_asked_for_nor_approved(
    session: Session, me: int, staffing: Staffing
) -> None:
    made = leave(session, me, "2026-09-29 09:00", "2026-09-29 18:00")
    late = punch(session, me, datetime(2026, 9, 28, 9))
    staffing.close(SEPTEMBER)
    for ref in (made.id, late.id):
        with pytest.raises(Conflict, match="2026-09 is closed"):
            decide(session, who=BOSS, ref=str(ref), approve=True)
    with pytest.raises(Refused, match="2026-09 is closed") as refused:
        leave(session, me, "2026-09-30 09:00", "2026-10-02 18:00")
    assert refused.value.field == "first"
    with pytest.raises(Refused, match="2026-09 is closed") as refused:
        punch(session, me, datetime(2026, 9, 30, 18))
    assert refused.value.field == "at"
    decide(session, who=BOSS, ref=str(made.id), approve=False, reason="关账后不再受理")
    assert made.state == "declined"


def test_leave_of_the_next_month_that_meets_a_night_shift_of_a_closed_one_is_refused(
    session: Session, staffing: Staffing
) -> None:
    night = staffing.employee(number="E0008")
    staffing.roster(night, shift=(22 * 60, 6 * 60))
    staffing.close(SEPTEMBER)
    who = Who(Actor("E0008", night), NOW)
    wanted = {"kind": "sick", "reason": "x", "types": DEFAULT_LEAVE}
    with pytest.raises(Refused, match="2026-09 is closed"):
        ask_for_leave(
            session,
            who=who,
            start=wall("2026-10-01 02:00"),
            end=wall("2026-10-01 06:00"),
            **wanted,  # type: ignore[arg-type]
        )
    ask_for_leave(
        session,
        who=who,
        start=wall("2026-10-01 08:00"),
        end=wall("2026-10-02 06:00"),
        **wanted,  # type: ignore[arg-type]
    )


def test_no_more_corrections_than_the_policy_allows(session: Session, me: int) -> None:
    first = punch(session, me, datetime(2026, 10, 12, 18), limit=2)
    punch(session, me, datetime(2026, 10, 13, 9), limit=2)
    with pytest.raises(Refused, match="allows 2 punch corrections") as refused:
        punch(session, me, datetime(2026, 10, 13, 18), limit=2)
    assert refused.value.field == "at"
    decide(session, who=BOSS, ref=str(first.id), approve=False, reason="x")
    assert corrections_in(session, me, OCTOBER) == 1
    punch(session, me, datetime(2026, 10, 13, 18), limit=2)


@pytest.mark.parametrize(
    ("start", "end", "kind", "field"),
    [
        ("2026-10-13 09:00", "2026-10-13 18:00", "fishing", "type"),
        ("2019-10-14 09:00", "2019-10-14 18:00", "sick", "first"),
        ("2026-10-15 12:00", "2026-10-16 12:00", "sick", "first"),
    ],
)
def test_leave_that_cannot_be_is_refused_at_its_field(
    session: Session, me: int, start: str, end: str, kind: str, field: str
) -> None:
    leave(session, me, "2026-10-15 09:00", "2026-10-15 18:00")
    with pytest.raises(Refused) as refused:
        leave(session, me, start, end, kind)
    assert refused.value.field == field


def test_a_punch_to_come_or_there_already_is_not_asked_for(session: Session, me: int) -> None:
    for at in (datetime(2026, 10, 20, 12, 1), datetime(2026, 10, 12, 8, 55)):
        with pytest.raises(Refused) as refused:
            punch(session, me, at)
        assert refused.value.field == "at"


def test_what_a_file_brought_undecided_is_decided_too(
    session: Session, me: int, staffing: Staffing
) -> None:
    staffing.leave(me, "2026-10-13 09:00", "2026-10-13 18:00", status="requested")
    number = session.scalars(select(Leave.id)).one()
    made = decide(session, who=BOSS, ref=f"leave-{number}", approve=True)
    assert (made.kind, made.type, made.state) == ("leave", "sick", "approved")
    assert day(session, me, date(2026, 10, 13)).leave_halves == 2
    with pytest.raises(Conflict):
        decide(session, who=BOSS, ref=f"leave-{number}", approve=True)


@pytest.mark.parametrize("ref", ["", "leave-", "9999", "leave-9999", "punch-1", "leave-²"])
def test_what_nobody_asked_for_is_not_found(session: Session, me: int, ref: str) -> None:
    with pytest.raises(NotFound):
        decide(session, who=BOSS, ref=ref, approve=True)


def test_what_a_file_changed_meanwhile_is_not_decided_but_may_be_asked_again(
    session: Session, me: int
) -> None:
    start, end = wall("2026-10-13 18:00"), wall("2026-10-13 20:00")
    made = ask_for_overtime(session, who=own(me), start=start, end=end, reason="x")
    session.scalars(select(Overtime)).one().end += 3600
    with pytest.raises(Conflict):
        decide(session, who=BOSS, ref=str(made.id), approve=True)
    for status in ("approved", "declined"):
        session.scalars(select(Overtime)).one().status = status
        session.flush()
        with pytest.raises(Conflict):
            decide(session, who=BOSS, ref=str(made.id), approve=True)
        with pytest.raises(Conflict):
            withdraw(session, who=own(me), request_id=made.id)
    again = ask_for_overtime(session, who=own(me), start=start, end=end, reason="y")
    decide(session, who=BOSS, ref=str(again.id), approve=True)
    assert (made.state, made.decided_by, again.state) == ("declined", "system", "approved")
    assert session.scalars(select(Overtime.status)).all() == ["approved"]


NIGHT = {MONDAY: Shift(22 * 60, 30 * 60)}
OFFICE = {MONDAY: Shift()}


@pytest.mark.parametrize(
    ("days", "shifts", "span"),
    [
        (Days(MONDAY, MONDAY), OFFICE, ("2026-10-12 09:00", "2026-10-12 18:00")),
        (Days(MONDAY, MONDAY), NIGHT, ("2026-10-12 22:00", "2026-10-13 06:00")),
        (Days(MONDAY, MONDAY), {}, ("2026-10-12 00:00", "2026-10-13 00:00")),
        (Days(MONDAY, date(2026, 10, 14)), OFFICE, ("2026-10-12 09:00", "2026-10-15 00:00")),
        (Days(MONDAY, MONDAY, "first_half"), OFFICE, ("2026-10-12 09:00", "2026-10-12 13:30")),
        (Days(MONDAY, MONDAY, "second_half"), NIGHT, ("2026-10-13 02:00", "2026-10-13 06:00")),
        (
            Days(MONDAY, MONDAY, "times", 600, 660),
            OFFICE,
            ("2026-10-12 10:00", "2026-10-12 11:00"),
        ),
    ],
)
def test_whole_days_halves_and_times_as_spans(
    days: Days, shifts: dict[date, Shift], span: tuple[str, str]
) -> None:
    assert leave_span(days, shifts) == tuple(map(wall, span))


@pytest.mark.parametrize(
    ("days", "field"),
    [
        (Days(MONDAY, date(2026, 10, 11)), "last"),
        (Days(MONDAY, date(2028, 10, 11)), "last"),
        (Days(MONDAY, date(2026, 10, 13), "first_half"), "part"),
        (Days(date(2026, 10, 11), date(2026, 10, 11), "first_half"), "first"),
        (Days(MONDAY, MONDAY, "times", None, 60), "begin"),
        (Days(MONDAY, MONDAY, "times", 60), "end"),
        (Days(MONDAY, MONDAY, "times", 60, 60), "end"),
    ],
)
def test_days_that_are_no_span_are_refused_at_their_field(days: Days, field: str) -> None:
    with pytest.raises(Refused) as refused:
        leave_span(days, OFFICE)
    assert refused.value.field == field


def test_half_a_shift_is_half_a_day_of_leave(session: Session, me: int) -> None:
    assert leave_days(session, me, wall("2026-10-12 09:00"), wall("2026-10-12 13:30")) == 0.5
    assert leave_days(session, me, wall("2026-10-09 13:30"), wall("2026-10-13 00:00")) == 1.5


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    punches=st.lists(st.integers(5 * 3600, 28 * 3600), max_size=4, unique=True),
    begin=st.integers(-3, 26),
    hours=st.integers(1, 30),
    kind=st.sampled_from(sorted(DEFAULT_LEAVE)),
)
def test_approving_leave_never_lowers_the_attendance_score(
    session: Session, me: int, punches: list[int], begin: int, hours: int, kind: str
) -> None:
    with session.begin_nested() as savepoint:
        midnight = wall("2026-10-14 00:00")
        session.add_all(Punch(employee_id=me, at=midnight + at) for at in punches)
        session.add(AttendanceRequest(
            employee_id=me, kind="leave", type=kind, start=midnight + begin * 3600,
            end=midnight + (begin + hours) * 3600, day=date(2026, 10, 14), reason="x",
            state="requested", decision="",
        ))  # fmt: skip
        session.add(Leave(
            employee_id=me, type=kind, start=midnight + begin * 3600,
            end=midnight + (begin + hours) * 3600, status="requested",
        ))  # fmt: skip
        session.flush()
        ensure_month(session, OCTOBER)
        before = _score(session, me)
        ref = session.scalars(select(AttendanceRequest.id)).one()
        decide(session, who=BOSS, ref=str(ref), approve=True)
        assert _score(session, me) >= before
        savepoint.rollback()
    session.expire_all()


def _score(session: Session, me: int) -> float:
    from staff.attendance.services import mark_month

    mark_month(session, OCTOBER)
    refresh_days(session, default_sections)
    return float(attendance_facts(session, OCTOBER, SECTION)[me]["attendance_score"].value)
