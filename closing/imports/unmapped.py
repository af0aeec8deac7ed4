"""Rows whose person nobody is mapped to: kept until somebody is, or until they are dismissed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from closing.imports.batches import new_batch, store
from closing.imports.registry import KINDS
from closing.imports.reports import report_of
from closing.imports.world import Seal, world_at
from core.actor import Actor
from core.audit import record
from core.bulk import insert_rows
from core.db import one_at_a_time
from core.errors import N_, NotFound
from core.files.reading import Table
from core.imports.cells import Bad
from core.imports.kinds import OUTCOMES, REFUSED, Kind, Problem
from core.imports.mapping import FileMapping
from core.imports.outcome import Aside
from core.imports.rows import chunks, digest
from core.models import ImportBatch, UnmappedRow
from staff.external_ids import Agents

SIZE = 5000
ASIDE = (
    *("batch_id", "kind", "source", "external_id", "column", "ways"),
    *("row_number", "digest", "values", "state"),
)


def keep_aside(session: Session, mapping: FileMapping, rows: Sequence[Aside], batch: int) -> None:
    """Keep the rows, except those that wait already or were dismissed."""
    met: set[bytes] = set()
    ways = ",".join(mapping.agents)
    for part in chunks(rows, SIZE):
        keyed = {digest([mapping.kind, mapping.source, each.cells]): each for each in part}
        known = _known(session, [key for key in keyed if bytes.fromhex(key) not in met])
        waiting = (
            (
                *(batch, mapping.kind, mapping.source, each.external_id[:120], each.column, ways),
                *(each.number, key, json.dumps(each.cells), "waiting"),
            )
            for key, each in keyed.items()
            if key not in known and bytes.fromhex(key) not in met
        )
        insert_rows(session, UnmappedRow, ASIDE, waiting)
        met.update(map(bytes.fromhex, keyed))


def _known(session: Session, keys: Sequence[str]) -> set[str]:
    """Those of the keys that wait already or were dismissed."""
    found: set[str] = set()
    for part in chunks(keys, 500):
        query = (
            select(UnmappedRow.digest)
            .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
            .where(
                UnmappedRow.digest.in_(part),
                UnmappedRow.state.in_(("waiting", "dropped")),
                ImportBatch.state == "applied",
            )
        )
        found.update(session.scalars(query))
    return found


def is_waiting() -> ColumnElement[bool]:
    """Rows that wait, of imports that were not taken back (joined)."""
    return and_(UnmappedRow.state == "waiting", ImportBatch.state == "applied")


def unmapped_ids() -> Select[Any]:
    """External ids that nobody is mapped to, each with its rows; ``id`` is the first of them."""
    columns: list[Any] = [
        func.min(UnmappedRow.id).label("id"),
        UnmappedRow.source.label("source"),
        UnmappedRow.external_id.label("external_id"),
        func.min(UnmappedRow.kind).label("kind"),
        func.count().label("rows"),
        func.count(UnmappedRow.error).label("bad"),
        func.max(ImportBatch.created_at).label("created_at"),
    ]
    return (
        select(*columns)
        .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
        .where(is_waiting())
        .group_by(UnmappedRow.source, UnmappedRow.external_id)
    )


def rows_like(session: Session, number: int) -> Sequence[UnmappedRow]:
    """The rows that wait for the same name as this one. Raises ``NotFound``."""
    first = session.get(UnmappedRow, number)
    found = (
        session.scalars(
            select(UnmappedRow)
            .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
            .where(
                is_waiting(),
                UnmappedRow.source == first.source,
                UnmappedRow.external_id == first.external_id,
            )
            .order_by(UnmappedRow.id)
        ).all()
        if first is not None
        else []
    )
    if not found:
        raise NotFound(N_("no row waits for this name any more"))
    return found


def dismiss_rows(session: Session, *, actor: Actor, now: datetime, number: int, reason: str) -> int:
    """The rows of a name will never count: how many they were.

    The same rows of a later file are dismissed too.
    """
    one_at_a_time(session, "rows set aside")
    rows = rows_like(session, number)
    for row in rows:
        row.state, row.error = "dropped", reason
    record(
        session,
        actor=actor,
        at=now,
        action="import.dismissed",
        subject=f"alias:{rows[0].source}:{rows[0].external_id}"[:200],
        after={"rows": len(rows), "reason": reason},
    )
    return len(rows)


def take_mapped(
    session: Session, *, clock: datetime, seal: Seal, actor: Actor, now: datetime
) -> dict[str, int]:
    """Store the rows whose people are known by now; counts by outcome.

    A row that is not good stays, with the reason in ``error``.
    """
    one_at_a_time(session, "rows set aside")
    counts = dict.fromkeys(OUTCOMES, 0)
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[UnmappedRow, str]]] = defaultdict(list)
    for agents, row in _nameable(session):
        number = _number(agents, row.external_id, _day(row.values))
        if isinstance(number, str):
            groups[row.kind, tuple(row.values)].append((row, number))
    for (kind, columns), rows in groups.items():
        for name, count in _take(session, kind, columns, rows, clock, seal, actor, now).items():
            counts[name] += count
    return counts


def _nameable(session: Session) -> Iterator[tuple[Agents, UnmappedRow]]:
    """The rows that wait for a name that means somebody on some day, with who is meant by names."""
    known = (UnmappedRow.source, UnmappedRow.ways, UnmappedRow.external_id)
    names = select(*known).join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
    agents: dict[tuple[str, str], Agents] = {}
    meant: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source, ways, name in session.execute(
        names.where(is_waiting()).distinct().order_by(*known)
    ):
        key = (source, ways)
        if key not in agents:
            agents[key] = Agents(session, source, ways.split(","))
        if _number(agents[key], name, None) is not None:
            meant[key].append(name)
    for (source, ways), several in meant.items():
        for part in chunks(several, 500):
            rows = session.scalars(
                select(UnmappedRow)
                .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
                .where(
                    is_waiting(),
                    UnmappedRow.source == source,
                    UnmappedRow.ways == ways,
                    UnmappedRow.external_id.in_(part),
                )
                .order_by(UnmappedRow.id)
            ).all()
            yield from ((agents[source, ways], row) for row in rows)


def _number(agents: Agents, name: str, on: date | None) -> str | Bad | None:
    """Who is meant, ``Bad`` where it may be several: then the row goes on waiting."""
    try:
        return agents.find(name, on)
    except Bad as bad:
        return bad


def _day(values: Mapping[str, str]) -> date | None:
    for name in ("created_at", "timestamp", "received_at", "date", "from"):
        try:
            return date.fromisoformat(values.get(name, "")[:10])
        except ValueError:
            continue
    return None


def _take(
    session: Session,
    kind: str,
    columns: Sequence[str],
    rows: Sequence[tuple[UnmappedRow, str]],
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
) -> dict[str, int]:
    built: Kind = KINDS[kind].build(world_at(session, clock=clock, seal=seal))
    cells = [
        [number if name == row.column else row.values[name] for name in columns]
        for row, number in rows
    ]
    staged = KINDS[kind].stage(built, Table(list(columns), iter(list(enumerate(cells)))))
    report = report_of(staged, "rows set aside", digest([row.values for row, _ in rows]))
    batch = new_batch(session, report, actor, now, "applied")
    store(session, staged, report, batch, actor, now)
    bad = {line.number: line for line in staged.lines if line.outcome == REFUSED}
    for place, (row, _) in enumerate(rows):
        if place in bad:
            row.error = "; ".join(_told(each) for each in bad[place].problems)
        else:
            row.state, row.error, row.taken_by = "applied", None, batch.id
    session.flush()
    return report.counts


def _told(problem: Problem) -> str:
    return f"{problem.column}: {problem.message}" if problem.column else str(problem.message)
