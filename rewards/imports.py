"""Files of incidents: what happened, under which rule, and who approved it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from sqlalchemy import Table

from core.imports.cells import Bad, day, remembered, text, until
from core.imports.kinds import Column, Kind, Line, Setting
from core.imports.rows import Record
from core.messages import N_
from core.values import Month
from rewards.models import Incident
from rewards.policy import Rule
from staff.directory import People


class Incidents(Kind):
    """Incidents with an approver are approved; they count in an open month."""

    name = "incidents"
    table: ClassVar[Table] = Incident.__table__  # type: ignore[assignment]
    identity = ("employee_id", "day", "rule", "description")
    files = "incident:"
    fetch_by = "employee_id"
    fetch_span = "day"
    derived: ClassVar[Record] = {"status": "recorded", "counts_in": None}
    headings: ClassVar[dict[str, str]] = {
        "employee_no": "工号 员工编号",
        "date": "日期 发生日期",
        "rule": "制度条款 规则",
        "description": "说明 事由",
        "recorded_by_no": "记录人工号",
        "approved_by_no": "审批人工号 批准人工号",
        "case": "案件号 案件",
    }
    example: ClassVar[str] = "E0007,2026-10-12,CON-P1,工作时间私用手机,E0002,,"

    def __init__(
        self, setting: Setting, people: People, rules: Callable[[Month], Mapping[str, Rule]]
    ) -> None:
        self._people = people
        self._rules = rules
        person = remembered(people.number)
        super().__init__(
            setting,
            (
                Column("employee_no", person, "employee_id", True),
                Column("date", until(setting.clock.date(), day), "day", True),
                Column("rule", text(40), "rule", True),
                Column("description", text(2000), "description", True),
                Column("recorded_by_no", person, "recorded_by_id"),
                Column("approved_by_no", person, "approved_by_id"),
                Column("case", text(80), "case"),
            ),
        )

    def derive(self, record: Record, line: Line) -> None:
        rule = self._rules(Month.of(record["day"])).get(record["rule"])
        if rule is None:
            raise Bad(N_('the policy knows no rule "%(key)s"'), "rule", key=record["rule"])
        if not rule.incident:
            raise Bad(N_("rule %(key)s does not fire by an incident"), "rule", key=record["rule"])

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        self._people.check_employed(record["employee_id"], record["day"], "date")
        if before is not None and record["approved_by_id"] is None:
            record["approved_by_id"] = before["approved_by_id"]  # a decision stands
        approver = record["approved_by_id"]
        if approver is None:
            return
        if approver == record["employee_id"]:
            raise Bad(N_("nobody approves for themselves"), "approved_by_no")
        if approver == record["recorded_by_id"]:
            raise Bad(N_("nobody approves what they recorded"), "approved_by_no")
        if record["status"] == "recorded":
            record["status"] = "approved"
            record["counts_in"] = self._counts_in(Month.of(record["day"]))

    def _counts_in(self, month: Month) -> Month:
        """The month of the date, or, where that is closed, the open one of the approval."""
        newest = self.setting.newest_closed
        if month not in self.setting.closed or newest is None:
            return month
        return max(Month.of(self.setting.clock), newest.plus(1))

    def months(self, record: Record) -> Iterable[Month]:
        return () if record["counts_in"] is None else (record["counts_in"],)

    def late_month(self, before: Record | None, after: Record | None) -> Month | None:
        """Only what counted in a closed month already is late; the new counts in an open one."""
        return None if before is None else super().late_month(before, after)
