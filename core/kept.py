"""Counts kept in this process: of a closing for good, else until the audit trail tells of a change.

What is kept is the same for everybody who may ask for it: what depends on the viewer is either no
part of it, or named by the key.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.models import AuditEntry, Closing

Value = TypeVar("Value")

# Entries of the trail that change nothing but who is signed in, what was read, and what waits.
HARMLESS = ("sign_in", "sign_out", "access.", "export", "session.", "evaluation.note", "job.")
LONGEST_WALK = 200
MOST = 64


Mark = tuple[int, str]  # a head of the audit trail: number and hash


@dataclass(frozen=True, slots=True)
class _Until:
    mark: Mark
    value: Any


_kept: OrderedDict[Hashable, Any] = OrderedDict()
_guard = threading.Lock()


def of_closing(closing: Closing, what: Hashable, make: Callable[[], Value]) -> Value:
    """What follows from the rows of a sealed closing alone, which never change.

    The digest of those rows is the key: the same id in another database is another closing.
    """
    if not closing.sealed or closing.digest is None:
        return make()
    key = (closing.id, closing.digest, what)
    found = _get(key)
    if found is None:
        found = make()
        _put(key, found)
    value: Value = found
    return value


def until_changed(session: Session, what: Hashable, make: Callable[[], Value]) -> Value:
    """What may change, but not without an entry of the audit trail. One statement more."""
    key = (str(session.get_bind().engine.url), what)
    found: _Until | None = _get(key)
    mark = unchanged_since(session, found.mark) if found is not None else None
    if found is None or mark is None:
        mark = audit.head(session)  # before what is made: a change meanwhile comes after it
        value: Value = make()
    else:
        value = found.value
    if found is None or mark != found.mark:
        _put(key, _Until(mark, value))
    return value


def unchanged_since(
    session: Session, mark: Mark, harmless: tuple[str, ...] = HARMLESS
) -> Mark | None:
    """The head of the trail, if it goes on from ``mark`` with ``harmless`` entries alone.

    Those are named by the beginnings of their actions. One statement.
    """
    rows = session.execute(
        select(AuditEntry.id, AuditEntry.mac, AuditEntry.action)
        .where(AuditEntry.id >= mark[0])
        .order_by(AuditEntry.id)
        .limit(LONGEST_WALK)
    ).all()
    same = bool(rows) and (rows[0].id, rows[0].mac) == mark
    if not same or len(rows) == LONGEST_WALK:
        return None
    if not all(row.action.startswith(harmless) for row in rows[1:]):
        return None
    return (rows[-1].id, rows[-1].mac)


def _get(key: Hashable) -> Any:
    with _guard:
        if key in _kept:
            _kept.move_to_end(key)
        return _kept.get(key)


def _put(key: Hashable, value: Any) -> None:
    with _guard:
        _kept[key] = value
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
