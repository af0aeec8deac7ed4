"""Tuples into tables, and rows read back in values that are the same on either database."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    select,
)
from sqlalchemy.orm import Session

from closing.models import Pay
from core import bulk
from core.bulk import in_one_go, insert_rows, json_rows, plain_rows
from core.db import Money, MonthType, db
from core.models import MonthState
from core.values import Month
from staff.models import Employee


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    db.init_app(app)
    with app.app_context():
        yield db.session()
        db.session.remove()
        db.engine.dispose()


def test_rows_come_back_in_values_that_are_the_same_on_either_database(session: Session) -> None:
    people = [(2, "E2", "名", date(2026, 1, 31), None), (1, "E1", "'\n", date(2025, 2, 1), None)]
    names = ("id", "employee_no", "name", "hire_date", "leave_date")
    insert_rows(session, Employee, names, people)
    insert_rows(session, MonthState, ("month", "state"), [(Month(2026, 10), "open")])
    every = select(Employee.__table__).order_by(Employee.id)
    ((first, second),) = plain_rows(session, every, Employee)
    assert first[:6] == (1, "E1", "'\n", None, "2025-02-01", None)
    assert second[4] == "2026-01-31"
    ((state,),) = plain_rows(session, select(MonthState.__table__), MonthState)
    assert state[:2] == ("2026-10", "open")
    assert session.get_one(Employee, 2).name == "名"


def test_money_goes_in_as_hundredths_and_more_decimals_are_refused(session: Session) -> None:
    names: tuple[str, ...] = (
        "scorecard_id",
        "bonus_base",
        "ratio",
        "amount",
        "bonus",
        "deducted",
        "payout",
    )
    names += ("wage_deduction", "wage_deduction_asked")
    row = (1, 1.0, 1.0, 0.0, Decimal("1.005"), Decimal(0), Decimal(0), "x", "x")
    with pytest.raises(ValueError, match="two decimals"):
        insert_rows(session, Pay, names, [row])


def test_more_rows_than_go_at_once_all_go(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS_AT_ONCE", 3)
    names = ("id", "employee_no", "name", "hire_date")
    rows = [(number, f"E{number}", "n", date(2026, 1, 1)) for number in range(1, 8)]
    insert_rows(session, Employee, names, iter(rows))
    every = select(Employee.__table__).order_by(Employee.id)
    parts = list(plain_rows(session, every, Employee))
    assert [row[0] for part in parts for row in part] == [1, 2, 3, 4, 5, 6, 7]
    insert_rows(session, Employee, names, [])


class Mixed:
    """A table of every type that is told of."""

    __table__ = Table(
        "mixed",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("number", Float),
        Column("truth", Boolean),
        Column("day", Date),
        Column("document", JSON),
        Column("sum", Money),
        Column("month", MonthType),
        Column("text", String(20)),
    )


class Whole:
    """One without fractions."""

    __table__ = Table(
        "whole",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("day", Date),
        Column("truth", Boolean),
        Column("count", BigInteger),
        Column("text", String(3)),
    )


def test_what_is_told_of_rows_is_what_is_read_of_them(session: Session) -> None:
    table = Mixed.__table__
    table.create(session.connection())
    october = Month(2026, 10)
    rows = [
        (1, 5, True, date(2026, 1, 31), '{"a": [1, 2.50]}', Decimal("1.5"), october, '名,"\n'),
        (2, -0.0, False, None, "[]", Decimal(0), october, ""),
        (3, 0.1 + 0.2, None, None, "null", None, None, None),
        (4, None, None, None, "{}", None, None, "4"),
    ]
    told: list[Any] = []
    insert_rows(session, Mixed, table.columns.keys(), rows, told.extend)
    (read,) = plain_rows(session, select(table).order_by(table.c.id), Mixed)
    assert told == read
    assert [str(row[1]) for row in told] == ["5.0", "0.0", "0.30000000000000004", "None"]
    assert [type(each) for row in told for each in row] == [
        type(each) for row in read for each in row
    ]
    assert told[0][2:7] == (1, "2026-01-31", '{"a": [1, 2.50]}', 150, "2026-10")


def test_rows_as_json_read_like_plain_rows(session: Session) -> None:
    table = Whole.__table__
    table.create(session.connection())
    rows = [
        (1, date(2026, 1, 31), True, 2**40, "lem"),
        (2, None, False, None, ""),
        (3,) + (None,) * 4,
    ]
    insert_rows(session, Whole, table.columns.keys(), rows)
    every = select(table).order_by(table.c.id)
    (plain,) = plain_rows(session, every, Whole)
    (texts,) = json_rows(session, every, Whole)
    assert texts == [
        '[1,"2026-01-31",1,1099511627776,"lem"]',
        '[2,null,0,null,""]',
        "[3,null,null,null,null]",
    ]
    assert texts == [orjson.dumps(row).decode() for row in plain]


def test_cycles_are_looked_for_again_afterwards_whatever_happens() -> None:
    seen = []

    def fail() -> None:
        with in_one_go():
            seen.append(gc.isenabled())
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert seen == [False]
    assert gc.isenabled()
