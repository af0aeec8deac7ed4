"""Files that stand under their name when they are whole, and not before.

They are written beside their place under another name, so that what interrupts the writing, a full
disk or the transaction that tells of them leaves no half of one.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def drafted(path: Path, data: bytes, mode: int = 0o666) -> Iterator[Path]:
    """What is to become ``path``, on disk under another name; gone afterwards unless it became it.

    What goes wrong with it is told of ``path``. Raises ``OSError``.
    """
    path.parent.stat()  # a missing folder is told by its own name
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            error.filename = str(path)
            raise
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def put(draft: Path, path: Path) -> None:
    """Under its name, in place of what was there, with the permissions of that."""
    if path.exists():
        shutil.copymode(path, draft)
    draft.replace(path)
    sync(path.parent)


def put_new(draft: Path, path: Path) -> bool:
    """Under its name; False where there is one already, which stays."""
    try:
        os.link(draft, path)  # unlike a rename, it refuses to replace
    except FileExistsError:
        return False
    except OSError:  # a disk that knows no links
        if path.exists():
            return False
        draft.replace(path)
    sync(path.parent)
    return True


def sync(folder: Path) -> None:
    """The name of a file survives a power cut too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
