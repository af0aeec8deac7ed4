"""Accounts: made, given passwords, closed; and their language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core import audit
from core.actor import SYSTEM, Actor
from core.clock import Now
from core.errors import N_, NotFound, Refused
from core.permissions import Role
from staff.accounts import passwords
from staff.models import Account, Employee, RoleGrant


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
    login = login.strip() if login else None
    _check_free(session, employee_id, login)
    given = password or passwords.one_time()
    account = Account(
        employee_id=employee_id,
        login=login,
        password_hash=passwords.hasher().hash(given),
        must_change=must_change,
        active=True,
        epoch=0,
    )
    session.add(account)
    session.flush()
    roles = sorted(set(roles))
    session.add_all(RoleGrant(account_id=account.id, role=str(role)) for role in roles)
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="account.create",
        subject=_subject(session, account),
        after={"roles": [str(role) for role in roles]},
    )
    return NewAccount(account, given)


def _check_free(session: Session, employee_id: int | None, login: str | None) -> None:
    if employee_id is None and not login:
        raise Refused(N_("An account belongs to an employee or has a login."), field="login")
    taken = select(Account.id).where(Account.employee_id == employee_id)
    if employee_id is not None and session.scalar(taken) is not None:
        raise Refused(N_("This person has an account already."))
    if login and _named(session, login):
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


def set_password(
    session: Session, *, actor: Actor, now: Now, account_id: int, current: str, password: str
) -> Account:
    """Replace one's own password. Every session of the account ends, this one too.

    Raises ``Refused`` with ``field`` ``current`` or ``password``.
    """
    account = get(session, account_id)
    if not passwords.hasher().verify(account.password_hash, current):
        raise Refused(N_("This is not the present password."), field="current")
    if current == password:
        raise Refused(N_("This is the present password; choose another."), field="password")
    passwords.check(password, about=_words(session, account))
    account.password_hash = passwords.hasher().hash(password)
    account.must_change = False
    account.epoch += 1
    _record(session, actor, now, "account.password", account)
    return account


def issue_one_time_password(session: Session, *, actor: Actor, now: Now, account_id: int) -> str:
    """A new password to hand over; the old one and every session of the account end."""
    account = get(session, account_id)
    given = passwords.one_time()
    account.password_hash = passwords.hasher().hash(given)
    account.must_change = True
    account.epoch += 1
    _record(session, actor, now, "account.one_time_password", account)
    return given


def set_language(
    session: Session, *, actor: Actor, now: Now, account_id: int, language: str
) -> None:
    account = get(session, account_id)
    before = account.language
    account.language = language
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="account.language",
        subject=_subject(session, account),
        before=before,
        after=language,
    )


def acting(session: Session, login: str) -> Actor:
    """Who acts in a command with ``--as``; raises ``Refused`` for one who is not known."""
    if login == SYSTEM.label:
        return SYSTEM
    account = find(session, login)
    if account is None or not account.active:
        raise Refused(N_("%(login)s has no account."), login=login)
    return Actor(_subject(session, account), account.employee_id, account.id)


def find(session: Session, name: str) -> Account | None:
    """The account of an employee number, an e-mail address or a login, in any case.

    None where nobody, or more than one, goes by that name.
    """
    found = _named(session, name)
    return found[0] if len(found) == 1 else None


def _named(session: Session, name: str) -> Sequence[Account]:
    key = name.strip().lower()
    names = (Account.login, Employee.employee_no, Employee.email)
    return session.scalars(
        select(Account)
        .outerjoin(Employee, Employee.id == Account.employee_id)
        .where(or_(*(func.lower(column) == key for column in names)))
        .limit(2)
    ).all()


def get(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(N_("There is no such account."))
    return account


def _record(session: Session, actor: Actor, now: Now, action: str, account: Account) -> None:
    subject = _subject(session, account)
    audit.record(session, actor=actor, at=now.moment, action=action, subject=subject)


def _subject(session: Session, account: Account) -> str:
    person = _person(session, account)
    return person.employee_no if person else account.login or ""


def _person(session: Session, account: Account) -> Employee | None:
    return None if account.employee_id is None else session.get(Employee, account.employee_id)


def _words(session: Session, account: Account) -> list[str]:
    person = _person(session, account)
    words = [account.login or ""]
    if person is not None:
        words += [person.employee_no, person.name, *person.name.split()]
        words += (person.email or "").replace("@", ".").split(".")
    return [word for word in words if len(word) > 1]
