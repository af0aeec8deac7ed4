"""Files in tests of imports: written, imported and looked at by short words.

def test_...(files):
    files.people("E1", "E2")
    report = files.add("metrics", "employee_no,month,metric,value", "E1,2026-10,csat,93%")
    assert report.counts["new"] == 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from support.centres import opened, publish, seal
from support.databases import Databases, Kind, build_schema

from closing.imports.reports import ImportReport
from closing.imports.services import import_file
from closing.policy_text import default_policy
from core.actor import SYSTEM
from core.db import transaction
from staff.models import Assignment, Employee
from staff.wages import opening

CLOCK = datetime(2026, 11, 2)
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


class Files:
    """Imports into one database; ``folder`` is where files are written."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.folder = folder

    def write(self, content: str | bytes, name: str = "file.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self, kind: str, path: Path, *, clock: datetime = CLOCK, **how: Any) -> ImportReport:
        """Import a file that exists; ``how`` is ``partial`` or ``dry_run``."""
        with transaction():
            return import_file(
                self.session,
                kind=kind,
                path=path,
                clock=clock,
                seal=seal,
                actor=SYSTEM,
                now=NOW,
                **how,
            )

    def add(self, kind: str, *lines: str, **how: Any) -> ImportReport:
        """Import a file of these lines, the header first."""
        return self.take(kind, self.write("\n".join(lines) + "\n"), **how)

    def good(self, kind: str, *lines: str, **how: Any) -> ImportReport:
        """``add`` where every row must be good."""
        report = self.add(kind, *lines, **how)
        assert reasons(report) == []
        return report

    def people(self, *numbers: str, hired: str = "2025-01-06", **columns: str) -> None:
        """Employees with these numbers, agents of one team."""
        header = ["employee_no", "name", "hire_date", "team", "position", *columns]
        rows = [
            [each, "柳青禾", hired, "客服中心/一组", "agent", *columns.values()] for each in numbers
        ]
        self.good("employees", ",".join(header), *(",".join(row) for row in rows))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds, as plain tuples."""
        found = [tuple(row) for row in self.session.execute(text(query))]
        self.session.rollback()
        return found

    def one(self, query: str) -> Any:
        """The single value that a query finds."""
        [(value,)] = self.rows(query)
        return value

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row that imports store, by table, in an order that row ids do not decide."""
        found = {table: sorted(self.rows(query), key=repr) for table, query in CONTENTS.items()}
        return {**found, "wages": self.wages()}

    def wages(self) -> list[tuple[Any, ...]]:
        """Employee number, first day and base wage of every assignment, in that order."""
        wage = opening(self.session)
        query = (
            select(Employee.employee_no, Assignment)
            .join(Employee, Employee.id == Assignment.employee_id)
            .order_by(Employee.employee_no, Assignment.effective_from)
        )
        found = [
            (number, row.effective_from, wage(row.employee_id, row.effective_from, row.base_wage))
            for number, row in self.session.execute(query)
        ]
        self.session.rollback()
        return found


CONTENTS = {
    "employees": "SELECT employee_no, name, email, hire_date, leave_date FROM employees",
    "assignments": """SELECT e.employee_no, a.effective_from, a.position, t.path, s.employee_no
        FROM assignments a JOIN employees e ON e.id = a.employee_id
        LEFT JOIN teams t ON t.id = a.team_id LEFT JOIN employees s ON s.id = a.supervisor_id""",
    "tickets": """SELECT ticket_id, employee_no, month, created_at, first_response_at, resolved_at,
        reopened, satisfaction, positive FROM tickets JOIN employees e ON e.id = employee_id""",
    "punches": """SELECT employee_no, at FROM punches JOIN employees e ON e.id = employee_id""",
    "metrics": """SELECT employee_no, month, metric, value, sample_size FROM metric_values
        JOIN employees e ON e.id = employee_id""",
    "late": "SELECT kind, month, key FROM late_rows",
    "changes": "SELECT row_id FROM import_changes",
}


def reasons(report: ImportReport) -> list[str]:
    """Bad rows as ``row 2, column hire_date: reason``."""
    return [
        f"row {each.row}, column {each.column}: {each.message}"
        if each.column
        else f"row {each.row}: {each.message}"
        for each in report.problems
    ]


def with_policy(url: str) -> None:
    """An empty centre under the default policy."""
    build_schema(url)
    with opened(url) as session:
        publish(session, default_policy())


@pytest.fixture
def make_files(databases: Databases, tmp_path: Path) -> Iterator[Callable[[Kind], Files]]:
    """``make_files(kind)`` opens a new empty centre under the default policy."""
    made: list[tuple[str, Any]] = []

    def make(kind: Kind) -> Files:
        url = databases.copy_of(kind, "default-policy", with_policy)
        context = opened(url)
        made.append((url, context))
        folder = tmp_path / str(len(made))
        folder.mkdir()
        return Files(context.__enter__(), folder)

    yield make
    for url, context in reversed(made):
        context.__exit__(None, None, None)
        databases.drop(url)


@pytest.fixture
def files(make_files: Callable[[Kind], Files]) -> Files:
    """An empty centre on SQLite."""
    return make_files("sqlite")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_files(request: pytest.FixtureRequest, make_files: Callable[[Kind], Files]) -> Files:
    """The same once per kind of database."""
    return make_files(request.param)
