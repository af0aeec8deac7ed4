"""What administrators, HR and supervisors do about other people's accounts, never their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core import mail
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Forbidden, Refused
from core.models import AuditEntry, Setting
from core.permissions import Role
from staff.accounts import codes, factor, sessions
from staff.accounts.naming import get, label_of, mailbox_of
from staff.accounts.services import add_account
from staff.accounts.trail import note
from staff.models import Account, Employee, RoleGrant
from staff.viewer import load_viewer

HR_WAS = "hr_was"  # the setting: somebody was HR by hand and is no more
Positions = Mapping[str, Role]


def may_help(helper: frozenset[Role], helped: frozenset[Role]) -> bool:
    """Whether one with the roles ``helper`` may hand out a password to one with ``helped``.

    Whoever hands out a password could use it: so nobody does to those who may do more than they.
    """
    if Role.ADMINISTRATOR in helper:
        return True
    if Role.HR in helper:
        return Role.ADMINISTRATOR not in helped
    return not helped & {Role.HR, Role.ADMINISTRATOR, Role.AUDITOR}


def issue_code(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    account_id: int,
    roles: frozenset[Role],
    positions: Positions,
    notice: mail.Letter | None = None,
) -> str:
    """A code to hand over, with which the owner chooses a new password.

    ``roles`` are those of the one who issues it. ``notice`` goes to the owner's mailbox. Raises
    ``Forbidden``.
    """
    account = _helped(session, actor, now, account_id, roles, positions)
    _check_not_both(session, actor, now, account, positions, done="factor.reset")
    code = codes.issue(session, account_ids=[account_id], purpose="handed", now=now)[account_id]
    note(session, actor, now, "code.issue", account, after={"purpose": "handed"})
    recipient = mailbox_of(session, account)
    if notice is not None and recipient is not None:
        mail.queue(session, recipient=recipient, letter=notice, now=now.moment)
    return code


def issue_code_from_server(session: Session, *, actor: Actor, now: Now, account_id: int) -> str:
    """The same for whoever runs commands on the server, and may do everything."""
    account = get(session, account_id)
    code = codes.issue(session, account_ids=[account_id], purpose="handed", now=now)[account_id]
    note(session, actor, now, "code.issue", account, after={"purpose": "handed"})
    return code


def reset_factor(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    account_id: int,
    roles: frozenset[Role],
    positions: Positions,
) -> None:
    """Take off the second factor of somebody who lost it. Raises ``Forbidden``."""
    account = _helped(session, actor, now, account_id, roles, positions)
    _check_not_both(session, actor, now, account, positions, done="code.issue")
    factor.remove(session, actor=actor, now=now, account_id=account_id)


def end_sessions(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    account_id: int,
    roles: frozenset[Role],
    positions: Positions,
) -> int:
    """End every session of somebody else's account; how many there were."""
    _helped(session, actor, now, account_id, roles, positions)
    return sessions.end_all(session, actor=actor, now=now, account_id=account_id)


def create(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    employee_no: str,
    login: str,
) -> Account:
    """An account without a password, for the employee of a number or for one who is none."""
    employee_no, login = employee_no.strip(), login.strip()
    if bool(employee_no) == bool(login):
        raise Refused(N_("Type an employee number, or a login."), field="employee_no")
    employee_id = None
    if employee_no:
        employee_id = session.scalar(
            select(Employee.id).where(func.lower(Employee.employee_no) == employee_no.lower())
        )
        if employee_id is None:
            raise Refused(N_("There is nobody of this number."), field="employee_no")
    return add_account(
        session,
        actor=actor,
        now=now,
        employee_id=employee_id,
        login=login or None,
    )


def _helped(
    session: Session,
    actor: Actor,
    now: Now,
    account_id: int,
    roles: frozenset[Role],
    positions: Positions,
) -> Account:
    account = other_account(session, actor, account_id)
    viewer = load_viewer(session, account_id, today=now.wall.date(), positions=positions)
    if viewer is None:
        raise Refused(N_("This account is closed, or its owner has left."))
    if not may_help(roles, viewer.roles):
        raise Forbidden(N_("Only an administrator does this for this account."))
    return account


def _check_not_both(
    session: Session, actor: Actor, now: Now, account: Account, positions: Positions, *, done: str
) -> None:
    """Password and second factor of HR or an auditor are not both replaced by one person in a day.

    Whoever did both could sign in as them. Raises ``Forbidden``.
    """
    one_at_a_time(session, "accounts helped")  # else both halves at once
    viewer = load_viewer(session, account.id, today=now.wall.date(), positions=positions)
    if viewer is None or not viewer.roles & {Role.HR, Role.AUDITOR, Role.ADMINISTRATOR}:
        return
    other_half = select(AuditEntry.id).where(
        AuditEntry.action == done,
        AuditEntry.subject == label_of(session, account),
        AuditEntry.actor == actor.label,
        AuditEntry.at > now.moment - timedelta(days=1),
    )
    if session.scalars(other_half.limit(1)).first() is not None:
        raise Forbidden(
            N_(
                "Who gave out a code takes no second factor off, nor the other way round, within a "
                "day: somebody else does it, or whoever has the server (flask account code)."
            )
        )


def other_account(session: Session, actor: Actor, account_id: int) -> Account:
    if actor.account_id == account_id:
        raise Forbidden(N_("Nobody does this to their own account here."))
    return get(session, account_id)


def take_role(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    account_id: int,
    role: Role,
) -> None:
    """Take back a role that was given by hand; the last administrator keeps theirs."""
    account = other_account(session, actor, account_id)
    _lock_administrators(session)
    before = roles_by_hand(session, account_id)
    if role not in before:
        raise Refused(N_("This role was not given by hand; it comes with the position."))
    session.execute(
        delete(RoleGrant).where(RoleGrant.account_id == account_id, RoleGrant.role == str(role))
    )
    if role == Role.ADMINISTRATOR:
        _keep_an_administrator(session, now.wall.date())
    if role == Role.HR:
        session.merge(Setting(key=HR_WAS, value="1"))
    note(
        session,
        actor,
        now,
        "role.take",
        account,
        before=before,
        after=roles_by_hand(session, account_id),
    )


def set_active(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    account_id: int,
    active: bool,
) -> None:
    """Close an account, which ends its sessions, or open it again.

    The last administrator's stays open.
    """
    account = other_account(session, actor, account_id)
    if account.active == active:
        return
    _lock_administrators(session)
    account.active = active
    session.flush()
    if not active:
        _keep_an_administrator(session, now.wall.date())
        sessions.end_all(session, actor=actor, now=now, account_id=account_id)
    note(session, actor, now, "account.open" if active else "account.close", account)


def _keep_an_administrator(session: Session, day: date) -> None:
    """Administrators are made by hand only: see ``load_viewer``."""
    left = (
        select(Account.id)
        .outerjoin(Employee, Employee.id == Account.employee_id)
        .where(
            Account.active,
            Account.id.in_(_granted_ids()),
            Employee.leave_date.is_(None) | (Employee.leave_date >= day),
        )
    )
    if session.scalars(left.limit(1)).first() is None:
        raise Refused(N_("This is the last administrator. Make somebody else one first."))


def _lock_administrators(session: Session) -> None:
    """Of two administrators who remove each other, one has to wait, and is refused then."""
    held = select(Account.id).where(Account.id.in_(_granted_ids())).order_by(Account.id)
    session.execute(held.with_for_update()).all()


def _granted_ids() -> Any:
    return select(RoleGrant.account_id).where(RoleGrant.role == Role.ADMINISTRATOR)


def roles_by_hand(session: Session, account_id: int) -> list[Role]:
    rows = session.scalars(select(RoleGrant.role).where(RoleGrant.account_id == account_id))
    return sorted(Role(name) for name in rows)
