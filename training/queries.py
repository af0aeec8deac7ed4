"""Training records as the pure modules want them: facts of a month, passed completions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.values import Fact, Month
from training.effect import Completion
from training.facts import Attendance, CourseRule, training_facts
from training.models import Course, TrainingRecord


class Person(Protocol):
    @property
    def employee_id(self) -> int: ...
    @property
    def position(self) -> str | None: ...
    @property
    def hire_date(self) -> date: ...
    @property
    def leave_date(self) -> date | None: ...


def all_courses(session: Session) -> list[Course]:
    return list(session.scalars(select(Course).order_by(Course.id)))


def course_rules(session: Session) -> dict[int, CourseRule]:
    """Every course by id."""
    return rules_of(all_courses(session))


def rules_of(courses: Iterable[Course]) -> dict[int, CourseRule]:
    """The same of courses that are known already."""
    return {
        row.id: CourseRule(
            row.id,
            frozenset(_listed(row.positions)),
            row.due_days,
            row.valid_months,
            row.hours,
            row.pass_mark,
            tuple(_listed(row.metrics)),
        )
        for row in courses
    }


def facts_of_training(
    session: Session,
    month: Month,
    people: Iterable[Person],
    only: int | None = None,
    known: Iterable[Course] | None = None,
) -> dict[int, dict[str, Fact]]:
    """The training facts of everybody given, by employee id; ``only`` says that it is one.

    ``known`` are all courses, where they were read already.
    """
    courses = course_rules(session) if known is None else rules_of(known)
    rows = _rows(session, courses, month.last_day, only=only)
    return {
        person.employee_id: training_facts(
            month,
            person.position,
            person.hire_date,
            min(month.last_day, person.leave_date or month.last_day),
            rows.get(person.employee_id, ()),
            courses.values(),
        )
        for person in people
    }


def passed_completions(session: Session, month: Month) -> list[Completion]:
    """Passed completions of courses that name metrics, of the five months that end here."""
    courses = course_rules(session)
    rows = _rows(session, courses, month.last_day, month.plus(-4).first_day)
    return [
        Completion(employee_id, Month.of(row.day), row.course.metrics)
        for employee_id, each in rows.items()
        for row in each
        if row.course.metrics and row.counts_as_passed
    ]


def _rows(
    session: Session,
    courses: dict[int, CourseRule],
    until: date,
    since: date | None = None,
    only: int | None = None,
) -> dict[int, list[Attendance]]:
    statement = select(
        TrainingRecord.employee_id,
        TrainingRecord.course_id,
        TrainingRecord.day,
        TrainingRecord.mandatory,
        TrainingRecord.status,
        TrainingRecord.hours,
        TrainingRecord.score,
        TrainingRecord.passed,
    ).where(TrainingRecord.day <= until)
    if since is not None:
        statement = statement.where(TrainingRecord.day >= since)
    if only is not None:
        statement = statement.where(TrainingRecord.employee_id == only)
    found: dict[int, list[Attendance]] = defaultdict(list)
    for row in session.execute(statement.order_by(TrainingRecord.day, TrainingRecord.id)):
        found[row[0]].append(Attendance(courses[row[1]], *row[2:]))
    return found


def _listed(text: str) -> list[str]:
    return [part for part in (each.strip() for each in text.split(";")) if part]
