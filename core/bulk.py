"""Many rows at once, past what the ORM does for each: for the few places where a month is written.

Values are those that the columns take otherwise; each column is converted as a whole.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Date,
    Dialect,
    Integer,
    Select,
    Text,
    cast,
    literal_column,
)
from sqlalchemy.orm import Session

from core.db import UTCDateTime

ROWS_AT_ONCE = 5000
ROWS_A_STATEMENT, MAX_VARIABLES = 50, 999  # for SQLite
Row = tuple[Any, ...]


@contextmanager
def in_one_go() -> Iterator[None]:
    """Do not look for cycles among objects meanwhile: most of what a month makes stays to its end.

    Python looks each time that so many were made, through all of them, which takes longer than
    making them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def insert_rows(
    session: Session, model: type[Any], columns: Sequence[str], rows: Iterable[Row]
) -> None:
    """Insert tuples in the order of ``columns``. JSON columns take the text that they hold."""
    session.flush()
    table, width = model.__table__, len(columns)
    dialect = session.get_bind().dialect
    converters = [
        (place, converter)
        for place, name in enumerate(columns)
        if (converter := _converter(table.c[name].type, dialect)) is not None
    ]
    quote = dialect.identifier_preparer.quote
    head = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, columns))}) VALUES "
    marks = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * width)
    connection = session.connection()
    together = _rows_together(width, dialect)
    values = chain.from_iterable(rows)
    while part := list(islice(values, ROWS_AT_ONCE * width)):
        for place, converter in converters:
            part[place::width] = map(converter, part[place::width])
        whole = len(part) - len(part) % (together * width)
        for number, piece in ((together, part[:whole]), (1, part[whole:])):
            if piece:
                connection.exec_driver_sql(
                    head + ", ".join([f"({marks})"] * number), _cut(piece, number * width)
                )


def plain_rows(session: Session, statement: Select[Any], model: type[Any]) -> Iterator[list[Row]]:
    """The rows of a table, a few thousand at a time, in values that are the same everywhere.

    Truth values are 0 and 1, dates and months ISO text, money hundredths, JSON the stored text.
    ``statement`` says which and in which order; the columns are those of the model.
    """
    dialect = session.get_bind().dialect
    columns = [_plain(each, dialect) for each in model.__table__.columns]
    chosen = statement.with_only_columns(*columns, maintain_column_froms=True)
    connection = session.connection()  # the session would make each row twice
    if dialect.name == "sqlite":  # its driver gives these values as they are, in tuples
        with connection.execute(chosen) as found:
            cursor: Any = found.cursor
            yield from iter(lambda: cursor.fetchmany(ROWS_AT_ONCE), [])
        return
    rows = connection.execute(chosen, execution_options={"yield_per": ROWS_AT_ONCE})
    for part in rows.partitions():
        yield [tuple(row) for row in part]


def _plain(source: Any, dialect: Dialect) -> ColumnElement[Any]:
    """The column as the database holds it, without what the model makes of it."""
    if isinstance(source.type, JSON):
        return cast(source, Text)
    if dialect.name != "sqlite" and isinstance(source.type, Boolean):
        return cast(source, Integer)
    if dialect.name != "sqlite" and isinstance(source.type, Date):
        return cast(source, Text)
    return literal_column(f"{source.table.name}.{dialect.identifier_preparer.quote(source.name)}")


def _converter(type_: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(type_, JSON | Boolean):
        return None  # text already; every driver knows truth values
    if isinstance(type_, Date):
        return _iso if dialect.name == "sqlite" else None
    converter: Callable[[Any], Any] | None = type_.dialect_impl(dialect).bind_processor(dialect)
    # Of many rows most say the same moment.
    return lru_cache(converter) if converter and isinstance(type_, UTCDateTime) else converter


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _rows_together(width: int, dialect: Dialect) -> int:
    """How many rows one statement takes: to SQLite one is as dear as a row."""
    return min(ROWS_A_STATEMENT, MAX_VARIABLES // width) if dialect.name == "sqlite" else 1


def _cut(values: list[Any], length: int) -> list[Row]:
    return [tuple(values[at : at + length]) for at in range(0, len(values), length)]
