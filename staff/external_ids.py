"""What people are called in other systems: the file that says it, and the look-up of imports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import ClassVar

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core.documents.problems import short
from core.imports.cells import Bad, day, text
from core.imports.kinds import Column, Kind, Line, Setting
from core.imports.rows import Record
from core.messages import N_
from core.values import Month
from staff.directory import People
from staff.models import Employee, ExternalId

ALWAYS = date(1970, 1, 1)  # an empty ``from``


class ExternalIds(Kind):
    """Names in other systems."""

    name = "aliases"
    table: ClassVar[Table] = ExternalId.__table__  # type: ignore[assignment]
    identity = ("source", "external_id", "valid_from")
    fetch_by = "external_id"
    most = 150_000  # all that are known are kept in memory too
    headings: ClassVar[dict[str, str]] = {
        "source": "来源 系统",
        "external_id": "外部账号 账号",
        "employee_no": "工号 员工编号",
        "from": "开始日期 开始 起",
        "to": "结束日期 结束 止",
    }
    example: ClassVar[str] = "zendesk,小满,E0007,2026-03-02,"

    def __init__(self, setting: Setting, people: People) -> None:
        super().__init__(
            setting,
            (
                Column("source", text(40), "source", True),
                Column("external_id", text(120), "external_id", True),
                Column("employee_no", people.number, "employee_id", True),
                Column("from", day, "valid_from", False, ALWAYS),
                Column("to", day, "valid_to"),
            ),
        )

    def derive(self, record: Record, line: Line) -> None:
        record.setdefault("valid_from", ALWAYS)

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        if record["valid_to"] is not None and record["valid_to"] < record["valid_from"]:
            raise Bad(N_("lies before from"), "to")

    def check_file(self, lines: Collection[Line]) -> None:
        """On one day a name belongs to one person."""
        spans: dict[tuple[str, str], list[tuple[date, date, int, Line | None]]] = defaultdict(list)
        ours = {line.known_id for line in lines if line.known_id is not None}
        for each in self.setting.session.scalars(select(ExternalId)):
            if each.id not in ours:
                end = each.valid_to or date.max
                spans[each.source, each.external_id].append(
                    (each.valid_from, end, each.employee_id, None)
                )
        for line in lines:
            if not line.problems:
                record = line.record
                spans[record["source"], record["external_id"]].append(
                    (
                        record["valid_from"],
                        record["valid_to"] or date.max,
                        record["employee_id"],
                        line,
                    )
                )
        for several in spans.values():
            _refuse_overlaps(several)

    def months(self, record: Record) -> Iterable[Month]:
        """A name changes nothing that is closed: rows taken by it are late by themselves."""
        return ()


def _refuse_overlaps(spans: list[tuple[date, date, int, Line | None]]) -> None:
    spans.sort(key=lambda span: span[:2])
    for index, (_, end, who, line) in enumerate(spans):
        for start, _, other, later in spans[index + 1 :]:
            if start > end:
                break
            for each in (line, later):
                if other != who and each is not None:
                    each.refuse(Bad(N_("belongs to somebody else at that time"), "external_id"))


class Agents:
    """Who is meant by a text of a file, by number, e-mail, external id or unique name.

    Devices fill numbers up with zeros, or drop those before a number: ``bare`` looks past them.
    """

    def __init__(self, session: Session, source: str, ways: Sequence[str]) -> None:
        self.ways = ways
        self._numbers: dict[int, str] = {}
        self._by: dict[str, dict[str, list[int]]] = {
            way: defaultdict(list) for way in ("number", "bare", "email", "name")
        }
        columns = (Employee.id, Employee.employee_no, Employee.email, Employee.name)
        for key, number, email, name in session.execute(select(*columns)):
            self._numbers[key] = number
            self._by["number"][number].append(key)
            self._by["bare"][number.lstrip("0")].append(key)
            self._by["name"][name].append(key)
            if email:
                self._by["email"][email.lower()].append(key)
        self._external: dict[str, list[tuple[date, date, int]]] = defaultdict(list)
        for each in session.scalars(select(ExternalId).where(ExternalId.source == source)):
            end = each.valid_to or date.max
            self._external[each.external_id].append((each.valid_from, end, each.employee_id))

    def find(self, cell: str, on: date | None) -> str | None:
        """The employee number, or None where nobody is meant. Raises ``Bad`` for several."""
        for way in self.ways:
            found = self._found(way, cell, on)
            if len(found) > 1:
                raise Bad(
                    N_('"%(cell)s" may be %(numbers)s'),
                    cell=short(cell),
                    numbers=", ".join(sorted(self._numbers[key] for key in found)[:6]),
                )
            if found:
                return self._numbers[found.pop()]
        return None

    def _found(self, way: str, cell: str, on: date | None) -> set[int]:
        if way == "external":
            spans = self._external.get(cell, ())
            return {key for start, end, key in spans if on is None or start <= on <= end}
        if way == "bare":
            cell = cell.lstrip("0")
        return set(self._by[way].get(cell.lower() if way == "email" else cell, ()))
