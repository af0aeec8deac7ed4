"""What lies on the disk is its owner's alone: the folder of an installation, and its database."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.engine import Engine

NAMES = ("master.key", "master.key.next", "session.key", "uploads", "attachments")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def tighten(instance: Path, database: str) -> Iterator[Path]:
    """Take from others what they may do with the instance folder, with what lies in it, and with
    an SQLite database wherever it is; tell of each that was open to them. What is not ours stays.
    """
    found = [instance, *(instance / name for name in NAMES)]
    file = _file_of(database, instance)
    if file is not None:
        found += [file.with_name(f"{file.name}{ending}") for ending in ("", "-wal", "-shm")]
    for path in found:
        if path.is_symlink() or not path.exists():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            try:
                path.chmod(mode & ~OTHERS)
            except OSError:  # another's, or a disk that nobody writes to
                continue
            yield path


def _file_of(database: str, instance: Path) -> Path | None:
    """The file of an SQLite database; one without a folder lies in that of the instance."""
    url = make_url(database)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return (instance / url.database).resolve()


@event.listens_for(Engine, "do_connect")
def _made_for_its_owner(dialect: Any, _record: Any, words: Any, _options: Any) -> None:
    """SQLite makes a database that everybody may read, and the files beside it likewise: so it is
    there before, empty and its owner's."""
    name = words[0] if dialect.name == "sqlite" and words else ""
    if not isinstance(name, str) or not name or name.startswith((":memory:", "file:")):
        return
    try:
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:  # it is there, or SQLite says what is wrong
        return
