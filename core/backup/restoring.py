"""Putting a copy into an empty database of either kind; all of it or nothing."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import attachments, audit, keyring
from core.actor import Actor
from core.backup.archive import Archive, Content, Manifest
from core.backup.tables import ROWS_AT_ONCE, filled, revision_of, tables_of
from core.errors import N_, Conflict, Refused
from core.migrating import newest_after, upgrade

Check = Callable[[Session], Iterator[str]]


def restore_backup(
    session: Session, *, actor: Actor, now: datetime, file: Path, check: Check
) -> Manifest:
    """Load ``file``, and commit. ``check`` tells what is wrong with what was loaded.

    Raises ``Conflict`` for a database that is not empty, ``Refused`` for a file that is damaged or
    does not verify, ``WrongKey`` without the master key: no table has a row then.
    """
    with Archive(file) as archive:
        newest = _known(archive.manifest.revision)
        _check_empty(session, archive.manifest.revision)
        archive.check()
        session.rollback()
        upgrade(revision=archive.manifest.revision)
        written: list[Path] = []
        try:
            _load(session, archive)
            _put_files(archive, written)
            if archive.manifest.revision == newest:
                _verify(session, archive, check)
                _note(session, archive, actor, now, file)
            session.commit()
        except BaseException:
            session.rollback()
            keyring.forget(session)
            for path in written:
                path.unlink(missing_ok=True)
            raise
        if archive.manifest.revision != newest:
            session.close()
            upgrade()
            _verify(session, archive, check)
            _note(session, archive, actor, now, file)
            session.commit()
        return archive.manifest


def _note(session: Session, archive: Archive, actor: Actor, now: datetime, file: Path) -> None:
    audit.record(
        session,
        actor=actor,
        at=now,
        action="backup.restored",
        subject="backup",
        after={"file": file.name, "made_at": archive.manifest.made_at},
    )


def _known(revision: str) -> str | None:
    """The newest revision; raises ``Refused`` where this version does not know that of the file."""
    try:
        return newest_after(revision)
    except LookupError as error:
        raise Refused(
            N_("The backup is of a newer version of Pingyou (schema %(revision)s)."),
            revision=revision,
        ) from error


def _check_empty(session: Session, revision: str) -> None:
    connection = session.connection()
    names = [table.name for table in tables_of(connection)]
    table = filled(connection, names)
    if table is not None:
        raise Conflict(
            N_("The database is not empty (%(table)s): a backup restores into an empty one only."),
            table=table,
        )
    present = revision_of(connection)
    if present not in (None, revision):
        raise Conflict(
            N_("The database has the tables of another version: give one without tables.")
        )


def _load(session: Session, archive: Archive) -> None:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    _check_empty(session, archive.manifest.revision)  # nobody was faster
    there = {table.name: dict(table.columns) for table in tables_of(connection)}
    for content in archive.manifest.tables:
        if there.pop(content.name, None) != dict(content.columns):
            raise archive.damaged(content.name)
    if there:
        raise archive.damaged(min(there))
    with _unlocked(connection):
        for content in archive.manifest.tables:
            _load_table(connection, archive, content)
    if connection.dialect.name == "postgresql":
        _set_sequences(connection, archive.manifest)


def _put_files(archive: Archive, written: list[Path]) -> None:
    """Attached files where they belong, before the commit; those that are there already stay."""
    for name, sha256 in archive.manifest.files:
        path = attachments.folder() / name
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            continue
        path.unlink(missing_ok=True)
        written.append(path)
        attachments.store(name, archive.file(name))


def _load_table(connection: sa.Connection, archive: Archive, content: Content) -> None:
    table = content.table
    statement = table.insert(connection.dialect.name)
    lines = archive.lines(content)
    try:
        while batch := [table.parameters(line) for line in itertools.islice(lines, ROWS_AT_ONCE)]:
            connection.execute(statement, batch)
    except ValueError as error:
        raise archive.damaged(content.name) from error


@contextmanager
def _unlocked(connection: sa.Connection) -> Iterator[None]:
    """Without triggers and foreign keys: they are for what changes, and this is what stood.

    All in the transaction of the load: nobody sees the database without them.
    """
    before, after = (
        _sqlite_locks(connection)
        if connection.dialect.name == "sqlite"
        else _postgresql_locks(connection)
    )
    for statement in before:
        connection.exec_driver_sql(statement)
    yield
    for statement in after:
        connection.exec_driver_sql(statement)


def _sqlite_locks(connection: sa.Connection) -> tuple[list[str], list[str]]:
    """Foreign keys are then checked by the commit."""
    triggers = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid"
    ).all()
    dropped = [f'DROP TRIGGER "{name}"' for name, _ in triggers]
    return ["PRAGMA defer_foreign_keys = ON", *dropped], [sql for _, sql in triggers]


def _postgresql_locks(connection: sa.Connection) -> tuple[list[str], list[str]]:
    """Foreign keys are added again, which checks every row."""
    tables = [f'"{table.name}"' for table in tables_of(connection)]
    keys = connection.exec_driver_sql(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    ).all()
    before = [f'ALTER TABLE {table} DROP CONSTRAINT "{name}"' for table, name, _ in keys]
    after = [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {rule}' for table, name, rule in keys]
    return (
        before + [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables],
        after + [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables],
    )


def _set_sequences(connection: sa.Connection, manifest: Manifest) -> None:
    """The next row gets a number that none has."""
    for content in manifest.tables:
        if content.key == ("id",) and content.rows:
            connection.exec_driver_sql(
                f'SELECT setval(found, (SELECT max(id) FROM "{content.name}"))'
                f" FROM pg_get_serial_sequence('\"{content.name}\"', 'id') AS found"
                " WHERE found IS NOT NULL"
            )


def _verify(session: Session, archive: Archive, check: Check) -> None:
    """Raises ``Refused`` where the rows are not those of the manifest, or the trail is broken."""
    keyring.forget(session)
    connection = session.connection()
    for content in archive.manifest.tables:
        count = sa.select(sa.func.count()).select_from(sa.table(content.name))
        if connection.scalar(count) != content.rows:
            raise archive.damaged(content.name)
    if not archive.sealed_with(keyring.key_for(session, "audit")):
        raise archive.damaged("manifest.seal")
    if audit.head(session) != (archive.manifest.audit_number, archive.manifest.audit_head):
        raise archive.damaged("audit_entries")
    problem = next(iter(check(session)), None)
    if problem is not None:
        raise archive.damaged(problem)
