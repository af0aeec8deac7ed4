"""Texts of cells as values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.db import wall_time
from core.imports import cells
from core.imports.cells import Bad
from core.values import Month


@pytest.mark.parametrize(
    ("parse", "cell", "value"),
    [
        (cells.rate, "0.93", 0.93),
        (cells.rate, "93%", 0.93),
        (cells.rate, "0.29", 0.29),
        (cells.rate, "29 ％", 0.29),
        (cells.rate, "100%", 1.0),
        (cells.rate, "1", 1.0),
        (cells.score, "59.5", 59.5),
        (cells.score, "1e2", 100.0),
        (cells.whole(0), "7.0", 7),
        (cells.whole(1, 5), "5", 5),
        (cells.money, "8000.50", Decimal("8000.50")),
        (cells.money, "2600", Decimal("2600.00")),
        (cells.boolean, "是", True),
        (cells.boolean, "否", False),
        (cells.boolean, "TRUE", True),
        (cells.boolean, "no", False),
        (cells.day, "2026-10-03", date(2026, 10, 3)),
        (cells.day, "2026/10/3", date(2026, 10, 3)),
        (cells.day, "2026-10-03 00:00:00", date(2026, 10, 3)),
        (cells.day, "2026年10月3日", date(2026, 10, 3)),
        (cells.month, "2026-10", Month(2026, 10)),
        (cells.month, "2026/10", Month(2026, 10)),
        (cells.month, "2026年10月", Month(2026, 10)),
        (cells.month, "2026-10-01 00:00:00", Month(2026, 10)),
        (cells.listed(50), "agent; senior_agent；agent", "agent;senior_agent"),
    ],
)
def test_a_good_cell_is_read(parse: Callable[[str], Any], cell: str, value: Any) -> None:
    assert parse(cell) == value
    assert type(parse(cell)) is type(value)


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-10-03 09:01", "2026/10/3 9:01", "2026-10-03T09:01:00.9"),
        *("2026-10-03 0901", "2026-10-03 09.01"),
    ],
)
def test_a_moment_is_whole_seconds_of_the_wall_clock(cell: str) -> None:
    assert str(wall_time(cells.moment(cell))) == "2026-10-03 09:01:00"


def test_midnight_at_the_end_of_a_day_is_the_next_one() -> None:
    assert str(wall_time(cells.moment("2026-12-31 24:00"))) == "2027-01-01 00:00:00"


@pytest.mark.parametrize(
    ("parse", "cell"),
    [
        (cells.rate, "93"),
        (cells.rate, "-0.01"),
        (cells.rate, "100.0001%"),
        (cells.rate, "-1%"),
        (cells.rate, "nan"),
        (cells.rate, "∞"),
        (cells.score, "100.5"),
        (cells.score, "1_0"),
        (cells.score, "1,5"),
        (cells.whole(0), "1.5"),
        (cells.whole(0), "-1"),
        (cells.whole(0), "1e99"),
        (cells.whole(1, 5), "6"),
        (cells.money, "1.005"),
        (cells.money, "-1"),
        (cells.boolean, "maybe"),
        (cells.day, "2026-02-30"),
        (cells.day, "03/10/2026"),
        (cells.day, "2026-10-03 09:00"),
        (cells.day, "0026-10-03"),
        (cells.month, "2026-13"),
        (cells.month, "2026-10-02"),
        (cells.moment, "2026-10-03"),
        (cells.moment, "2026-10-03 24:01"),
        (cells.moment, "2026-10-03 901"),
        (cells.moment, "2026-10-03 09:60"),
        (cells.moment, "2026-10-03 09:00Z"),
        (cells.moment, "2026-10-03 09:01+08"),
        (cells.moment, "2026-10-03 09:01:60"),
        (cells.moment, "2126-10-03 09:01:22"),
        (cells.text(3), "abcd"),
        (cells.text(30), "a\x07b"),
        (cells.text(30), "a\u202eb"),
        (cells.choice({"good": 1}), "great"),
    ],
)
def test_a_bad_cell_is_refused(parse: Callable[[str], Any], cell: str) -> None:
    with pytest.raises(Bad):
        parse(cell)


def test_what_lies_after_the_latest_moment_is_refused() -> None:
    parse = cells.until(date(2026, 11, 2), cells.day)
    assert parse("2026-11-02") == date(2026, 11, 2)
    with pytest.raises(Bad, match="future"):
        parse("2026-11-03")
