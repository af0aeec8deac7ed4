"""The facts of a month from stored person-days, and days as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, ColumnExpressionArgument, func, or_, select
from sqlalchemy.orm import Session

from core.values import Fact, Month
from staff.attendance.calendar import OfficialCalendar
from staff.attendance.calendars import calendar_json
from staff.attendance.facts import Totals, facts_of, month_facts
from staff.attendance.models import PersonDay, Roster
from staff.attendance.policy import AttendanceSection, LeaveType
from staff.attendance.records import Rules, computed_days
from staff.attendance.rostering import reaches
from staff.attendance.views import month_view, person_month
from staff.models import Assignment, Employee

__all__ = [
    "attendance_facts",
    "calendar_json",
    "days_for_policy",
    "in_month",
    "month_totals",
    "month_view",
    "person_month",
    "rostered_employees",
]


def in_month(session: Session, month: Month) -> ColumnElement[bool]:
    """Which person-days are of the month, told so that the database finds them fast.

    SQLite keeps them in the order of persons and days: by the index of months it would seek each
    one, by the key only the first of each person.
    """
    if session.get_bind().dialect.name != "sqlite":
        return PersonDay.month == month
    return PersonDay.employee_id.in_(select(Employee.id)) & PersonDay.day.between(
        month.first_day, month.last_day
    )


def month_totals(
    session: Session, month: Month, late_tiers: Iterable[int], only: int | None = None
) -> dict[int, Totals]:
    """Sums over the stored days of the month by employee id; excused events are left out.

    Employees without a stored day are absent.
    """
    tiers = tuple(late_tiers)
    late = (PersonDay.late_minutes > 0) & ~PersonDay.excused.contains("l")
    early = (PersonDay.early_minutes > 0) & ~PersonDay.excused.contains("e")
    columns: list[ColumnElement[int]] = [  # in the order of Totals
        _count(PersonDay.scheduled),
        _count(PersonDay.worked),
        _count(late),
        func.coalesce(func.sum(PersonDay.late_minutes).filter(late), 0),
        _count(early),
        func.coalesce(func.sum(PersonDay.early_minutes).filter(early), 0),
        _count(PersonDay.absent),
        _count(PersonDay.missing & ~PersonDay.excused.contains("m")),
        func.sum(PersonDay.leave_halves),
        func.sum(PersonDay.protected_halves),
        func.sum(PersonDay.overtime_seconds),
    ]
    above = [_count(late & (PersonDay.late_minutes > tier)) for tier in tiers]
    rows = session.execute(
        select(PersonDay.employee_id, *columns, *above)
        .where(in_month(session, month), *([PersonDay.employee_id == only] if only else []))
        .group_by(PersonDay.employee_id)
    )
    size = len(columns)
    return {who: Totals._make([*sums[:size], dict(zip(tiers, sums[size:]))]) for who, *sums in rows}


def _count(condition: ColumnExpressionArgument[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def rostered_employees(session: Session, month: Month) -> set[int]:
    """Whose own roster reaches into the month, or that of a team they are in on one of its days."""
    first, last = month.first_day, month.last_day
    own = select(Roster.employee_id).where(Roster.employee_id.is_not(None), reaches(first, last))
    teams = select(Roster.team_id).where(Roster.team_id.is_not(None), reaches(first, last))
    until = func.lead(Assignment.effective_from).over(
        partition_by=Assignment.employee_id, order_by=Assignment.effective_from
    )
    spells = select(
        Assignment.employee_id, Assignment.team_id, Assignment.effective_from, until.label("until")
    ).subquery()
    members = select(spells.c.employee_id).where(
        spells.c.team_id.in_(teams),
        spells.c.effective_from <= last,
        or_(spells.c.until.is_(None), spells.c.until > first),
    )
    return set(session.scalars(own.union(members)))


def attendance_facts(
    session: Session, month: Month, section: AttendanceSection
) -> dict[int, dict[str, Fact]]:
    """The attendance facts of everybody who has a roster in the month, by employee id.

    They follow from the stored days: refresh those first.
    """
    sums = month_totals(session, month, section.late_tiers)
    none = Totals(late_over=dict.fromkeys(section.late_tiers, 0))
    return {
        who: facts_of(sums.get(who, none), section)
        for who in sorted(rostered_employees(session, month))
    }


def days_for_policy(
    session: Session,
    month: Month,
    section: AttendanceSection,
    leave: Mapping[str, LeaveType],
    calendar: Mapping[str, Any],
) -> dict[int, dict[str, Fact]]:
    """The facts of ``attendance_facts`` under other sections of a policy; nothing is stored.

    ``calendar`` is a document of ``calendar_json``. Those not employed in the month are left out.
    """
    rules = Rules(section, leave, OfficialCalendar.from_json(calendar).days)
    rostered = rostered_employees(session, month)
    employed = session.scalars(
        select(Employee.id).where(
            Employee.hire_date <= month.last_day,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= month.first_day),
        )
    )
    ids = rostered.intersection(employed)
    span = (month.first_day, month.last_day)
    return {
        who: month_facts(days, section, rostered=True)
        for who, _, days in computed_days(session, ids, span, rules)
    }
