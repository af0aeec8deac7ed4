"""Files of rosters, leave and overtime."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from support.importing import CLOCK, NOW, Files
from support.staffing import Staffing
from support.walltime import wall

from core.actor import Actor
from core.clock import Now
from core.db import transaction
from core.values import Month
from staff.attendance import request_queries
from staff.attendance.policy import DEFAULT_LEAVE
from staff.attendance.request_decisions import decide
from staff.attendance.request_rows import Who
from staff.attendance.requests import ask_for_leave
from staff.models import Employee

ROSTER = "employee_no,team,from,to,shift,break_minutes,grace_minutes,weekdays,follows_calendar"
LEAVE = "employee_no,type,from,to,status"
OVERTIME = "employee_no,from,to,status"


@pytest.fixture(autouse=True)
def centre(request: pytest.FixtureRequest) -> None:
    for name in ("files", "any_files"):
        if name in request.fixturenames:
            request.getfixturevalue(name).people("E1", "E2")


def close(files: Files, *months: str) -> None:
    with transaction():
        for month in months:
            Staffing(files.session).close(Month.parse(month))


def test_a_roster_has_defaults(any_files: Files) -> None:
    any_files.good(
        "rosters", "employee_no,from,shift", "E1,2026-01-01,9:00-18:00", "E2,2026-01-01,休"
    )
    assert any_files.rows(
        "SELECT shift_start, shift_end, break_minutes, grace_minutes, weekdays"
        " FROM rosters ORDER BY employee_id"
    ) == [(540, 1080, 60, 0, "1234567"), (None, None, 60, 0, "1234567")]


def test_a_night_shift_ends_on_the_next_day(files: Files) -> None:
    files.good("rosters", ROSTER, ",客服中心/一组,2026-01-01,,2100-06.00,60,5,54321,是")
    assert files.rows("SELECT shift_start, shift_end, weekdays, grace_minutes FROM rosters") == [
        (1260, 360, "12345", 5)
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("E1,客服中心,2026-01-01,,off,,,,", "employee_no"),
        (",,2026-01-01,,off,,,,", "employee_no"),
        (",四组,2026-01-01,,off,,,,", "team"),
        ("E9,,2026-01-01,,off,,,,", "employee_no"),
        ("E1,,2026-01-02,2026-01-01,off,,,,", "to"),
        ("E1,,2026-01-01,,9-18,,,,", "shift"),
        ("E1,,2026-01-01,,09:00-25:00,,,,", "shift"),
        ("E1,,2026-01-01,,09:00-10:00,60,,,", "break_minutes"),
        ("E1,,2026-01-01,,09:00-18:00,,-1,,", "grace_minutes"),
        ("E1,,2026-01-01,,09:00-18:00,,,18,", "weekdays"),
        ("E1,,2026-01-01,,09:00-18:00,,,,perhaps", "follows_calendar"),
    ],
)
def test_a_bad_roster_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("rosters", ROSTER, row)
    assert [problem.column for problem in report.problems] == [column]


def test_a_roster_is_late_where_a_day_of_a_closed_month_would_change(files: Files) -> None:
    files.good("rosters", ROSTER, "E1,,2026-01-01,2026-10-15,09:00-18:00,60,0,12345,1")
    close(files, "2026-09")
    header = ROSTER

    def outcome(row: str) -> str:
        counts = files.good("rosters", header, row, dry_run=True).counts
        [name] = [name for name, count in counts.items() if count]
        return name

    assert outcome("E1,,2026-01-01,2026-10-15,09:00-18:00,60,0,12345,1") == "same"
    assert outcome("E1,,2026-01-01,,09:00-18:00,60,0,12345,1") == "changed"
    assert outcome("E1,,2026-01-01,2026-09-30,09:00-18:00,60,0,12345,1") == "changed"
    assert outcome("E1,,2026-01-01,2026-09-29,09:00-18:00,60,0,12345,1") == "late"
    assert outcome("E1,,2026-01-01,2026-10-15,10:00-18:00,60,0,12345,1") == "late"
    assert outcome("E2,,2026-10-01,,09:00-18:00,60,0,12345,1") == "new"
    assert outcome("E2,,2026-09-30,,09:00-18:00,60,0,12345,1") == "late"
    assert outcome("E2,,2026-08-01,2026-08-31,09:00-18:00,60,0,12345,1") == "new"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("E1,holiday,2026-10-08 09:00,2026-10-08 18:00,approved", "type"),
        ("E1,annual,2026-10-08 09:00,2026-10-08 09:00,approved", "to"),
        ("E1,annual,2026-10-08 09:00,,approved", "to"),
        ("E1,annual,2026-10-08 09:00,2026-10-08 18:00,", "status"),
        ("E1,annual,2026-10-08 09:00,2026-10-08 18:00,maybe", "status"),
        ("E1,annual,2026-10-08,2026-10-08 18:00,approved", "from"),
    ],
)
def test_a_bad_leave_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("leave", LEAVE, row)
    assert [problem.column for problem in report.problems] == [column]


def test_leave_may_lie_in_the_future_and_overlap(files: Files) -> None:
    report = files.good(
        "leave",
        LEAVE,
        "E1,annual,2027-01-04 09:00,2027-01-08 18:00,已批准",
        "E1,sick,2027-01-05 09:00,2027-01-06 18:00,requested",
    )
    assert report.counts["new"] == 2


def test_leave_that_ends_at_midnight_does_not_touch_the_next_month(files: Files) -> None:
    close(files, "2026-10")
    report = files.good(
        "leave",
        LEAVE,
        "E1,annual,2026-09-30 09:00,2026-10-01 00:00,approved",
        "E2,annual,2026-09-30 09:00,2026-10-01 00:01,approved",
    )
    assert (report.counts["new"], report.counts["late"]) == (1, 1)
    assert [line.identity[0] for line in report.late] == [
        files.one("SELECT id FROM employees WHERE employee_no = 'E2'")
    ]


def test_leave_after_midnight_is_late_where_it_touches_a_night_shift_of_a_closed_month(
    files: Files,
) -> None:
    files.good(
        "rosters",
        ROSTER,
        "E1,,2026-01-01,,21:00-06:00,60,0,1234567,0",
        "E2,,2026-01-01,,09:00-18:00,60,0,1234567,0",
    )
    close(files, "2026-09")
    rows = [f"{who},annual,2026-10-01 02:00,2026-10-01 08:00,approved" for who in ("E1", "E2")]
    report = files.good("leave", LEAVE, *rows)
    assert [line.number for line in report.late] == [2]


def test_what_an_import_touches_is_computed_again(files: Files) -> None:
    files.session.execute(text("DELETE FROM stale_days"))
    files.session.commit()
    files.good("overtime", OVERTIME, "E1,2026-10-08 18:00,2026-10-09 02:00,approved")
    assert [
        (str(first), str(last))
        for first, last in files.rows(
            "SELECT first, last FROM stale_days WHERE employee_id IS NOT NULL"
        )
    ] == [("2026-10-08", "2026-10-09")]
    assert files.rows("SELECT month FROM attendance_months") == [("2026-10",)]


def test_what_was_decided_on_a_page_no_file_says_otherwise(files: Files) -> None:
    row = "E1,annual,2026-11-09 09:00,2026-11-09 18:00,"
    files.good("leave", LEAVE, row + "requested")
    (number,) = files.rows("SELECT id FROM leaves")[0]
    now = Now(NOW, CLOCK)
    with transaction():
        decide(files.session, who=Who(Actor("E9"), now), ref=f"leave-{number}", approve=True)
    report = files.add("leave", LEAVE, row + "requested")
    assert (report.counts["same"], report.counts["changed"]) == (1, 0)
    assert "is decided here" in str(report.warnings[0].message)
    assert files.rows("SELECT status FROM leaves") == [("approved",)]


def test_what_a_file_decides_is_shown_with_the_request(files: Files) -> None:
    who = files.session.scalars(select(Employee).order_by(Employee.id)).first()
    assert who is not None
    now = Now(NOW, CLOCK)
    with transaction():
        made = ask_for_leave(
            files.session,
            who=Who(Actor("E1", who.id), now),
            kind="annual",
            start=wall("2026-11-09 09:00"),
            end=wall("2026-11-09 18:00"),
            reason="x",
            types=DEFAULT_LEAVE,
        )
        number = made.id
    files.good("leave", LEAVE, "E1,annual,2026-11-09 09:00,2026-11-09 18:00,declined")
    found = files.session.execute(request_queries.of_one(who.id, CLOCK.date())).all()
    assert [(row.ref, row.state) for row in found] == [(str(number), "declined")]
