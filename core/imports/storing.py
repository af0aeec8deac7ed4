"""Staged rows into the database: late rows set aside, changes audited. Nothing here commits.

Everything is set-wise: statements do not grow with the rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.audit import record
from core.imports.kinds import CHANGED, LATE, NEW, Change, Kind, Line
from core.imports.rows import chunks, encoded
from core.models import LateRow

SIZE = 5000
KEY_LENGTH = 200


def audit_lines(
    session: Session, kind: Kind, lines: Iterable[Line], actor: Actor, at: datetime
) -> None:
    """One entry per changed row, with what differs before and after."""
    if not kind.traced:
        return
    for line in lines:
        if line.outcome == CHANGED and line.before is not None:
            names = [name for name in line.record if line.record[name] != line.before.get(name)]
            record(
                session,
                actor=actor,
                at=at,
                action=f"{kind.name}:change",
                subject=key_text(line),
                before=encoded({name: line.before.get(name) for name in names}),
                after=encoded({name: line.record[name] for name in names}),
            )


def key_text(line: Line) -> str:
    """The identity of a line as text, shortened by a digest where it is long."""
    text = "|".join("" if part is None else str(part) for part in line.identity)
    if len(text) <= KEY_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: KEY_LENGTH - 65]}#{digest}"


def set_aside(session: Session, kind: Kind, lines: Iterable[Line], batch: int) -> None:
    """Keep late rows as the file had them, except those that wait already."""
    late = [(key_text(line), line) for line in lines if line.outcome == LATE]
    if not late or not kind.traced:
        return
    waiting = _waiting(session, kind.name, [key for key, _ in late])
    rows = [
        {
            "batch_id": batch,
            "kind": kind.name,
            "month": line.month,
            "row_number": line.number,
            "key": key,
            "values": line.cells,
            "state": "waiting",
        }
        for key, line in late
        if waiting.get(key) != line.cells
    ]
    for part in chunks(rows, SIZE):
        session.execute(insert(LateRow), part)


def _waiting(session: Session, kind: str, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The newest waiting row of each key."""
    found: dict[str, dict[str, Any]] = {}
    for part in chunks(keys, 500):
        query = (
            select(LateRow.key, LateRow.values)
            .where(LateRow.kind == kind, LateRow.key.in_(part), LateRow.state == "waiting")
            .order_by(LateRow.id)
        )
        found.update(dict(session.execute(query).all()))
    return found


def changes_of(lines: Iterable[Line]) -> Iterator[Change]:
    """What lines did, for those who compute something from it."""
    return (Change(line.before, line.record) for line in lines if line.outcome in (NEW, CHANGED))
