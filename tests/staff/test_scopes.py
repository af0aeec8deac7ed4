"""Whom a viewer may see: own, team, all, closed."""

from __future__ import annotations

from datetime import date

import pytest
from factories import people
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.site import Site

from core.permissions import Permission, Role
from core.viewer import Viewer
from staff.models import Account, Assignment, Employee
from staff.queries import visible_employees
from staff.viewer import load_viewer

TODAY = date(2026, 11, 2)
POSITIONS = {"hr": Role.HR, "auditor": Role.AUDITOR}
EVERYBODY = "E0001 E0002 E0003 E0004 E0005 E0006 E0009"


def viewer(session: Session, account: Account) -> Viewer:
    loaded = load_viewer(session, account.id, today=TODAY, positions=POSITIONS)
    assert loaded is not None
    return loaded


def seen(
    session: Session,
    who: Viewer,
    permission: Permission,
    *,
    closed: bool = False,
    day: date = TODAY,
) -> str:
    ids = visible_employees(who, permission, day=day, closed=closed)
    numbers = select(Employee.employee_no).where(Employee.id.in_(ids)).order_by("employee_no")
    return " ".join(session.scalars(numbers))


@pytest.mark.parametrize(
    ("role", "permission", "expected"),
    [
        ("agent", Permission.SCORECARDS_READ, "E0004"),
        ("supervisor", Permission.SCORECARDS_READ, "E0002 E0004 E0005"),
        ("manager", Permission.SCORECARDS_READ, "E0001 E0002 E0004 E0005"),
        ("manager", Permission.PAY_READ, "E0001"),
        ("supervisor", Permission.EVALUATIONS_WRITE, "E0004 E0005"),
        ("agent", Permission.EVALUATIONS_WRITE, ""),
        ("hr", Permission.PAY_READ, EVERYBODY),
        ("admin", Permission.SCORECARDS_READ, ""),
        ("auditor", Permission.SCORECARDS_READ, "E0006"),
    ],
)
def test_a_permission_reaches_as_far_as_its_scope(
    any_site: Site, role: str, permission: Permission, expected: str
) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        assert seen(session, viewer(session, accounts[role]), permission) == expected


def test_an_auditor_sees_everybody_in_closed_months_only(site: Site) -> None:
    with site.session() as session:
        auditor = viewer(session, people.centre(session)["auditor"])
        assert seen(session, auditor, Permission.PAY_READ, closed=True) == EVERYBODY
        assert seen(session, auditor, Permission.PAY_READ) == "E0006"


def test_a_leader_sees_the_members_of_the_team_and_of_those_below(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        people.employee(session, "E0010", team_path="Centre/Two/Night")
        other = session.get_one(Employee, accounts["other"].employee_id)
        people.leads(session, other, "Centre/Two")
        who = viewer(session, accounts["other"])
        assert Role.SUPERVISOR in who.roles
        assert seen(session, who, Permission.SCORECARDS_READ) == "E0009 E0010"
        assert seen(session, who, Permission.EVALUATIONS_WRITE) == "E0010"


def test_who_reports_to_whom_is_what_holds_today(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        agent, manager = accounts["agent"].employee_id, accounts["manager"].employee_id
        session.add(
            Assignment(employee_id=agent, effective_from=date(2026, 12, 1), supervisor_id=manager)
        )
        session.flush()
        who = viewer(session, accounts["supervisor"])
        permission = Permission.EVALUATIONS_WRITE
        assert seen(session, who, permission) == "E0004 E0005"
        assert seen(session, who, permission, day=date(2026, 12, 1)) == "E0005"


def test_supervisors_in_a_circle_do_not_hang_the_query(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        top = session.scalars(
            select(Assignment).where(Assignment.employee_id == accounts["manager"].employee_id)
        ).one()
        top.supervisor_id = accounts["supervisor"].employee_id
        session.flush()
        who = viewer(session, accounts["supervisor"])
        assert seen(session, who, Permission.EVALUATIONS_WRITE) == "E0001 E0004 E0005"


def test_roles_come_by_position_by_reports_and_by_hand(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        by_hand = people.account(session, login="second", roles=[Role.AUDITOR])
        roles = {name: viewer(session, account).roles for name, account in accounts.items()}
        assert roles["agent"] == {Role.EMPLOYEE}
        assert roles["supervisor"] == {Role.EMPLOYEE, Role.SUPERVISOR}
        assert roles["manager"] == {Role.EMPLOYEE, Role.SUPERVISOR, Role.MANAGER}
        assert roles["hr"] == {Role.EMPLOYEE, Role.HR}
        assert roles["admin"] == {Role.ADMINISTRATOR}
        assert viewer(session, by_hand).roles == {Role.AUDITOR}
