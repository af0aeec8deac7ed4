"""Teams, people and accounts for tests: plain functions that add rows and flush."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import SYSTEM
from core.clock import Now
from core.permissions import Role
from staff.accounts.services import create_account
from staff.models import Account, Assignment, Employee, Team, TeamLeader

HIRED = date(2025, 1, 6)
NOW = Now(datetime(2026, 11, 2, 1, 0, tzinfo=UTC), datetime(2026, 11, 2, 9, 0))
PASSWORD = "a green door by the sea"


def team(session: Session, path: str) -> Team:
    """The team of that path, made with the ones above it where it is missing."""
    found = session.scalar(select(Team).where(Team.path == path))
    if found is not None:
        return found
    above = path.rpartition("/")[0]
    made = Team(path=path, parent_id=team(session, above).id if above else None)
    session.add(made)
    session.flush()
    return made


def employee(
    session: Session,
    number: str,
    *,
    name: str = "",
    position: str | None = "agent",
    team_path: str | None = "Centre/One",
    supervisor: Employee | None = None,
    email: str | None = None,
    hired: date = HIRED,
    left: date | None = None,
) -> Employee:
    """A person with one assignment, in force from the first day."""
    person = Employee(
        employee_no=number,
        name=name or f"Person {number}",
        email=email,
        hire_date=hired,
        leave_date=left,
    )
    session.add(person)
    session.flush()
    session.add(
        Assignment(
            employee_id=person.id,
            effective_from=hired,
            position=position,
            team_id=team(session, team_path).id if team_path else None,
            supervisor_id=supervisor.id if supervisor else None,
        )
    )
    session.flush()
    return person


def leads(session: Session, person: Employee, path: str) -> None:
    session.add(TeamLeader(team_id=team(session, path).id, employee_id=person.id))
    session.flush()


def account(
    session: Session,
    person: Employee | None = None,
    *,
    login: str | None = None,
    roles: Iterable[Role] = (),
    must_change: bool = False,
    password: str = PASSWORD,
) -> Account:
    return create_account(
        session,
        actor=SYSTEM,
        now=NOW,
        employee_id=person.id if person else None,
        login=login,
        password=password,
        must_change=must_change,
        roles=roles,
    ).account


def centre(session: Session) -> dict[str, Account]:
    """A small centre with one account per role, by name.

    ``manager`` is above ``supervisor``, who is above ``agent`` (E0004) and ``colleague`` (E0005);
    ``other`` (E0009) reports to nobody of them.
    """
    manager = employee(session, "E0001", position="manager", team_path="Centre")
    supervisor = employee(session, "E0002", position="supervisor", supervisor=manager)
    hr = employee(session, "E0003", position="hr", team_path="Office")
    agent = employee(session, "E0004", supervisor=supervisor, email="agent@example.org")
    colleague = employee(session, "E0005", supervisor=supervisor)
    auditor = employee(session, "E0006", position="auditor", team_path="Office")
    other = employee(session, "E0009", team_path="Centre/Two")
    people = {
        "manager": manager,
        "supervisor": supervisor,
        "hr": hr,
        "agent": agent,
        "colleague": colleague,
        "auditor": auditor,
        "other": other,
    }
    accounts = {name: account(session, person) for name, person in people.items()}
    accounts["admin"] = account(session, login="admin", roles=[Role.ADMINISTRATOR])
    return accounts
