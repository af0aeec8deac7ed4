"""Making a copy while others write: one snapshot of everything, streamed into a file."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import attachments, audit, keyring
from core.actor import Actor
from core.backup.archive import FORMAT, Manifest, write_file, write_manifest, write_table
from core.backup.tables import revision_of, tables_of
from core.drafted import drafting, sweep
from core.errors import N_, Conflict, Refused

UNFINISHED, SNAPSHOT = "backup.zip", "snapshot.db"
HOLDS = (UNFINISHED, *(SNAPSHOT + suffix for suffix in ("", "-wal", "-shm", "-journal")))


def make_backup(session: Session, *, actor: Actor, now: datetime, file: Path) -> Manifest:
    """Write ``file``, which must not be there yet and which only its owner can read.

    What it holds is the state at one moment. It is there once the entry that tells of it is
    committed.
    Raises ``Conflict``, ``Refused``, ``OSError``; the file is not there then.
    """
    file.parent.stat()  # a missing folder is told by its own name
    sweep(file, HOLDS)
    if file.exists():
        raise Conflict(N_("%(file)s is there already; nothing was written."), file=str(file))
    if audit.head(session)[0] == 0:
        raise Refused(N_("The database is empty. Run flask init first."))
    key = keyring.key_for(session, "audit")
    engine = session.get_bind().engine
    session.rollback()  # reading keeps no snapshot of its own open meanwhile
    with drafting(file, HOLDS) as folder:
        unfinished = folder / UNFINISHED
        with snapshot(engine, folder) as connection:
            manifest = _write(connection, unfinished, key, now, engine.dialect.name)
        audit.record(
            session,
            actor=actor,
            at=now,
            action="backup.made",
            subject="backup",
            after={
                "file": file.name,
                "rows": manifest.rows,
                "revision": manifest.revision,
                "head": f"{manifest.audit_number}:{manifest.audit_head}",
                "files": len(manifest.files),
                "lost": list(manifest.lost),
            },
        )
        session.commit()  # what cannot be noted is not given away
        _move(unfinished, file)
    return manifest


@contextmanager
def snapshot(engine: sa.Engine, folder: Path) -> Iterator[sa.Connection]:
    """A connection that sees one moment only; SQLite's is on a copy made by its own means."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            yield connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        return
    copy = folder / SNAPSHOT
    _copy_sqlite(engine, copy)
    reader = sa.create_engine(f"sqlite:///{copy}")
    try:
        with reader.connect() as connection:
            yield connection
    finally:
        reader.dispose()


def _copy_sqlite(engine: sa.Engine, copy: Path) -> None:
    """In one step, so it is one moment; writers go on meanwhile, for the journal is a WAL."""
    connection = engine.raw_connection()
    try:
        source = connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        target = sqlite3.connect(copy)
        try:
            source.backup(target, pages=-1)
        finally:
            target.close()
    finally:
        connection.close()


def _write(
    connection: sa.Connection, path: Path, key: bytes, now: datetime, database: str
) -> Manifest:
    revision = revision_of(connection)
    if revision is None:
        raise Refused(N_("The database is empty. Run flask init first."))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            contents = [
                write_table(archive, table, table.lines(connection))
                for table in tables_of(connection)
            ]
            files, lost = _write_files(archive, attachments.stored(connection))
            number, head = _head(connection)
            manifest = Manifest(
                format=FORMAT,
                made_at=now.isoformat(),
                database=database,
                revision=revision,
                audit_number=number,
                audit_head=head,
                tables=tuple(contents),
                files=files,
                lost=lost,
            )
            write_manifest(archive, manifest, key)
        stream.flush()
        os.fsync(stream.fileno())
    return manifest


def _write_files(
    archive: zipfile.ZipFile, stored: list[tuple[str, str]]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Those that the rows name, and the names of those that are not there any more.

    A row is committed after its file was written, so each row of the snapshot has its file. One
    that is lost all the same must not be the reason for having no copy of the rest.
    """
    kept, lost = [], []
    for name, sha256 in stored:
        try:
            data = (attachments.folder() / name).read_bytes()
        except FileNotFoundError:
            data = b""
        if hashlib.sha256(data).hexdigest() == sha256:
            write_file(archive, name, data)
            kept.append((name, sha256))
        else:
            lost.append(name)
    return tuple(kept), tuple(lost)


def _head(connection: sa.Connection) -> tuple[int, str]:
    with Session(bind=connection) as session:
        return audit.head(session)


def _move(unfinished: Path, file: Path) -> None:
    """Under its name the file is whole or not at all."""
    if file.exists():
        raise Conflict(N_("%(file)s is there already; nothing was written."), file=str(file))
    unfinished.rename(file)
