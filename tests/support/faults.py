"""Faults of a database, brought about for as long as a test is in them.

    with locked(url) as faulty: ...    a command on ``faulty`` meets the fault

Nobody may be connected when one begins.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError

# Nobody listens on that port.
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=5"
WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "SELECT pg_advisory")


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def connecting(*pragmas: str) -> Iterator[None]:
    """Every connection to SQLite is opened with these, which hold while the others are set too."""

    def prepare(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").fetchall()

    event.listen(Engine, "connect", prepare, insert=True)
    event.listen(Engine, "connect", last := lambda *told: prepare(*told))
    try:
        yield
    finally:
        event.remove(Engine, "connect", prepare)
        event.remove(Engine, "connect", last)


@contextmanager
def locked(url: str, *before: str, mode: str = "IMMEDIATE") -> Iterator[str]:
    """Another connection writes and does not end; the wait is cut short."""
    other = sqlite3.connect(path_of(url), isolation_level=None)
    try:
        for statement in (*before, f"BEGIN {mode}"):
            other.execute(statement).fetchall()
        with connecting("busy_timeout=20"):
            yield url
    finally:
        other.close()


@contextmanager
def held_alone(url: str) -> Iterator[str]:
    """Another connection keeps the file to itself: nobody reads it either."""
    with locked(url, "PRAGMA locking_mode=EXCLUSIVE", mode="EXCLUSIVE"):
        yield url


@contextmanager
def full(url: str) -> Iterator[str]:
    """The file may not grow, and what still has room in it cannot be committed."""
    with contextlib.closing(sqlite3.connect(path_of(url), isolation_level=None)) as other:
        other.execute("VACUUM")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (pages,) = other.execute("PRAGMA page_count").fetchone()

    def refuse(connection: Any) -> None:
        if connection.connection.driver_connection.in_transaction:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise OperationalError("COMMIT", {}, error)

    event.listen(Engine, "commit", refuse)
    try:
        with connecting(f"max_page_count={max(pages, 1)}"):
            yield url
    finally:
        event.remove(Engine, "commit", refuse)


@contextmanager
def read_only(url: str) -> Iterator[str]:
    """Opened so that SQLite refuses to write, as on a disk that is mounted so."""
    yield f"sqlite:///file:{path_of(url)}?mode=ro&uri=true"


@contextmanager
def unreachable(_url: str) -> Iterator[str]:
    """PostgreSQL is not there."""
    yield NOWHERE


@contextmanager
def dying(url: str, at: tuple[str, ...] = WRITES) -> Iterator[str]:
    """PostgreSQL ends every connection that is about to write."""

    def end(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip().startswith(at):
            number = connection.connection.driver_connection.info.backend_pid
            with psycopg.connect(plain(url), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [number])

    event.listen(Engine, "before_cursor_execute", end)
    try:
        yield url
    finally:
        event.remove(Engine, "before_cursor_execute", end)


@contextmanager
def dying_at_once(url: str) -> Iterator[str]:
    """PostgreSQL ends every connection that is about to do anything."""
    with dying(url, ("",)):
        yield url


def plain(url: str) -> str:
    """As PostgreSQL's own library takes it."""
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)
