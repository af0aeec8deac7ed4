"""Requests as pages list them: those asked for here, and those that files brought undecided."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    Select,
    String,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from core.permissions import Permission
from core.viewer import Viewer
from staff.attendance.models import AttendanceRequest, Leave, Overtime
from staff.models import Employee, Team
from staff.queries import assignments_on, visible_employees


def everything() -> Any:
    """Every request as a subquery; ``ref`` names it: ``12``, or ``leave-7`` for one of a file."""
    rows = AttendanceRequest
    columns = {name: getattr(rows, name) for name in _COLUMNS} | {"state": _state()}
    own: Select[Any] = select(
        cast(rows.id, String).label("ref"), *(each.label(name) for name, each in columns.items())
    )
    return union_all(own, _of_files("leave", Leave), _of_files("overtime", Overtime)).subquery(
        "requests"
    )


_COLUMNS = (
    "employee_id",
    "kind",
    "type",
    "start",
    "end",
    "state",
    "reason",
    "asked_at",
    "decided_at",
    "decided_by",
    "decision",
)


def _state() -> Any:
    """The state of a request; where a file has decided on the leave or overtime, that one."""
    rows = AttendanceRequest

    def standing(table: Any) -> Any:
        return (
            select(table.status)
            .where(table.employee_id == rows.employee_id, table.start == rows.start)
            .scalar_subquery()
        )

    return case(
        (or_(rows.state != "requested", rows.kind == "correction"), rows.state),
        (rows.kind == "leave", func.coalesce(standing(Leave), rows.state)),
        else_=func.coalesce(standing(Overtime), rows.state),
    )


def _of_files(kind: str, table: Any) -> Select[Any]:
    """Rows that wait for a decision and that nobody asked for here."""
    asked = exists().where(
        AttendanceRequest.employee_id == table.employee_id,
        AttendanceRequest.kind == kind,
        AttendanceRequest.start == table.start,
        AttendanceRequest.state == "requested",
    )
    return select(
        literal(f"{kind}-").concat(cast(table.id, String)),
        table.employee_id,
        literal(kind),
        table.type if kind == "leave" else null(),
        table.start,
        table.end,
        table.status,
        literal(""),
        null(),
        null(),
        null(),
        literal(""),
    ).where(table.status == "requested", ~asked)


def listed(day: date) -> Select[Any]:
    """Requests with the person: ref, kind, type, start, end, state, employee_no, name, team …"""
    found, assigned = everything(), assignments_on(day)
    columns: list[Any] = [
        *found.c,
        Employee.employee_no,
        Employee.name,
        Team.path.label("team"),
    ]
    return (
        select(*columns)
        .select_from(found)
        .join(Employee, Employee.id == found.c.employee_id)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
    )


def to_decide(viewer: Viewer, day: date) -> Select[Any]:
    """Those on which the viewer may decide, and those decided; none of their own."""
    ids = visible_employees(viewer, Permission.REQUESTS_DECIDE, day=day)
    return listed(day).where(Employee.id.in_(ids), Employee.id != (viewer.employee_id or -1))


def of_one(employee_id: int, day: date) -> Select[Any]:
    """Somebody's own."""
    return listed(day).where(Employee.id == employee_id)


def one(session: Session, viewer: Viewer, ref: str, day: date) -> Any:
    """The row of ``listed`` with this ``ref`` if the viewer may see it, else None; ``decides`` says
    whether their deciding reaches the person, which may be themselves; ``decider`` is the name of
    whoever decided for themselves."""
    query = listed(day).subquery()
    who = query.c.employee_id
    sees = visible_employees(viewer, Permission.ATTENDANCE_READ, day=day)
    reach = visible_employees(viewer, Permission.REQUESTS_DECIDE, day=day)
    decider = aliased(Employee)
    return session.execute(
        select(query, who.in_(reach).label("decides"), decider.name.label("decider"))
        .outerjoin(decider, decider.employee_no == query.c.decided_by)
        .where(query.c.ref == ref, who.in_(sees))
    ).first()


def waiting(viewer: Viewer, day: date) -> Any:
    """How many wait for the viewer, as part of another query."""
    found = to_decide(viewer, day).subquery()
    return (
        select(func.count())
        .select_from(found)
        .where(found.c.state == "requested")
        .scalar_subquery()
    )


def away(session: Session, viewer: Viewer, row: Any, day: date) -> list[tuple[str, str]]:
    """Number and name of colleagues of the same team who are on approved leave meanwhile."""
    assigned = assignments_on(day)
    own_team = (
        select(assigned.c.team_id)
        .where(assigned.c.employee_id == row.employee_id)
        .scalar_subquery()
    )
    others = assignments_on(day).alias("others")
    ids = visible_employees(viewer, Permission.ATTENDANCE_READ, day=day)
    rows = session.execute(
        select(Employee.employee_no, Employee.name)
        .join(others, others.c.employee_id == Employee.id)
        .where(
            others.c.team_id == own_team,
            Employee.id != row.employee_id,
            Employee.id.in_(ids),
            exists().where(
                Leave.employee_id == Employee.id,
                Leave.status == "approved",
                Leave.start < row.end,
                Leave.end > row.start,
            ),
        )
        .order_by(Employee.employee_no)
    )
    return [(number, name) for number, name in rows]
