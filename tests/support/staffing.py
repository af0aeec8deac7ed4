"""People, rosters and attendance records in tests: rows with what does not matter filled in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session
from support.walltime import wall

from core.models import Closing, DocumentVersion, MonthState
from core.values import Month
from staff.attendance.models import Leave, Overtime, Punch, Roster
from staff.attendance.policy import DEFAULT_LEAVE, AttendanceSection
from staff.attendance.records import Sections
from staff.models import Assignment, Employee, Team
from staff.wages import sealing

LONG_AGO = date(2020, 1, 6)
MOMENT = datetime(2026, 11, 2, tzinfo=UTC)
SECTION = AttendanceSection(3, 3, 3, 25, late_tiers=(15, 30), repeat_minutes=5)
_numbers = count(1)


def default_sections(_month: Month) -> Sections:
    """The same sections for every month."""
    return SECTION, DEFAULT_LEAVE


class Staffing:
    """Adds rows to a session and flushes; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def team(self, path: str) -> int:
        team: Team = self.add(Team(path=path))
        return team.id

    def employee(
        self, *, hired: date = LONG_AGO, left: date | None = None, number: str | None = None
    ) -> int:
        number = number or f"E{next(_numbers):04}"
        row = Employee(employee_no=number, name="某人", hire_date=hired, leave_date=left)
        employee: Employee = self.add(row)
        return employee.id

    def assigned(self, employee_id: int, since: date, **values: Any) -> None:
        """``base_wage`` is a ``Decimal``."""
        if values.get("base_wage") is not None:
            seal = sealing(self.session)
            values["base_wage"] = seal(employee_id, since, values["base_wage"])
        self.add(Assignment(employee_id=employee_id, effective_from=since, **values))

    def roster(
        self,
        employee_id: int | None = None,
        *,
        team_id: int | None = None,
        start: date = LONG_AGO,
        end: date | None = None,
        shift: tuple[int, int] | None = (9 * 60, 18 * 60),
        weekdays: str = "12345",
        follows_calendar: bool = False,
    ) -> Roster:
        """``shift`` are minutes from midnight; None is off."""
        row: Roster = self.add(
            Roster(
                employee_id=employee_id,
                team_id=team_id,
                start=start,
                end=end,
                shift_start=shift and shift[0],
                shift_end=shift and shift[1],
                break_minutes=60 if shift else 0,
                grace_minutes=0,
                weekdays=weekdays,
                follows_calendar=follows_calendar,
            )
        )
        return row

    def punches(self, employee_id: int, *times: str) -> None:
        """``2026-10-12 08:55``; several times of one date as ``2026-10-12 08:55 18:01``."""
        for text in times:
            day, *clock = text.split()
            for at in clock:
                self.session.add(Punch(employee_id=employee_id, at=wall(f"{day} {at}")))
        self.session.flush()

    def leave(
        self, employee_id: int, start: str, end: str, kind: str = "sick", status: str = "approved"
    ) -> None:
        self.add(
            Leave(
                employee_id=employee_id,
                type=kind,
                start=wall(start),
                end=wall(end),
                status=status,
            )
        )

    def overtime(self, employee_id: int, start: str, end: str, status: str = "approved") -> None:
        span = {"start": wall(start), "end": wall(end)}
        self.add(Overtime(employee_id=employee_id, status=status, **span))

    def close(self, month: Month, calendar: dict[str, Any] | None = None) -> None:
        """Make the month a closed one, as the database's lock sees it."""

        version = self.add(
            DocumentVersion(
                kind="test",
                number=next(_numbers),
                effective_from=month,
                hash="0" * 64,
                body="{}",
                created_at=MOMENT,
                created_by="test",
            )
        )
        closing = self.add(
            Closing(
                month=month,
                revision=1,
                document_version_id=version.id,
                document_hash="0" * 64,
                calendar=calendar or {"days": {}, "labels": {}, "provisional": []},
                closed_at=MOMENT,
                closed_by="test",
                left_out=[],
                sealed=True,
            )
        )
        self.add(MonthState(month=month, state="closed", closing_id=closing.id))
