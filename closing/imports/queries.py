"""What the import pages read: kinds with their columns, the history, late rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from closing.imports.batches import WAITS
from closing.imports.registry import KINDS, columns_of
from closing.imports.unmapped import is_waiting
from closing.months import closed_months
from core.errors import N_, Refused
from core.files.reading import read_table
from core.i18n import language
from core.imports.headings import UnknownHeadings, names, plain
from core.imports.kinds import OUTCOMES, Column
from core.models import ImportBatch, LateRow, UnmappedRow
from core.values import Month
from staff.models import Employee


def heading(column: Column) -> str:
    """The heading of a column in the reader's language."""
    return column.chinese[0] if language() == "zh" else column.name


def guess_kind(session: Session, path: Path, clock: datetime) -> str:
    """The kind whose headings a file has; raises ``Refused`` for what fits none or several."""
    for key, entry in KINDS.items():
        if entry.recognise is not None and entry.recognise(path, None) is not None:
            return key
    known = {key: names(columns) for key, columns in columns_of(session, clock).items()}
    every = {heading for each in known.values() for heading in each}
    header = read_table(path, lambda row: sum(plain(cell) in every for cell in row)).header
    best: list[tuple[int, str]] = []
    for key, headings in known.items():
        found = {headings[plain(cell)].name for cell in header if plain(cell) in headings}
        needed = {column.name for column in headings.values() if column.required}
        if needed <= found:
            best.append((len(found), key))
    best.sort(reverse=True)
    if not best:
        raise UnknownHeadings(
            N_("these are the headings of no kind; choose the kind to see which are missing"),
            field="kind",
        )
    if len(best) > 1 and best[0][0] == best[1][0]:
        raise Refused(N_("these headings fit several kinds; choose one"), field="kind")
    return best[0][1]


def history() -> Select[Any]:
    """Every file that came in, with the name of who brought it."""
    names = ("id", "created_at", "filename", "kind", *OUTCOMES, "state")
    columns: list[Any] = [getattr(ImportBatch, name).label(name) for name in names]
    who = func.coalesce(Employee.name, ImportBatch.created_by).label("who")
    return select(*columns, who).outerjoin(Employee, Employee.employee_no == ImportBatch.created_by)


def count_waiting(session: Session) -> tuple[int, int]:
    """Files that wait to be confirmed, and late rows that wait for their month."""
    files = select(func.count()).where(ImportBatch.state.in_(WAITS))
    rows = select(func.count()).where(LateRow.state == "waiting")
    return session.scalar(files) or 0, session.scalar(rows) or 0


def count_unknown(session: Session) -> int:
    """Rows that wait for somebody to say who their people are."""
    query = (
        select(func.count())
        .select_from(UnmappedRow)
        .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
        .where(is_waiting())
    )
    return session.scalar(query) or 0


def late_rows() -> Select[Any]:
    return select(
        LateRow.id.label("id"),
        LateRow.month.label("month"),
        LateRow.kind.label("kind"),
        LateRow.batch_id.label("batch_id"),
        ImportBatch.filename.label("filename"),
        LateRow.row_number.label("row_number"),
        LateRow.values.label("cells"),
        LateRow.state.label("state"),
        LateRow.error.label("error"),
    ).join(ImportBatch, ImportBatch.id == LateRow.batch_id)


@dataclass(frozen=True, slots=True)
class LateMonth:
    """How many rows wait for a month, and whether it is open again."""

    month: Month
    waiting: int
    is_open: bool


def late_months(session: Session) -> Sequence[LateMonth]:
    """Every month that late rows came for, the newest first."""
    waiting = func.count().filter(LateRow.state == "waiting")
    found = session.execute(
        select(LateRow.month, waiting).group_by(LateRow.month).order_by(LateRow.month.desc())
    )
    closed = set(closed_months(session))
    return [LateMonth(month, count, month not in closed) for month, count in found]


def display_name(session: Session, label: str | None) -> str:
    """The name of the employee with this number, else the label itself."""
    name = session.scalar(select(Employee.name).where(Employee.employee_no == label))
    return name or label or ""
