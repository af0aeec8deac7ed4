"""What is to be settled before a month is closed, counted from the records, without a preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Select, and_, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from closing.appeals.models import Appeal
from closing.imports.unmapped import is_waiting
from closing.policy import Policy
from core.db import month_seconds
from core.models import ImportBatch, LateRow, UnmappedRow
from core.permissions import Role
from core.values import Month
from evaluations.monthly.models import EvaluationState
from evaluations.rounds.models import ReviewRound
from rewards.models import Incident
from staff.attendance.models import AttendanceRequest, Leave, Overtime
from staff.models import Account, Employee, RoleGrant
from staff.queries import assignments_on

State = Literal["blocks", "left_out", "information", "settled"]
# In the order of the page. What blocks refuses the close; the rest is left out, or only said.
KINDS: dict[str, State] = {
    "round": "blocks",
    "incidents_open": "left_out",
    "requested_leave": "left_out",
    "requested_overtime": "left_out",
    "requested_corrections": "left_out",
    "late_rows": "left_out",
    "unmapped": "left_out",
    "evaluations": "information",
    "appeals": "information",
}


@dataclass(frozen=True, slots=True)
class Point:
    """``names`` are those who can settle it, with their number of it where that is known."""

    kind: str
    state: State
    count: int
    names: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Checklist:
    """``people`` are the employed, ``cards`` those who get a scorecard, ``hr`` the names of HR."""

    points: tuple[Point, ...]
    people: int
    cards: int
    hr: tuple[str, ...]

    @property
    def blocked(self) -> bool:
        return any(point.state == "blocks" for point in self.points)


def checklist(
    session: Session,
    month: Month,
    policy: Policy,
    now: datetime,
    today: date,
    positions: Mapping[str, Role],
) -> Checklist:
    """Three statements. ``positions`` are those that come with a role."""
    templated = [each for one in policy.templates.values() for each in one.positions]
    found: dict[str, int] = dict(session.execute(_counts(month, now)).all())
    groups = session.execute(_evaluations(month, templated)).all()
    cards = sum(row.people for row in groups if row.templated)
    waiting = [
        (row.name, row.people - row.submitted)
        for row in groups
        if row.templated and row.people > row.submitted
    ]
    found["evaluations"] = sum(count for _, count in waiting)
    named = tuple((name, count) for name, count in waiting if name is not None)
    return Checklist(
        tuple(
            Point(
                kind,
                state if found.get(kind) else "settled",
                found.get(kind, 0),
                named if kind == "evaluations" else (),
            )
            for kind, state in KINDS.items()
        ),
        sum(row.people for row in groups),
        cards,
        hr_names(session, today, positions),
    )


def _counts(month: Month, now: datetime) -> Any:
    start, end = month_seconds(month)

    def requested(table: Any) -> Select[Any]:
        return select(func.count()).where(
            table.status == "requested", table.start < end, table.end > start
        )

    count = select(func.count())
    parts: dict[str, Select[Any]] = {
        "round": count.where(
            ReviewRound.month == month, ReviewRound.state == "open", ReviewRound.ends_at > now
        ),
        "incidents_open": count.where(
            Incident.status == "recorded", Incident.day <= month.last_day
        ),
        "requested_leave": requested(Leave),
        "requested_overtime": requested(Overtime),
        "requested_corrections": count.where(
            AttendanceRequest.kind == "correction",
            AttendanceRequest.state == "requested",
            AttendanceRequest.day.between(month.first_day, month.last_day),
        ),
        "late_rows": count.where(LateRow.month == month, LateRow.state == "waiting"),
        "unmapped": count.select_from(UnmappedRow)
        .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
        .where(is_waiting()),
        "appeals": count.where(Appeal.state == "lodged", Appeal.month <= month),
    }
    return union_all(
        *(
            select(literal(kind), query.scalar_subquery().label("number"))
            for kind, query in parts.items()
        )
    )


def _evaluations(month: Month, templated: list[str]) -> Any:
    """Supervisors by name, with how many of theirs there are and how many are submitted.

    Whose position has no template is counted apart: ``templated`` is 0.
    """
    assigned, supervisor = assignments_on(month.last_day), aliased(Employee)
    has_one = func.coalesce(assigned.c.position.in_(templated), False)
    submitted = exists().where(
        EvaluationState.employee_id == Employee.id,
        EvaluationState.month == month,
        EvaluationState.state == "submitted",
    )
    return (
        select(
            supervisor.name.label("name"),
            has_one.label("templated"),
            func.count().label("people"),
            func.count().filter(submitted).label("submitted"),
        )
        .select_from(Employee)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(supervisor, supervisor.id == assigned.c.supervisor_id)
        .where(
            Employee.hire_date <= month.last_day,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= month.first_day),
        )
        .group_by(supervisor.id, supervisor.name, has_one)
        .order_by(supervisor.name, supervisor.id)
    )


def hr_names(session: Session, day: date, positions: Mapping[str, Role]) -> tuple[str, ...]:
    """Names of those who are HR today, by position or by hand."""
    named = [name for name, role in positions.items() if role == Role.HR]
    assigned = assignments_on(day)
    by_hand = exists().where(
        and_(
            Account.employee_id == Employee.id,
            RoleGrant.account_id == Account.id,
            RoleGrant.role == Role.HR,
        )
    )
    rows = session.scalars(
        select(Employee.name)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .where(
            or_(assigned.c.position.in_(named), by_hand),
            or_(Employee.leave_date.is_(None), Employee.leave_date >= day),
        )
        .order_by(Employee.employee_no)
    )
    return tuple(rows)
