"""The people of a month, with what they were assigned to (docs/scoring.md, Facts and Total)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from core.errors import N_, NotFound
from core.values import Month
from staff.models import Assignment, Employee, Team
from staff.wages import opening


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person as of a month's last day, or of their own last day where that is earlier.

    What the assignment says (team, position, supervisor, wage) is None where none was in force.
    ``leave_date`` is the last day employed; ``employed`` says whether they were so on at least
    one day of the month.
    """

    employee_id: int
    employee_no: str
    name: str
    team_id: int | None
    team_path: str | None
    position: str | None
    supervisor_id: int | None
    hire_date: date
    leave_date: date | None
    base_wage: Decimal | None
    employed: bool


def people_in(session: Session, month: Month) -> list[PersonRow]:
    """Everyone hired by the month's last day, leavers too, ordered by employee number.

    Leavers are listed so that a chain of supervisors does not break where one of them left. Raises
    ``WrongKey`` where there are wages that cannot be opened.
    """
    last = month.last_day
    as_of = case((Employee.leave_date < last, Employee.leave_date), else_=last)
    newest = (
        select(func.max(Assignment.effective_from))
        .where(Assignment.employee_id == Employee.id, Assignment.effective_from <= as_of)
        .correlate(Employee)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Employee.id,
            Employee.employee_no,
            Employee.name,
            Assignment.team_id,
            Team.path,
            Assignment.position,
            Assignment.supervisor_id,
            Employee.hire_date,
            Employee.leave_date,
            Assignment.effective_from,
            Assignment.base_wage,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= month.first_day).label(
                "employed"
            ),
        )
        .outerjoin(
            Assignment,
            and_(Assignment.employee_id == Employee.id, Assignment.effective_from == newest),
        )
        .outerjoin(Team, Team.id == Assignment.team_id)
        .where(Employee.hire_date <= last)
    )
    wage = opening(session)
    made: Callable[..., PersonRow] = PersonRow
    people = [
        made(*row[:9], wage(row.id, row.effective_from, row.base_wage), row.employed)
        for row in rows
    ]
    # Not by the database, whose collation may be anything.
    people.sort(key=lambda person: person.employee_no)
    return people


def employed_days(row: PersonRow, month: Month) -> int:
    """Days of the month on which the person was employed, hire and leave date included."""
    first = max(row.hire_date, month.first_day)
    last = month.last_day if row.leave_date is None else min(row.leave_date, month.last_day)
    return max(0, (last - first).days + 1)


def person_of(session: Session, employee_id: int) -> Employee:
    """Raises ``NotFound``."""
    person = session.get(Employee, employee_id)
    if person is None:
        raise NotFound(N_("There is no such person."))
    return person
