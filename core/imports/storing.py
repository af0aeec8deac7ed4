"""Staged rows into the database: late rows set aside, changes audited. Nothing here commits.

Everything is set-wise: statements do not grow with the rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.audit import content, record_several
from core.bulk import insert_rows
from core.imports.changes import Changed, Entry, Tell
from core.imports.kinds import CHANGED, LATE, NEW, Change, Identity, Kind, Line
from core.imports.rows import SIZE, Record, chunks, encoded, parts
from core.keyring import Box
from core.models import LateRow

ASIDE = ("batch_id", "kind", "month", "row_number", "key", "values", "state")
KEY_LENGTH = 200
HIDDEN = "…"


def tell_changes(
    session: Session, kind: Kind, lines: Sequence[Line], actor: Actor, at: datetime
) -> None:
    """Write out what is told and kept of changed rows, with one entry of the audit trail for each.

    Of secrets it tells that they changed, not from what to what.
    """
    changed = [line for line in lines if line.outcome == CHANGED and line.known_id]
    kind.changed = Changed(changed, _teller(kind) if kind.traced else None)
    if kind.traced and changed:
        record_several(
            session,
            actor=actor,
            at=at,
            action=f"{kind.name}:change",
            entries=kind.changed,
            count=len(changed),
        )


def _teller(kind: Kind) -> Tell:
    """Of a record before and after: whose it is, and what differs."""
    secret = {column.field for column in kind.columns if column.secret}

    def told(record: Record, names: list[str]) -> Record:
        return encoded({n: HIDDEN if n in secret else record.get(n) for n in names})

    def tell(before: Record, after: Record) -> Entry:
        names = [name for name in after if after[name] != before.get(name)]
        subject = _key(kind.identity_of(after))
        return subject, content(told(before, names), told(after, names))

    return tell


def key_text(line: Line) -> str:
    """The identity of a line as text, shortened by a digest where it is long."""
    return _key(line.identity)


def _key(identity: Identity) -> str:
    text = "|".join("" if part is None else str(part) for part in identity)
    if len(text) <= KEY_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: KEY_LENGTH - 65]}#{digest}"


def set_aside(session: Session, kind: Kind, lines: Iterable[Line], batch: int) -> None:
    """Keep late rows as the file had them, except those that wait already; secrets encrypted."""
    if not kind.traced:
        return
    for part in parts((line for line in lines if line.outcome == LATE), SIZE):
        late = [(key_text(line), line, line.cells) for line in part]
        waiting = _waiting(session, kind, [key for key, _, _ in late])
        rows = (
            (batch, kind.name, line.month, line.number, key, json.dumps(sealed), "waiting")
            for key, line, cells in late
            if waiting.get(key) != cells
            for sealed in (seal_cells(session, kind, key, cells),)
        )
        insert_rows(session, LateRow, ASIDE, rows)


def seal_cells(session: Session, kind: Kind, key: str, cells: dict[str, str]) -> dict[str, str]:
    """Cells as they may lie in the database."""
    hidden = [name for name in kind.secret if cells.get(name)]
    if not hidden:
        return cells
    box = Box(session)
    return cells | {name: box.seal(f"{_place(kind, key)}:{name}", cells[name]) for name in hidden}


def open_cells(session: Session, kind: Kind, key: str, cells: dict[str, str]) -> dict[str, str]:
    """What ``seal_cells`` was given."""
    hidden = [name for name in kind.secret if cells.get(name)]
    if not hidden:
        return cells
    box = Box(session)
    return cells | {name: box.open(f"{_place(kind, key)}:{name}", cells[name]) for name in hidden}


def _place(kind: Kind, key: str) -> str:
    return f"late_rows:{kind.name}:{key}"


def _waiting(session: Session, kind: Kind, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The newest waiting row of each key."""
    found: dict[str, dict[str, Any]] = {}
    for part in chunks(keys, 500):
        query = (
            select(LateRow.key, LateRow.values)
            .where(LateRow.kind == kind.name, LateRow.key.in_(part), LateRow.state == "waiting")
            .order_by(LateRow.id)
        )
        for key, cells in session.execute(query):
            found[key] = open_cells(session, kind, key, cells)
    return found


def changes_of(lines: Iterable[Line]) -> Iterator[Change]:
    """What lines did, for those who compute something from it."""
    return (Change(line.before, line.record) for line in lines if line.outcome in (NEW, CHANGED))
