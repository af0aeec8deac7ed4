"""From an account to the viewer: roles by hand, by position, and by having reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session, aliased

from core.models import Setting
from core.permissions import Role
from core.viewer import OfHr, StandIn, Viewer
from staff import notices
from staff.models import Account, Assignment, Deputy, Employee, RoleGrant, TeamLeader
from staff.queries import assignments_on, holds_on

__all__ = ["Viewer", "load_viewer"]

SECOND_DECIDER = "second_decider"  # the setting: the number of an account
ACCOUNT: Any = bindparam("account_id")
TODAY: Any = bindparam("today", type_=Date)


def load_viewer(
    session: Session, account_id: int, *, today: date, positions: Mapping[str, Role]
) -> Viewer | None:
    """The viewer of an account; None where it is closed, or its person has left.

    ``positions`` maps names of positions to the roles that come with them. Administrator is none of
    them: HR imports positions, and must not make administrators by that.
    """
    row = session.execute(_whole(), {"account_id": account_id, "today": today}).first()
    if row is None or has_left(row.Employee, today):
        return None
    account: Account = row.Account
    person: Employee | None = row.Employee
    roles, stand_ins = _given(session, account_id, today)
    decides = row.second_decider == str(account_id)
    if person is not None:
        roles |= {Role.EMPLOYEE}
        roles |= {positions.get(row.position, Role.EMPLOYEE)} - {Role.ADMINISTRATOR}
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
        stand_ins=stand_ins,
        hr=people_of_hr(session, today, positions) if decides else None,
    )


@cache
def _whole() -> Any:
    """The account with its person. Put together once: every request asks."""
    position = (
        select(Assignment.position)
        .where(Assignment.employee_id == Employee.id, holds_on(Assignment, TODAY))
        .scalar_subquery()
    )
    return (
        select(
            Account,
            Employee,
            position.label("position"),
            _leads(Account.employee_id).label("leads"),
            _manages(Account.employee_id).label("manages"),
            _second_decider().label("second_decider"),
            notices.unread(Employee.id).label("unread"),
        )
        .outerjoin(Employee, Employee.id == Account.employee_id)
        .where(Account.id == ACCOUNT, Account.active)
    )


def _second_decider() -> Any:
    return select(Setting.value).where(Setting.key == SECOND_DECIDER).scalar_subquery()


def people_of_hr(session: Session, today: date, positions: Mapping[str, Role]) -> OfHr:
    """Who is HR, by position or by hand."""
    assigned = assignments_on(today)
    named = [name for name, role in positions.items() if role == Role.HR]
    by_hand = exists().where(RoleGrant.account_id == Account.id, RoleGrant.role == Role.HR)
    rows = session.execute(
        select(Employee.id, Employee.employee_no, Account.login)
        .select_from(Employee)
        .join(Account, Account.employee_id == Employee.id, full=True)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .where(or_(assigned.c.position.in_(named), by_hand))
    ).all()
    return OfHr(
        people=frozenset(row.id for row in rows if row.id is not None),
        labels=frozenset(row.employee_no or row.login for row in rows),
    )


def _leads(who: Any) -> ColumnElement[bool]:
    """Whether somebody reports to the person, or a team is theirs to lead."""
    reporting = aliased(Assignment)
    return or_(
        exists().where(reporting.supervisor_id == who, holds_on(reporting, TODAY)),
        exists().where(TeamLeader.employee_id == who),
    )


def _manages(who: Any) -> ColumnElement[bool]:
    """Whether the person leads people who lead people."""
    reporting, below = aliased(Assignment), aliased(Assignment)
    return exists().where(
        reporting.supervisor_id == who,
        holds_on(reporting, TODAY),
        below.supervisor_id == reporting.employee_id,
        holds_on(below, TODAY),
    )


def _given(session: Session, account_id: int, today: date) -> tuple[set[Role], tuple[StandIn, ...]]:
    """Roles by hand, and those away for whom the person is the deputy today: in one statement."""
    rows = session.execute(_rights(), {"account_id": account_id, "today": today}).all()
    roles = {Role(row.role) for row in rows if row.role is not None}
    found = {row.id: _stand_in(row) for row in rows if row.id is not None}
    return roles, tuple(each for each in found.values() if each is not None)


@cache
def _rights() -> Any:
    away = aliased(Employee)
    return (
        select(
            RoleGrant.role,
            Deputy.id,
            Deputy.last_day,
            away,
            _leads(Deputy.absent_id).label("leads"),
            _manages(Deputy.absent_id).label("manages"),
        )
        .select_from(Account)
        .outerjoin(RoleGrant, RoleGrant.account_id == Account.id)
        .outerjoin(Deputy, and_(Deputy.deputy_id == Account.employee_id, in_force(TODAY)))
        .outerjoin(away, and_(away.id == Deputy.absent_id, _employed(away, TODAY)))
        .where(Account.id == ACCOUNT)
        .order_by(away.employee_no, Deputy.id)
    )


def _employed(person: Any, today: Any) -> ColumnElement[bool]:
    return or_(person.leave_date.is_(None), person.leave_date >= today)


def in_force(today: Any) -> ColumnElement[bool]:
    """Condition on ``Deputy``: from its first day to its last, unless it was ended before."""
    return and_(Deputy.first_day <= today, Deputy.last_day >= today, Deputy.ended_at.is_(None))


def _stand_in(row: Any) -> StandIn | None:
    """None where the one away leads nobody, or has left."""
    person: Employee | None = row[3]
    roles = {Role.SUPERVISOR} if row.leads else set()
    roles |= {Role.MANAGER} if row.manages else set()
    if person is None or not roles:
        return None
    return StandIn(
        id=row.id,
        employee_id=person.id,
        label=person.employee_no,
        name=person.name,
        until=row.last_day,
        roles=frozenset(roles),
    )


def has_left(person: Employee | None, today: date) -> bool:
    """Whether the last day employed is over."""
    return person is not None and person.leave_date is not None and person.leave_date < today
