"""Files of tickets, metrics, complaints and spot checks."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from support.importing import NOW, Files, reasons

from core.values import Month
from evaluations.complaints.models import ComplaintCase
from evaluations.models import Complaint
from evaluations.monthly.models import EvaluationState

TICKETS = "ticket_id,agent,created_at,first_response_at,resolved_at,reopened,satisfaction"
METRICS = "employee_no,month,metric,value,sample_size"
COMPLAINTS = "complaint_no,received_at,severity,employee_no,attributable,handler_no,contacted_at"
CHECKS = "employee_no,date,score,checked_by_no,comment"


@pytest.fixture(autouse=True)
def centre(files: Files) -> None:
    files.people("E1", email="Agent.One@example.com")
    files.people("E2", hired="2026-10-10")


def test_a_ticket_is_owned_by_number_or_address(files: Files) -> None:
    files.good(
        "tickets",
        TICKETS,
        "T1,E1,2026-10-03 09:00:22,2026-10-03 09:01,2026-10-04 09:00,1,good",
        "T2,AGENT.one@example.com,2026-09-30 23:59:59,,,,3",
        "T3,E1,2026-10-01 00:00,,,0,差评",
        "T4,E1,2026-10-01 00:00,,,0,5",
    )
    assert files.rows(
        "SELECT ticket_id, month, reopened, satisfaction, positive FROM tickets ORDER BY ticket_id"
    ) == [
        ("T1", "2026-10", 1, "good", 1),
        ("T2", "2026-09", None, "3", 0),
        ("T3", "2026-10", 0, "bad", 0),
        ("T4", "2026-10", 0, "5", 1),
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("T1,E9,2026-10-03 09:00,,,,", "agent"),
        ("T1,E1,2026-11-02 00:01,,,,", "created_at"),
        ("T1,E1,2026-10-03 09:00,2026-10-03 08:59,,,", "first_response_at"),
        ("T1,E1,2026-10-03 09:00,,2026-10-03 08:59,,", "resolved_at"),
        ("T1,E1,2026-10-03 09:00,,2026-11-03 08:59,,", "resolved_at"),
        ("T1,E1,2026-10-03 09:00,,,perhaps,", "reopened"),
        ("T1,E1,2026-10-03 09:00,,,,6", "satisfaction"),
        (",E1,2026-10-03 09:00,,,,", "ticket_id"),
        ("T1,E1,,,,,", "created_at"),
    ],
)
def test_a_bad_ticket_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("tickets", TICKETS, row)
    assert [problem.column for problem in report.problems] == [column]


def test_a_response_after_the_resolution_is_taken_with_a_warning(files: Files) -> None:
    report = files.good(
        "tickets", TICKETS, "T1,E1,2026-10-03 09:00,2026-10-03 11:00,2026-10-03 10:00,,"
    )
    assert report.counts["new"] == 1
    assert [(each.row, each.column) for each in report.warnings] == [(2, "first_response_at")]


@pytest.mark.parametrize(
    ("metric", "cell", "value"),
    [
        ("callback_rate", "93%", 0.93),
        ("csat", "1", 1.0),
        ("qa_score", "100", 100.0),
        ("complaint_count", "3", 3.0),
        ("first_response_minutes", "0.5", 0.5),
        ("late_count", "2", 2.0),
        ("training_effect", "-1", -1.0),
        ("team_csat", "0.5", 0.5),
        ("team_late_count", "1.5", 1.5),
        ("ideas_adopted", "2", 2.0),
    ],
)
def test_a_metric_is_read_as_its_kind(files: Files, metric: str, cell: str, value: float) -> None:
    files.good("metrics", METRICS, f"E1,2026-10,{metric},{cell},0")
    assert files.rows("SELECT value, sample_size FROM metric_values") == [(value, None)]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("E1,2026-10,csat,93,", "value"),
        ("E1,2026-10,qa_score,100.5,", "value"),
        ("E1,2026-10,complaint_count,1.5,", "value"),
        ("E1,2026-10,complaint_count,-1,", "value"),
        ("E1,2026-10,first_response_minutes,-1,", "value"),
        ("E1,2026-10,training_effect,0.5,", "value"),
        ("E1,2026-10,csat_n,5,", "metric"),
        ("E1,2026-10,happiness,5,", "metric"),
        ("E1,2026-12,csat,0.5,", "month"),
        ("E1,2026-10,csat,0.5,1.5", "sample_size"),
        ("E1,2026-10,csat,0.5,-1", "sample_size"),
        ("E1,2026-10,csat,,", "value"),
        ("E9,2026-10,csat,0.5,", "employee_no"),
    ],
)
def test_a_bad_metric_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("metrics", METRICS, row)
    assert [problem.column for problem in report.problems] == [column]


def test_a_complaint_may_be_undecided(files: Files) -> None:
    files.good("complaints", COMPLAINTS, "C1,2026-10-03 10:00,一般,E1,,E2,2026-10-03 10:00")
    assert files.rows("SELECT severity, attributable, month FROM complaints") == [
        ("ordinary", None, "2026-10")
    ]


def test_what_was_decided_of_a_complaint_is_kept_whatever_a_later_file_says(files: Files) -> None:
    row = "C1,2026-10-03 10:00,ordinary,E1,,E2,"
    files.good("complaints", COMPLAINTS, row, row.replace("C1", "C2"))
    files.session.execute(text("UPDATE complaints SET attributable = 1, severity = 'major'"))
    made = files.session.scalars(select(Complaint.id).where(Complaint.complaint_no == "C1")).one()
    how = {"cause": "c", "evidence": "e", "established_by": "E2", "established_at": NOW}
    how |= {"reason": "r", "decided_by": "E2", "decided_at": NOW}
    files.session.add(ComplaintCase(complaint_id=made, version=3, **how))
    files.session.commit()
    later = row + "2026-10-03 11:00"
    report = files.add("complaints", COMPLAINTS, later, later.replace("C1", "C2"))
    assert report.problems == []
    assert [(each.row, each.column) for each in report.warnings] == [
        (2, "attributable"),
        (2, "severity"),
    ]
    assert files.rows(
        "SELECT attributable, severity, contacted_at IS NULL FROM complaints ORDER BY complaint_no"
    ) == [(1, "major", 0), (None, "ordinary", 0)]


def test_values_of_a_submitted_evaluation_are_refused_until_it_is_returned(files: Files) -> None:
    row = "E1,2026-10,callback_rate,0.5,20"
    files.good("metrics", METRICS, row)
    (who,) = files.rows("SELECT id FROM employees WHERE employee_no = 'E1'")[0]
    state = {"state": "submitted", "at": NOW, "by": "E2", "submitted_by": "E2"}
    held = EvaluationState(employee_id=who, month=Month(2026, 10), **state)
    files.session.add(held)
    files.session.commit()
    report = files.add("metrics", METRICS, row, "E1,2026-10,csat,0.9,20", partial=True)
    assert report.summary == "new 0, changed 0, same 1, late 0, refused 1"
    assert "return it first" in reasons(report)[0]
    files.session.delete(held)
    files.good("metrics", METRICS, row, "E1,2026-10,csat,0.9,20")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("C1,2026-10-03 10:00,ordinary,E1,1,E1,2026-10-03 09:59", "contacted_at"),
        ("C1,2026-10-03 10:00,ordinary,E1,1,E1,2026-11-03 09:59", "contacted_at"),
        ("C1,2026-11-03 10:00,ordinary,E1,1,E1,", "received_at"),
        ("C1,2026-10-03 10:00,grave,E1,1,E1,", "severity"),
        ("C1,2026-10-03 10:00,ordinary,E9,1,E1,", "employee_no"),
        ("C1,2026-10-03 10:00,ordinary,E1,1,E9,", "handler_no"),
    ],
)
def test_a_bad_complaint_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("complaints", COMPLAINTS, row)
    assert [problem.column for problem in report.problems] == [column]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("E2,2026-10-09,90,E1,", "date"),
        ("E1,2026-11-03,90,E2,", "date"),
        ("E1,2026-10-03,100.1,E2,", "score"),
        ("E1,2026-10-03,-1,E2,", "score"),
        ("E1,2026-10-03,90,E9,", "checked_by_no"),
    ],
)
def test_a_bad_spot_check_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("spotchecks", CHECKS, row)
    assert [problem.column for problem in report.problems] == [column]


def test_checks_of_one_day_differ_by_checker(files: Files) -> None:
    rows = ["E1,2026-10-10,90,E2,好", "E1,2026-10-10,80,,"]
    assert files.good("spotchecks", CHECKS, *rows).counts["new"] == 2
    assert files.good("spotchecks", CHECKS, *rows).counts["same"] == 2


def test_rows_with_one_identity_and_other_values_are_all_bad(files: Files) -> None:
    report = files.add(
        "metrics",
        METRICS,
        *(
            "E1,2026-10,csat,0.9,",
            "E1,2026-10,csat,0.8,",
            "E1,2026-10,csat,90%,",
            "E1,2026-09,csat,1,",
        ),
        partial=True,
    )
    assert report.summary == "new 1, changed 0, same 0, late 0, refused 3"
    assert reasons(report)[0] == "row 2: has the identity of row 3, 4 and other values"


def test_the_same_row_twice_counts_once(files: Files) -> None:
    report = files.good("metrics", METRICS, "E1,2026-10,csat,0.9,", "E1,2026-10,csat,90%,")
    assert report.summary == "new 1, changed 0, same 1, late 0, refused 0"
