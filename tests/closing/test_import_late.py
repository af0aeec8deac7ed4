"""Rows of closed months, and what becomes of them when a month is opened again."""

from __future__ import annotations

import pytest
from support.centres import close, reopen, seal
from support.importing import CLOCK, NOW, Files

from closing.imports.late import apply_late_rows
from closing.imports.taking_back import undo_import
from closing.reopening import reopen as reopen_with_late_rows
from core.actor import SYSTEM
from core.clock import Now
from core.db import transaction
from core.values import Month

METRICS = "employee_no,month,metric,value,sample_size"
TICKETS = "ticket_id,agent,created_at,satisfaction"
SEPTEMBER = Month(2026, 9)
QUERY = "SELECT month, metric, value FROM metric_values ORDER BY month, metric"
LATE = "SELECT key, state, error FROM late_rows ORDER BY id"


@pytest.fixture
def closed(any_files: Files) -> Files:
    """September is closed with one value in it."""
    any_files.people("E1", "E2")
    any_files.good("metrics", METRICS, "E1,2026-09,csat,0.9,")
    close(any_files.session, SEPTEMBER)
    return any_files


def apply(files: Files) -> dict[str, int]:
    with transaction():
        return apply_late_rows(
            files.session, months=[SEPTEMBER], clock=CLOCK, seal=seal, actor=SYSTEM, now=NOW
        )


def test_known_rows_are_same_and_others_late_without_failing_the_file(closed: Files) -> None:
    report = closed.good(
        "metrics",
        METRICS,
        "E1,2026-09,csat,0.9,",
        "E1,2026-09,qa_score,80,",
        "E2,2026-09,csat,0.7,",
        "E2,2026-10,csat,0.7,",
    )
    assert report.summary == "new 1, changed 0, same 1, late 2, refused 0"
    assert [line.number for line in report.late] == [3, 4]
    assert closed.rows(QUERY) == [("2026-09", "csat", 0.9), ("2026-10", "csat", 0.7)]


def test_a_changed_row_of_a_closed_month_changes_nothing(closed: Files) -> None:
    report = closed.good("metrics", METRICS, "E1,2026-09,csat,0.5,")
    assert report.counts["late"] == 1
    assert closed.rows(QUERY) == [("2026-09", "csat", 0.9)]


def test_a_bad_row_of_a_closed_month_is_bad(closed: Files) -> None:
    assert closed.add("metrics", METRICS, "E1,2026-09,csat,5,").counts["refused"] == 1


def test_a_ticket_cannot_leave_a_closed_month(closed: Files) -> None:
    closed.good("tickets", TICKETS, "T1,E1,2026-10-03 09:00,good")
    report = closed.good("tickets", TICKETS, "T1,E1,2026-09-30 09:00,good")
    assert report.counts["late"] == 1


def test_the_same_late_row_is_listed_once_and_a_newer_one_beside_it(closed: Files) -> None:
    for value in ("0.5", "0.5", "0.6", "0.5"):
        assert closed.good("metrics", METRICS, f"E1,2026-09,csat,{value},").counts["late"] == 1
    assert len(closed.rows(LATE)) == 3


def test_late_rows_come_in_when_the_month_is_opened_again(closed: Files) -> None:
    closed.good("metrics", METRICS, "E1,2026-09,csat,0.5,", "E2,2026-09,csat,0.7,")
    closed.good("metrics", METRICS, "E1,2026-09,csat,0.6,")
    reopen(closed.session, SEPTEMBER)
    counts = apply(closed)
    assert (counts["new"], counts["changed"]) == (1, 1)
    assert closed.rows("SELECT value FROM metric_values ORDER BY value") == [(0.6,), (0.7,)]
    assert [row[1] for row in closed.rows(LATE)] == ["dropped", "applied", "applied"]
    assert apply(closed) == dict.fromkeys(counts, 0)


def test_rows_whose_import_is_taken_back_wait_again(closed: Files) -> None:
    closed.good("metrics", METRICS, "E1,2026-09,csat,0.5,", "E2,2026-09,csat,0.7,")
    reopen(closed.session, SEPTEMBER)
    apply(closed)
    newest = closed.one("SELECT max(id) FROM import_batches")
    with transaction():
        undo_import(closed.session, batch_id=newest, clock=CLOCK, seal=seal, actor=SYSTEM, now=NOW)
    assert [row[1] for row in closed.rows(LATE)] == ["waiting", "waiting"]
    assert closed.rows("SELECT value FROM metric_values") == [(0.9,)]
    assert (apply(closed)["new"], apply(closed)["new"]) == (1, 0)


def test_a_late_row_that_is_no_longer_good_stays_with_the_reason(closed: Files) -> None:
    closed.good("spotchecks", "employee_no,date,score", "E1,2026-09-10,80")
    closed.good("employees", "employee_no,name,hire_date,leave_date", "E1,柳,2025-01-06,2026-09-05")
    reopen(closed.session, SEPTEMBER)
    assert apply(closed)["refused"] == 1
    [(_, state, error)] = closed.rows(LATE)
    assert state == "waiting"
    assert "not employed" in error


def test_late_rows_of_a_month_that_is_closed_go_on_waiting(closed: Files) -> None:
    closed.good("metrics", METRICS, "E2,2026-09,csat,0.7,")
    assert apply(closed)["late"] == 1
    assert [row[1] for row in closed.rows(LATE)] == ["waiting"]


def test_late_punches_come_in_too(closed: Files) -> None:
    closed.good("punches", "employee_no,timestamp", "E1,2026-09-10 09:00", "E1,2026-10-10 09:00")
    reopen(closed.session, SEPTEMBER)
    assert apply(closed)["new"] == 1
    assert closed.one("SELECT count(*) FROM punches") == 2


def test_reopening_takes_in_what_waited(closed: Files) -> None:
    closed.good("metrics", METRICS, "E2,2026-09,csat,0.7,")
    with transaction():
        opened = reopen_with_late_rows(
            closed.session,
            actor=SYSTEM,
            now=Now(NOW, CLOCK),
            month=SEPTEMBER,
            reason="E2 was forgotten",
            cascade=False,
            seal=seal,
        )
    assert opened.months == [SEPTEMBER]
    assert opened.late["new"] == 1
    assert closed.rows(QUERY) == [("2026-09", "csat", 0.9), ("2026-09", "csat", 0.7)]
