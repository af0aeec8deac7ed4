"""People as of a day, and whom a viewer may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session, aliased

from core.permissions import Permission, Scope
from core.viewer import Viewer
from staff.models import Assignment, Employee, Team, TeamLeader

Ids = Select[int]


def assignments_on(day: date) -> Subquery:
    """What holds on ``day``: one row per employee that has an assignment by then.

    Columns: employee_id, position, team_id, supervisor_id, effective_from.
    """
    ranked = (
        select(
            Assignment.employee_id,
            Assignment.position,
            Assignment.team_id,
            Assignment.supervisor_id,
            Assignment.effective_from,
            func.row_number()
            .over(
                partition_by=Assignment.employee_id,
                order_by=Assignment.effective_from.desc(),
            )
            .label("newest"),
        )
        .where(Assignment.effective_from <= day)
        .subquery()
    )
    columns = [column for column in ranked.c if column.name != "newest"]
    return select(*columns).where(ranked.c.newest == 1).subquery("assigned")


def holds_on(row: Any, day: Any) -> ColumnElement[bool]:
    """Condition on ``Assignment`` or an alias: it is its person's newest by ``day``.

    By index: for a few people, where ``assignments_on`` would rank everybody's.
    """
    newer = aliased(Assignment)
    return and_(
        row.effective_from <= day,
        ~exists().where(
            newer.employee_id == row.employee_id,
            newer.effective_from > row.effective_from,
            newer.effective_from <= day,
        ),
    )


def reports_of(employee_id: int, day: date) -> Ids:
    """Ids of direct and indirect reports by supervisor, without the person; circles end."""
    assigned = assignments_on(day)
    below = (
        select(assigned.c.employee_id)
        .where(assigned.c.supervisor_id == employee_id)
        .cte(recursive=True)  # nameless, for statements with several of them
    )
    assigned_below = assignments_on(day)
    below = below.union(
        select(assigned_below.c.employee_id).where(
            assigned_below.c.supervisor_id == below.c.employee_id
        )
    )
    return select(below.c.employee_id).where(below.c.employee_id != employee_id)


def direct_reports(people: Sequence[int], day: date) -> Ids:
    """Ids of those whose supervisor is one of ``people``; of those without one, by their team."""
    led = select(TeamLeader.team_id).where(TeamLeader.employee_id.in_(people))
    return select(Assignment.employee_id).where(
        holds_on(Assignment, day),
        or_(
            Assignment.supervisor_id.in_(people),
            and_(Assignment.supervisor_id.is_(None), Assignment.team_id.in_(led)),
        ),
    )


def teams_led_by(employee_id: int) -> Ids:
    """Ids of the teams that a person leads and of all teams below them."""
    led = (
        select(TeamLeader.team_id.label("id"))
        .where(TeamLeader.employee_id == employee_id)
        .cte(recursive=True)
    )
    led = led.union(select(Team.id).where(Team.parent_id == led.c.id))
    return select(led.c.id)


def team_of(employee_id: int, day: date) -> Ids:
    """The scope *team*: reports, and members of the teams that one leads; never oneself."""
    assigned = assignments_on(day)
    members = select(assigned.c.employee_id).where(
        assigned.c.team_id.in_(teams_led_by(employee_id)),
        assigned.c.employee_id != employee_id,
    )
    both = union(reports_of(employee_id, day), members).subquery("reach")
    return select(both.c[0])


def team_of_viewer(viewer: Viewer, day: date) -> Ids:
    """The team of the viewer, or of the one for whom they act: without that one and oneself."""
    if viewer.behalf is None:
        return team_of(viewer.employee_id or 0, day)
    ids = team_of(viewer.behalf.employee_id, day).subquery("away")
    return select(ids.c[0]).where(ids.c[0] != viewer.employee_id)


def visible_employees(
    viewer: Viewer, permission: Permission, *, day: date, closed: bool = False
) -> Ids:
    """Ids of the employees whom ``permission`` reaches for this viewer, for ``... .in_(...)``.

    ``day`` decides who reports to whom (today). ``closed`` says that the rows asked for belong to a
    closed month, which opens them to auditors; without it they see none by that role.
    """
    held = viewer.scopes(permission)
    if viewer.reaches_all(permission, closed=closed):
        return select(Employee.id)
    conditions: list[Any] = [literal(False)]
    if viewer.employee_id is not None:
        if Scope.OWN in held:
            conditions.append(Employee.id == viewer.employee_id)
        if Scope.TEAM in held:
            conditions.append(Employee.id.in_(team_of_viewer(viewer, day)))
    if Scope.OF_HR in held:
        people = viewer.hr.people if viewer.hr else frozenset()
        conditions.append(Employee.id.in_(sorted(people - {viewer.employee_id})))
    return select(Employee.id).where(or_(*conditions))


def is_visible(
    session: Session,
    viewer: Viewer,
    permission: Permission,
    employee_id: int,
    *,
    day: date,
    closed: bool = False,
) -> bool:
    """Whether ``permission`` reaches one employee."""
    ids = visible_employees(viewer, permission, day=day, closed=closed)
    return bool(session.scalar(ids.where(Employee.id == employee_id)))
