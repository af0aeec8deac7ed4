"""Files of punches, in our columns and as a clock writes them."""

from __future__ import annotations

import pytest
from support.importing import Files, reasons
from support.staffing import Staffing

from core.db import transaction, wall_time
from core.values import Month

HEADER = "employee_no,timestamp"
ROSTER = "employee_no,from,shift,weekdays"


@pytest.fixture(autouse=True)
def centre(request: pytest.FixtureRequest) -> None:
    for name in ("files", "any_files"):
        if name in request.fixturenames:
            request.getfixturevalue(name).people("E1", "E2", "7")


def punches(files: Files) -> list[str]:
    rows = files.rows(
        "SELECT employee_no, at FROM punches JOIN employees e ON e.id = employee_id ORDER BY 1, 2"
    )
    return [f"{number} {wall_time(at)}" for number, at in rows]


def test_punches_are_stored_once_however_they_are_written(any_files: Files) -> None:
    lines = [
        "E1,2026-10-08 08:59:30",
        "E1,2026/10/8 8:59:30",
        " E2 ,2026-10-08 09:00",
        "E1,2026-10-08 18:01:00",
    ]
    report = any_files.good("punches", HEADER, *lines)
    assert report.summary == "new 3, changed 0, same 1, late 0, refused 0"
    assert punches(any_files) == [
        "E1 2026-10-08 08:59:30",
        "E1 2026-10-08 18:01:00",
        "E2 2026-10-08 09:00:00",
    ]
    assert any_files.good("punches", HEADER, *reversed(lines)).counts["same"] == 4


def test_odd_spellings_do_not_confuse_the_short_way(files: Files) -> None:
    files.good(
        "punches",
        HEADER,
        *("E1,2026-10-08 08:05", "E1,2026/10/8 8:05", "E1,2026/10/8 9:05", "E1,2026-10-08 9:06:07"),
        *("E1,2026/10/9 9:05", "E1,2026-10-09 08:05", "E1,2026-10-10 09:06:07"),
        *(
            "E1,2026-10-12 24:00",
            "E1,2026-10-12 09:05",
            "E1,2026-10-14 24:00",
            "E1,2026-10-14 0905",
        ),
    )
    assert punches(files) == [
        *("E1 2026-10-08 08:05:00", "E1 2026-10-08 09:05:00", "E1 2026-10-08 09:06:07"),
        *("E1 2026-10-09 08:05:00", "E1 2026-10-09 09:05:00", "E1 2026-10-10 09:06:07"),
        *("E1 2026-10-12 09:05:00", "E1 2026-10-13 00:00:00", "E1 2026-10-14 09:05:00"),
        "E1 2026-10-15 00:00:00",
    ]


def test_bad_punches_are_named(files: Files) -> None:
    report = files.add(
        "punches",
        HEADER,
        *("E1,2026-10-08 08:59", "E9,2026-10-08 08:59", "E1,2026-11-02 00:01", "E1,2026-10-08"),
        *("E1,", "E1", ",2026-10-08 08:59", "E1,2026-10-08 08:59,more"),
    )
    assert report.counts == {"new": 1, "changed": 0, "same": 0, "late": 0, "refused": 7}
    assert [problem.row for problem in report.problems] == [3, 4, 5, 6, 7, 8, 9]
    assert reasons(report)[1] == "row 4, column timestamp: lies in the future"
    assert punches(files) == []


def test_a_dump_of_a_clock_is_recognised_by_its_content(files: Files) -> None:
    dump = (
        "        7\t2026-10-08 08:59:30\t1\t0\t1\t0\r\n"
        "        7\t2026-10-08 18:00:00\t1\t1\t1\t0\r\n"
    )
    report = files.take("punches", files.write(dump, "punches.xlsx"))
    assert report.summary == "new 2, changed 0, same 0, late 0, refused 0"
    assert punches(files) == ["7 2026-10-08 08:59:30", "7 2026-10-08 18:00:00"]


def test_a_bad_line_of_a_dump_is_named_by_its_number(files: Files) -> None:
    dump = "7\t2026-10-08 08:59:30\t1\n99\t2026-10-08 18:00:00\t1\n"
    report = files.take("punches", files.write(dump, "attlog.dat"), partial=True)
    assert [(each.row, each.column) for each in report.problems] == [(2, "employee_no")]
    assert punches(files) == ["7 2026-10-08 08:59:30"]


def test_near_a_closed_month_the_shift_decides(files: Files) -> None:
    files.good(
        "rosters",
        ROSTER,
        *("E1,2026-01-01,21:00-06:00,1234567", "E2,2026-01-01,00:00-08:00,1234567"),
    )
    with transaction():
        Staffing(files.session).close(Month(2026, 9))
    report = files.good(
        "punches",
        HEADER,
        "E1,2026-10-01 06:02",  # the end of the night of 30 September
        "E1,2026-10-01 20:30",  # the beginning of the night of 1 October
        "E2,2026-09-30 20:30",  # the beginning of 1 October
        "E2,2026-09-30 08:30",
        "7,2026-09-30 23:59",
        "7,2026-10-01 00:00",
    )
    assert [line.number for line in report.late] == [2, 5, 6]
    assert report.summary == "new 3, changed 0, same 0, late 3, refused 0"


def test_late_punches_are_set_aside_once(files: Files) -> None:
    with transaction():
        Staffing(files.session).close(Month(2026, 9))
    for _ in range(2):
        assert files.good("punches", HEADER, "E1,2026-09-10 09:00").counts["late"] == 1
    assert files.rows("SELECT kind, month, state FROM late_rows") == [
        ("punches", "2026-09", "waiting")
    ]
    assert punches(files) == []


def test_the_days_and_months_of_punches_are_noted(files: Files) -> None:
    files.good(
        "punches", HEADER, "E1,2026-09-30 23:59", "E1,2026-10-01 00:05", "E1,2026-10-20 09:00"
    )
    assert files.rows("SELECT month FROM attendance_months ORDER BY month") == [
        ("2026-09",),
        ("2026-10",),
    ]
    noted = files.rows(
        "SELECT first, last FROM stale_days WHERE employee_id IS NOT NULL ORDER BY first"
    )
    spans = [(str(first), str(last)) for first, last in noted]
    assert ("2026-09-30", "2026-10-01") in spans
    assert ("2026-10-20", "2026-10-20") in spans
