"""One-time codes: an invitation, a slip, a reset by e-mail, a code that somebody hands over.

Whoever holds one chooses a password with it, once, and then signs in with that. A code has so many
random characters that a plain hash of it cannot be searched, however many are made at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from core import audit, mail
from core.actor import Actor
from core.clock import Now
from core.errors import N_, Refused
from core.secrets import sha256
from staff.accounts import passwords, sessions, throttles
from staff.accounts.naming import get, label_of, look_up, mailbox_of, person_of, words_about
from staff.models import Account, OneTimeCode
from staff.viewer import has_left

LASTS = {
    "invitation": timedelta(days=7),
    "slip": timedelta(days=30),
    "reset": timedelta(hours=1),
    "handed": timedelta(days=1),
}
KEPT = timedelta(days=30)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
GROUPS = 4
# Makes the letter for a language (None: the installation's) and a code.
Compose = Callable[[str | None, str], mail.Letter]


class Spent(Refused):
    """The code was used, has expired, or never was one."""


def make() -> str:
    """16 characters in groups of four: 79 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(GROUPS))


def hashed(code: str) -> str:
    """What is stored; capitals, blanks and dashes do not matter when a code is typed."""
    return sha256("".join(code.split()).replace("-", "").lower().encode())


def issue(
    session: Session, *, account_ids: Iterable[int], purpose: str, now: Now
) -> dict[int, str]:
    """A code for each account; those that were still open are void from now on.

    What is asked for by e-mail (``reset``) voids nothing: anybody may ask.
    """
    made = {account_id: make() for account_id in account_ids}
    if purpose != "reset":
        void(session, list(made), now.moment)
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now.moment - KEPT))
    if made:
        _insert(session, [_row(each, code, purpose, now) for each, code in made.items()])
    return made


def issue_to_nobody(session: Session, *, now: Now) -> str:
    """What a reset costs where there is nobody by that name: the same statements."""
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now.moment - KEPT))
    code = make()
    _insert(session, [_row(None, code, "reset", now)])
    return code


def _row(account_id: int | None, code: str, purpose: str, now: Now) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "hash": hashed(code),
        "purpose": purpose,
        "created_at": now.moment,
        "expires_at": now.moment + LASTS[purpose],
    }


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    # With nulls, so that a code of nobody is written by the very statement of any other.
    session.execute(insert(OneTimeCode), rows, execution_options={"render_nulls": True})


def void(session: Session, account_ids: list[int], now: datetime) -> None:
    """No code of these accounts that is still open counts any more."""
    for start in range(0, len(account_ids), 500):  # databases limit what one statement may name
        session.execute(
            update(OneTimeCode)
            .where(
                OneTimeCode.account_id.in_(account_ids[start : start + 500]),
                OneTimeCode.used_at.is_(None),
            )
            .values(used_at=now)
        )


def find(
    session: Session, code: str, *, now: datetime, account_id: int | None = None
) -> OneTimeCode | None:
    """The open code of that text, of that account where one is named."""
    query = select(OneTimeCode).where(
        OneTimeCode.hash == hashed(code),
        OneTimeCode.used_at.is_(None),
        OneTimeCode.expires_at > now,
        OneTimeCode.account_id.is_not(None),
    )
    if account_id is not None:
        query = query.where(OneTimeCode.account_id == account_id)
    return session.scalar(query)


def redeem(session: Session, *, code: str, password: str, address: str, now: Now) -> Account:
    """Choose a password by a code. Every session of the account ends, every other code is void.

    Raises ``Spent`` for the code, ``Refused`` with ``field`` ``password`` for the password.
    """
    found = find(session, code, now=now.moment)
    account = get(session, found.account_id) if found and found.account_id else None
    if found is None or account is None or not _may_sign_in(session, account, now):
        raise Spent(N_("This code was used already, or is too old. Ask for a new one."))
    passwords.check(password, about=words_about(session, account))
    hashed_password = passwords.hasher().hash(password)
    used: Any = session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.id == found.id, OneTimeCode.used_at.is_(None))
        .values(used_at=now.moment)
    )
    if used.rowcount != 1:  # somebody was quicker
        raise Spent(N_("This code was used already, or is too old. Ask for a new one."))
    account.password_hash = hashed_password
    account.must_change = False
    void(session, [account.id], now.moment)
    actor = Actor(label_of(session, account), account.employee_id, account.id, address)
    sessions.end_all(session, actor=actor, now=now, account_id=account.id)
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="account.password",
        subject=actor.label,
        after={"by": found.purpose},
    )
    return account


def _may_sign_in(session: Session, account: Account, now: Now) -> bool:
    return account.active and not has_left(person_of(session, account), now.wall.date())


def ask_for_reset(session: Session, *, name: str, now: Now, address: str, compose: Compose) -> int:
    """Write a link to the mailbox of whoever goes by that name.

    The same happens, in vain, where there is nobody, or nobody with a mailbox. Returns how many
    seconds one has to wait for the next letter instead, 0 where one was written.
    """
    claimed = throttles.claim(session, throttles.for_letters(name, address), now.moment)
    if claimed.wait:
        return claimed.wait
    account, person = look_up(session, name)
    recipient = None
    if account is not None and account.active and not has_left(person, now.wall.date()):
        recipient = mailbox_of(session, account)
    if account is not None and recipient is not None:
        made = issue(session, account_ids=[account.id], purpose="reset", now=now)
        code = made[account.id]
    else:
        code = issue_to_nobody(session, now=now)
    letter = compose(account.language if account else None, code)
    mail.queue(session, recipient=recipient, letter=letter, now=now.moment)
    subject = "?" if account is None else label_of(session, account)
    actor = Actor("anonymous", None, None, address)
    audit.record(session, actor=actor, at=now.moment, action="code.ask", subject=subject)
    return 0
