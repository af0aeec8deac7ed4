"""Many rows at once, past what the ORM does for each: for the few places where a month is written.

Values are those that the columns take otherwise; each column is converted as a whole.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Date,
    Dialect,
    Float,
    Integer,
    Select,
    Text,
    cast,
    func,
    literal_column,
)
from sqlalchemy.orm import Session

from core.db import UTCDateTime

ROWS_AT_ONCE = 5000
ROWS_A_STATEMENT, MAX_VARIABLES = 50, 999  # for SQLite
Row = tuple[Any, ...]
Convert = Callable[[list[Any]], Iterable[Any]]  # a column
Placed = tuple[int, Convert]
Conversions = Callable[[Any, Dialect], Convert | None]


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
    session: Session,
    model: type[Any],
    columns: Sequence[str],
    rows: Iterable[Row],
    told: Callable[[list[Row]], object] | None = None,
) -> None:
    """Insert tuples in the order of ``columns``. JSON columns take the text that they hold.

    ``told`` is given what was inserted, part by part, as ``plain_rows`` would read it.
    """
    session.flush()
    table, width = model.__table__, len(columns)
    dialect = session.get_bind().dialect
    types = [table.c[name].type for name in columns]
    converters = _by_place(types, dialect, _converter)
    plain = _by_place(types, dialect, _plainer)
    quote = dialect.identifier_preparer.quote
    head = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, columns))}) VALUES "
    marks = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * width)
    connection = session.connection()
    together = _rows_together(width, dialect)
    values = chain.from_iterable(rows)
    while part := list(islice(values, ROWS_AT_ONCE * width)):
        _convert(part, width, converters)
        if told is not None:
            shown = part.copy() if plain else part
            _convert(shown, width, plain)
            told(_cut(shown, width))
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
    if dialect.name == "sqlite":  # its driver gives these values as they are, in tuples
        yield from _as_driver_gives(session, chosen)
        return
    rows = session.connection().execute(chosen, execution_options={"yield_per": ROWS_AT_ONCE})
    for part in rows.partitions():
        yield [tuple(row) for row in part]


def json_rows(session: Session, statement: Select[Any], model: type[Any]) -> Iterator[list[str]]:
    """What ``plain_rows`` gives, each row as a JSON array without blanks.

    Written by SQLite itself where that is the database, so only for tables of whole numbers, dates
    and ASCII text: it rounds fractions, and may write other characters otherwise.
    """
    dialect = session.get_bind().dialect
    if dialect.name != "sqlite":
        for part in plain_rows(session, statement, model):
            yield [orjson.dumps(row).decode() for row in part]
        return
    text = func.json_array(*(_plain(each, dialect) for each in model.__table__.columns))
    chosen = statement.with_only_columns(text, maintain_column_froms=True)
    for part in _as_driver_gives(session, chosen):
        yield [row for (row,) in part]


def _as_driver_gives(session: Session, statement: Select[Any]) -> Iterator[list[Row]]:
    """A few thousand rows at a time, which the session would make once more each."""
    with session.connection().execute(statement) as found:
        cursor: Any = found.cursor
        yield from iter(lambda: cursor.fetchmany(ROWS_AT_ONCE), [])


def _plain(source: Any, dialect: Dialect) -> ColumnElement[Any]:
    """The column as the database holds it, without what the model makes of it."""
    if isinstance(source.type, JSON):
        return cast(source, Text)
    if dialect.name != "sqlite" and isinstance(source.type, Boolean):
        return cast(source, Integer)
    if dialect.name != "sqlite" and isinstance(source.type, Date):
        return cast(source, Text)
    return literal_column(f"{source.table.name}.{dialect.identifier_preparer.quote(source.name)}")


def _by_place(types: Sequence[Any], dialect: Dialect, of: Conversions) -> list[Placed]:
    found = ((place, of(type_, dialect)) for place, type_ in enumerate(types))
    return [(place, convert) for place, convert in found if convert is not None]


def _convert(values: list[Any], width: int, converters: Iterable[Placed]) -> None:
    """Convert whole columns of rows that stand one after the other."""
    for place, convert in converters:
        values[place::width] = convert(values[place::width])


def _converter(type_: Any, dialect: Dialect) -> Convert | None:
    if isinstance(type_, JSON):
        return None  # text already
    if isinstance(type_, Boolean):
        return _bits if dialect.name == "sqlite" else None
    if isinstance(type_, Date):
        return _iso if dialect.name == "sqlite" else None
    if isinstance(type_, Float):
        return _fractions
    converter: Callable[[Any], Any] | None = type_.dialect_impl(dialect).bind_processor(dialect)
    if converter is None:
        return None
    # Of many rows most say the same moment.
    return partial(map, lru_cache(converter) if isinstance(type_, UTCDateTime) else converter)


def _plainer(type_: Any, dialect: Dialect) -> Convert | None:
    """What makes of a value that goes in the one that ``plain_rows`` reads, where they differ."""
    if dialect.name == "sqlite":
        return None
    return _bits if isinstance(type_, Boolean) else _iso if isinstance(type_, Date) else None


def _iso(days: list[date | None]) -> list[str | None]:
    return [None if day is None else day.isoformat() for day in days]


def _bits(truths: list[bool | None]) -> list[int | None]:
    return [None if truth is None else int(truth) for truth in truths]


def _fractions(numbers: list[float | None]) -> list[float | None]:
    """As every database gives them back: no whole number, and no zero below zero."""
    return [None if number is None else number + 0.0 for number in numbers]


def _rows_together(width: int, dialect: Dialect) -> int:
    """How many rows one statement takes: to SQLite one is as dear as a row."""
    return min(ROWS_A_STATEMENT, MAX_VARIABLES // width) if dialect.name == "sqlite" else 1


def _cut(values: list[Any], length: int) -> list[Row]:
    return list(zip(*[iter(values)] * length, strict=True))
