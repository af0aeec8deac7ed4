"""Late rows of reopened months: taken in after all, by the same rules as any file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.imports.batches import new_batch, store
from closing.imports.registry import KINDS
from closing.imports.reports import ImportReport, report_of
from closing.imports.world import Seal, world_at
from core.actor import Actor
from core.files.reading import Table
from core.imports.kinds import LATE, OUTCOMES, REFUSED, Kind, Problem
from core.imports.rows import digest
from core.imports.storing import open_cells
from core.models import LateRow
from core.values import Month


def apply_late_rows(
    session: Session,
    *,
    months: Collection[Month],
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
) -> dict[str, int]:
    """Store the rows that wait for these months, which are open again; counts by outcome.

    Of several with one identity the one that came last is taken. A row that is no longer good
    stays, with the reason in ``error``; one that touches a month still closed goes on waiting.
    """
    counts: Counter[str] = Counter()
    for kind in KINDS:
        waiting = session.scalars(
            select(LateRow)
            .where(LateRow.kind == kind, LateRow.month.in_(months), LateRow.state == "waiting")
            .order_by(LateRow.id)
        ).all()
        by_columns: dict[tuple[str, ...], list[LateRow]] = defaultdict(list)
        for row in _newest(waiting):
            by_columns[tuple(sorted(row.values))].append(row)
        for columns, rows in by_columns.items():
            report = _apply(session, kind, columns, rows, clock, seal, actor, now)
            counts.update(report.counts)
    return {name: counts[name] for name in OUTCOMES}


def _newest(rows: Sequence[LateRow]) -> list[LateRow]:
    """The last row of each identity; those before it are dropped."""
    newest: dict[str, LateRow] = {}
    for row in rows:
        earlier = newest.get(row.key)
        if earlier is not None:
            earlier.state = "dropped"
        newest[row.key] = row
    return list(newest.values())


def _apply(
    session: Session,
    kind: str,
    columns: Sequence[str],
    rows: Sequence[LateRow],
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
) -> ImportReport:
    """Rows with the same columns are a file of their own, numbered by their place in the list."""
    built = KINDS[kind].build(world_at(session, clock=clock, seal=seal))
    opened = [open_cells(session, built, row.key, row.values) for row in rows]
    cells = [[each[name] for name in columns] for each in opened]
    staged = KINDS[kind].stage(built, Table(list(columns), iter(list(enumerate(cells)))))
    report = report_of(staged, "late rows", digest([row.values for row in rows]))
    batch = new_batch(session, report, actor, now, "applied")
    outcomes = {line.number: line for line in staged.lines}
    for line in staged.lines:
        if line.outcome == LATE:
            line.outcome = "waiting"  # it waits already, and is not set aside again
    report = store(session, staged, report, batch, actor, now)
    for number, row in enumerate(rows):
        found = outcomes.get(number)
        if found is None or found.outcome not in ("waiting", REFUSED):
            row.state, row.error, row.taken_by = "applied", None, batch.id
        elif found.outcome == REFUSED:
            row.error = "; ".join(_told(each, built) for each in found.problems)
    session.flush()
    return report


def _told(problem: Problem, kind: Kind) -> str:
    """Why a row is bad, without what stands in a secret cell."""
    shown = problem.message.without() if problem.column in kind.secret else problem.message
    return f"{problem.column}: {shown}" if problem.column else str(shown)
