"""Follow-up tasks as pages list them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.models import MonthState
from core.permissions import Permission, Scope
from core.viewer import Viewer
from rewards.models import Task
from staff.models import Employee
from staff.queries import visible_employees


def tasks(viewer: Viewer, day: date) -> Select[Any]:
    """Those about people whose incidents the viewer may read, and those that are theirs to do.

    Columns: id, due, action, employee_id, employee_no, name, owner_id, owner (name), owner_left
    (their last day), rule, month, incident_id, state, outcome, created_at, created_by, ended_at,
    ended_by.
    """
    return _tasks().where(_visible(viewer, day))


def task(session: Session, viewer: Viewer, day: date, task_id: int) -> Any | None:
    """One row of ``tasks``; None where there is none or it is not for this viewer."""
    return session.execute(tasks(viewer, day).where(Task.id == task_id)).one_or_none()


def of_incident(session: Session, incident_id: int) -> Sequence[Any]:
    """Whoever may see the incident sees what follows from it."""
    query = _tasks().where(Task.incident_id == incident_id).order_by(Task.due, Task.id)
    return session.execute(query).all()


def of_person(session: Session, employee_id: int) -> Sequence[Any]:
    query = _tasks().where(Task.employee_id == employee_id).order_by(Task.due, Task.id)
    return session.execute(query).all()


def open_and_overdue(session: Session, viewer: Viewer, day: date) -> tuple[int, int, int]:
    """How many of ``tasks`` are open, are past their day, and have an owner who has left."""
    listed = tasks(viewer, day).where(Task.state == "open").subquery()
    row = session.execute(
        select(
            func.count(),
            func.count().filter(listed.c.due < day),
            func.count().filter(listed.c.owner_left < day),
        ).select_from(listed)
    ).one()
    return row[0], row[1], row[2]


def known_sources(session: Session, sources: Sequence[str]) -> set[tuple[str, str]]:
    """Source and action of the tasks that there are for these sources."""
    rows = session.execute(select(Task.source, Task.action).where(Task.source.in_(sources)))
    return {(row.source, row.action) for row in rows}


def _visible(viewer: Viewer, day: date) -> ColumnElement[bool]:
    ids = visible_employees(viewer, Permission.INCIDENTS_READ, day=day)
    own = viewer.employee_id if viewer.employee_id is not None else -1
    found = or_(Task.employee_id.in_(ids), Task.owner_id == own)
    if Scope.CLOSED in viewer.scopes(Permission.INCIDENTS_READ):
        closed = select(MonthState.month).where(MonthState.state == "closed")
        found = or_(found, Task.month.in_(closed))
    return found


def _tasks() -> Select[Any]:
    owner = aliased(Employee)
    columns: list[Any] = [
        Task.id,
        Task.due,
        Task.action,
        Task.employee_id,
        Employee.employee_no,
        Employee.name,
        Task.owner_id,
        owner.name.label("owner"),
        owner.leave_date.label("owner_left"),
        Task.rule,
        Task.month,
        Task.incident_id,
        Task.state,
        Task.outcome,
        Task.created_at,
        Task.created_by,
        Task.ended_at,
        Task.ended_by,
    ]
    return (
        select(*columns)
        .join(Employee, Employee.id == Task.employee_id)
        .join(owner, owner.id == Task.owner_id)
    )
