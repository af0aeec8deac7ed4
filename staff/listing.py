"""Lists of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from core.permissions import Permission
from core.tables import contains
from core.viewer import Viewer
from staff.models import Employee, Team
from staff.queries import assignments_on, visible_employees


class Suggestion(NamedTuple):
    employee_no: str
    name: str
    team: str | None


def people(viewer: Viewer, day: date) -> Select[Any]:
    """Whom the viewer may see, as of ``day``.

    Columns: employee_no, name, position, team (path), supervisor (name), hire_date, leave_date.
    """
    assigned = assignments_on(day)
    supervisor = aliased(Employee)
    return (
        select(
            Employee.employee_no,
            Employee.name,
            assigned.c.position,
            Team.path.label("team"),
            supervisor.name.label("supervisor"),
            Employee.hire_date,
            Employee.leave_date,
        )
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .outerjoin(supervisor, supervisor.id == assigned.c.supervisor_id)
        .where(
            Employee.id.in_(
                visible_employees(viewer, Permission.PROFILE_READ, day=day, closed=True)
            )
        )
    )


def team_paths(session: Session) -> Sequence[str]:
    return session.scalars(select(Team.path).order_by(Team.path)).all()


def inside_team(fields: Any, path: str) -> Any:
    """Condition of a filter ``team``: the team or one below it."""
    return or_(fields.team == path, fields.team.startswith(f"{path}/", autoescape=True))


def suggestions(
    session: Session, viewer: Viewer, text: str, day: date, limit: int
) -> list[Suggestion]:
    """People whom the viewer may see and whose number or name contains ``text``."""
    if not text.strip():
        return []
    listed = people(viewer, day).subquery()
    rows = session.execute(
        select(listed.c.employee_no, listed.c.name, listed.c.team)
        .where(contains([listed.c.employee_no, listed.c.name], text.strip()))
        .order_by(listed.c.employee_no)
        .limit(limit)
    )
    return [Suggestion(*row) for row in rows]
