"""What a course gave: what was learned, and whether results rose afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from core.models import MonthState
from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer
from evaluations.scorecards.models import FactSheet
from staff.queries import visible_employees
from training.catalogue import TRAINING_EFFECT
from training.effect import VERDICT_AFTER
from training.lists import passed_condition
from training.models import Course, TrainingRecord


@dataclass(frozen=True, slots=True)
class Learning:
    """Of those in reach: how many attended and passed, and their mean score."""

    attended: int
    passed: int
    score: float | None


def learning_of(session: Session, viewer: Viewer, day: date, course_id: int) -> Learning:
    row = session.execute(
        select(
            func.count(),
            func.sum(case((passed_condition(), 1), else_=0)),
            func.avg(TrainingRecord.score),
        )
        .select_from(TrainingRecord)
        .join(Course, Course.id == TrainingRecord.course_id)
        .where(
            TrainingRecord.course_id == course_id,
            TrainingRecord.status == "attended",
            TrainingRecord.employee_id.in_(_reach(viewer, day)),
        )
    ).one()
    return Learning(row[0], row[1] or 0, row[2])


def results_of(session: Session, viewer: Viewer, day: date, course_id: int) -> Counter[int]:
    """How many improved (1), stayed (0) or fell (-1) two months after they passed.

    Who passed several courses in one month is counted with the worst of their verdicts, as the
    fact ``training_effect`` has it. Empty where the course names no metric.
    """
    course = session.get(Course, course_id)
    if course is None or not course.metrics:
        return Counter()
    rows = session.execute(
        select(TrainingRecord.employee_id, TrainingRecord.day)
        .join(Course, Course.id == TrainingRecord.course_id)
        .where(
            TrainingRecord.course_id == course_id,
            passed_condition(),
            TrainingRecord.employee_id.in_(_reach(viewer, day)),
        )
    )
    decided = {(who, Month.of(passed).plus(VERDICT_AFTER)) for who, passed in rows}
    if not decided:
        return Counter()
    sheets = session.execute(
        select(FactSheet.employee_id, MonthState.month, FactSheet.facts[TRAINING_EFFECT])
        .join(MonthState, MonthState.closing_id == FactSheet.closing_id)
        .where(
            MonthState.month.in_({month for _who, month in decided}),
            FactSheet.employee_id.in_({who for who, _month in decided}),
        )
    )
    return Counter(
        int(_value(stored))
        for who, month, stored in sheets
        if stored is not None and (who, month) in decided
    )


def _value(stored: Any) -> float:
    return float(stored[0])


def _reach(viewer: Viewer, day: date) -> Any:
    return visible_employees(viewer, Permission.TRAINING_READ, day=day)
