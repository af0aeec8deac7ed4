"""Deleted rows that must not be read from the database's files: see docs/adr/0004.

A deleted row stays where it was: SQLite keeps the pages of before in its log until they are
overwritten, PostgreSQL keeps dead rows until the table is written anew. Whoever deletes what nobody
may ever read again says ``erase_after_commit``; the files are cleared as soon as the transaction is
committed. Where somebody's long reading stands in the way, it is tried again after later commits.
"""

from __future__ import annotations

import logging
import sqlite3

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.db import db

MARK = "erase"
PATIENCE, BRIEFLY = 10_000, 200  # milliseconds to wait for others
_log = logging.getLogger(__name__)
_overdue: dict[str, set[str]] = {}


def rewrite(session: Session, table: str, keep: str) -> None:
    """Delete the rows of ``table`` for which the SQL condition ``keep`` does not hold.

    SQLite leaves bytes of rows that once moved between pages in the free space of pages that stay
    in use, ``secure_delete`` or not. So no page stays: the table goes, which takes a fifth of the
    time of deleting its rows, is made again as it was, and the rows to keep come back.
    """
    if session.get_bind().dialect.name == "sqlite":
        _make_anew(session, table, keep)
    else:
        session.execute(text(f"DELETE FROM {table} WHERE NOT ({keep})"))
    erase_after_commit(session, table)


def _make_anew(session: Session, table: str, keep: str) -> None:
    """The table with its indexes and triggers, and the numbers that it has given out. No other
    table may refer to it.
    """
    # The driver begins a transaction before it writes rows, not before it drops a table.
    session.execute(text(f"DELETE FROM {table} WHERE FALSE"))
    of_table = {"table": table}
    made = session.scalars(
        text(
            "SELECT sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL"
            " ORDER BY type <> 'table', rowid"
        ),
        of_table,
    ).all()
    given = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    number = session.scalar(given, of_table)
    session.execute(text(f"CREATE TEMP TABLE kept AS SELECT * FROM {table} WHERE {keep}"))
    session.execute(text(f"DROP TABLE {table}"))
    connection = session.connection()
    for statement in made:
        connection.exec_driver_sql(statement)
    session.execute(text(f"INSERT INTO {table} SELECT * FROM kept"))
    session.execute(text("DROP TABLE kept"))
    if number is not None:
        session.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), of_table)
        session.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :seq)"),
            {**of_table, "seq": number},
        )


def erase_after_commit(session: Session, table: str) -> None:
    """Clear what is deleted in ``table`` out of the files once the session has committed."""
    session.info.setdefault(MARK, set()).add(table)


def erase(engine: Engine, tables: set[str], *, patient: bool = True) -> bool:
    """Clear it now; False where a long reading of somebody else stands in the way."""
    wait = PATIENCE if patient else BRIEFLY
    try:
        if engine.dialect.name == "sqlite":
            return _truncate_log(engine, wait)
        with engine.begin() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = {wait}"))
            for table in sorted(tables):
                _write_anew(connection, table)
    except OperationalError:
        return False
    return True


def _write_anew(connection: Connection, table: str) -> None:
    """Into new files, the old ones removed; VACUUM would keep what an old snapshot still sees."""
    for statement in (
        f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        f"CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM {table}",
        f"TRUNCATE {table}",
        f"INSERT INTO {table} SELECT * FROM kept",
        "DROP TABLE kept",
    ):
        connection.execute(text(statement))


def _truncate_log(engine: Engine, wait: int) -> bool:
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        (usual,) = raw.execute("PRAGMA busy_timeout").fetchone()
        raw.execute(f"PRAGMA busy_timeout = {wait}")
        try:
            (busy, _, _) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.execute(f"PRAGMA busy_timeout = {usual}")
    return not busy


@event.listens_for(db.session, "after_commit")
def _erase(session: Session) -> None:
    if session.in_nested_transaction():
        return
    engine = session.get_bind().engine
    asked = session.info.pop(MARK, set())
    late = _overdue.pop(str(engine.url), set())
    if not asked and not late:
        return
    if not erase(engine, asked | late, patient=bool(asked)):
        _overdue[str(engine.url)] = asked | late
        _log.warning("deleted rows could not be cleared yet: the database is being read")


@event.listens_for(db.session, "after_rollback")
def _forget(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(MARK, None)
