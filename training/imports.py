"""Files of courses and of training records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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

    def __init__(self, setting: Setting, is_metric: Callable[[str], bool]) -> None:
        self._is_metric = is_metric
        super().__init__(
            setting,
            (
                Column(
                    "course_code",
                    text(60),
                    ("课程编号", "课程代码"),
                    "course_code",
                    True,
                    example="CONF",
                ),
                Column("name", text(200), ("课程名称", "名称"), "name", True),
                Column(
                    "category",
                    text(60),
                    ("类别", "课程类别"),
                    "category",
                    example="confidentiality",
                ),
                Column(
                    "positions",
                    listed(1000),
                    ("必修岗位", "岗位"),
                    "positions",
                    empty="",
                    example="agent;senior_agent",
                ),
                Column(
                    "due_days",
                    whole(0, 36500),
                    ("入职后期限天数", "期限天数"),
                    "due_days",
                    example="30",
                ),
                Column("valid_months", whole(1, 1200), ("有效月数",), "valid_months", example="12"),
                Column("hours", number(0, 10_000), ("课时",), "hours", example="2"),
                Column("pass_mark", score, ("及格分",), "pass_mark", example="60"),
                Column(
                    "metrics",
                    listed(1000),
                    ("提升指标", "指标"),
                    "metrics",
                    empty="",
                    example="csat",
                ),
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

    def __init__(self, setting: Setting, people: People) -> None:
        self._people = people
        courses = known_courses(setting.session)
        super().__init__(
            setting,
            (
                Column(
                    "employee_no",
                    remembered(people.number),
                    ("工号", "员工编号"),
                    "employee_id",
                    True,
                    example="E0007",
                ),
                Column(
                    "course_code",
                    courses,
                    ("课程编号", "课程代码"),
                    "course_id",
                    True,
                    example="CONF",
                ),
                Column(
                    "date",
                    remembered(until(setting.clock.date(), day)),
                    ("日期", "培训日期"),
                    "day",
                    True,
                    example="2026-10-12",
                ),
                Column(
                    "mandatory",
                    boolean,
                    ("必修", "是否必修"),
                    "mandatory",
                    empty=False,
                    example="1",
                ),
                Column(
                    "status",
                    choice(STATUSES),
                    ("状态", "出勤状态"),
                    "status",
                    True,
                    example="attended",
                ),
                Column("hours", number(0, 10_000), ("课时",), "hours", example="2"),
                Column("score", score, ("得分", "成绩"), "score", example="88"),
                Column("passed", boolean, ("通过", "是否通过"), "passed", example="1"),
            ),
        )

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        self._people.check_employed(record["employee_id"], record["day"], "date")

    def months(self, record: Record) -> Iterable[Month]:
        return (Month.of(record["day"]),)


def known_courses(session: Session) -> Callable[[str], int]:
    """A parser of course codes; raises ``Bad``."""
    codes = {code: key for key, code in session.execute(select(Course.id, Course.course_code))}

    def parse(cell: str) -> int:
        try:
            return codes[cell]
        except KeyError:
            raise Bad(N_('there is no course "%(cell)s"'), cell=short(cell)) from None

    return parse
