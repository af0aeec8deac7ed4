"""Who belongs to a month, and with which assignment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session
from support.staffing import Staffing
from support.statements import sent

from core.values import Month
from staff.people import PersonRow, employed_days, people_in

OCTOBER = Month(2026, 10)


def only(session: Session) -> PersonRow:
    (row,) = people_in(session, OCTOBER)
    return row


def test_the_assignment_is_the_latest_by_the_months_last_day(
    session: Session, staffing: Staffing
) -> None:
    boss = staffing.employee(hired=date(2026, 11, 1))
    who = staffing.employee()
    first, second = staffing.team("客服中心"), staffing.team("客服中心/售前一组")
    staffing.assigned(who, date(2020, 1, 6), team_id=first, position="agent")
    staffing.assigned(
        who,
        date(2026, 10, 31),
        team_id=second,
        position="lead",
        supervisor_id=boss,
        base_wage=Decimal("5000.50"),
    )
    staffing.assigned(who, date(2026, 11, 1), team_id=first, position="agent")
    row = only(session)
    assert (row.team_id, row.team_path) == (second, "客服中心/售前一组")
    assert (row.position, row.supervisor_id, row.base_wage) == ("lead", boss, Decimal("5000.50"))


def test_a_leavers_assignment_is_that_of_their_own_last_day(
    session: Session, staffing: Staffing
) -> None:
    who = staffing.employee(left=date(2026, 10, 15))
    staffing.assigned(who, date(2020, 1, 6), position="agent")
    staffing.assigned(who, date(2026, 10, 16), position="lead")
    assert only(session).position == "agent"


def test_leavers_of_earlier_months_are_listed_as_not_employed(
    session: Session, staffing: Staffing
) -> None:
    staffing.employee(left=date(2026, 9, 30))
    row = only(session)
    assert not row.employed
    assert employed_days(row, OCTOBER) == 0


def test_who_is_hired_after_the_month_is_not_in_it(session: Session, staffing: Staffing) -> None:
    staffing.employee(hired=date(2026, 11, 1))
    assert people_in(session, OCTOBER) == []


def test_without_an_assignment_nothing_is_said_of_team_and_position(
    session: Session, staffing: Staffing
) -> None:
    staffing.employee()
    row = only(session)
    assert (row.team_id, row.team_path, row.position, row.base_wage) == (None, None, None, None)


@pytest.mark.parametrize(
    ("hired", "left", "days"),
    [
        (date(2020, 1, 1), None, 31),
        (date(2026, 10, 31), None, 1),
        (date(2026, 10, 5), date(2026, 10, 5), 1),
        (date(2020, 1, 1), date(2026, 10, 1), 1),
        (date(2026, 10, 11), date(2027, 1, 1), 21),
    ],
)
def test_days_employed_include_the_first_and_the_last(
    session: Session, staffing: Staffing, hired: date, left: date | None, days: int
) -> None:
    staffing.employee(hired=hired, left=left)
    row = only(session)
    assert row.employed
    assert employed_days(row, OCTOBER) == days


def test_people_are_ordered_by_number_whatever_the_collation(
    session: Session, staffing: Staffing
) -> None:
    for number in ("e2", "E10", "a-1", "E1", "_x"):
        staffing.employee(number=number)
    numbers = [row.employee_no for row in people_in(session, OCTOBER)]
    assert numbers == ["E1", "E10", "_x", "a-1", "e2"]


def test_one_statement_answers_for_everybody(session: Session, staffing: Staffing) -> None:
    for _ in range(30):
        staffing.assigned(staffing.employee(), date(2020, 1, 6), position="agent")
    with sent(session) as seen:
        assert len(people_in(session, OCTOBER)) == 30
    assert len(seen.statements) == 1
