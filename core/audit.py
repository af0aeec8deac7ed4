"""The audit trail: entries chained by a keyed hash, written in the transaction of what they tell.

Services call ``record``; the entries are numbered and chained when the session commits, so that
the chain is held only for that moment. On PostgreSQL a table lock keeps writers apart, on SQLite
the write lock does; ``previous`` is unique, so a fork cannot be stored. The key is that of the
purpose ``audit`` (``core.keyring``), so it outlives the master key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session, SessionTransaction

from core import keyring
from core.actor import Actor
from core.bulk import Row, in_one_go, insert_rows
from core.db import db
from core.messages import N_, Said
from core.models import AuditEntry
from core.secrets import sha256

TOLD = ("actor", "action", "subject", "payload_hash", "origin")
COLUMNS = ("id", "at", *TOLD, "payload", "previous", "mac")
GENESIS = "0" * 64
NO_CONTENT = sha256(b"")
BLANKED = "audit.blanked"
# Entries that the verification itself stands on keep their contents; they hold nobody's data.
KEPT = (BLANKED, "month.closed")


@dataclass(frozen=True, slots=True)
class Pending:
    at: datetime
    actor: str
    action: str
    subject: str
    payload: str | None
    payload_hash: str
    origin: str


@dataclass(frozen=True, slots=True)
class Several:
    """Many entries of one action: subject and content of each, asked for when they are written."""

    at: datetime
    actor: str
    action: str
    entries: Iterable[tuple[str, str]]
    count: int
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
    payload = None if before is None and after is None else content(before, after)
    digest = sha256((payload or "").encode())
    _note(session, Pending(at, actor.label, action, subject, payload, digest, actor.origin))


def record_several(
    session: Any,
    *,
    actor: Actor,
    at: datetime,
    action: str,
    entries: Iterable[tuple[str, str]],
    count: int,
) -> None:
    """Note so many writes of one kind: the subject of each, and its ``content``."""
    _note(session, Several(at, actor.label, action, entries, count, actor.origin))


def content(before: object, after: object) -> str:
    """What an entry holds."""
    return _canonical({"before": before, "after": after})


def _note(session: Any, noted: Pending | Several) -> None:
    if not session.in_transaction():
        session.begin()  # else nothing would tell that it was rolled back
    session.info.setdefault("audit", []).append(noted)


def write(session: Session) -> int:
    """Append what is pending to the chain now, and return the id of the last entry.

    Raises ``RuntimeError`` where nothing is pending.
    """
    last = _append(session, _take(session))
    if last is None:
        raise RuntimeError("nothing to write into the audit trail")
    return last


@dataclass(slots=True)
class Trail:
    """What a walk along the chain found: how long it is, and which contents were blanked."""

    length: int = 0
    blanked: int = 0
    last: int = 0


def verify(session: Session, found: Trail | None = None) -> Iterator[Said]:
    """What is wrong with the chain, the first broken link first; nothing for a whole chain.

    Contents may be missing where an entry tells that they were blanked. Raises ``WrongKey``.
    """
    found = found or Trail()
    statement = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=2000)
    key, previous = b"", GENESIS
    blanked: set[int] = set()
    told: set[int] = set()
    with session.execute(statement) as rows:  # closes the cursor where the walk ends early
        for entry in rows.scalars():
            key = key or keyring.key_for(session, "audit")
            if entry.previous != previous:
                yield Said(
                    N_(
                        "entry %(number)s: does not follow the one before it (removed or reordered)"
                    ),
                    number=entry.id,
                )
                return
            if not hmac.compare_digest(entry.mac, _mac(key, entry.previous, _fields(entry))):
                yield Said(N_("entry %(number)s: changed"), number=entry.id)
                return
            if entry.payload is None:
                if entry.payload_hash != NO_CONTENT:
                    blanked.add(entry.id)
            elif sha256(entry.payload.encode()) != entry.payload_hash:
                yield Said(N_("entry %(number)s: content changed"), number=entry.id)
                return
            elif entry.action == BLANKED:
                told |= set(json.loads(entry.payload)["after"]["entries"])
            previous = entry.mac
            found.length, found.last = found.length + 1, entry.id
            session.expunge(entry)
    found.blanked = len(blanked)
    given = _given_out(session)
    if given > found.last:
        yield Said(
            N_("entry %(number)s: the last that is left, but %(given)s was written (cut off)"),
            number=found.last,
            given=given,
        )
    for number in sorted(blanked - told):
        yield Said(N_("entry %(number)s: content removed, and no entry tells of it"), number=number)


def _given_out(session: Session) -> int:
    """The last number that SQLite says was given out; 0 where a database does not keep it.

    It is written in the transaction of the entry and taken back with it, so no number is ever lost.
    Whoever knows of it changes it too: it finds slips, and those who do not look closely.
    """
    if session.get_bind().dialect.name != "sqlite":
        return 0
    kept = text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'")
    if not session.scalar(kept):
        return 0
    last = text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit_entries'")
    return session.scalar(last) or 0


def has(session: Session, number: int, mac: str) -> bool:
    """Whether the trail contains this head, noted at some time before. Number 0 is its start."""
    if number == 0:
        return mac == GENESIS
    kept = session.scalar(select(AuditEntry.mac).where(AuditEntry.id == number))
    return kept is not None and hmac.compare_digest(kept, mac)


def blank(
    session: Session,
    *,
    actor: Actor,
    at: datetime,
    numbers: Iterable[int],
    reason: str,
    subject: str,
) -> int:
    """Remove the contents of entries (right to erasure); their hashes stay, so the chain does.

    That it was done, why, and which entries is an entry itself, and cannot be blanked.
    How many there were.
    """
    rows = session.execute(
        select(AuditEntry.id).where(
            AuditEntry.id.in_(list(numbers)),
            AuditEntry.payload.is_not(None),
            AuditEntry.action.not_in(KEPT),
        )
    )
    chosen = sorted(row.id for row in rows)
    if chosen:
        record(
            session,
            actor=actor,
            at=at,
            action=BLANKED,
            subject=subject,
            after={"entries": chosen, "reason": reason},
        )
        write(session)
        for start in range(0, len(chosen), 500):
            session.execute(
                update(AuditEntry)
                .where(AuditEntry.id.in_(chosen[start : start + 500]))
                .values(payload=None)
            )
    return len(chosen)


def head(session: Session) -> tuple[int, str]:
    """Number and hash of the newest entry: kept in closings and backups."""
    row = session.execute(
        select(AuditEntry.id, AuditEntry.mac).order_by(AuditEntry.id.desc()).limit(1)
    ).first()
    return (row.id, row.mac) if row else (0, GENESIS)


@event.listens_for(db.session, "before_commit")
def _write_pending(session: Session) -> None:
    if not session.in_nested_transaction():  # the chain is held at the end only
        _append(session, _take(session))


@event.listens_for(db.session, "after_transaction_create")
def _note_pending(session: Session, begun: SessionTransaction) -> None:
    if begun.nested:
        marks = session.info.setdefault("audit_at", WeakKeyDictionary())
        marks[begun] = len(session.info.get("audit", ()))


@event.listens_for(db.session, "after_soft_rollback")
def _forget_pending(session: Session, ended: SessionTransaction) -> None:
    """What was noted since a savepoint, or the whole, was rolled back did not happen."""
    if ended.nested:
        kept = session.info.get("audit_at", {}).get(ended, 0)
        del session.info.get("audit", [])[kept:]
    elif ended.parent is None:
        session.info.pop("audit", None)


def _take(session: Session) -> list[Pending | Several]:
    return session.info.pop("audit", [])  # type: ignore[no-any-return]


def _append(session: Session, entries: list[Pending | Several]) -> int | None:
    if not entries:
        return None
    key = keyring.key_for(session, "audit")
    session.flush()  # whatever waits for rows of others does so before it holds up everybody
    _hold(session)
    number, previous = head(session)
    with in_one_go():  # everybody waits
        insert_rows(session, AuditEntry, COLUMNS, _chained(key, number, previous, entries))
    return number + sum(each.count if isinstance(each, Several) else 1 for each in entries)


def _chained(
    key: bytes, number: int, previous: str, entries: list[Pending | Several]
) -> Iterator[Row]:
    moments = {entry.at: entry.at.astimezone(UTC).isoformat() for entry in entries}
    for entry in entries:
        at, moment = entry.at, moments[entry.at]
        for subject, payload, digest in _contents(entry):
            number += 1
            told = (entry.actor, entry.action, subject, digest, entry.origin)
            mac = _mac(key, previous, [str(number), moment, *told])
            yield (number, at, *told, payload, previous, mac)
            previous = mac


def _contents(entry: Pending | Several) -> Iterable[tuple[str, str | None, str]]:
    if isinstance(entry, Pending):
        return [(entry.subject, entry.payload, entry.payload_hash)]
    return ((subject, text, sha256(text.encode())) for subject, text in entry.entries)


def _hold(session: Session) -> None:
    """From here to the end of the transaction nobody else appends.

    SQLite's write lock may not be taken yet: a transaction that has only read begins with this.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE audit_entries IN EXCLUSIVE MODE"))
    else:
        session.execute(text("UPDATE audit_entries SET payload = NULL WHERE id < 0"))


def _fields(entry: AuditEntry) -> list[str]:
    at = entry.at.astimezone(UTC).isoformat()
    return [str(entry.id), at, *(str(getattr(entry, name)) for name in TOLD)]


def _mac(key: bytes, previous: str, fields: list[str]) -> str:
    message = _text([previous, *fields]).encode()
    return hmac.digest(key, message, "sha256").hex()


# Made once: an import that changes many rows writes an entry for each.
_text = json.JSONEncoder(ensure_ascii=False).encode
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode
