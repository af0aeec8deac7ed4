"""The database: one declarative base, the column types of the house, and its connections.

Wall-clock times are stored as whole seconds since 1970-01-01 of the organisation's clock, without
an offset (``WallSeconds``): sums and differences are then integers on every database. Moments of
the system itself (who did what when) are UTC (``UTCDateTime``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, Table, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from core.values import Month

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:

    class Model(Base):
        __abstract__ = True
else:
    Model = db.Model


class MonthType(TypeDecorator[Month]):
    """A ``Month`` as ``YYYY-MM``: sorts and compares as text on every database."""

    impl = String(7)
    cache_ok = True

    def process_bind_param(self, value: Month | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Month | None:
        return None if value is None else Month.parse(value)


class Money(TypeDecorator[Decimal]):
    """A sum in the policy's currency, kept as whole hundredths so that no database rounds it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        hundredths = value * 100
        if hundredths != hundredths.to_integral_value():
            raise ValueError(f"money has two decimals: {value}")
        return int(hundredths)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment with its zone; SQLite drops zones, so naive input is refused and UTC restored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def migration_type(kind: str, item: Any, _context: Any) -> str | bool:
    """How migrations write the column types above: as what the database stores."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


@event.listens_for(Table, "after_parent_attach")
def _number_once(table: Table, metadata: MetaData) -> None:
    """SQLite gives the number of a removed row to the next one, unless it is told not to; files,
    notices and addresses name records by it. Of the audit trail it shows a tail that was cut off.
    """
    numbered = table.autoincrement_column if metadata is Base.metadata else None
    if numbered is not None and (
        not isinstance(numbered.type, BigInteger) or table.name == "audit_entries"
    ):
        table.dialect_options["sqlite"]["autoincrement"] = True


big = BigInteger().with_variant(Integer, "sqlite")
BigKey = Annotated[int, mapped_column(big, primary_key=True, autoincrement=True)]
Key = Annotated[int, mapped_column(primary_key=True)]
WallSeconds = Annotated[int, mapped_column(BigInteger)]

_EPOCH = date(1970, 1, 1).toordinal()


def wall_seconds(moment: datetime) -> int:
    """Seconds since 1970-01-01 00:00 of the same wall clock; ``moment`` is naive."""
    days = moment.toordinal() - _EPOCH
    return days * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second


def wall_time(seconds: int) -> datetime:
    """The naive wall-clock time of ``wall_seconds``."""
    days, rest = divmod(seconds, 86400)
    day = date.fromordinal(days + _EPOCH)
    return datetime(day.year, day.month, day.day, rest // 3600, rest // 60 % 60, rest % 60)


def month_seconds(month: Month) -> tuple[int, int]:
    """First wall second of the month, and of the month after it."""
    start = (month.first_day.toordinal() - _EPOCH) * 86400
    return start, start + month.length * 86400


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """SQLite enforces foreign keys only when told; deleted reviews must not linger on disk."""
    if isinstance(connection, sqlite3.Connection):
        cursor = connection.cursor()
        for pragma in (
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "busy_timeout=10000",
            "secure_delete=ON",
            "temp_store=MEMORY",
            "cache_size=-65536",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def one_at_a_time(session: Any, what: str) -> None:
    """From here to the end of the transaction nobody else is at the same; they wait.

    What is read after it is what the one before left. SQLite has one writer at a time, but reads
    before the first write stand outside of that: so this takes the write lock at once. Objects
    that were loaded before are loaded anew.
    """
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        wait = "SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"
        session.execute(text(wait), {"what": what})
    else:
        session.execute(text("UPDATE months SET month = month WHERE month IS NULL"))
    session.expire_all()


@contextmanager
def transaction() -> Iterator[None]:
    """The one place that commits: a route's or a command's edge; an error rolls all of it back."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
