"""What went wrong outside: the database and the disk, in words that a reader can act on."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from core.messages import N_, Message, Said

LOCKED = N_("The database is locked by another writer. Try again in a moment.")
FULL = N_("The disk of the database is full. Nothing was changed.")
BROKEN = N_("The disk of the database cannot be written: %(reason)s. Nothing was changed.")
READ_ONLY = N_("The database is read-only.")
NO_TABLES = N_("The database lacks tables. Run flask init.")
UNREACHABLE = N_("The database does not answer: %(reason)s")
UNWRITTEN = N_("The disk of the database cannot be written. Nothing was changed.")
SILENT = N_("The database does not answer. Nothing was changed.")
OTHER = N_("database: %(reason)s")
NO_ROOM = N_("The disk is full.")
NO_ROOM_FOR = N_("%(file)s: the disk is full.")

# What systems say of a file, in words that are translated.
_REASONS = frozenset(
    (
        N_("Permission denied"),
        N_("Operation not permitted"),
        N_("No such file or directory"),
        N_("Is a directory"),
        N_("Not a directory"),
        N_("Read-only file system"),
        N_("Input/output error"),
    )
)

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)

# SQLite tells by its primary result code, PostgreSQL by SQLSTATE.
_SQLITE = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_IOERR: BROKEN,
    sqlite3.SQLITE_CANTOPEN: UNREACHABLE,
}
_POSTGRESQL = {
    "55P03": LOCKED,
    "40P01": LOCKED,
    "40001": LOCKED,
    "53100": FULL,
    "25006": READ_ONLY,
    "42P01": NO_TABLES,
    "42703": NO_TABLES,
    "57P01": UNREACHABLE,
    "57P02": UNREACHABLE,
    "57P03": UNREACHABLE,
}


def database_fault(error: Exception) -> Message:
    """The reason of a database's error, in one line."""
    cause = getattr(error, "orig", None) or error
    reason = (str(cause).splitlines() or [type(cause).__name__])[0]
    return Message(_fault_of(error, cause, reason), {"reason": reason})


def disk_fault(error: OSError) -> Message:
    """The reason of a file's error, with its name where there is one."""
    reason = str(error.strerror or error)
    told = Said(reason) if reason in _REASONS else reason
    named = {"file": str(error.filename), "reason": told}
    if error.errno in _FULL:
        return Message(NO_ROOM if error.filename is None else NO_ROOM_FOR, named)
    return Message("%(reason)s" if error.filename is None else "%(file)s: %(reason)s", named)


def outage(error: DBAPIError | OSError) -> str | None:
    """What a page may tell of it, without places; None for what is a fault of ours."""
    if isinstance(error, OSError):
        return NO_ROOM if error.errno in _FULL else None
    fault = database_fault(error).msgid
    plain = {UNREACHABLE: SILENT, BROKEN: UNWRITTEN}
    return None if fault == OTHER else plain.get(fault, fault)


def _fault_of(error: Exception, cause: BaseException, reason: str) -> str:
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        if code is None:
            return OTHER
        if code == sqlite3.SQLITE_ERROR and reason.startswith(("no such table", "no such column")):
            return NO_TABLES
        return _SQLITE.get(code & 0xFF, OTHER)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return _POSTGRESQL.get(state, OTHER)
    lost = isinstance(error, DBAPIError) and type(error).__name__ == "OperationalError"
    return UNREACHABLE if lost else OTHER
