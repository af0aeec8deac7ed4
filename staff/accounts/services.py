"""Accounts: made, given passwords; and their language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import SYSTEM, Actor
from core.clock import Now
from core.errors import N_, Refused
from core.permissions import Role
from staff.accounts import passwords, sessions, throttles
from staff.accounts.naming import find, get, label_of, named, words_about
from staff.accounts.throttles import Claim, Verdict
from staff.accounts.trail import note
from staff.models import Account, RoleGrant

__all__ = [
    "NewAccount",
    "acting",
    "check_current",
    "create_account",
    "ensure_first_administrator",
    "find",
    "get",
    "set_language",
    "set_password",
]


class NewAccount(NamedTuple):
    account: Account
    password: str


def create_account(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    employee_id: int | None = None,
    login: str | None = None,
    password: str | None = None,
    must_change: bool = True,
    roles: Iterable[Role] = (),
) -> NewAccount:
    """An account for an employee, or by ``login`` for one who is none.

    Without ``password`` a one-time one is made. Raises ``Refused`` where the person has an account
    or the login is somebody's.
    """
    given = password or passwords.one_time()
    account = add_account(
        session, actor=actor, now=now, employee_id=employee_id, login=login, roles=roles
    )
    account.password_hash = passwords.hasher().hash(given)
    account.must_change = must_change
    return NewAccount(account, given)


def add_account(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    employee_id: int | None = None,
    login: str | None = None,
    roles: Iterable[Role] = (),
) -> Account:
    """An account without a password: a one-time code lets its owner choose one."""
    login = login.strip() if login else None
    _check_free(session, employee_id, login)
    account = Account(employee_id=employee_id, login=login, must_change=False, active=True)
    session.add(account)
    session.flush()
    roles = sorted(set(roles))
    session.add_all(RoleGrant(account_id=account.id, role=str(role)) for role in roles)
    after = {"roles": [str(role) for role in roles]}
    note(session, actor, now, "account.create", account, after=after)
    return account


def _check_free(session: Session, employee_id: int | None, login: str | None) -> None:
    if employee_id is None and not login:
        raise Refused(N_("An account belongs to an employee or has a login."), field="login")
    taken = select(Account.id).where(Account.employee_id == employee_id)
    if employee_id is not None and session.scalar(taken) is not None:
        raise Refused(N_("This person has an account already."), field="employee_no")
    if login and named(session, login):
        raise Refused(N_("%(login)s is somebody's sign-in already."), field="login", login=login)


def ensure_first_administrator(session: Session, now: Now) -> str | None:
    """Make the account ``admin`` where there is no administrator.

    Returns its one-time password, None where there was one.
    """
    granted = (
        select(RoleGrant.id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.role == Role.ADMINISTRATOR, Account.active)
    )
    if session.scalar(granted.limit(1)) is not None:
        return None
    made = create_account(session, actor=SYSTEM, now=now, login="admin", roles=[Role.ADMINISTRATOR])
    return made.password


def check_current(session: Session, *, account_id: int, current: str, claimed: Claim) -> Verdict:
    """Whether one's own password was typed again rightly; wrong ones are counted and delay.

    ``claimed`` is the try (``throttles.for_current``), committed before.
    """
    if claimed.wait:
        return Verdict(False, claimed.wait)
    right = passwords.hasher().verify(get(session, account_id).password_hash, current)
    if right:
        throttles.settle(session, claimed, forgotten=claimed.keys)
    return Verdict(right)


def set_password(
    session: Session, *, actor: Actor, now: Now, account_id: int, current: str, password: str
) -> Account:
    """Replace one's own password, ``current`` being right. Every session of the account ends.

    Raises ``Refused`` with ``field`` ``password``.
    """
    account = get(session, account_id)
    if current == password:
        raise Refused(N_("This is the present password; choose another."), field="password")
    passwords.check(password, about=words_about(session, account))
    account.password_hash = passwords.hasher().hash(password)
    account.must_change = False
    sessions.end_all(session, actor=actor, now=now, account_id=account_id)
    note(session, actor, now, "account.password", account)
    return account


def set_language(
    session: Session, *, actor: Actor, now: Now, account_id: int, language: str
) -> None:
    account = get(session, account_id)
    before = account.language
    account.language = language
    note(session, actor, now, "account.language", account, before, language)


def acting(session: Session, login: str) -> Actor:
    """Who acts in a command with ``--as``; raises ``Refused`` for one who is not known."""
    if login == SYSTEM.label:
        return SYSTEM
    account = find(session, login)
    if account is None or not account.active:
        raise Refused(N_("%(login)s has no account."), login=login)
    return Actor(label_of(session, account), account.employee_id, account.id)
