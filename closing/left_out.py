"""What a close leaves out, said before and after it: nothing is passed over in silence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import String, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from closing.month import MonthResult
from core.db import month_seconds
from core.models import LateRow
from core.values import Month
from rewards.models import Incident
from staff.attendance.models import AttendanceRequest, Leave, Overtime, PersonDay
from staff.attendance.queries import in_month
from staff.models import Employee
from staff.people import PersonRow


@dataclass(frozen=True, slots=True)
class Omission:
    """One kind of thing left out: who or what it concerns, as identifiers (no names).

    Kinds: ``proposals``, ``no_template``, ``no_data``, ``incomplete``, ``incidents``,
    ``silent_teams``, ``late_rows``, ``requested_leave``, ``requested_overtime``.
    """

    kind: str
    count: int
    items: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "count": self.count, "items": self.items}


DueDays = tuple[int, Sequence[str], Sequence[str]]
"""An employee id, the days on which they were due and absent, and those on which they worked."""


def omissions(
    session: Session,
    month: Month,
    result: MonthResult,
    people: Iterable[PersonRow],
    due: Iterable[DueDays] | None = None,
) -> list[Omission]:
    """Everything that the month, closed as it is, leaves out; kinds without anything are absent.

    ``due`` are the days of everybody, those that are stored where it is None.
    """
    people = list(people)
    due = _stored_days(session, month) if due is None else due
    scored = {card.person.employee_id for card in result.cards}
    found: dict[str, list[dict[str, Any]]] = {
        "proposals": [
            {"employee_no": card.person.employee_no, "rule": entry.rule, "by": entry.fired_by}
            for card in result.cards
            for entry in card.rules
            if entry.state == "proposed"
        ],
        "no_template": [
            {"employee_no": row.employee_no, "position": row.position}
            for row in people
            if row.employed and row.employee_id not in scored
        ],
        "no_data": [
            {"employee_no": card.person.employee_no} for card in result.cards if card.base is None
        ],
        "incomplete": [
            {"employee_no": card.person.employee_no, "coverage": card.coverage}
            for card in result.cards
            if card.status == "incomplete" and card.base is not None
        ],
        "incidents": _without_entry(session, month, result),
        "silent_teams": _silent_teams(due, people),
    }
    listed = [Omission(kind, len(items), items) for kind, items in found.items() if items]
    counted = {
        "late_rows": _late(session, month),
        "requested_leave": _requested(session, month, Leave),
        "requested_overtime": _requested(session, month, Overtime),
        "requested_corrections": _corrections(session, month),
    }
    return listed + [Omission(kind, count) for kind, count in counted.items() if count]


def _stored_days(session: Session, month: Month) -> Iterator[DueDays]:
    """One row of the database a person, whose days are a text: there are many."""
    day = cast(PersonDay.day, String)
    absent = PersonDay.absent.is_(True) & PersonDay.worked.is_(False)
    rows = session.execute(
        select(
            PersonDay.employee_id,
            func.aggregate_strings(case((absent, day)), " "),
            func.aggregate_strings(case((PersonDay.worked.is_(True), day)), " "),
        )
        .where(in_month(session, month), PersonDay.scheduled.is_(True))
        .group_by(PersonDay.employee_id)
    )
    for who, *texts in rows:
        absences, worked = ((text or "").split() for text in texts)
        yield who, absences, worked


def _silent_teams(due: Iterable[DueDays], people: Iterable[PersonRow]) -> list[dict[str, Any]]:
    """Days on which several of a team were due and nobody punched: rather a failed device."""
    teams = {row.employee_id: row.team_path for row in people}
    absent: dict[str, Counter[str]] = defaultdict(Counter)
    worked: dict[str, set[str]] = defaultdict(set)
    for employee_id, absences, presences in due:
        team = teams.get(employee_id)
        if team is not None:
            absent[team].update(absences)
            worked[team].update(presences)
    silent = sorted(
        (day, team, number)
        for team, days in absent.items()
        for day, number in days.items()
        if number > 1 and day not in worked[team]
    )
    return [{"team": team, "day": day, "people": number} for day, team, number in silent]


def _without_entry(session: Session, month: Month, result: MonthResult) -> list[dict[str, Any]]:
    """Incidents of the month on no scorecard: there is none, or the rule does not apply."""
    told = {entry.incident for card in result.cards for entry in card.rules}
    rows = session.execute(
        select(Incident.id, Employee.employee_no, Incident.rule, Incident.day)
        .join(Employee, Employee.id == Incident.employee_id)
        .where(
            or_(
                and_(Incident.status == "approved", Incident.counts_in == month),
                and_(
                    Incident.status == "recorded",
                    Incident.day.between(month.first_day, month.last_day),
                ),
            )
        )
        .order_by(Employee.employee_no, Incident.day, Incident.id)
    )
    return [
        {"employee_no": row.employee_no, "rule": row.rule, "day": row.day.isoformat()}
        for row in rows
        if row.id not in told
    ]


def _late(session: Session, month: Month) -> int:
    statement = select(func.count()).select_from(LateRow)
    statement = statement.where(LateRow.month == month, LateRow.state == "waiting")
    return session.scalar(statement) or 0


def _corrections(session: Session, month: Month) -> int:
    statement = select(func.count()).where(
        AttendanceRequest.kind == "correction",
        AttendanceRequest.state == "requested",
        AttendanceRequest.day.between(month.first_day, month.last_day),
    )
    return session.scalar(statement) or 0


def _requested(session: Session, month: Month, model: type[Leave] | type[Overtime]) -> int:
    start, end = month_seconds(month)
    statement = select(func.count()).select_from(model)
    statement = statement.where(model.status == "requested", model.start < end, model.end > start)
    return session.scalar(statement) or 0
