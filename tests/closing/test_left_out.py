"""What a close leaves out is said: nothing is passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.centres import close, import_one, opened, publish
from support.made_up import COLUMNS, write_rows
from support.walltime import wall

from closing.policy_text import default_policy
from closing.services import compute_open_month, revisions
from core.values import Month
from staff.attendance.models import AttendanceRequest
from staff.models import Employee

MARCH = Month(2026, 3)


class Centre:
    """A few people of the default policy, and whatever a test adds."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self._folder = folder

    def add(self, kind: str, *rows: dict[str, str]) -> None:
        path = self._folder / f"{kind}.csv"
        write_rows(path, COLUMNS[kind].split(), rows)
        import_one(self.session, kind, path)

    def hire(self, *numbers: str, **other: str) -> None:
        row = {"name": "某", "position": "agent", "hire_date": "2025-01-01", "team": "甲"} | other
        self.add("employees", *[{"employee_no": no, **row} for no in numbers])

    def omissions(self) -> dict[str, dict[str, Any]]:
        found = compute_open_month(self.session, MARCH).left_out
        self.session.rollback()
        return {each.kind: each.as_json() for each in found}


@pytest.fixture
def centre(database_url: str, tmp_path: Path) -> Iterator[Centre]:
    with opened(database_url) as session:
        publish(session, default_policy())
        yield Centre(session, tmp_path)


def test_people_without_a_template_and_without_data_are_named(centre: Centre) -> None:
    centre.hire("E1")
    centre.hire("E2", position="cleaner")
    centre.hire("E3", position="")
    centre.hire("E4", leave_date="2026-02-28", position="cleaner")  # gone before
    found = centre.omissions()
    assert found["no_template"]["items"] == [
        {"employee_no": "E2", "position": "cleaner"},
        {"employee_no": "E3", "position": None},
    ]
    assert found["no_data"]["items"] == [{"employee_no": "E1"}]


def test_scorecards_with_too_little_data_are_named_with_their_coverage(centre: Centre) -> None:
    centre.hire("E1")
    row = {"employee_no": "E1", "month": "2026-03", "metric": "csat", "value": "0.9"}
    centre.add("metrics", row)
    (item,) = centre.omissions()["incomplete"]["items"]
    assert item["employee_no"] == "E1"
    assert item["coverage"] == pytest.approx(0.2)


def test_proposals_that_nobody_decided_are_named(centre: Centre) -> None:
    centre.hire("E1", "E2")
    roster = {"employee_no": "E1", "from": "2026-01-01", "shift": "09:00-18:00"}
    centre.add("rosters", {**roster, "break_minutes": "60", "weekdays": "12345"})
    incident = {"employee_no": "E2", "date": "2026-03-03", "rule": "CON-P4", "description": "x"}
    centre.add("incidents", incident)
    found = centre.omissions()["proposals"]
    assert found["items"] == [
        {"employee_no": "E1", "rule": "LAT-P2", "by": "when"},  # absent for a whole month
        {"employee_no": "E2", "rule": "CON-P4", "by": "incident"},
    ]


def test_incidents_that_are_on_no_scorecard_are_named(centre: Centre) -> None:
    centre.hire("E1")
    centre.hire("E2", position="cleaner")
    for number, approver in (("E1", "E2"), ("E2", "E1")):
        row = {"employee_no": number, "date": "2026-03-03", "rule": "CON-P4", "description": "x"}
        centre.add("incidents", {**row, "approved_by_no": approver})
    waiting = {"employee_no": "E2", "date": "2026-03-09", "rule": "CON-P4", "description": "y"}
    later = {"employee_no": "E2", "date": "2026-04-09", "rule": "CON-P4", "description": "z"}
    centre.add("incidents", waiting, later)
    assert centre.omissions()["incidents"]["items"] == [
        {"employee_no": "E2", "rule": "CON-P4", "day": "2026-03-03"},
        {"employee_no": "E2", "rule": "CON-P4", "day": "2026-03-09"},
    ]


def test_a_team_of_which_nobody_punched_is_named_with_the_day(centre: Centre) -> None:
    centre.hire("E1", "E2")
    centre.hire("E3", team="乙")  # alone
    for no in ("E1", "E2", "E3"):
        row = {"employee_no": no, "from": "2026-03-02", "to": "2026-03-04", "shift": "09:00-18:00"}
        centre.add("rosters", {**row, "break_minutes": "60", "weekdays": "12345"})
    punches = [
        {"employee_no": no, "timestamp": f"2026-03-{day} {hour}:00"}
        for no, day in (("E1", "02"), ("E2", "02"), ("E1", "04"))
        for hour in ("09", "18")
    ]
    centre.add("punches", *punches)
    found = centre.omissions()["silent_teams"]
    assert found["items"] == [{"team": "甲", "day": "2026-03-03", "people": 2}]


def test_leave_and_overtime_that_wait_for_a_decision_are_counted(centre: Centre) -> None:
    centre.hire("E1")
    rows = [
        ("2026-03-05 09:00", "2026-03-05 18:00", "requested"),
        ("2026-02-27 09:00", "2026-03-01 00:01", "requested"),  # reaches into the month
        ("2026-03-06 09:00", "2026-03-06 18:00", "approved"),
        ("2026-03-07 09:00", "2026-03-07 18:00", "declined"),
        ("2026-04-01 00:00", "2026-04-02 00:00", "requested"),
    ]
    for kind, extra in (("leave", {"type": "annual"}), ("overtime", {})):
        centre.add(
            kind,
            *[
                {"employee_no": "E1", "from": first, "to": last, "status": status, **extra}
                for first, last, status in rows
            ],
        )
    who = centre.session.scalars(select(Employee.id)).one()
    for day, state in (("2026-03-09", "requested"), ("2026-04-01", "requested")):
        centre.session.add(
            AttendanceRequest(
                employee_id=who, kind="correction", start=wall(f"{day} 18:00"), reason="x",
                day=date.fromisoformat(day), state=state, decision="",
            )
        )  # fmt: skip
    centre.session.commit()
    found = centre.omissions()
    assert found["requested_corrections"]["count"] == 1
    assert found["requested_leave"]["count"] == 2
    assert found["requested_overtime"]["count"] == 2


def test_the_closing_keeps_what_was_left_out(centre: Centre) -> None:
    centre.hire("E1")
    found = centre.omissions()
    close(centre.session, MARCH)
    (closing,) = revisions(centre.session, MARCH)
    assert {each["kind"]: each for each in closing.left_out} == found


def test_names_of_people_are_not_kept_with_it(centre: Centre) -> None:
    centre.hire("E1", "E2", position="cleaner")
    centre.hire("E3")
    close(centre.session, MARCH)
    (closing,) = revisions(centre.session, MARCH)
    assert "某" not in repr(closing.left_out)
