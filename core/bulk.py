"""Many rows at once, past what the ORM does for each: for the few places where a month is written.

Values are those that the columns take otherwise; each column is converted as a whole.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
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

ROWS_AT_ONCE = 5000
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
    table = model.__table__
    dialect = session.get_bind().dialect
    quote = dialect.identifier_preparer.quote
    marks = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(columns))
    names = ", ".join(map(quote, columns))
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})"
    converters = [
        (place, converter)
        for place, name in enumerate(columns)
        if (converter := _converter(table.c[name].type, dialect)) is not None
    ]
    connection = session.connection()
    for part in _parts(rows):
        connection.exec_driver_sql(statement, _converted(part, converters))


def plain_rows(session: Session, statement: Select[Any], model: type[Any]) -> Iterator[list[Row]]:
    """The rows of a table, a few thousand at a time, in values that are the same everywhere.

    Truth values are 0 and 1, dates and months ISO text, money hundredths, JSON the stored text.
    ``statement`` says which and in which order; the columns are those of the model.
    """
    dialect = session.get_bind().dialect
    columns = [_plain(each, dialect) for each in model.__table__.columns]
    found = session.connection().execute(  # the session would make each row twice
        statement.with_only_columns(*columns, maintain_column_froms=True),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    for part in found.partitions():
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
    return converter


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    part: list[Row] = []
    for row in rows:
        part.append(row)
        if len(part) == ROWS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _converted(rows: list[Row], converters: list[tuple[int, Callable[[Any], Any]]]) -> list[Row]:
    if not converters:
        return rows
    turned = list(zip(*rows, strict=True))
    for place, converter in converters:
        turned[place] = tuple(map(converter, turned[place]))
    return list(zip(*turned, strict=True))
