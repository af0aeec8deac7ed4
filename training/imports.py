"""Files of courses and of training records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import ClassVar

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core.documents.problems import short
from core.imports.cells import (
    Bad,
    boolean,
    choice,
    day,
    listed,
    number,
    remembered,
    score,
    text,
    until,
    whole,
)
from core.imports.kinds import Column, Kind, Line, Setting
from core.imports.rows import Record
from core.messages import N_
from core.values import Month
from staff.directory import People
from training.models import Course, TrainingRecord

STATUSES = {
    "attended": "attended",
    "missed": "missed",
    "excused": "excused",
    "已参加": "attended",
    "参加": "attended",
    "缺席": "missed",
    "请假": "excused",
}


class Courses(Kind):
    """Courses belong to no month. ``is_metric`` knows the facts of the policies in force."""

    name = "courses"
    table: ClassVar[Table] = Course.__table__  # type: ignore[assignment]
    identity = ("course_code",)
    fetch_by = "course_code"
    headings: ClassVar[dict[str, str]] = {
        "course_code": "课程编号 课程代码",
        "name": "课程名称 名称",
        "category": "类别 课程类别",
        "positions": "必修岗位 岗位",
        "due_days": "入职后期限天数 期限天数",
        "valid_months": "有效月数",
        "hours": "课时",
        "pass_mark": "及格分",
        "metrics": "提升指标 指标",
    }
    example: ClassVar[str] = "CONF,保密培训,confidentiality,agent;senior_agent,30,12,2,60,csat"

    def __init__(self, setting: Setting, is_metric: Callable[[str], bool]) -> None:
        self._is_metric = is_metric
        super().__init__(
            setting,
            (
                Column("course_code", text(60), "course_code", True),
                Column("name", text(200), "name", True),
                Column("category", text(60), "category"),
                Column("positions", listed(1000), "positions", empty=""),
                Column("due_days", whole(0, 36500), "due_days"),
                Column("valid_months", whole(1, 1200), "valid_months"),
                Column("hours", number(0, 10_000), "hours"),
                Column("pass_mark", score, "pass_mark"),
                Column("metrics", listed(1000), "metrics", empty=""),
            ),
        )

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        for key in filter(None, record["metrics"].split(";")):
            if not self._is_metric(key):
                raise Bad(N_('the policy knows no metric "%(key)s"'), "metrics", key=key)

    def months(self, record: Record) -> Iterable[Month]:
        return ()


class TrainingRecords(Kind):
    name = "training"
    table: ClassVar[Table] = TrainingRecord.__table__  # type: ignore[assignment]
    identity = ("employee_id", "course_id", "day")
    fetch_by = "employee_id"
    fetch_span = "day"
    headings: ClassVar[dict[str, str]] = {
        "employee_no": "工号 员工编号",
        "course_code": "课程编号 课程代码",
        "date": "日期 培训日期",
        "mandatory": "必修 是否必修",
        "status": "状态 出勤状态",
        "hours": "课时",
        "score": "得分 成绩",
        "passed": "通过 是否通过",
    }
    example: ClassVar[str] = "E0007,CONF,2026-10-12,1,attended,2,88,1"

    def __init__(self, setting: Setting, people: People) -> None:
        self._people = people
        courses = known_courses(setting.session)
        super().__init__(
            setting,
            (
                Column("employee_no", remembered(people.number), "employee_id", True),
                Column("course_code", courses, "course_id", True),
                Column("date", remembered(until(setting.clock.date(), day)), "day", True),
                Column("mandatory", boolean, "mandatory", empty=False),
                Column("status", choice(STATUSES), "status", True),
                Column("hours", number(0, 10_000), "hours"),
                Column("score", score, "score"),
                Column("passed", boolean, "passed"),
            ),
        )

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        self._people.check_employed(record["employee_id"], record["day"], "date")

    def months(self, record: Record) -> Iterable[Month]:
        return (Month.of(record["day"]),)


def known_courses(session: Session) -> Callable[[str], int]:
    """A parser of course codes, read with the first; raises ``Bad``."""

    @cache
    def codes() -> dict[str, int]:
        return {code: key for key, code in session.execute(select(Course.id, Course.course_code))}

    def parse(cell: str) -> int:
        try:
            return codes()[cell]
        except KeyError:
            raise Bad(N_('there is no course "%(cell)s"'), cell=short(cell)) from None

    return parse
