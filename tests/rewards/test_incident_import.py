"""Files of incidents: approved by another, counted in an open month."""

from __future__ import annotations

import pytest
from support.importing import Files
from support.staffing import Staffing

from core.db import transaction
from core.values import Month

HEADER = "employee_no,date,rule,description,recorded_by_no,approved_by_no,case"
QUERY = 'SELECT status, counts_in, "case" FROM incidents ORDER BY day'


@pytest.fixture(autouse=True)
def centre(files: Files) -> None:
    files.people("E1", "E2", "E3")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("E9,2026-10-12,CON-P1,手机,E2,,", "employee_no"),
        ("E1,2026-11-03,CON-P1,手机,E2,,", "date"),
        ("E1,2025-01-05,CON-P1,手机,E2,,", "date"),
        ("E1,2026-10-12,NONE,手机,E2,,", "rule"),
        ("E1,2026-10-12,LAT-P1,手机,E2,,", "rule"),
        ("E1,2026-10-12,CON-P1,,E2,,", "description"),
        ("E1,2026-10-12,CON-P1,手机,E9,,", "recorded_by_no"),
        ("E1,2026-10-12,CON-P1,手机,E2,E9,", "approved_by_no"),
        ("E1,2026-10-12,CON-P1,手机,E2,E1,", "approved_by_no"),
        ("E1,2026-10-12,CON-P1,手机,E2,E2,", "approved_by_no"),
    ],
)
def test_a_bad_incident_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("incidents", HEADER, row)
    assert [problem.column for problem in report.problems] == [column]


def test_an_incident_counts_once_it_is_approved(files: Files) -> None:
    files.good("incidents", HEADER, "E1,2026-10-12,CON-P1,手机,E2,,K1")
    assert files.rows(QUERY) == [("recorded", None, "K1")]
    approved = "E1,2026-10-12,CON-P1,手机,E2,E3,K1"
    assert files.good("incidents", HEADER, approved).counts["changed"] == 1
    assert files.rows(QUERY) == [("approved", "2026-10", "K1")]
    assert files.good("incidents", HEADER, approved).counts["same"] == 1


def test_a_file_without_the_approval_does_not_take_it_back(files: Files) -> None:
    files.good("incidents", HEADER, "E1,2026-10-12,CON-P1,手机,E2,E3,")
    assert (
        files.good("incidents", HEADER, "E1,2026-10-12,CON-P1,手机,E2,,K2").counts["changed"] == 1
    )
    assert files.rows(QUERY) == [("approved", "2026-10", "K2")]


def test_an_incident_of_a_closed_month_counts_in_the_open_one_of_its_approval(
    files: Files,
) -> None:
    files.good("incidents", HEADER, "E1,2026-09-12,CON-P1,手机,E2,E3,")
    with transaction():
        Staffing(files.session).close(Month(2026, 9))
    row = "E1,2026-09-13,CON-P1,手机,E2,E3,"
    assert files.good("incidents", HEADER, row).counts["new"] == 1
    assert files.rows(QUERY) == [("approved", "2026-09", None), ("approved", "2026-11", None)]
    assert files.good("incidents", HEADER, row).counts["same"] == 1
    report = files.good("incidents", HEADER, "E1,2026-09-12,CON-P1,手机,E2,E3,K9")
    assert report.counts["late"] == 1
