"""Mapping documents, and dates and times as other programs write them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from core.documents import DocumentError
from core.imports.cells import Bad
from core.imports.mapping import Cell, Condition, read_mapping
from core.imports.moments import DMY, MDY, order_of, read_clock, read_span, read_when

KINDS = {"tickets": ["ticket_id", "agent", "created_at"], "punches": ["employee_no", "timestamp"]}


def problems(**document: Any) -> list[str]:
    given = {"kind": "tickets", "source": "desk", "columns": {"agent": "Who"}} | document
    with pytest.raises(DocumentError) as refused:
        read_mapping(given, KINDS)
    return [problem.render() for problem in refused.value.problems]


def test_a_mapping_is_read_with_its_defaults() -> None:
    found = read_mapping(
        {
            "kind": "tickets",
            "source": "desk",
            "leave_out": [{"column": "State", "values": ["Spam"], "empty": True}],
            "skip_rows": [{"column": "Event", "values": ["Note"]}],
            "newest_by": "Updated",
            "columns": {
                "ticket_id": {"join": ["Shop", "Number"], "with": "/"},
                "agent": "Who",
                "created_at": {"from": "Start", "plus": "Wait", "unit": "minutes"},
            },
        },
        KINDS,
    )
    assert (found.zone, found.dates, found.numbers) == (None, None, "1,234.5")
    assert (found.on_unknown, found.agents[0]) == ("refuse", "number")
    assert found.leave_out == (Condition("State", frozenset({"spam", ""})),)
    assert found.skip_rows == (Condition("Event", frozenset({"note"})),)
    assert found.columns["agent"] == Cell(("Who",))
    assert found.columns["created_at"] == Cell(("Start",), plus="Wait", unit="minutes")
    assert found.theirs == ("Shop", "Number", "Who", "Start", "Wait", "Updated", "State", "Event")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"kind": "ticket"}, 'kind: "ticket" is not known here; did you mean "tickets"?'),
        ({"period": "2026-13"}, "period: must be a month such as 2026-10, or a year"),
        ({"timezone": "Mars"}, 'timezone: "Mars" is no time zone'),
        ({"timezone": "../etc"}, 'timezone: "../etc" is no time zone'),
        ({"source": "a b"}, "source: must be up to 40 letters, digits, dots, hyphens and"),
        ({"dates": "day first"}, 'dates: "day first" is not known here'),
        ({"on_unknown": "skip"}, 'on_unknown: "skip" is not known here'),
        ({"agents": ["nick"]}, 'agents[0]: "nick" is not known here'),
        ({"columns": {}}, "columns: must not be empty"),
        ({"columns": {"agnt": "Who"}}, 'columns.agnt: "agnt" is not known here; did you mean'),
        ({"columns": {"agent": 7}}, "columns.agent: must be a text; a number must stand in quotes"),
        ({"columns": {"agent": {}}}, "columns.agent: needs one of from, join and value"),
        (
            {"columns": {"agent": {"from": "A", "value": "B"}}},
            "columns.agent: needs one of from, join and value",
        ),
        ({"columns": {"agent": {"from": "A", "unit": "hours"}}}, "columns.agent.unit: needs plus"),
        (
            {"columns": {"agent": {"value": "A", "plus": "B"}}},
            "columns.agent.plus: needs a time in from",
        ),
        (
            {"columns": {"agent": {"from": "A", "values": {"X": "1", "x": "2"}}}},
            'columns.agent.values.x: "x" stands here twice',
        ),
        ({"leave_out": [{"column": "A"}]}, "leave_out[0].values: is missing"),
        ({"skip_rows": [{"values": ["A"]}]}, "skip_rows[0].column: is missing"),
        ({"colums": 1}, 'colums: is not a known key; did you mean "columns"?'),
    ],
)
def test_every_mistake_is_named_with_its_place(document: dict[str, Any], expected: str) -> None:
    found = problems(**document)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("cell", "order", "day", "clock"),
    [
        ("2026-10-03", None, date(2026, 10, 3), None),
        ("2019/10/8 星期二 8:20", None, date(2019, 10, 8), time(8, 20)),
        ("2026年10月3日 下午3:05", None, date(2026, 10, 3), time(15, 5)),
        ("2026-10-03T09:01:22.123", None, date(2026, 10, 3), time(9, 1, 22)),
        ("13/04/2026 9:05", None, date(2026, 4, 13), time(9, 5)),
        ("04/13/2026 12:05 AM", None, date(2026, 4, 13), time(0, 5)),
        ("03/04/2026", DMY, date(2026, 4, 3), None),
        ("03/04/2026 12:30 p.m.", MDY, date(2026, 3, 4), time(12, 30)),
        ("05/05/2026", None, date(2026, 5, 5), None),
        ("Tue, 3 Mar 2026 07:00", None, date(2026, 3, 3), time(7)),
        ("March 3, 2026", None, date(2026, 3, 3), None),
        ("2026-10-03 中午12:10", None, date(2026, 10, 3), time(12, 10)),
        ("2026-10-03 上午12:10", None, date(2026, 10, 3), time(0, 10)),
        ("2026-12-31 24:00", None, date(2027, 1, 1), time()),
        ("2026-10-03 晚上24:00:00", None, date(2026, 10, 4), time()),
        ("13/04/2026 0830", None, date(2026, 4, 13), time(8, 30)),
        ("2026年10月3日 18.05", None, date(2026, 10, 3), time(18, 5)),
        ("2026-10-08 (Thu) 08:30", None, date(2026, 10, 8), time(8, 30)),
        ("下午6:02 2026-10-08", None, date(2026, 10, 8), time(18, 2)),
        ("8:05 PM, 13/10/2026", None, date(2026, 10, 13), time(20, 5)),
    ],
)
def test_dates_and_times_of_many_spellings(
    cell: str, order: str | None, day: date, clock: time | None
) -> None:
    found = read_when(cell, order)
    assert (found.day, found.clock) == (day, clock)


OCTOBER = date(2026, 10, 1), date(2026, 10, 31)
WINTER = date(2025, 12, 26), date(2026, 2, 25)
AUTUMN = date(2026, 8, 1), date(2026, 10, 31)


@pytest.mark.parametrize(
    ("cell", "order", "period", "expected"),
    [
        ("10/08 08:31", None, OCTOBER, datetime(2026, 10, 8, 8, 31)),
        ("8/10 0831", None, OCTOBER, "say which"),  # or one of August, by mistake
        ("8/10 0831", DMY, OCTOBER, datetime(2026, 10, 8, 8, 31)),
        ("13/10", None, OCTOBER, datetime(2026, 10, 13)),
        ("10/9", DMY, OCTOBER, "is no day from 2026-10-01"),
        ("10月8日 周四 下午6:05", None, WINTER, "is no day from 2025-12-26 to 2026-02-25"),
        ("12-28", None, WINTER, datetime(2025, 12, 28)),
        ("01-02", MDY, WINTER, datetime(2026, 1, 2)),
        ("10-08", None, AUTUMN, "say which"),
        ("10-08", DMY, AUTUMN, datetime(2026, 8, 10)),
        ("10月8日", DMY, AUTUMN, datetime(2026, 10, 8)),
        ("02-30", None, WINTER, "is no day from"),
        ("10-08", MDY, (date(2025, 1, 1), date(2026, 12, 31)), "names no year"),
        ("10/08", DMY, None, "names no year"),
    ],
)
def test_a_date_without_a_year_is_one_of_its_period(
    cell: str, order: str | None, period: Any, expected: datetime | str
) -> None:
    if isinstance(expected, str):
        with pytest.raises(Bad, match=expected):
            read_when(cell, order, period)
    else:
        found = read_when(cell, order, period)
        assert datetime.combine(found.day, found.clock or time()) == expected


def test_an_offset_is_kept_with_the_time() -> None:
    found = read_when("2026-10-03 09:01 +0530")
    assert found.zone is not None
    assert found.zone.utcoffset(None) == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    ("cell", "order"),
    [
        ("03/04/2026", None),  # March or April
        ("13/04/2026", MDY),
        ("04/13/2026", DMY),
        ("31/31/2026", None),
        ("3/4/26", None),
        ("2026-02-30", None),
        ("1026-02-20", None),
        ("2026-02-20 25:00", None),
        ("2026-02-20 24:01", None),
        ("2026-02-20 凌晨24:00", None),  # the midnight before it, or after it
        ("2026-02-20 830", None),
        ("2026-02-20 8.5", None),
        ("2026-02-20 13:00 PM", None),
        ("2026-02-20 9:00 +9999", None),
        ("soon", None),
        ("", None),
    ],
)
def test_what_a_cell_does_not_decide_is_refused(cell: str, order: str | None) -> None:
    with pytest.raises(Bad):
        read_when(cell, order)


def test_named_months_and_years_of_two_digits() -> None:
    assert read_when("01/Oct/26 9:00 AM").day == read_when("20261001").day == date(2026, 10, 1)
    assert read_when("1-Oct-98").day == read_when("31/10/98").day.replace(day=1)
    assert order_of(["10/8/26", "10/31/26"]) == MDY
    assert order_of(["26-10-08", "26-10-31"]) is None


def test_the_cells_of_a_file_may_decide_the_order_together() -> None:
    assert order_of(["03/04/2026", "13/04/2026"]) == DMY
    assert order_of(["03/04/2026", "04/13/2026"]) == MDY
    assert order_of(["03/04/2026", "2026-04-13"]) is None
    assert order_of(["10/08", "10/13 08:55", "13月1日"]) == MDY
    with pytest.raises(Bad, match="begins with the day"):
        order_of(["13/04/2026", "04/13/2026"])


def test_lengths_of_time_in_numbers_and_on_a_clock() -> None:
    assert read_span("1.5", 3600) == timedelta(minutes=90)
    assert read_span("0:19:02", 0) == timedelta(minutes=19, seconds=2)
    assert read_span("1 02:00", 0) == timedelta(hours=26)
    assert read_span("00:05:12.345", 0) == timedelta(minutes=5, seconds=12)
    assert read_span("5:12", -60) == timedelta(hours=5, minutes=12)
    assert read_span("5:12", -1) == timedelta(minutes=5, seconds=12)
    assert read_clock("8:05 PM") == timedelta(hours=20, minutes=5)
    for cell, unit in (("soon", 60), ("1h", 0), ("9e30", 3600), ("5:12", 0)):
        with pytest.raises(Bad):
            read_span(cell, unit)
