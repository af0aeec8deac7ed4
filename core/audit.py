"""The audit trail: entries chained by a keyed hash, written in the transaction of what they tell.

Services call ``record``; the entries are numbered and chained when the session commits, so that
the chain is held only for that moment. On PostgreSQL a table lock keeps writers apart, on SQLite
the write lock does; ``previous`` is unique, so a fork cannot be stored.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import db
from core.models import AuditEntry
from core.secrets import sha256

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Pending:
    at: datetime
    actor: str
    action: str
    subject: str
    payload: str | None
    origin: str


def record(
    session: Any,
    *,
    actor: Actor,
    at: datetime,
    action: str,
    subject: str,
    before: object = None,
    after: object = None,
) -> None:
    """Note one write. ``before`` and ``after`` are JSON values; ``at`` is UTC."""
    payload = None
    if before is not None or after is not None:
        payload = _canonical({"before": before, "after": after})
    session.info.setdefault("audit", []).append(
        Pending(at, actor.label, action, subject, payload, actor.origin)
    )


def write(session: Session) -> int:
    """Append what is pending to the chain now, and return the id of the last entry.

    Raises ``RuntimeError`` where nothing is pending.
    """
    last = _append(session, _take(session))
    if last is None:
        raise RuntimeError("nothing to write into the audit trail")
    return last


def verify(session: Session, key: bytes) -> Iterator[str]:
    """What is wrong with the chain, the first broken link first; nothing for a whole chain."""
    previous = GENESIS
    rows = session.execute(
        select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=2000)
    )
    for entry in rows.scalars():
        if entry.previous != previous:
            yield f"entry {entry.id}: does not follow the entry before it (removed or reordered)"
            return
        if not hmac.compare_digest(entry.mac, _mac(key, entry.previous, _fields(entry))):
            yield f"entry {entry.id}: changed"
            return
        if entry.payload is not None and sha256(entry.payload.encode()) != entry.payload_hash:
            yield f"entry {entry.id}: content changed"
            return
        previous = entry.mac


def head(session: Session) -> tuple[int, str]:
    """Number and hash of the newest entry: kept in closings and backups."""
    row = session.execute(
        select(AuditEntry.id, AuditEntry.mac).order_by(AuditEntry.id.desc()).limit(1)
    ).first()
    return (row.id, row.mac) if row else (0, GENESIS)


def install(key: Callable[[], bytes]) -> None:
    """Use ``key`` for the chain; called once by the composition root."""
    _state["key"] = key


_state: dict[str, Callable[[], bytes]] = {}


@event.listens_for(db.session, "before_commit")
def _write_pending(session: Session) -> None:
    _append(session, _take(session))


@event.listens_for(db.session, "after_rollback")
def _forget_pending(session: Session) -> None:
    session.info.pop("audit", None)


def _take(session: Session) -> list[Pending]:
    return session.info.pop("audit", [])  # type: ignore[no-any-return]


def _append(session: Session, entries: Iterable[Pending]) -> int | None:
    entries = list(entries)
    if not entries:
        return None
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE audit_entries IN EXCLUSIVE MODE"))
    session.flush()
    number, previous = head(session)
    key = _state["key"]()
    rows = []
    for entry in entries:
        number += 1
        row: dict[str, Any] = {
            "id": number,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "payload": entry.payload,
            "payload_hash": sha256((entry.payload or "").encode()),
            "origin": entry.origin,
            "previous": previous,
        }
        row["mac"] = previous = _mac(key, previous, _row_fields(row))
        rows.append(row)
    session.execute(insert(AuditEntry), rows)
    return number


def _row_fields(row: dict[str, Any]) -> list[str]:
    at = row["at"].astimezone(UTC).isoformat()
    return [str(row["id"]), at, *(str(row[name]) for name in _TEXTS)]


_TEXTS = ("actor", "action", "subject", "payload_hash", "origin")


def _fields(entry: AuditEntry) -> list[str]:
    return _row_fields({name: getattr(entry, name) for name in ("id", "at", *_TEXTS)})


def _mac(key: bytes, previous: str, fields: list[str]) -> str:
    message = json.dumps([previous, *fields], ensure_ascii=False).encode()
    return hmac.digest(key, message, "sha256").hex()


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
