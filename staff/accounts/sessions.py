"""Sessions: a browser holds a random token, the database its hash, its times and its end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.errors import N_, NotFound
from core.secrets import sha256
from staff.accounts.trail import note
from staff.models import Account, SignedInSession

LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
PROVEN = timedelta(minutes=5)  # for how long it is known who sits there
KEPT = timedelta(days=30)  # after their end, so that one can look where one was signed in


@dataclass(frozen=True, slots=True)
class Limits:
    """``idle`` without a request ends a session, ``longest`` ends it anyway."""

    idle: timedelta
    longest: timedelta = LONGEST

    def is_over(self, row: SignedInSession, now: datetime) -> bool:
        return (
            row.ended_at is not None
            or now - row.seen_at >= self.idle
            or now - row.created_at >= self.longest
        )


# Of several that one names, the first here: Edge and Opera also say Chrome, Chrome also Safari.
_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "MicroMessenger": "WeChat", "DingTalk": "DingTalk"}
_BROWSERS |= {"Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows"}
_SYSTEMS |= {"Mac OS": "macOS", "Linux": "Linux"}


def browser_of(agent: str) -> str:
    """What a browser calls itself, in a few words: ``Firefox, Windows``."""
    words = [
        next((name for sign, name in known.items() if sign in agent), "")
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, words)) or agent[:40]


def begin(session: Session, *, account_id: int, now: Now, address: str, agent: str) -> str:
    """A new session of the account; returns the token for its browser."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignedInSession(
            account_id=account_id,
            token_hash=sha256(token.encode()),
            created_at=now.moment,
            seen_at=now.moment,
            proven_at=now.moment,
            address=address[:80],
            agent=agent[:200],
        )
    )
    old = now.moment - KEPT
    session.execute(
        delete(SignedInSession).where(
            SignedInSession.account_id == account_id, SignedInSession.seen_at < old
        )
    )
    session.flush()
    return token


def find(session: Session, token: str, *, now: datetime, limits: Limits) -> SignedInSession | None:
    """The session of a token, unless it has ended or run out."""
    row = session.scalar(
        select(SignedInSession).where(SignedInSession.token_hash == sha256(token.encode()))
    )
    return None if row is None or limits.is_over(row, now) else row


def needs_touch(row: SignedInSession, now: datetime) -> bool:
    return now - row.seen_at >= SEEN_EVERY


def touch(connection: Any, session_id: int, now: datetime) -> None:
    """Note that the session was used; never brings an ended one back."""
    connection.execute(
        update(SignedInSession)
        .where(SignedInSession.id == session_id, SignedInSession.ended_at.is_(None))
        .values(seen_at=now)
    )


def prove(session: Session, *, actor: Actor, now: Now, session_id: int) -> None:
    """The owner has shown again who they are, in this session."""
    row = session.get_one(SignedInSession, session_id)
    row.proven_at = now.moment
    audit.record(session, actor=actor, at=now.moment, action="session.proven", subject=actor.label)


def open_sessions(
    session: Session, account_id: int, *, now: datetime, limits: Limits
) -> list[SignedInSession]:
    """Where the account is signed in now, the newest first."""
    rows: Sequence[SignedInSession] = session.scalars(
        select(SignedInSession)
        .where(SignedInSession.account_id == account_id, SignedInSession.ended_at.is_(None))
        .order_by(SignedInSession.seen_at.desc(), SignedInSession.id.desc())
    ).all()
    return [row for row in rows if not limits.is_over(row, now)]


def sign_out(session: Session, *, actor: Actor, now: Now, session_id: int) -> None:
    """End the session that asks for it."""
    _end(session, now, SignedInSession.id == session_id)
    audit.record(session, actor=actor, at=now.moment, action="sign_out", subject=actor.label)


def revoke(session: Session, *, actor: Actor, now: Now, account_id: int, session_id: int) -> None:
    """End one of the account's own sessions; raises ``NotFound`` for anybody else's."""
    ended = _end(
        session,
        now,
        SignedInSession.id == session_id,
        SignedInSession.account_id == account_id,
    )
    if not ended:
        raise NotFound(N_("There is no such session, or it has ended already."))
    _record(session, actor, now, account_id, ended)


def end_all(
    session: Session, *, actor: Actor, now: Now, account_id: int, but: int | None = None
) -> int:
    """End every session of an account, or every one ``but`` one; how many there were."""
    conditions: list[Any] = [SignedInSession.account_id == account_id]
    if but is not None:
        conditions.append(SignedInSession.id != but)
    ended = _end(session, now, *conditions)
    if ended:
        _record(session, actor, now, account_id, ended)
    return ended


def _end(session: Session, now: Now, *conditions: Any) -> int:
    result: Any = session.execute(
        update(SignedInSession)
        .where(SignedInSession.ended_at.is_(None), *conditions)
        .values(ended_at=now.moment)
    )
    return int(result.rowcount)


def _record(session: Session, actor: Actor, now: Now, account_id: int, ended: int) -> None:
    account = session.get_one(Account, account_id)
    note(session, actor, now, "session.revoke", account, after={"ended": ended})
