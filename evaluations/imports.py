"""Files of tickets, complaints and spot checks. Metrics and reviews have modules of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar

from sqlalchemy import Table, select

from core.db import one_at_a_time, wall_seconds, wall_time
from core.errors import Conflict
from core.imports.cells import (
    Bad,
    boolean,
    choice,
    day,
    moment,
    remembered,
    score,
    text,
    until,
)
from core.imports.kinds import CHANGED, Column, Identity, Kind, Known, Line, Problem, Setting
from core.imports.rows import Record
from core.messages import N_, Message
from core.values import Month
from evaluations.complaints.models import ComplaintCase
from evaluations.models import Complaint, SpotCheck, Ticket
from staff.directory import People

GOOD = {"good": True, "好评": True, "满意": True, "4": True, "5": True}
BAD = {"bad": False, "差评": False, "不满意": False, "1": False, "2": False, "3": False}
# What is kept of a rating, and whether it is a positive one.
RATINGS = {word: (word, good) for word, good in {**GOOD, **BAD}.items()} | {
    "好评": ("good", True),
    "满意": ("good", True),
    "差评": ("bad", False),
    "不满意": ("bad", False),
}


DAY = 86400  # seconds


def month_at(seconds: int) -> Month:
    return Month.of(wall_time(seconds))


ALL_MIDNIGHT = N_(
    "all times of the file are 00:00, and taken as they stand: if they are days, say so in"
    " days_only"
)
AFTER = Message(N_("lies after resolved_at; taken as it is"))
TIMES = ("created_at", "first_response_at", "resolved_at")
FEW = 3  # times at midnight that may be chance


class Tickets(Kind):
    name = "tickets"
    table: ClassVar[Table] = Ticket.__table__  # type: ignore[assignment]
    identity = ("ticket_id",)
    fetch_by = "ticket_id"
    edited = False
    derived: ClassVar[Record] = {"month": None, "positive": None}
    headings: ClassVar[dict[str, str]] = {
        "ticket_id": "工单号 工单编号",
        "agent": "客服 客服工号",
        "created_at": "创建时间",
        "first_response_at": "首次响应时间 首次回复时间",
        "resolved_at": "解决时间",
        "reopened": "重新打开 是否重开",
        "satisfaction": "满意度 评价",
        "channel": "渠道",
        "category": "类别 分类",
        "days_only": "只有日期",
    }
    example: ClassVar[str] = (
        "T000001,E0007,2026-10-03 09:01:22,2026-10-03 09:03:05,"
        "2026-10-03 11:40:00,0,good,chat,product,"
    )

    def __init__(self, setting: Setting, people: People) -> None:
        past = until(wall_seconds(setting.clock), moment)
        super().__init__(
            setting,
            (
                Column("ticket_id", text(80), "ticket_id", True),
                Column("agent", remembered(people.number_or_mail), "employee_id", True),
                Column("created_at", past, "created_at", True),
                Column("first_response_at", past, "first_response_at"),
                Column("resolved_at", past, "resolved_at"),
                Column("reopened", boolean, "reopened"),
                Column("satisfaction", remembered(choice(RATINGS)), "satisfaction"),
                Column("channel", text(40), "channel"),
                Column("category", text(80), "category"),
                Column("days_only", boolean, "days_only"),
            ),
        )
        self._month = remembered_month()

    def derive(self, record: Record, line: Line) -> None:
        record["month"] = self._month(record["created_at"])
        if "satisfaction" in record:
            rating = record["satisfaction"]
            record["satisfaction"], record["positive"] = rating if rating else (None, None)

    def look_over(self, lines: Sequence[Line]) -> None:
        """Our columns hold times: where all stand at midnight, that is told and nothing assumed."""
        times = 0
        for record in (line.record for line in lines):
            if record.get("days_only") is not None:
                return  # the file says itself what its times are
            found = [each for each in map(record.get, TIMES) if each is not None]
            if any(each % DAY for each in found):
                return
            times += len(found)
        if times >= FEW:
            odd = Message(ALL_MIDNIGHT)
            self.warnings.append(Problem(lines[0].number, "created_at", odd))

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        created, response = record["created_at"], record["first_response_at"]
        resolved = record["resolved_at"]
        if response is not None and response < created:
            raise Bad(N_("lies before created_at"), "first_response_at")
        if resolved is not None and resolved < created:
            raise Bad(N_("lies before created_at"), "resolved_at")
        if response is not None and resolved is not None and response > resolved:
            self.warnings.append(Problem(line.number, "first_response_at", AFTER))

    def months(self, record: Record) -> Iterable[Month]:
        return (record["month"],)


def remembered_month() -> Callable[[int], Month]:
    """``month_at``, recalled by day."""
    known: dict[int, Month] = {}

    def recall(seconds: int) -> Month:
        on = seconds // DAY
        if on not in known:
            known[on] = month_at(seconds)
        return known[on]

    return recall


SEVERITIES = {
    "ordinary": "ordinary",
    "major": "major",
    "一般": "ordinary",
    "普通": "ordinary",
    "重大": "major",
}
CLOCKS = {
    "contacted_at": "联系客户时间",
    "plan_at": "方案时间",
    "escalated_at": "上报时间",
    "started_at": "开始处理时间",
    "progress_at": "进展反馈时间",
    "closed_at": "结案时间",
}

# What a decision on a complaint stands for, with the columns of a file.
DECIDED = {"attributable": "attributable", "employee_id": "employee_no", "severity": "severity"}


class Complaints(Kind):
    name = "complaints"
    table: ClassVar[Table] = Complaint.__table__  # type: ignore[assignment]
    identity = ("complaint_no",)
    fetch_by = "complaint_no"
    files = "complaint:"
    derived: ClassVar[Record] = {"month": None}
    headings: ClassVar[dict[str, str]] = {
        "complaint_no": "投诉编号",
        "received_at": "受理时间 投诉时间",
        "channel": "渠道",
        "category": "类别 投诉类别",
        "severity": "严重程度 级别",
        "employee_no": "被投诉人工号 工号",
        "attributable": "有责 是否有责",
        "handler_no": "处理人工号",
        **CLOCKS,
    }
    example: ClassVar[str] = "20261003-TEL-001,2026-10-03 10:00,TEL,service,ordinary,E0007,0,E0002"

    def __init__(self, setting: Setting, people: People) -> None:
        past = until(wall_seconds(setting.clock), moment)
        person = remembered(people.number)
        super().__init__(
            setting,
            (
                Column("complaint_no", text(80), "complaint_no", True),
                Column("received_at", past, "received_at", True),
                Column("channel", text(40), "channel"),
                Column("category", text(80), "category"),
                Column("severity", choice(SEVERITIES), "severity", True),
                Column("employee_no", person, "employee_id"),
                Column("attributable", boolean, "attributable"),
                Column("handler_no", person, "handler_id"),
                *(Column(name, past, name) for name in CLOCKS),
            ),
        )

        self._decided: set[int] = set()

    def derive(self, record: Record, line: Line) -> None:
        record["month"] = month_at(record["received_at"])

    def known(self, lines: Sequence[Line]) -> Iterator[tuple[Identity, Known]]:
        self._decided = self._now_decided()
        yield from super().known(lines)

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        if before is not None and line.known_id in self._decided:
            self._keep_decided(record, before, line)
        for name in CLOCKS:
            if record[name] is not None and record[name] < record["received_at"]:
                raise Bad(N_("lies before received_at"), name)

    def store(self, lines: Sequence[Line], batch: int) -> None:
        """Whoever decides meanwhile waits; one who did since these rows were judged wins."""
        one_at_a_time(self.setting.session, "months")
        decided = self._now_decided() - self._decided
        if any(line.outcome == CHANGED and line.known_id in decided for line in lines):
            raise Conflict(N_("A complaint in the file was decided meanwhile: upload it again."))
        super().store(lines, batch)

    def _now_decided(self) -> set[int]:
        decided = select(ComplaintCase.complaint_id).where(ComplaintCase.decided_at.is_not(None))
        return set(self.setting.session.scalars(decided))

    def _keep_decided(self, record: Record, before: Record, line: Line) -> None:
        """What somebody decided here, on cause and evidence, no file says otherwise."""
        for name, column in DECIDED.items():
            if record[name] != before[name]:
                record[name] = before[name]
                kept = Message(N_("is decided here: that is kept, not what the file says"))
                self.warnings.append(Problem(line.number, column, kept))

    def months(self, record: Record) -> Iterable[Month]:
        return (record["month"],)


class SpotChecks(Kind):
    name = "spotchecks"
    table: ClassVar[Table] = SpotCheck.__table__  # type: ignore[assignment]
    identity = ("employee_id", "day", "checked_by_id")
    files = "check:"
    fetch_by = "employee_id"
    fetch_span = "day"
    headings: ClassVar[dict[str, str]] = {
        "employee_no": "工号 员工编号",
        "date": "日期 质检日期",
        "score": "得分 分数",
        "checked_by_no": "质检人工号",
        "comment": "评语 备注",
    }
    example: ClassVar[str] = "E0007,2026-10-03,92.5,E0002,"

    def __init__(self, setting: Setting, people: People) -> None:
        person = remembered(people.number)
        self._people = people
        super().__init__(
            setting,
            (
                Column("employee_no", person, "employee_id", True),
                Column("date", until(setting.clock.date(), day), "day", True),
                Column("score", score, "score", True),
                Column("checked_by_no", person, "checked_by_id"),
                Column("comment", text(2000), "comment"),
            ),
        )

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        self._people.check_employed(record["employee_id"], record["day"], "date")

    def months(self, record: Record) -> Iterable[Month]:
        return (Month.of(record["day"]),)
