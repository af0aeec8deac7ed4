"""Files of employees: who they are, and what they are assigned to from a day on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, cast

from sqlalchemy import Table, delete, select

from core.imports.cells import Bad, day, money, remembered, text
from core.imports.kinds import Change, Column, Identity, Kind, Known, Line, Setting
from core.imports.rows import Record
from core.messages import N_
from core.values import Month
from staff.assignments import Spell, Terms, changed, in_force, moved, next_start
from staff.attendance.models import PersonDay, StaleDays
from staff.attendance.services import mark_stale
from staff.import_store import FOR_EVER, Roll, store_employees
from staff.models import Assignment, Employee

TERMS = ("position", "team", "supervisor_no", "base_wage")
PERSON = ("employee_no", "name", "email", "hire_date", "leave_date")


def mail(cell: str) -> str:
    """An e-mail address in lower case."""
    address: str = text(254)(cell).lower()
    name, at, domain = address.rpartition("@")
    if not (name and at and domain) or any(map(str.isspace, address)) or "@" in name:
        raise Bad(N_("is not an e-mail address"))
    return address


def team_path(cell: str) -> str:
    """``客服中心/售前一组`` without spaces around its parts."""
    parts = [part.strip() for part in text(300)(cell).strip("/").split("/")]
    if not all(parts):
        raise Bad(N_("has an empty part between two slashes"))
    return "/".join(parts)


def terms_of(record: Record) -> Terms:
    return Terms(*(record[name] for name in TERMS))


class Employees(Kind):
    """A record holds the person and the terms that are asked for.

    They are compared with those in force on ``effective_from``, or without one with the newest.
    """

    name = "employees"
    table: ClassVar[Table] = Employee.__table__  # type: ignore[assignment]
    identity = ("employee_no",)
    fetch_by = "employee_no"
    most = 80_000  # everybody who is known is kept in memory too
    headings: ClassVar[dict[str, str]] = {
        "employee_no": "工号 员工编号",
        "name": "姓名",
        "email": "邮箱 电子邮箱",
        "position": "岗位 职位",
        "team": "团队 部门",
        "supervisor_no": "主管工号 上级工号",
        "hire_date": "入职日期",
        "leave_date": "离职日期 最后工作日",
        "base_wage": "基本工资",
        "effective_from": "生效日期",
    }
    example: ClassVar[str] = (
        "E0007,林小满,e0007@example.com,agent,客服中心/售前一组,E0002,2026-03-01,,5000,"
    )

    def __init__(self, setting: Setting) -> None:
        self.plans: dict[str, list[Spell]] = {}
        number = text(40)
        super().__init__(
            setting,
            (
                Column("employee_no", number, "employee_no", True),
                Column("name", text(120), "name", True),
                Column("email", mail, "email"),
                Column("position", text(60), "position"),
                Column("team", remembered(team_path), "team"),
                Column("supervisor_no", number, "supervisor_no"),
                Column("hire_date", remembered(day), "hire_date", True),
                Column("leave_date", remembered(day), "leave_date"),
                Column("base_wage", money, "base_wage", secret=True),
                Column("effective_from", remembered(day), "effective_from"),
            ),
        )

    @cached_property
    def roll(self) -> Roll:
        """Read with the first rows: who only asks for the columns does not need it."""
        return Roll.load(self.setting.session)

    def known(self, lines: Sequence[Line]) -> Iterator[tuple[Identity, Known]]:
        for line in lines:
            asks = line.record
            person = self.roll.people.get(asks["employee_no"])
            if person is None:
                continue
            asked = asks.get("effective_from")
            spells = person.spells
            if asked is None:
                spell = spells[-1] if spells else None
            else:
                spell = in_force(spells, max(asked, asks["hire_date"]))
            terms = spell.terms if spell else Terms()
            record = {
                **person.record,
                "position": terms.position,
                "team": terms.team,
                "supervisor_no": terms.supervisor,
                "base_wage": terms.base_wage,
                "effective_from": asked,
            }
            yield line.identity, Known(person.id, record)

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        if record["leave_date"] is not None and record["leave_date"] < record["hire_date"]:
            raise Bad(N_("lies before hire_date"), "leave_date")
        if record["supervisor_no"] == record["employee_no"]:
            raise Bad(N_("nobody is their own supervisor"), "supervisor_no")

    def start_of(self, record: Record, before: Record | None) -> date:
        """The day from which the terms of a row hold."""
        asked: date | None = record["effective_from"]
        hired: date = record["hire_date"]
        if asked is not None:
            return max(asked, hired)
        if before is None:
            return hired
        newest = self._moved(record)[-1:]
        opens = self.setting.first_open
        return max(
            [hired, *(spell.start for spell in newest), *([opens.first_day] if opens else [])]
        )

    def check_file(self, lines: Collection[Line]) -> None:
        for line in lines:
            if not line.problems:
                self.plans[line.record["employee_no"]] = self._plan(line)
        self._check_mails(lines)
        self._check_supervisors(lines)
        self._check_circles(lines)

    def _plan(self, line: Line) -> list[Spell]:
        record, before = line.record, line.before
        spells = self._moved(record)
        if before is None or terms_of(before) != terms_of(record):
            spells = changed(spells, self.start_of(record, before), terms_of(record))
        return spells

    def _moved(self, record: Record) -> list[Spell]:
        """The known spells of a person, with the hire date that the row asks for."""
        person = self.roll.people.get(record["employee_no"])
        if person is None:
            return []
        return moved(person.spells, person.record["hire_date"], record["hire_date"])

    def _check_mails(self, lines: Collection[Line]) -> None:
        own = {line.record["employee_no"] for line in lines if not line.problems}
        taken: dict[str, list[str]] = {}
        for number, person in self.roll.people.items():
            if number not in own and person.record["email"]:
                taken.setdefault(person.record["email"].lower(), []).append(number)
        asked = [(line, *_mail_of(line)) for line in lines if not line.problems]
        for _, address, number in asked:
            if address:
                taken.setdefault(address, []).append(number)
        for line, address, own_number in asked:
            others = [number for number in taken.get(address, ()) if number != own_number]
            if others:
                line.refuse(Bad(N_("is the address of %(number)s too"), "email", number=others[0]))

    def _check_supervisors(self, lines: Collection[Line]) -> None:
        """A supervisor is known, or comes with a good row of the same file, wherever it stands."""
        waiting = True
        while waiting:
            waiting = False
            there = set(self.roll.people)
            there |= {line.record["employee_no"] for line in lines if not line.problems}
            for line in lines:
                number = line.record.get("supervisor_no")
                if not line.problems and number is not None and number not in there:
                    line.refuse(
                        Bad(N_('nobody has the number "%(cell)s"'), "supervisor_no", cell=number)
                    )
                    self.plans.pop(line.record["employee_no"], None)
                    waiting = True

    def _check_circles(self, lines: Collection[Line]) -> None:
        for line in lines:
            record, before = line.record, line.before
            if line.problems or record == before:
                continue
            number = record["employee_no"]
            start = self.start_of(record, before)
            days = {start, date.max}
            for other in self._chain(number, start):
                days |= {spell.start for spell in self._spells(other) if spell.start > start}
            for on in sorted(days):
                if self._chain(number, on)[-1:] == [number]:
                    line.refuse(Bad(N_("stands in a circle of supervisors"), "supervisor_no"))
                    break

    def _spells(self, number: str) -> Sequence[Spell]:
        if number in self.plans:
            return self.plans[number]
        person = self.roll.people.get(number)
        return person.spells if person else ()

    def _chain(self, number: str, on: date) -> list[str]:
        """The supervisors above a person on a day; it ends where one stands there twice."""
        chain: list[str] = []
        at = number
        while True:
            spell = in_force(self._spells(at), on)
            if spell is None or spell.terms.supervisor is None or spell.terms.supervisor in chain:
                return chain
            at = spell.terms.supervisor
            chain.append(at)
            if at == number:
                return chain

    def late_month(self, before: Record | None, after: Record | None) -> Month | None:
        """A new person is never late: nothing of a closed month rests on them."""
        if before is None or after is None or terms_of(before) == terms_of(after):
            return None
        start = self.start_of(after, before)
        end = next_start(self.roll.people[after["employee_no"]].spells, start)
        touched = [
            month
            for month in self.setting.closed
            if month.last_day >= start and (end is None or month.first_day < end)
        ]
        return min(touched, default=None)

    def store(self, lines: Sequence[Line], batch: int) -> None:
        store_employees(self, lines, batch)

    @property
    def tables(self) -> tuple[Table, ...]:
        return (cast(Table, Assignment.__table__), self.table)

    def before_undo(self, batch: int) -> None:
        """The person-days of people who go with their import."""
        own = select(Employee.id).where(Employee.batch_id == batch)
        for table in (StaleDays, PersonDay):
            self.setting.session.execute(delete(table).where(table.employee_id.in_(own)))

    def after_undo(self, changes: Iterable[Change]) -> None:
        rows = [row for each in changes for row in (each.before, each.after) if row]
        there = set(self.setting.session.scalars(select(Employee.id)))
        stale = [
            (row["employee_id"], row["effective_from"], FOR_EVER)
            for row in rows
            if row.get("employee_id") in there
        ]
        mark_stale(self.setting.session, stale)

    def undo_month(self, table: Table, change: Change) -> Month | None:
        rows: Iterable[Any] = [each for each in (change.before, change.after) if each]
        starts = [row["effective_from" if "effective_from" in row else "hire_date"] for row in rows]
        touched = [each for each in self.setting.closed if each.last_day >= min(starts)]
        return min(touched, default=None)


def _mail_of(line: Line) -> tuple[str, str]:
    """Address, empty without one, and number."""
    record = line.record
    return record["email"] or "", record["employee_no"]
