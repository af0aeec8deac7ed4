"""Taking an applied import back, while nothing was built on it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, String, cast, delete, insert, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.imports.kinds import Change, Kind
from core.imports.rows import Record, chunks, decoded, update_rows
from core.messages import N_, Refused
from core.models import Attachment, ImportChange, LateRow, UnmappedRow


def fingerprints(kind: Kind, batch: int) -> dict[str, str]:
    """Digests of the rows that the batch brought, by table: they tell whether one was changed."""
    found = {}
    for table in kind.tables if kind.edited else ():
        query = select(table).where(table.c.batch_id == batch).order_by(table.c.id)
        state = hashlib.sha256()
        for row in kind.setting.session.execute(query):
            state.update(repr(tuple(row)).encode())
        found[table.name] = state.hexdigest()
    return found


def undo(kind: Kind, batch: int, left: Mapping[str, str]) -> None:
    """Delete what the batch brought and restore what it changed.

    ``left`` are the ``fingerprints`` that the import left. Rows that it took from those set aside
    go back there.

    ``kind.setting.closed`` holds the months that were closed since. Raises ``Refused`` where one
    of them is touched, a later import or decision changed the rows, or other records need them.
    """
    session = kind.setting.session
    _check_rows(kind, batch, left)
    done: list[Change] = []
    try:
        with session.begin_nested():
            kind.before_undo(batch)
            for table in kind.tables:
                done += _undo_table(kind, table, batch)
    except IntegrityError as error:
        raise Refused(N_("other records stand on the rows of this import")) from error
    kind.after_undo(done)
    session.execute(
        update(LateRow)
        .where(LateRow.batch_id == batch, LateRow.state == "waiting")
        .values(state="dropped")
    )
    for kept in (LateRow, UnmappedRow):
        session.execute(
            update(kept).where(kept.taken_by == batch).values(state="waiting", taken_by=None)
        )
    # After an undo it stands there again; what it was is no longer kept.
    session.execute(delete(ImportChange).where(ImportChange.batch_id == batch))


def check_undo(kind: Kind, batch: int, left: Mapping[str, str]) -> None:
    """Raise ``Refused`` as ``undo`` would, as far as reading tells; nothing is written."""
    for table in kind.tables:
        _changes(kind, table, batch)
    _check_rows(kind, batch, left)


def _check_rows(kind: Kind, batch: int, left: Mapping[str, str]) -> None:
    for table in kind.tables:
        if _changed_later(kind.setting.session, table, batch):
            raise Refused(N_("a later import changed rows of this one; undo that one first"))
    if fingerprints(kind, batch) != left:
        raise Refused(N_("rows of this import were changed since"))
    if kind.files and _have_files(kind, batch):
        raise Refused(N_("other records stand on the rows of this import"))


def _have_files(kind: Kind, batch: int) -> bool:
    """Whether somebody added a file to a row that the batch brought."""
    subject = kind.files + cast(kind.table.c.id, String)
    query = select(Attachment.id).join(kind.table, Attachment.subject == subject)
    return kind.setting.session.scalar(query.where(kind.table.c.batch_id == batch)) is not None


def _changes(
    kind: Kind, table: SqlTable, batch: int
) -> tuple[list[Change], list[tuple[int, Record, Record]]]:
    """What would be taken back, and of that what changed known rows: id, before, after.

    Raises ``Refused`` where it reaches into a closed month.
    """
    session = kind.setting.session
    names = [column.name for column in table.c if column.name not in ("id", "batch_id")]
    rows = session.execute(
        select(*(table.c[name] for name in names)).where(table.c.batch_id == batch)
    )
    done = [Change(dict(zip(names, row, strict=True)), None) for row in rows]
    traces = session.execute(
        select(ImportChange.row_id, ImportChange.before, ImportChange.after)
        .where(ImportChange.batch_id == batch, ImportChange.table == table.name)
        .order_by(ImportChange.id)
    ).all()
    restored = [
        (key, decoded(table, before), decoded(table, after)) for key, before, after in traces
    ]
    done += [Change(after or None, before) for _, before, after in restored]
    for change in done:
        month = kind.undo_month(table, change)
        if month is not None:
            raise Refused(N_("month %(month)s was closed since"), month=str(month))
    return done, restored


def _undo_table(kind: Kind, table: SqlTable, batch: int) -> list[Change]:
    session = kind.setting.session
    done, restored = _changes(kind, table, batch)
    changed = [(key, before, after) for key, before, after in restored if after]
    _check_untouched(kind, table, changed)
    session.execute(delete(table).where(table.c.batch_id == batch))
    if changed:
        fields = list(changed[0][1])
        update_rows(session, table, fields, [(key, before) for key, before, _ in changed])
    for key, before, after in restored:
        if not after:
            session.execute(insert(table), {"id": key, **before})
    return done


def _check_untouched(
    kind: Kind, table: SqlTable, changed: Sequence[tuple[int, Record, Record]]
) -> None:
    """What the import left must still stand there."""
    for part in chunks(changed, 500):
        wanted = {key: after for key, _, after in part}
        names = list(part[0][2])
        query = select(table.c.id, *(table.c[name] for name in names)).where(
            table.c.id.in_(list(wanted))
        )
        there = {
            row[0]: dict(zip(names, row[1:], strict=True))
            for row in kind.setting.session.execute(query)
        }
        if there != wanted:
            raise Refused(N_("rows of this import were changed since"))


def _changed_later(session: Session, table: SqlTable, batch: int) -> bool:
    """Whether a later import changed a row that this one brought or changed."""
    touched = select(ImportChange.row_id).where(
        ImportChange.batch_id == batch, ImportChange.table == table.name
    )
    theirs: ColumnElement[bool] = ImportChange.row_id.in_(touched)
    if "id" in table.c:
        theirs = theirs | ImportChange.row_id.in_(
            select(table.c.id).where(table.c.batch_id == batch)
        )
    query = select(ImportChange.id).where(
        ImportChange.table == table.name, ImportChange.batch_id > batch, theirs
    )
    return session.execute(query.limit(1)).first() is not None
