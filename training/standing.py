"""How people stand with the courses that are mandatory for them, as of a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from staff.models import Employee, Team
from staff.queries import assignments_on
from training.facts import Attendance, CourseRule, in_time_until
from training.models import Course, TrainingRecord
from training.queries import all_courses, rules_of

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """One person and one course: ``until`` is the last day in time, None where it never ends.

    ``state`` is ``overdue``, ``soon`` (within 30 days), ``open`` (not passed yet) or ``passed``.
    """

    employee_no: str
    name: str
    team: str
    course_id: int
    course_code: str
    course: str
    state: str
    until: date | None
    passed_on: date | None


def standings(
    session: Session, ids: Any, day: date, known: Iterable[Course] | None = None
) -> list[Standing]:
    """Of the employed among ``ids`` (a select), in the order of numbers and codes.

    Three statements; ``known`` are all courses, where they were read already.
    """
    names = {row.id: row for row in (all_courses(session) if known is None else known)}
    rules = {key: rule for key, rule in rules_of(names.values()).items() if rule.positions}
    if not rules:
        return []
    passed = _passed(session, rules, ids, day)
    found = [
        _standing(person, names[key], rule, passed[person.id, key], day)
        for person in _people(session, ids, day)
        for key, rule in rules.items()
        if person.position in rule.positions
    ]
    return sorted(found, key=lambda each: (each.employee_no, each.course_code))


def _people(session: Session, ids: Any, day: date) -> Iterable[Any]:
    assigned = assignments_on(day)
    return session.execute(
        select(
            Employee.id,
            Employee.employee_no,
            Employee.name,
            Employee.hire_date,
            assigned.c.position,
            Team.path,
        )
        .join(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .where(
            Employee.id.in_(ids),
            Employee.hire_date <= day,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= day),
        )
    ).all()


def _passed(
    session: Session, rules: Mapping[int, CourseRule], ids: Any, day: date
) -> Mapping[tuple[int, int], list[date]]:
    found: dict[tuple[int, int], list[date]] = defaultdict(list)
    row = TrainingRecord
    rows = session.execute(
        select(
            row.employee_id,
            row.course_id,
            row.day,
            row.mandatory,
            row.status,
            row.hours,
            row.score,
            row.passed,
        ).where(
            row.course_id.in_(rules),
            row.employee_id.in_(ids),
            row.status == "attended",
            row.day <= day,
        )
    )
    for each in rows:
        if Attendance(rules[each.course_id], *each[2:]).counts_as_passed:
            found[each.employee_id, each.course_id].append(each.day)
    return found


def _standing(
    person: Any, course: Any, rule: CourseRule, passed: list[date], day: date
) -> Standing:
    until = in_time_until(rule, person.hire_date, passed)
    if until is not None and day > until:
        state = "overdue"
    elif until is not None and until - day <= SOON:
        state = "soon"
    else:
        state = "passed" if passed else "open"
    return Standing(
        employee_no=person.employee_no,
        name=person.name,
        team=person.path or "",
        course_id=course.id,
        course_code=course.course_code,
        course=course.name,
        state=state,
        until=until,
        passed_on=max(passed, default=None),
    )
