"""Files of rosters, leave and overtime: rows that cover a span of days."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import ClassVar

from sqlalchemy import Table, select

from core.db import one_at_a_time
from core.documents.problems import short
from core.errors import Conflict
from core.imports.cells import Bad, boolean, choice, day, moment, remembered, text, whole
from core.imports.kinds import CHANGED, Change, Column, Kind, Line, Problem, Setting
from core.imports.rows import Record
from core.messages import N_, Message
from core.values import Month
from staff.attendance.boundaries import Edges
from staff.attendance.models import AttendanceRequest, Leave, Overtime, Roster
from staff.attendance.services import StaleSpan, ensure_month, mark_stale, mark_team
from staff.attendance.spans import date_of
from staff.attendance.windows import Window
from staff.directory import People

Days = tuple[date, date]
ONE_DAY = timedelta(days=1)
FOR_EVER = date.max
_SHIFT = re.compile(r"(\d{1,2}):(\d{2})(?::00)?-(\d{1,2}):(\d{2})(?::00)?", re.ASCII)
_BARE = re.compile(r"(?<![\d:.])(\d{2})\.?(\d{2})(?![\d:.])", re.ASCII)  # 0900 or 09.00
_OFF = {"off", "休", "休息"}
_HEADINGS = {
    "employee_no": "工号 员工编号",
    "from": "开始时间 开始 起",
    "to": "结束时间 结束 止",
    "status": "状态 审批状态",
}
STATUSES = {
    "approved": "approved",
    "requested": "requested",
    "declined": "declined",
    "已批准": "approved",
    "批准": "approved",
    "待审批": "requested",
    "已拒绝": "declined",
    "拒绝": "declined",
}


def shift(cell: str) -> tuple[int | None, int | None]:
    """``09:00-18:00`` as minutes from midnight; ``off`` as None twice."""
    if cell.lower() in _OFF:
        return None, None
    plain = cell.replace("：", ":").replace("–", "-").replace("~", "-").replace(" ", "")
    match = _SHIFT.fullmatch(_BARE.sub(r"\1:\2", plain))
    if match is None:
        raise Bad(N_('"%(cell)s" is not a shift (09:00-18:00, or off)'), cell=short(cell))
    hour, minute, end_hour, end_minute = map(int, match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if hour > 23 or minute > 59 or end_minute > 59 or end > 1440:
        raise Bad(N_('"%(cell)s" is not a shift (09:00-18:00, or off)'), cell=short(cell))
    return start, end % 1440


def weekdays(cell: str) -> str:
    """Digits, 1 is Monday: ``12345``."""
    digits = sorted(set(re.sub(r"[;,\s]", "", cell)))
    if not digits or not set(digits) <= set("1234567"):
        raise Bad(N_('"%(cell)s" are no weekdays (12345; 1 is Monday)'), cell=short(cell))
    return "".join(digits)


class SpanKind(Kind):
    """Rows with a ``start`` and an ``end``: what differs are the days of a span."""

    def days(self, record: Record) -> Days:
        """First and last day that a record is about."""
        raise NotImplementedError

    def differing(self, before: Record | None, after: Record | None) -> Days:
        """The days on which two states differ: between the ends where nothing else does."""
        if before is None or after is None:
            return self.days(before or after or {})
        (first, last), (new_first, new_last) = self.days(before), self.days(after)
        if {**before, "end": None} == {**after, "end": None}:
            return min(last, new_last) + self.past_end(before, after), max(last, new_last)
        return min(first, new_first), max(last, new_last)

    def past_end(self, before: Record, after: Record) -> timedelta:
        """How long after the earlier of two last days the first day lies that differs."""
        return ONE_DAY

    def late_month(self, before: Record | None, after: Record | None) -> Month | None:
        first, last = self.differing(before, after)
        touched = [
            each
            for each in self.setting.closed
            if each.first_day <= last and first <= each.last_day
        ]
        return min(touched, default=None)


class Rosters(SpanKind):
    name = "rosters"
    table: ClassVar[Table] = Roster.__table__  # type: ignore[assignment]
    identity = ("employee_id", "team_id", "start")
    fetch_by = "start"
    derived: ClassVar[Record] = {"shift_start": None, "shift_end": None}
    headings: ClassVar[dict[str, str]] = {
        "employee_no": "工号 员工编号",
        "team": "团队 部门",
        "from": "开始日期 开始 起",
        "to": "结束日期 结束 止",
        "shift": "班次",
        "break_minutes": "休息分钟 午休分钟",
        "grace_minutes": "宽限分钟",
        "weekdays": "星期 工作日",
        "follows_calendar": "按法定节假日 随法定节假日",
    }
    example: ClassVar[str] = "E0007,,2026-10-01,2026-10-31,09:00-18:00,60,0,12345,1"

    def __init__(self, setting: Setting, people: People, teams: Callable[[str], int]) -> None:
        super().__init__(
            setting,
            (
                Column("employee_no", remembered(people.number), "employee_id"),
                Column("team", remembered(teams), "team_id"),
                Column("from", remembered(day), "start", True),
                Column("to", remembered(day), "end"),
                Column("shift", remembered(shift), "shift", True),
                Column("break_minutes", whole(0, 1439), "break_minutes", empty=60),
                Column("grace_minutes", whole(0, 1439), "grace_minutes", empty=0),
                Column("weekdays", remembered(weekdays), "weekdays", empty="1234567"),
                Column("follows_calendar", boolean, "follows_calendar", empty=False),
            ),
        )
        del self.defaults["shift"]
        self.fields = tuple(self.defaults)

    def derive(self, record: Record, line: Line) -> None:
        record["shift_start"], record["shift_end"] = record.pop("shift")
        record.setdefault("employee_id", None)
        record.setdefault("team_id", None)
        if (record["employee_id"] is None) == (record["team_id"] is None):
            raise Bad(N_("either employee_no or team is needed, and not both"), "employee_no")

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        if record["end"] is not None and record["end"] < record["start"]:
            raise Bad(N_("lies before from"), "to")
        if record["shift_start"] is not None:
            length = (record["shift_end"] - record["shift_start"]) % 1440 or 1440
            if record["break_minutes"] >= length:
                raise Bad(N_("must be shorter than the shift"), "break_minutes")

    def days(self, record: Record) -> Days:
        return record["start"], record["end"] or FOR_EVER

    def after_store(self, changes: Iterable[Change]) -> None:
        session = self.setting.session
        stale: list[StaleSpan] = []
        for change in changes:
            record = change.after or change.before or {}
            days = self.differing(change.before, change.after)
            if record["team_id"] is not None:
                mark_team(session, record["team_id"], *days)
            else:
                stale.append((record["employee_id"], *days))
        mark_stale(session, stale)


class _Absence(SpanKind):
    """Leave and overtime: from a moment up to another, with a status.

    One that begins after a closed month is late all the same where it touches a shift of it.
    """

    identity = ("employee_id", "start")
    fetch_by = "employee_id"
    fetch_span = "start"
    _edges: Edges | None = None
    _decided: set[tuple[int, int]] | None = None

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        if record["end"] <= record["start"]:
            raise Bad(N_("must lie after from"), "to")
        if before is not None and record != before:
            self._keep_decided(record, before, line)

    def store(self, lines: Sequence[Line], batch: int) -> None:
        """Whoever decides meanwhile waits; one who did since these rows were judged wins."""
        one_at_a_time(self.setting.session, "months")
        changed = {line.identity for line in lines if line.outcome == CHANGED}
        if changed and not changed.isdisjoint(self._now_decided() - (self._decided or set())):
            raise Conflict(N_("A request in the file was decided meanwhile: upload it again."))
        super().store(lines, batch)

    def _keep_decided(self, record: Record, before: Record, line: Line) -> None:
        """What somebody decided here, or changed since, no file says otherwise."""
        if self._decided is None:
            self._decided = self._now_decided()
        if (record["employee_id"], record["start"]) in self._decided:
            record.update(before)
            kept = Message(N_("is decided here: that is kept, not what the file says"))
            self.warnings.append(Problem(line.number, "status", kept))

    def _now_decided(self) -> set[tuple[int, int]]:
        """Employee and start of what was decided on a page, and not asked for again since."""
        rows = self.setting.session.execute(
            select(
                AttendanceRequest.employee_id, AttendanceRequest.start, AttendanceRequest.state
            ).where(
                AttendanceRequest.kind == self.name,
                AttendanceRequest.state.in_(("requested", "approved", "declined")),
            )
        )
        found: dict[tuple[int, int], set[str]] = defaultdict(set)
        for who, start, state in rows:
            found[who, start].add(state)
        return {key for key, states in found.items() if "requested" not in states}

    def check_file(self, lines: Collection[Line]) -> None:
        self._edges = Edges(self.setting.session, self.setting.closed)
        if self.setting.closed:
            records = (line.record for line in lines)
            self._edges.read((each["employee_id"], each["start"]) for each in records)

    def touched(self, window: Window) -> tuple[int, int]:
        """The time around a shift that a record must meet to change its day."""
        return window.start, window.end

    def late_month(self, before: Record | None, after: Record | None) -> Month | None:
        month = super().late_month(before, after)
        for record in (before, after):
            if month is not None or record is None or self._edges is None:
                continue
            for window in self._edges.windows(record["employee_id"], record["start"]):
                begin, end = self.touched(window)
                on = Month.of(window.day)
                if on in self.setting.closed and record["start"] < end and begin < record["end"]:
                    month = on
        return month

    def days(self, record: Record) -> Days:
        return date_of(record["start"]), date_of(record["end"] - 1)

    def past_end(self, before: Record, after: Record) -> timedelta:
        """The day of the earlier end itself differs, unless that end is its last moment."""
        return ONE_DAY if min(before["end"], after["end"]) % 86400 == 0 else timedelta()

    def after_store(self, changes: Iterable[Change]) -> None:
        """A span of overtime counts on the day of its beginning, so the whole of it is marked."""
        session = self.setting.session
        spans = {
            (each["employee_id"], *self.days(each))
            for change in changes
            for each in (change.before, change.after)
            if each
        }
        mark_stale(session, spans)
        months = {Month.of(day) for _, *days in spans for day in days}
        for month in sorted(months - self.setting.closed):
            ensure_month(session, month)


def _span_columns(people: People) -> tuple[Column, Column, Column, Column]:
    return (
        Column("employee_no", remembered(people.number), "employee_id", True),
        Column("from", moment, "start", True),
        Column("to", moment, "end", True),
        Column("status", remembered(choice(STATUSES)), "status", True),
    )


class Leaves(_Absence):
    name = "leave"
    table: ClassVar[Table] = Leave.__table__  # type: ignore[assignment]
    headings: ClassVar[dict[str, str]] = {**_HEADINGS, "type": "假别 请假类型"}
    example: ClassVar[str] = "E0007,annual,2026-10-08 09:00,2026-10-08 18:00,approved"

    def __init__(
        self, setting: Setting, people: People, types: Callable[[Month], Collection[str]]
    ) -> None:
        self._types = types
        number, start, end, status = _span_columns(people)
        kind = Column("type", text(40), "type", True)
        super().__init__(setting, (number, kind, start, end, status))

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        super().check(record, before, line)
        if record["type"] not in self._types(Month.of(date_of(record["start"]))):
            raise Bad(N_('the policy knows no type of leave "%(key)s"'), "type", key=record["type"])


class Overtimes(_Absence):
    name = "overtime"
    table: ClassVar[Table] = Overtime.__table__  # type: ignore[assignment]
    headings: ClassVar[dict[str, str]] = _HEADINGS
    example: ClassVar[str] = "E0007,2026-10-08 18:00,2026-10-08 20:00,approved"

    def __init__(self, setting: Setting, people: People) -> None:
        super().__init__(setting, _span_columns(people))

    def touched(self, window: Window) -> tuple[int, int]:
        return window.opens, window.closes
