"""Signing in: who it is, by password or by a code, and then by the second factor."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from staff.accounts import codes, factor, passwords, throttles
from staff.accounts.naming import label_of, look_up, person_of
from staff.accounts.throttles import Claim
from staff.models import Account, Employee
from staff.viewer import has_left


@dataclass(frozen=True, slots=True)
class Outcome:
    """Either the account, or how many seconds the next try has to wait (0: wrong, try again).

    ``by_code`` says that a one-time code was typed instead of a password: it has to be turned into
    one first.
    """

    account: Account | None
    wait: int = 0
    by_code: bool = False


def sign_in(
    session: Session, *, name: str, password: str, address: str, now: Now, claimed: Claim
) -> Outcome:
    """Check a name and a password, or a code. Failures are counted, and delay the next try.

    ``claimed`` is the try (``throttles.for_sign_in``), committed before.

    An unknown name costs the same verification and the same statements as a known one. Nothing is
    verified while a delay runs.
    """
    if claimed.wait:
        return Outcome(None, claimed.wait)
    account, person = look_up(session, name)
    right = passwords.hasher().verify(account.password_hash if account else None, password)
    code = codes.find(session, password, now=now.moment, account_id=account.id if account else 0)
    usable = account is not None and account.active and not has_left(person, now.wall.date())
    if account is None or not usable or not (right or code):
        _record(session, now, "sign_in.failed", account, person, address)
        return Outcome(None)
    throttles.settle(session, claimed, forgotten=list(claimed.keys)[:2])
    if right:
        action = "sign_in" if account.second_factor is None else "sign_in.password"
        _record(session, now, action, account, person, address)
    return Outcome(account, by_code=not right)


def second_step(
    session: Session, *, account_id: int, code: str, address: str, now: Now, claimed: Claim
) -> Outcome:
    """Check the second factor of one whose password was right."""
    verdict = factor.verify(session, account_id=account_id, code=code, now=now, claimed=claimed)
    account = session.get_one(Account, account_id)
    person = person_of(session, account)
    if verdict.right and account.active and not has_left(person, now.wall.date()):
        _record(session, now, "sign_in", account, person, address)
        return Outcome(account)
    if not verdict.wait:
        _record(session, now, "sign_in.failed", account, person, address)
    return Outcome(None, verdict.wait)


def _record(
    session: Session,
    now: Now,
    action: str,
    account: Account | None,
    person: Employee | None,
    address: str,
) -> None:
    subject = "?"
    if account is not None:
        subject = person.employee_no if person else label_of(session, account)
    label = subject if action == "sign_in" else "anonymous"
    actor = Actor(label, account.employee_id if account else None, None, address)
    audit.record(session, actor=actor, at=now.moment, action=action, subject=subject)
