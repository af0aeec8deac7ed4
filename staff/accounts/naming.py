"""What an account is called: in records, in letters, at sign-in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from core.errors import N_, NotFound
from staff.models import Account, Employee


def find(session: Session, name: str) -> Account | None:
    """The account of an employee number, an e-mail address or a login, in any case.

    None where nobody, or more than one, goes by that name.
    """
    return look_up(session, name)[0]


def look_up(session: Session, name: str) -> tuple[Account | None, Employee | None]:
    """The same with the person, in one statement whether or not there is anybody."""
    found = named(session, name)
    if len(found) != 1:
        return None, None
    return found[0].Account, found[0].Employee


def named(session: Session, name: str) -> Sequence[Row[Account, Employee]]:
    """The accounts that go by a name, with their persons; at most two."""
    key = name.strip().lower()
    names = (Account.login, Employee.employee_no, Employee.email)
    return session.execute(
        select(Account, Employee)
        .outerjoin(Employee, Employee.id == Account.employee_id)
        .where(or_(*(func.lower(column) == key for column in names)))
        .limit(2)
    ).all()


def get(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(N_("There is no such account."))
    return account


def person_of(session: Session, account: Account) -> Employee | None:
    return None if account.employee_id is None else session.get(Employee, account.employee_id)


def label_of(session: Session, account: Account) -> str:
    """What records name: the employee number, or the login of one who is no employee."""
    person = person_of(session, account)
    return person.employee_no if person else account.login or ""


def mailbox_of(session: Session, account: Account) -> str | None:
    """Where letters go: the person's e-mail, or a login that is an address."""
    person = person_of(session, account)
    if person is not None:
        return person.email
    return account.login if account.login and "@" in account.login else None


def words_about(session: Session, account: Account) -> list[str]:
    """What a password must not be made of."""
    person = person_of(session, account)
    words = [account.login or ""]
    if person is not None:
        words += [person.employee_no, person.name, *person.name.split()]
        words += (person.email or "").replace("@", ".").split(".")
    return [word for word in words if len(word) > 1]
