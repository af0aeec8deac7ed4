"""Courses, sessions and records as pages list them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from core.models import MonthState
from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer
from staff.models import Assignment, Employee, Team
from staff.queries import assignments_on, visible_employees
from training.models import Course, TrainingRecord

READ, WRITE = Permission.TRAINING_READ, Permission.TRAINING_WRITE


def courses(viewer: Viewer, day: date) -> Select[Any]:
    """The curriculum, with how often the people in reach attended each."""
    held = (
        select(func.count())
        .where(
            TrainingRecord.course_id == Course.id,
            TrainingRecord.status == "attended",
            TrainingRecord.employee_id.in_(visible_employees(viewer, READ, day=day)),
        )
        .scalar_subquery()
    )
    columns: list[Any] = [
        Course.id,
        Course.course_code,
        Course.name,
        Course.category,
        Course.positions,
        Course.due_days,
        Course.valid_months,
        Course.hours,
        Course.pass_mark,
        Course.metrics,
        held.label("attended"),
    ]
    return select(*columns)


def passed_condition() -> Any:
    """Condition on records joined to courses: it counts as passed (``training.facts``)."""
    return and_(
        TrainingRecord.status == "attended",
        or_(TrainingRecord.passed.is_(None), TrainingRecord.passed.is_(True)),
        or_(
            TrainingRecord.score.is_(None),
            Course.pass_mark.is_(None),
            TrainingRecord.score >= Course.pass_mark,
        ),
    )


def sessions(viewer: Viewer, day: date, month: Month | None = None) -> Select[Any]:
    """Courses by day, with what became of the people in reach; of one month, or of all."""
    row = TrainingRecord

    def count(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    query: Select[Any] = (
        select(
            Course.id.label("course_id"),
            Course.course_code,
            Course.name.label("course"),
            row.day,
            count(row.status == "attended").label("attended"),
            count(row.status == "missed").label("missed"),
            count(row.status == "excused").label("excused"),
            count(passed_condition()).label("passed"),
            func.avg(row.score).label("score"),
        )
        .join(Course, Course.id == row.course_id)
        .where(row.employee_id.in_(visible_employees(viewer, READ, day=day)))
        .group_by(Course.id, Course.course_code, Course.name, row.day)
    )
    return query if month is None else query.where(row.day.between(month.first_day, month.last_day))


def records(viewer: Viewer, day: date, month: Month, *, closed: bool) -> Select[Any]:
    """Every record of a month of the people in reach."""
    assigned = assignments_on(month.last_day)
    ids = visible_employees(viewer, READ, day=day, closed=closed)
    columns: list[Any] = [
        Employee.employee_no,
        Employee.name,
        Team.path.label("team"),
        *_columns(),
    ]
    return (
        select(*columns)
        .select_from(TrainingRecord)
        .join(Course, Course.id == TrainingRecord.course_id)
        .join(Employee, Employee.id == TrainingRecord.employee_id)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .where(Employee.id.in_(ids), TrainingRecord.day.between(month.first_day, month.last_day))
    )


def of_one(employee_id: int, *, closed_only: bool = False) -> Select[Any]:
    """Somebody's records of all months, or of the closed ones."""
    columns: list[Any] = _columns()
    query: Select[Any] = (
        select(*columns)
        .join(Course, Course.id == TrainingRecord.course_id)
        .where(TrainingRecord.employee_id == employee_id)
    )
    if closed_only:
        closed = select(MonthState.month).where(MonthState.state == "closed")
        query = query.where(func.substr(_text(TrainingRecord.day), 1, 7).in_(closed))
    return query


def _text(day: Any) -> Any:
    return cast(day, String)


def _columns() -> list[Any]:
    return [
        TrainingRecord.id,
        TrainingRecord.day,
        Course.id.label("course_id"),
        Course.course_code,
        Course.name.label("course"),
        TrainingRecord.mandatory,
        TrainingRecord.status,
        func.coalesce(TrainingRecord.hours, Course.hours).label("hours"),
        TrainingRecord.score,
        case((TrainingRecord.status == "attended", passed_condition())).label("passed"),
    ]


def grid(session: Session, viewer: Viewer, course_id: int, day: date, today: date) -> list[Any]:
    """Those for whom the viewer may enter results of a day, with what is entered; not oneself."""
    assigned = assignments_on(day)
    rows = session.execute(
        select(
            Employee.id,
            Employee.employee_no,
            Employee.name,
            Team.path.label("team"),
            assigned.c.position,
            TrainingRecord,
        )
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .outerjoin(
            TrainingRecord,
            and_(
                TrainingRecord.employee_id == Employee.id,
                TrainingRecord.course_id == course_id,
                TrainingRecord.day == day,
            ),
        )
        .where(
            Employee.id.in_(visible_employees(viewer, WRITE, day=today)),
            Employee.hire_date <= day,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= day),
        )
        .order_by(Team.path, Employee.employee_no)
    )
    return [row for row in rows if not viewer.is_person(row.id)]


def positions(session: Session) -> list[str]:
    """Positions that people hold or courses name."""
    held = session.scalars(select(Assignment.position).distinct()).all()
    named = session.scalars(select(Course.positions).distinct()).all()
    both = {each for each in held if each} | {
        part for text in named for part in text.split(";") if part
    }
    return sorted(both)
