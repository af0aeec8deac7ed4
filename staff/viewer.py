"""From an account to the viewer: roles by hand, by position, and by having reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from core.permissions import Role
from core.viewer import Viewer
from staff import notices
from staff.models import Account, Employee, RoleGrant, TeamLeader
from staff.queries import assignments_on

__all__ = ["Viewer", "load_viewer"]


def load_viewer(
    session: Session, account_id: int, *, today: date, positions: Mapping[str, Role]
) -> Viewer | None:
    """The viewer of an account; None where it is closed, or its person has left.

    ``positions`` maps names of positions to the roles that come with them.
    """
    assigned = assignments_on(today)
    row = session.execute(
        select(
            Account,
            Employee,
            assigned.c.position,
            _leads(today).label("leads"),
            _manages(today).label("manages"),
            notices.unread(Employee.id).label("unread"),
        )
        .outerjoin(Employee, Employee.id == Account.employee_id)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .where(Account.id == account_id, Account.active)
    ).first()
    if row is None or has_left(row.Employee, today):
        return None
    account: Account = row.Account
    person: Employee | None = row.Employee
    roles = _granted(session, account_id)
    if person is not None:
        roles |= {Role.EMPLOYEE}
        roles |= {positions[row.position]} if row.position in positions else set()
        roles |= {Role.SUPERVISOR} if row.leads else set()
        roles |= {Role.MANAGER} if row.manages else set()
    return Viewer(
        account_id=account.id,
        employee_id=account.employee_id,
        roles=frozenset(roles),
        label=person.employee_no if person else account.login or "",
        name=person.name if person else account.login or "",
        language=account.language,
        must_change=account.must_change,
        has_factor=account.second_factor is not None,
        unread=row.unread,
    )


def _leads(today: date) -> ColumnElement[bool]:
    """Whether somebody reports to the account's person, or a team is theirs to lead."""
    reporting = assignments_on(today)
    return or_(
        exists().where(reporting.c.supervisor_id == Account.employee_id),
        exists().where(TeamLeader.employee_id == Account.employee_id),
    )


def _manages(today: date) -> ColumnElement[bool]:
    """Whether the account's person leads people who lead people."""
    reporting, below = assignments_on(today), assignments_on(today).alias("below")
    return exists().where(
        reporting.c.supervisor_id == Account.employee_id,
        below.c.supervisor_id == reporting.c.employee_id,
    )


def _granted(session: Session, account_id: int) -> set[Role]:
    rows = session.scalars(select(RoleGrant.role).where(RoleGrant.account_id == account_id))
    return {Role(name) for name in rows}


def has_left(person: Employee | None, today: date) -> bool:
    """Whether the last day employed is over."""
    return person is not None and person.leave_date is not None and person.leave_date < today
