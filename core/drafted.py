"""Files that stand under their name when they are whole, and not before.

They are written beside their place under another name, so that what interrupts the writing, a full
disk or the transaction that tells of them leaves no half of one. Whoever writes holds a lock of the
operating system on what is unfinished. It ends with the process, however that ends: what one left
that was killed is known by it, and removed by the next that writes under the same name.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def drafted(path: Path, data: bytes, mode: int = 0o666) -> Iterator[Path]:
    """What is to become ``path``, on disk under another name; gone afterwards unless it became it.

    What goes wrong with it is told of ``path``. Raises ``OSError``.
    """
    path.parent.stat()  # a missing folder is told by its own name
    sweep(path)
    try:
        draft, handle = _new_file(path, mode)
    except OSError as error:
        error.filename = str(path)
        raise
    with os.fdopen(handle, "wb") as file:
        try:
            try:
                file.write(data)
                file.flush()
                os.fsync(handle)
            except OSError as error:
                error.filename = str(path)
                raise
            yield draft
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def drafting(path: Path, holds: Collection[str]) -> Iterator[Path]:
    """A folder beside ``path`` to make it in, of files by these names; gone afterwards.

    What goes wrong with it is told of ``path``. Raises ``OSError``.
    """
    path.parent.stat()
    sweep(path, holds)
    try:
        folder, handle = _new_folder(path)
    except OSError as error:
        error.filename = str(path)
        raise
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(handle)


def sweep(path: Path, holds: Collection[str] = ()) -> None:
    """Remove what was left unfinished of ``path`` by processes that were killed.

    Only what has a name of ours, is our own, and is nobody's to write any more; of folders those
    that hold nothing but such files. What cannot be removed stays.
    """
    ours = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}")
    with suppress(OSError):
        for left in list(path.parent.iterdir()):
            if ours.fullmatch(left.name):
                with suppress(OSError):
                    _remove(left, holds)


def _remove(left: Path, holds: Collection[str]) -> None:
    handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        about = os.fstat(handle)
        if about.st_uid != os.geteuid() or not _held(handle, left):
            return
        if stat.S_ISREG(about.st_mode):
            left.unlink()
        elif stat.S_ISDIR(about.st_mode) and all(each.name in holds for each in left.iterdir()):
            shutil.rmtree(left)
    finally:
        os.close(handle)


def _new_file(path: Path, mode: int) -> tuple[Path, int]:
    while True:
        draft = _beside(path)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        if _held(handle, draft) is not False:
            return draft, handle
        os.close(handle)  # one that sweeps came between


def _new_folder(path: Path) -> tuple[Path, int]:
    while True:
        folder = _beside(path)
        folder.mkdir(mode=0o700)
        with suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY)
            if _held(handle, folder) is not False:
                return folder, handle
            os.close(handle)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _held(handle: int, place: Path) -> bool | None:
    """Whether the lock is ours, on what has that name; None on a disk that knows no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), place.lstat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:
        return None


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
