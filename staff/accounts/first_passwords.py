"""Accounts for everybody at once, and the first password: by a letter, or by a slip of paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Select, insert, or_, select
from sqlalchemy.orm import Session

from core import audit, mail, pdf
from core.actor import Actor
from core.clock import Now
from staff.accounts import codes
from staff.models import Account, Employee, Team
from staff.queries import assignments_on

TEMPLATE = Path(__file__).with_name("slips.typ")


class Newcomer(NamedTuple):
    """Somebody whose account never had a password."""

    account_id: int
    employee_no: str
    name: str
    team: str | None
    email: str | None
    language: str | None


class Slip(NamedTuple):
    employee_no: str
    name: str
    team: str
    code: str


def without_account(session: Session, day: date) -> Sequence[Any]:
    """Ids and numbers of the employed who have no account, by number."""
    return session.execute(
        select(Employee.id, Employee.employee_no)
        .outerjoin(Account, Account.employee_id == Employee.id)
        .where(Account.id.is_(None), _employed(day))
        .order_by(Employee.employee_no)
    ).all()


def create_missing(session: Session, *, actor: Actor, now: Now) -> int:
    """An account without a password for everybody employed who has none; how many were made."""
    people = without_account(session, now.wall.date())
    if people:
        rows = [{"employee_id": each.id, "must_change": False, "active": True} for each in people]
        session.execute(insert(Account), rows)
    for each in people:
        audit.record(
            session,
            actor=actor,
            at=now.moment,
            action="account.create",
            subject=each.employee_no,
            after={"roles": []},
        )
    return len(people)


def newcomers(session: Session, day: date) -> list[Newcomer]:
    """Accounts that never had a password, of people who are employed, by team and number."""
    rows = session.execute(_newcomers(day))
    found = [Newcomer(*row) for row in rows]
    return sorted(found, key=lambda each: (each.team or "", each.employee_no))


def _newcomers(day: date) -> Select[Any]:
    assigned = assignments_on(day)
    columns: list[Any] = [
        Account.id,
        Employee.employee_no,
        Employee.name,
        Team.path,
        Employee.email,
        Account.language,
    ]
    return (
        select(*columns)
        .join(Employee, Employee.id == Account.employee_id)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .where(Account.password_hash.is_(None), Account.active, _employed(day))
    )


def _employed(day: date) -> Any:
    return or_(Employee.leave_date.is_(None), Employee.leave_date >= day)


def invite(session: Session, *, actor: Actor, now: Now, compose: codes.Compose) -> int:
    """Write to everybody with a mailbox whose account never had a password; how many."""
    people = [each for each in newcomers(session, now.wall.date()) if each.email]
    made = _issue(session, actor, now, people, "invitation")
    for each in people:
        letter = compose(each.language, made[each.account_id])
        mail.queue(session, recipient=each.email, letter=letter, now=now.moment)
    return len(people)


def slips(session: Session, *, actor: Actor, now: Now, with_mailbox: bool) -> list[Slip]:
    """New codes to print, by team and number; those with a mailbox only where it is said so.

    Codes given out before, on paper or by letter, are void.
    """
    people = [
        each for each in newcomers(session, now.wall.date()) if with_mailbox or not each.email
    ]
    made = _issue(session, actor, now, people, "slip")
    return [
        Slip(each.employee_no, each.name, each.team or "", made[each.account_id]) for each in people
    ]


def _issue(
    session: Session, actor: Actor, now: Now, people: Sequence[Newcomer], purpose: str
) -> dict[int, str]:
    ids = [each.account_id for each in people]
    made = codes.issue(session, account_ids=ids, purpose=purpose, now=now)
    for each in people:
        audit.record(
            session,
            actor=actor,
            at=now.moment,
            action="code.issue",
            subject=each.employee_no,
            after={"purpose": purpose},
        )
    return made


def printed(slips: Sequence[Slip], words: dict[str, str]) -> bytes:
    """The slips as PDF, eight on a page; ``words`` are title, name, number, team, code, how."""
    return pdf.render(TEMPLATE, {"slips": [each._asdict() for each in slips], "words": words})
