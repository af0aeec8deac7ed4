"""How values are written in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask_babel import force_locale
from support.site import Site

from core.pages import filters
from core.values import Month, Names, half_up

f = filters


@pytest.mark.parametrize(
    ("write", "value", "zh", "en"),
    [
        (f.number, 88.9, "88.90", "88.90"),
        (f.number, 0.125, "0.13", "0.13"),
        (f.number, 1234567, "1,234,567.00", "1,234,567.00"),
        (f.number, -3.2, "−3.20", "−3.20"),
        (f.number, None, "—", "—"),
        (f.short, 2.0, "2", "2"),
        (f.short, 120, "120", "120"),
        (f.short, 2.50, "2.5", "2.5"),
        (f.percent, 0.94, "94.0%", "94.0%"),
        (f.percent, 0.29, "29.0%", "29.0%"),
        (f.money, Decimal("1234.5"), "¥1,234.50", "CN¥1,234.50"),
        (f.day, date(2026, 10, 3), "2026年10月3日", "Oct 3, 2026"),
        (f.month, Month(2026, 10), "2026年10月", "October 2026"),
        (f.walltime, 86400 + 9 * 3600, "1970-01-02 09:00", "1970-01-02 09:00"),
        (f.clocktime, 545, "09:05", "09:05"),
        (f.minutes, 45, "45 分钟", "45 min"),
        (f.minutes, 65, "1 小时 05 分钟", "1 h 05 min"),
        (f.names, Names("良好", "Good"), "良好", "Good"),
        (f.or_dash, "", "—", "—"),
        (f.or_dash, 0, 0, 0),
    ],
)
def test_a_value_is_written_as_its_language_writes_it(
    site: Site, write: Callable[[Any], Any], value: Any, zh: str, en: str
) -> None:
    with site.app.test_request_context():
        with force_locale("zh_Hans_CN"):
            assert write(value) == zh
        with force_locale("en"):
            assert write(value) == en


def test_a_moment_is_a_time_today_and_a_date_otherwise(site: Site) -> None:
    with (
        time_machine.travel(datetime(2026, 11, 2, 4, 0, tzinfo=UTC), tick=False),
        site.app.test_request_context(),
    ):
        assert f.moment(datetime(2026, 11, 1, 16, 30, tzinfo=UTC)) == "00:30"
        assert f.moment(datetime(2026, 11, 1, 15, 30, tzinfo=UTC)) == "2026-11-01 23:30"


@pytest.mark.parametrize("first", [0.0, -0.0])
def test_nothing_is_written_without_a_sign_whatever_was_asked_for_before(first: float) -> None:
    assert [str(half_up(value, 2)) for value in (first, -0.0, 0.0, -1e-12)] == ["0.00"] * 4
