"""Rows of tables, many at a time: inserted, updated, and what stood there kept as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Date, bindparam, insert, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import Session

from core import bulk
from core.db import Money, MonthType
from core.models import ImportChange
from core.values import Month

Record = dict[str, Any]
Texts = tuple[str, str]
T = TypeVar("T")
SIZE = 5000
TRACED = ("batch_id", "row_id", "table", "before", "after")


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def parts(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The same of what comes one by one."""
    rest = iter(values)
    return iter(lambda: list(islice(rest, size)), [])


def encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """A record as JSON."""
    return {
        name: str(value) if isinstance(value, date | datetime | Month | Decimal) else value
        for name, value in values.items()
    }


# Made once, for as many rows as there are.
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode
_text_of = json.JSONEncoder(default=str).encode  # the same as text


def decoded(table: SqlTable, values: Mapping[str, Any]) -> Record:
    """What ``encoded`` made, with the types of the table's columns."""
    result: Record = {}
    for name, value in values.items():
        kind = table.c[name].type
        if value is None:
            result[name] = None
        elif isinstance(kind, Date):
            result[name] = date.fromisoformat(value)
        elif isinstance(kind, Money):
            result[name] = Decimal(value)
        elif isinstance(kind, MonthType):
            result[name] = Month.parse(value)
        else:
            result[name] = value
    return result


def insert_rows(session: Session, table: SqlTable, rows: Iterable[Record], batch: int) -> None:
    for part in parts(rows, SIZE):
        session.execute(insert(table), [{**row, "batch_id": batch} for row in part])


def update_rows(
    session: Session, table: SqlTable, fields: Iterable[str], rows: Iterable[tuple[int, Record]]
) -> None:
    """Give rows, by id, the values of all ``fields``."""
    names = list(fields)
    if not names:
        return
    statement = (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({name: bindparam(f"value_{name}") for name in names})
    )
    for part in parts(rows, SIZE):
        parameters = [
            {"row_id": key, **{f"value_{name}": values[name] for name in names}}
            for key, values in part
        ]
        session.connection().execute(statement, parameters)


def trace_changes(
    session: Session, table: SqlTable, batch: int, changes: Sequence[tuple[int, Record, Record]]
) -> None:
    """Keep what stood in changed rows: ``changes`` are id, before and after."""
    texts = ((key, *texts_of(before, after)) for key, before, after in changes)
    trace_texts(session, table, batch, texts)


def trace_texts(
    session: Session, table: SqlTable, batch: int, texts: Iterable[tuple[int, str, str]]
) -> None:
    """The same of what was written out already."""
    rows = ((batch, key, table.name, before, after) for key, before, after in texts)
    bulk.insert_rows(session, ImportChange, TRACED, rows)


def texts_of(before: Record, after: Record) -> Texts:
    """Before and after as they are kept."""
    return _text_of(before), _text_of(after)


def digest(value: object) -> str:
    """SHA-256 of a JSON value in canonical form."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()
