"""Tables as they stand in a database of either kind, and their rows as lines of JSON.

Columns are read from the database, not from the models: a copy may be of an older schema. JSON
columns travel as the text that is stored, moments as UTC, everything else as what JSON has for it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSON as PostgresJSON

VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 1000

# What a column holds, by the first type that fits.
_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.JSON, "json"),
    (sa.DateTime, "moment"),
    (sa.Date, "date"),
    (sa.Boolean, "bool"),
    (sa.LargeBinary, "bytes"),
    (sa.Integer, "int"),
    (sa.Float, "float"),
    (sa.String, "text"),
)
_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "json": sa.Text(),
    "moment": sa.DateTime(timezone=True),
    "date": sa.Date(),
    "bool": sa.Boolean(),
    "bytes": sa.LargeBinary(),
    "int": sa.BigInteger(),
    "float": sa.Float(53),
    "text": sa.Text(),
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns (name, kind) and those of its primary key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    def lines(self, connection: sa.Connection) -> Iterator[bytes]:
        """Every row as a line, in the order of the primary key; a few rows are held at a time."""
        columns = [_selected(name, kind) for name, kind in self.columns]
        rows = (
            sa.select(*columns).select_from(sa.table(self.name)).order_by(*map(sa.column, self.key))
        )
        options = {"yield_per": ROWS_AT_ONCE}
        for row in connection.execute(rows, execution_options=options):
            plain = [_plain(value) for value in row]
            yield json.dumps(plain, ensure_ascii=False).encode() + b"\n"

    def insert(self, dialect: str) -> sa.Insert:
        """One row; the parameters are called as ``parameters`` calls them."""
        values: dict[str, Any] = {}
        for name, kind in self.columns:
            value: Any = sa.bindparam(f"v_{name}", type_=_TYPES[kind])
            if kind == "json" and dialect == "postgresql":
                value = sa.cast(value, PostgresJSON())
            values[name] = value
        return sa.insert(sa.table(self.name, *map(sa.column, values))).values(values)

    def parameters(self, line: bytes) -> dict[str, Any]:
        """A line as the parameters of ``insert``; raises ``ValueError`` for what is none."""
        values = json.loads(line)
        if not isinstance(values, list) or len(values) != len(self.columns):
            raise ValueError(f"not a row of {self.name}")
        return {
            f"v_{name}": _value(kind, value)
            for (name, kind), value in zip(self.columns, values, strict=True)
        }


def tables_of(connection: sa.Connection) -> list[Table]:
    """Every table but that of the migrations, by name."""
    found = sa.inspect(connection)
    return [
        Table(
            name,
            tuple((each["name"], _kind(name, each)) for each in found.get_columns(name)),
            tuple(found.get_pk_constraint(name)["constrained_columns"]),
        )
        for name in sorted(found.get_table_names())
        if name != VERSION_TABLE
    ]


def revision_of(connection: sa.Connection) -> str | None:
    """The revision of the schema; None where there is none."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(
        sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))
    )
    return revision


def filled(connection: sa.Connection, names: Sequence[str]) -> str | None:
    """A table that has a row."""
    for name in names:
        first = sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)
        if connection.execute(first).first() is not None:
            return name
    return None


def _kind(table: str, column: Any) -> str:
    for type_, kind in _KINDS:
        if isinstance(column["type"], type_):
            return kind
    raise RuntimeError(f"{table}.{column['name']}: no way to copy {column['type']!r}")


def _selected(name: str, kind: str) -> sa.ColumnElement[Any]:
    if kind == "json":
        return sa.cast(sa.column(name), sa.Text).label(name)
    return sa.column(name, _TYPES[kind])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value


def _value(kind: str, plain: Any) -> Any:
    if plain is None:
        return None
    if kind == "moment":
        return datetime.fromisoformat(plain)
    if kind == "date":
        return date.fromisoformat(plain)
    if kind == "bytes":
        return base64.b64decode(plain)
    return plain
