"""Files of employees: people, and what they are assigned to from a day on."""

from __future__ import annotations

import pytest
from support.importing import Files, reasons
from support.staffing import Staffing

from core.db import transaction
from core.values import Month

HEADER = "employee_no,name,email,position,team,supervisor_no,hire_date,leave_date,base_wage"
ASSIGNED = """SELECT e.employee_no, a.effective_from, a.position, t.path, s.employee_no
    FROM assignments a JOIN employees e ON e.id = a.employee_id LEFT JOIN teams t
    ON t.id = a.team_id LEFT JOIN employees s ON s.id = a.supervisor_id
    ORDER BY e.employee_no, a.effective_from"""


def close(files: Files, *months: str) -> None:
    with transaction():
        for month in months:
            Staffing(files.session).close(Month.parse(month))


def test_people_teams_and_supervisors_come_from_one_file_in_any_order(any_files: Files) -> None:
    report = any_files.good(
        "employees",
        HEADER,
        "E2,沈棠,E2@Example.com,agent,客服中心/一组,E1,2025-03-01,,5000.5",
        "E1,柳青禾,,supervisor,客服中心,,2024-01-06,2026-12-31,",
    )
    assert report.summary == "new 2, changed 0, same 0, late 0, refused 0"
    assert any_files.rows("SELECT path FROM teams ORDER BY path") == [
        ("客服中心",),
        ("客服中心/一组",),
    ]
    [first, second] = any_files.rows(ASSIGNED)
    assert [str(part) for part in second] == ["E2", "2025-03-01", "agent", "客服中心/一组", "E1"]
    assert str(first[1]) == "2024-01-06"
    assert any_files.one("SELECT email FROM employees WHERE employee_no = 'E2'") == "e2@example.com"
    assert [str(wage) for _, _, wage in any_files.wages() if wage] == ["5000.50"]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("E1,柳,,,,,2025-03-01,2025-02-01,", "leave_date"),
        ("E1,柳,,,,E9,2025-03-01,,", "supervisor_no"),
        ("E1,柳,,,,E1,2025-03-01,,", "supervisor_no"),
        ("E1,柳,no address,,,,2025-03-01,,", "email"),
        ("E1,柳,,,客服//一组,,2025-03-01,,", "team"),
        ("E1,柳,,,,,2025-03-01,,-5", "base_wage"),
        ("E1,柳,,,,,2025-03-01,,5.005", "base_wage"),
        ("E1,,,,,,2025-03-01,,", "name"),
        ("E1,柳,,,,,,,", "hire_date"),
        (",柳,,,,,2025-03-01,,", "employee_no"),
    ],
)
def test_a_bad_row_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("employees", HEADER, row)
    assert [problem.column for problem in report.problems] == [column]
    assert files.one("SELECT count(*) FROM employees") == 0


def test_supervisors_in_a_circle_are_refused_over_file_and_database(files: Files) -> None:
    files.good("employees", HEADER, "E1,柳,,,,,2025-01-01,,", "E2,沈,,,,E1,2025-01-01,,")
    report = files.add("employees", HEADER, "E1,柳,,,,E3,2025-01-01,,", "E3,梁,,,,E2,2025-01-01,,")
    assert [(each.row, each.column) for each in report.problems] == [
        (2, "supervisor_no"),
        (3, "supervisor_no"),
    ]


def test_a_supervisor_whose_own_row_is_bad_makes_the_row_bad(files: Files) -> None:
    report = files.add(
        "employees",
        HEADER,
        "E1,柳,,,,E2,2025-01-01,,",
        "E2,沈,,,,E3,2025-01-01,,",
        "E3,梁,,,,,nonsense,,",
        "E4,顾,,,,,2025-01-01,,",
        partial=True,
    )
    assert sorted({each.row for each in report.problems}) == [2, 3, 4]
    assert files.rows("SELECT employee_no FROM employees") == [("E4",)]


def test_an_address_belongs_to_one_person(files: Files) -> None:
    files.good("employees", HEADER, "E1,柳,a@example.com,,,,2025-01-01,,")
    report = files.add("employees", HEADER, "E2,沈,A@example.com,,,,2025-01-01,,")
    assert [each.column for each in report.problems] == ["email"]


def test_two_people_may_swap_their_addresses(any_files: Files) -> None:
    any_files.good(
        "employees",
        "employee_no,name,hire_date,email",
        "E1,柳,2025-01-01,a@x.cn",
        "E2,沈,2025-01-01,b@x.cn",
    )
    report = any_files.good(
        "employees",
        "employee_no,name,hire_date,email",
        "E1,柳,2025-01-01,b@x.cn",
        "E2,沈,2025-01-01,a@x.cn",
    )
    assert report.counts["changed"] == 2
    assert any_files.rows("SELECT email FROM employees ORDER BY employee_no") == [
        ("b@x.cn",),
        ("a@x.cn",),
    ]


def test_a_missing_column_leaves_what_is_known_and_an_empty_cell_takes_it_away(
    files: Files,
) -> None:
    files.good("employees", HEADER, "E1,柳,a@x.cn,agent,客服,,2025-01-01,,5000")
    report = files.good("employees", "employee_no,name,hire_date", "E1,柳,2025-01-01")
    assert report.counts["same"] == 1
    report = files.good("employees", HEADER, "E1,柳,a@x.cn,agent,客服,,2025-01-01,,")
    assert report.counts["changed"] == 1
    assert files.rows("SELECT base_wage, position FROM assignments") == [(None, "agent")]


def test_a_change_holds_from_the_hire_date_while_nothing_is_closed(files: Files) -> None:
    files.good("employees", HEADER, "E1,柳,,agent,一组,,2025-01-06,,")
    files.good("employees", HEADER, "E1,柳,,agent,二组,,2025-01-06,,")
    assert [(str(row[1]), row[3]) for row in files.rows(ASSIGNED)] == [("2025-01-06", "二组")]


def test_a_change_holds_from_the_oldest_open_month_on(files: Files) -> None:
    files.good("employees", HEADER, "E1,柳,,agent,一组,,2025-01-06,,")
    close(files, "2026-08", "2026-09")
    row = "E1,柳,,agent,二组,,2025-01-06,,"
    assert files.good("employees", HEADER, row).counts["changed"] == 1
    assert [(str(row[1]), row[3]) for row in files.rows(ASSIGNED)] == [
        ("2025-01-06", "一组"),
        ("2026-10-01", "二组"),
    ]
    assert files.good("employees", HEADER, row).counts["same"] == 1


def test_a_change_holds_from_the_day_that_the_file_names(files: Files) -> None:
    files.good("employees", HEADER, "E1,柳,,agent,一组,,2025-01-06,,")
    header = HEADER + ",effective_from"
    files.good("employees", header, "E1,柳,,agent,三组,,2025-01-06,,,2026-12-01")
    files.good("employees", header, "E1,柳,,agent,二组,,2025-01-06,,,2026-10-15")
    expected = [("2025-01-06", "一组"), ("2026-10-15", "二组"), ("2026-12-01", "三组")]
    assert [(str(row[1]), row[3]) for row in files.rows(ASSIGNED)] == expected
    report = files.good("employees", header, "E1,柳,,agent,二组,,2025-01-06,,,2026-10-15")
    assert report.counts["same"] == 1


def test_a_change_from_a_day_of_a_closed_month_is_late(files: Files) -> None:
    files.good("employees", HEADER, "E1,柳,,agent,一组,,2025-01-06,,")
    close(files, "2026-09")
    header = HEADER + ",effective_from"
    rows = ["E1,柳,,agent,二组,,2025-01-06,,,2026-09-30"]
    assert files.good("employees", header, *rows).counts["late"] == 1
    assert (
        files.good("employees", header, "E1,柳,,agent,一组,,2025-01-06,,,2026-09-30").counts["same"]
        == 1
    )
    assert len(files.rows(ASSIGNED)) == 1


def test_a_new_person_comes_in_though_months_since_their_hire_are_closed(files: Files) -> None:
    files.people("E1")
    close(files, "2026-09")
    assert files.good("employees", HEADER, "E2,沈,,agent,一组,,2026-09-10,,").counts["new"] == 1


def test_a_corrected_hire_date_moves_the_first_assignment(files: Files) -> None:
    files.good("employees", HEADER, "E1,柳,,agent,一组,,2025-01-06,,")
    files.good("employees", HEADER, "E1,柳,,agent,一组,,2024-12-01,,")
    assert [str(row[1]) for row in files.rows(ASSIGNED)] == ["2024-12-01"]
    files.good("employees", HEADER, "E1,柳,,agent,一组,,2025-02-01,,")
    assert [str(row[1]) for row in files.rows(ASSIGNED)] == ["2025-02-01"]


def test_reasons_are_sentences_with_row_and_column(files: Files) -> None:
    report = files.add("employees", HEADER, "", "E1,柳,,,,,2025-13-01,,")
    assert reasons(report) == ['row 3, column hire_date: "2025-13-01" is no date of the calendar']
