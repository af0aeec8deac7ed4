"""One's own e-mail address: asked for by its owner, and in force once confirmed from its mailbox.

A link goes to the new address, and counts in a session of the account alone: whoever gets it by a
mistake in the address can do nothing with it. The old address is told.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from core import mail
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from core.imports.cells import Bad
from staff.accounts import codes
from staff.accounts.naming import get, named, person_of
from staff.accounts.trail import note
from staff.imports import mail as address_of
from staff.models import Account, EmailChange, Employee

LASTS = timedelta(hours=24)
# Makes the letter for a language (None: the installation's) and a code, or the new address.
Compose = Callable[[str | None, str], mail.Letter]


def pending(session: Session, account_id: int, now: datetime) -> EmailChange | None:
    """The address that waits to be confirmed."""
    row = session.get(EmailChange, account_id)
    return row if row is not None and row.expires_at > now else None


def ask(
    session: Session, *, actor: Actor, now: Now, account_id: int, email: str, compose: Compose
) -> None:
    """Write a link to the new address; the one asked for before is void from now on.

    Raises ``Refused`` with the field ``email``, ``NotFound`` for an account of nobody employed.
    """
    one_at_a_time(session, "mailboxes")
    account, person = _whose(session, account_id)
    try:
        address = address_of(email.strip())
    except Bad as bad:
        raise Refused(N_("This is no e-mail address."), field="email") from bad
    if address == (person.email or "").lower():
        raise Refused(N_("This is your address already."), field="email")
    _check_free(session, address)
    code = codes.make()
    session.merge(
        EmailChange(
            account_id=account_id,
            email=address,
            hash=codes.hashed(code),
            asked_at=now.moment,
            expires_at=now.moment + LASTS,
        )
    )
    mail.queue(session, recipient=address, letter=compose(account.language, code), now=now.moment)
    note(session, actor, now, "account.email_asked", account, None, address)


def confirm(
    session: Session, *, actor: Actor, now: Now, account_id: int, code: str, compose: Compose
) -> str:
    """The address asked for is in force, and returned; the old one gets a letter, and no more.

    One-time codes that were sent there before are void.

    Raises ``Conflict`` for a code that is another one's, old, or used, ``Refused`` where somebody
    took the address meanwhile.
    """
    one_at_a_time(session, "mailboxes")
    account, person = _whose(session, account_id)
    row = pending(session, account_id, now.moment)
    if row is None or not hmac.compare_digest(row.hash, codes.hashed(code)):
        raise Conflict(N_("This link was used already, or is too old. Ask for a new one."))
    _check_free(session, row.email)
    before, person.email = person.email, row.email
    session.delete(row)
    session.flush()
    codes.void(session, [account_id], now.moment)  # in the old mailbox lie links that sign in
    if before:
        letter = compose(account.language, person.email)
        mail.queue(session, recipient=before, letter=letter, now=now.moment)
    note(session, actor, now, "account.email", account, before, person.email)
    return person.email


def _whose(session: Session, account_id: int) -> tuple[Account, Employee]:
    account = get(session, account_id)
    person = person_of(session, account)
    if person is None:
        raise NotFound(N_("This account belongs to no employee."))
    return account, person


def _check_free(session: Session, address: str) -> None:
    """Nobody signs in by it, and no employee without an account has it."""
    held = exists().where(func.lower(Employee.email) == address)
    if named(session, address) or session.scalar(select(held)):
        raise Refused(N_("%(login)s is somebody's sign-in already."), field="email", login=address)
