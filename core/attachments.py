"""Files that belong to records: encrypted, bound to their row, written before the commit.

The bytes lie in ``instance/attachments`` under names that say nothing, each encrypted for its row,
so that a file put in another one's place does not open. A file is on disk before the transaction
that names it commits; where that is rolled back, its files go with it, and what a crash left behind
is removed by ``sweep``. Copies hold them too (``core.backup``).
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import current_app, has_app_context
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, object_session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Refused, Unavailable
from core.filetypes import media_type_of, safe_name
from core.keyring import Box
from core.models import Attachment

log = logging.getLogger(__name__)
LARGEST = 10 * 1024 * 1024
MOST = 20  # files of one subject
# A file without a row may belong to a transaction that has not committed yet.
GRACE = timedelta(hours=1)
ALLOWED = N_("%(name)s is no PDF, picture, plain text or office document without macros.")

_WRITTEN = "attachments_written"
_DROPPED = "attachments_dropped"
_default: dict[str, Path] = {}


def keep_in(folder: Path) -> None:
    """Where files lie for whatever runs outside of an application."""
    _default["folder"] = folder


def attach(
    session: Session, *, actor: Actor, now: Now, subject: str, name: str, content: bytes
) -> Attachment:
    """Keep a file with ``subject``; one that is there already, from a form that was sent twice, is
    kept once. Raises ``Refused`` (field ``files``) for one that is too large, empty, or of a kind
    that is not allowed, whatever its name says."""
    one_at_a_time(session, f"files:{subject}")
    same = _same(session, subject, name, content)
    if same is not None:
        return same
    media_type = _checked(session, subject, name, content)
    row = Attachment(
        subject=subject,
        name=safe_name(name, media_type),
        media_type=media_type,
        size=len(content),
        file=secrets.token_hex(16),
        sha256="",
        created_at=now.moment,
        created_by=actor.label,
        created_by_id=actor.employee_id,
    )
    session.add(row)
    session.flush()
    sealed = Box(session).seal_bytes(_place(row), content)
    session.info.setdefault(_WRITTEN, []).append(folder() / row.file)
    store(row.file, sealed)
    row.sha256 = hashlib.sha256(sealed).hexdigest()
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="attachment.added",
        subject=subject,
        after={"name": row.name, "type": media_type, "size": row.size, "sha256": row.sha256},
    )
    return row


def attach_all(
    session: Session, *, actor: Actor, now: Now, subject: str, files: Iterable[tuple[str, bytes]]
) -> list[Attachment]:
    """``attach`` for each (name, content)."""
    return [
        attach(session, actor=actor, now=now, subject=subject, name=name, content=content)
        for name, content in files
    ]


def drop(session: Session, *, actor: Actor, now: datetime, subject: str) -> None:
    """Remove all files of a record that is removed itself; from the folder with the commit."""
    for row in of(session, subject):
        session.info.setdefault(_DROPPED, []).append(folder() / row.file)
        audit.record(
            session,
            actor=actor,
            at=now,
            action="attachment.removed",
            subject=subject,
            before={"name": row.name, "sha256": row.sha256},
        )
        session.delete(row)
    session.flush()


def read(attachment: Attachment) -> bytes:
    """The content. Raises ``WrongKey`` where key, row or file is not the one, ``Unavailable`` where
    the file is gone."""
    session = object_session(attachment)
    assert session is not None
    try:
        sealed = (folder() / attachment.file).read_bytes()
    except FileNotFoundError as error:
        raise Unavailable(
            N_("The file of %(name)s is missing. Put it back from a copy."), name=attachment.name
        ) from error
    return Box(session).open_bytes(_place(attachment), sealed)


def of(session: Session, subject: str) -> list[Attachment]:
    """Those of one subject, as they were added."""
    rows = select(Attachment).where(Attachment.subject == subject).order_by(Attachment.id)
    return list(session.scalars(rows))


def one(session: Session, attachment_id: int, *, subject: str) -> Attachment | None:
    """The attachment with this id, if it belongs to ``subject``."""
    found = session.get(Attachment, attachment_id)
    return found if found is not None and found.subject == subject else None


def folder() -> Path:
    """Where the files lie."""
    if has_app_context():
        return Path(current_app.config["ATTACHMENTS"])
    return _default["folder"]


def store(file: str, sealed: bytes) -> Path:
    """Write what is encrypted already, so that it is on disk when this returns."""
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place / file
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(sealed)
        stream.flush()
        os.fsync(stream.fileno())
    directory = os.open(place, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return path


def sweep(session: Session, now: datetime) -> int:
    """Remove files that no row names and that no transaction can still be about to name.

    One that cannot be removed is left for the next time. How many are gone.
    """
    before = (now - GRACE).timestamp()
    old = [path for path in _files(folder()) if _is_older(path, before)]
    known = set(session.scalars(select(Attachment.file))) if old else set()
    gone = 0
    for path in old:
        if path.name not in known:
            try:
                path.unlink()
            except OSError as error:
                log.warning("%s cannot be removed: %s", path, error.strerror)
            else:
                gone += 1
    return gone


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime < moment
    except OSError:
        return False


def stored(connection: sa.Connection) -> list[tuple[str, str]]:
    """File and checksum of every row, by file; of none where the schema has no such table."""
    if not sa.inspect(connection).has_table("attachments"):
        return []
    columns = sa.column("file", sa.String), sa.column("sha256", sa.String)
    rows = sa.select(*columns).select_from(sa.table("attachments")).order_by(columns[0])
    return [(row.file, row.sha256) for row in connection.execute(rows)]


def _checked(session: Session, subject: str, name: str, content: bytes) -> str:
    """The media type; raises ``Refused``."""
    if not content:
        raise Refused(N_("%(name)s is empty."), field="files", name=name)
    if len(content) > LARGEST:
        raise Refused(
            N_("%(name)s is larger than %(most)s MB."),
            field="files",
            name=name,
            most=LARGEST // 1024 // 1024,
        )
    media_type = media_type_of(content)
    if media_type is None:
        raise Refused(ALLOWED, field="files", name=name)
    number = session.scalar(
        select(func.count()).select_from(Attachment).where(Attachment.subject == subject)
    )
    if (number or 0) >= MOST:
        raise Refused(N_("No more than %(most)s files."), field="files", most=MOST)
    return media_type


def _same(session: Session, subject: str, name: str, content: bytes) -> Attachment | None:
    media_type = media_type_of(content)
    if media_type is None:
        return None
    for row in of(session, subject):
        if (row.name, row.size) == (safe_name(name, media_type), len(content)):
            with suppress(Unavailable):
                if read(row) == content:
                    return row
    return None


def _place(row: Attachment) -> str:
    return f"attachments:{row.id}:{row.subject}:{row.file}"


def _files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from (path for path in sorted(place.iterdir()) if path.is_file())


@event.listens_for(Session, "after_commit")
def _kept(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_WRITTEN, None)
        _unlink(session, _DROPPED)


@event.listens_for(Session, "after_rollback")
def _dropped(session: Session) -> None:
    """Nothing names them any more; of a savepoint, ``sweep`` removes them."""
    if not session.in_nested_transaction():
        session.info.pop(_DROPPED, None)
        _unlink(session, _WRITTEN)


def _unlink(session: Session, which: str) -> None:
    for path in session.info.pop(which, ()):
        with suppress(OSError):
            path.unlink(missing_ok=True)
