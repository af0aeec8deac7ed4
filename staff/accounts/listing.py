"""Lists of accounts. They show who somebody is and how they sign in; nothing about their work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from core.permissions import Permission, Role
from core.viewer import Viewer
from staff.models import Account, Employee, RoleGrant, SignedInSession, Team
from staff.queries import assignments_on, visible_employees

SPECIAL = (Role.HR, Role.ADMINISTRATOR, Role.AUDITOR)
Positions = Mapping[str, Role]


def everybody(day: date, positions: Positions) -> Select[Any]:
    """All accounts. Columns: id, number (or login), name, team, position, email, state, factor,
    seen_at, and one per special role.

    ``state`` is open, closed, left or new (it never had a password).
    """
    assigned = assignments_on(day)
    seen = (
        select(func.max(SignedInSession.seen_at))
        .where(SignedInSession.account_id == Account.id)
        .scalar_subquery()
    )
    state = case(
        (Account.active.is_(False), "closed"),
        (Employee.leave_date < day, "left"),
        (Account.password_hash.is_(None), "new"),
        else_="open",
    )
    return (
        select(
            Account.id,
            func.coalesce(Employee.employee_no, Account.login).label("number"),
            func.coalesce(Employee.name, literal("")).label("name"),
            Team.path.label("team"),
            assigned.c.position.label("position"),
            Employee.email.label("email"),
            state.label("state"),
            Account.second_factor.is_not(None).label("factor"),
            seen.label("seen_at"),
            *(_holds(role, assigned, positions).label(str(role)) for role in SPECIAL),
        )
        .outerjoin(Employee, Employee.id == Account.employee_id)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
    )


def _holds(role: Role, assigned: Any, positions: Positions) -> Any:
    """Whether an account has a role, by hand or by the position of its person.

    Administrators are made by hand only.
    """
    named = [name for name, given in positions.items() if given == role]
    granted = exists().where(RoleGrant.account_id == Account.id, RoleGrant.role == str(role))
    if role == Role.ADMINISTRATOR:
        return granted
    return or_(granted, func.coalesce(assigned.c.position, "").in_(named))


def one(session: Session, account_id: int, day: date, positions: Positions) -> Any:
    """The row of one account, None where there is none."""
    return session.execute(everybody(day, positions).where(Account.id == account_id)).first()


def to_help(viewer: Viewer, day: date) -> Select[Any]:
    """Whose password the viewer may replace by a code: columns id, number, name, team."""
    assigned = assignments_on(day)
    columns: list[Any] = [
        Account.id,
        Employee.employee_no.label("number"),
        Employee.name,
        Team.path.label("team"),
    ]
    return (
        select(*columns)
        .join(Employee, Employee.id == Account.employee_id)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .where(
            Account.active,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= day),
            Employee.id.in_(visible_employees(viewer, Permission.ACCOUNTS_CODES, day=day)),
        )
    )
