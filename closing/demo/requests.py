"""What people ask for at the end of the open month: some of it decided, some waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.demo.people import Person
from core.actor import Actor
from core.clock import Now
from core.db import wall_time
from core.errors import Refused
from core.values import Month
from staff.attendance import requests
from staff.attendance.asking import Days, leave_span
from staff.attendance.models import PersonDay
from staff.attendance.policy import LeaveType
from staff.attendance.request_decisions import decide
from staff.attendance.request_rows import Who
from staff.attendance.touching import shifts_between
from staff.models import Employee

At = Callable[[Month, timedelta], Now]
FORGOT = (
    "下班忘记打卡，当日工单记录可查。",
    "打卡机故障，当班主管可证明。",
    "外出处理客户问题，未及打卡。",
)
TRY = 8  # days in a row, until one is free


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who asks and who decides; days count from the last of the month."""

    session: Session
    month: Month
    ids: Mapping[str, int]
    types: Mapping[str, LeaveType]
    at: At

    def who(self, number: str, days: int) -> Who:
        now = self.at(self.month, timedelta(days=days, hours=10))
        return Who(Actor(number, self.ids[number]), now)

    def leave(self, person: Person, kind: str, days: int, part: str = "whole") -> str | None:
        """On the first free day from so many after the month's last on; the request's ref."""
        for more in range(TRY):
            day = self.month.last_day + timedelta(days=days + more)
            shifts = shifts_between(self.session, self.ids[person.no], day, day)
            if day not in shifts:
                continue
            start, end = leave_span(Days(day, day, part), shifts)
            with suppress(Refused):
                made = requests.ask_for_leave(
                    self.session,
                    who=self.who(person.no, -4),
                    kind=kind,
                    start=start,
                    end=end,
                    reason=REASONS[kind],
                    types=self.types,
                )
                return str(made.id)
        return None

    def decide(self, person: Person, ref: str | None, approve: bool, reason: str) -> None:
        if ref is not None and person.supervisor in self.ids:
            by = self.who(person.supervisor or "", -2)
            decide(self.session, who=by, ref=ref, approve=approve, reason=reason)


REASONS = {
    "annual": "家中有事，工作已与同组同事交接。",
    "personal": "下午需到房管局办理手续，无法改期。",
    "compensatory": "上周六加班，申请调休。",
}


def ask(
    session: Session,
    *,
    month: Month,
    people: Sequence[Person],
    types: Mapping[str, LeaveType],
    at: At,
) -> None:
    """``at`` gives a moment after the last day of ``month`` began."""
    ids: dict[str, int] = dict(session.execute(select(Employee.employee_no, Employee.id)).all())
    desk = _Desk(session, month, ids, types, at)
    struggler = next((person for person in people if person.story == "struggler"), None)
    star = next((person for person in people if person.story == "star"), None)
    if struggler is None or star is None or not {*REASONS} <= types.keys():
        return
    team = [
        person
        for person in people
        if person.supervisor == struggler.supervisor
        and person.leave is None
        and person.hire <= month.first_day
    ]
    for person in (star, struggler):
        desk.decide(person, desk.leave(person, "personal", -3, "second_half"), True, "")
        desk.leave(person, "annual", 5)
    for person, reason in zip(team[-2:], ("当天已有两人请假，请改期。", ""), strict=False):
        ref = desk.leave(person, "compensatory", -1)
        desk.decide(person, ref, not reason, reason)
    _overtime(desk, team[0])
    _corrections(desk, [struggler, *team, *people])


def _overtime(desk: _Desk, person: Person) -> None:
    day = desk.month.last_day + timedelta(days=7)
    start, end = leave_span(Days(day, day, "times", 18 * 60, 20 * 60), {})
    with suppress(Refused):
        requests.ask_for_overtime(
            desk.session,
            who=desk.who(person.no, -1),
            start=start,
            end=end,
            reason="大促次日回访积压，需加班两小时。",
        )


def _corrections(desk: _Desk, people: Sequence[Person]) -> None:
    """Three missing punches are asked for: one is approved, one waits, one is declined."""
    found = _missing(desk, {desk.ids[person.no] for person in people})
    by_id = {desk.ids[person.no]: person for person in people}
    for place, (who, day, second) in enumerate(found[: len(FORGOT)]):
        person = by_id[who]
        with suppress(Refused):
            made = requests.ask_for_correction(
                desk.session,
                who=desk.who(person.no, (day - desk.month.last_day).days + 1),
                at=wall_time(second),
                reason=FORGOT[place],
                limit=None,
            )
            if place != 1:
                reason = "" if place == 0 else "监控显示当时不在工位。"
                desk.decide(person, str(made.id), place == 0, reason)


def _missing(desk: _Desk, ids: set[int]) -> list[tuple[int, date, int]]:
    """Who lacks a punch on which day, and the time of the shift at which it lacks."""
    days = desk.session.scalars(
        select(PersonDay)
        .where(PersonDay.month == desk.month, PersonDay.missing, PersonDay.employee_id.in_(ids))
        .order_by(PersonDay.day, PersonDay.employee_id)
    )
    return [
        (row.employee_id, row.day, at)
        for row in days
        if (at := row.shift_start if row.arrival is None else row.shift_end) is not None
    ]
