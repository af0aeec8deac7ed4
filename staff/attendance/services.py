"""Person-days kept up to date: what is stale is noted, computed set-wise, and stored.

A change of records notes the dates that it is about (``mark_stale``); ``refresh_days`` finds which
days may differ for it, computes those, and writes the rows that did change. Closed months are never
computed: whoever reopens one calls ``mark_month``, as does whoever changes its policy or calendar.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table, bindparam, delete, or_, select, text, update
from sqlalchemy.orm import Session

from core.bulk import in_one_go, insert_rows
from core.models import MonthState
from core.values import Month
from staff.attendance.calendars import calendar_around
from staff.attendance.models import AttendanceMonth, PersonDay, StaleDays
from staff.attendance.records import (
    EARLIEST,
    LATEST,
    DateSpan,
    Records,
    Rules,
    Sections,
    basics,
    chunks,
    days_of,
    fill,
)
from staff.attendance.rostering import Rostering
from staff.attendance.rows import COLUMNS, Row, rows_of
from staff.attendance.spans import midnight
from staff.attendance.windows import touched_days
from staff.models import Assignment, Employee

__all__ = ["Sections", "ensure_month", "mark_month", "mark_stale", "mark_team", "refresh_days"]

StaleSpan = tuple[int | None, date, date]
"""An employee (None: everybody), and the first and last date, both included."""

SectionsOf = Callable[[Month], Sections | None]
"""The policy's sections in force in a month, None where no policy is."""

DAYS: Table = PersonDay.__table__  # type: ignore[assignment]
_ONE_DAY = timedelta(days=1)
# Open ends are cut here, where there is room left for arithmetic with dates.
_NEVER, _FOR_EVER = date(1900, 1, 1), date(9000, 1, 1)
# Punches that are repeats of each other form a chain, and a new one may change which are kept up to
# its end. Where they may lie this far apart, a chain may be longer than the days that are computed
# around a change anyway; below, it would take a punch at least every hour for three days.
_LONG_REPEAT = 60


def mark_stale(session: Session, spans: Iterable[StaleSpan]) -> None:
    """Note that records on these dates came, went or changed.

    The dates are those on which the records lie, before and after the change; how far their
    effect reaches is found by ``refresh_days``. Spans that overlap or adjoin become one.
    """
    insert_rows(session, StaleDays, ("employee_id", "first", "last"), _merged(spans))


def mark_month(session: Session, month: Month) -> None:
    """Note that every day of the month is stale: its policy, calendar or state changed."""
    mark_stale(session, [(None, month.first_day, month.last_day)])


def mark_team(session: Session, team_id: int, first: date, last: date) -> None:
    """Note that the roster of a team changed on these dates, for whoever was ever in the team."""
    members = session.scalars(
        select(Assignment.employee_id).where(Assignment.team_id == team_id).distinct()
    )
    mark_stale(session, [(who, first, last) for who in members])


def ensure_month(session: Session, month: Month) -> None:
    """Keep the person-days of ``month`` from now on; all of them are stale if they were not kept.

    Safe to call at once from several places.
    """
    session.flush()
    statement = text("INSERT INTO attendance_months (month) VALUES (:month) ON CONFLICT DO NOTHING")
    if session.execute(statement, {"month": str(month)}).rowcount:  # type: ignore[attr-defined]
        mark_month(session, month)


def refresh_days(session: Session, sections: SectionsOf) -> int:
    """Compute what is stale in the open months that are kept; the number of rows that changed.

    Months without a policy in force are passed over: whoever publishes one marks them. Rows that
    the session has loaded as objects before are not refreshed.
    """
    session.flush()
    # The lock, where the database has one, keeps two refreshments from storing the same day.
    months = session.scalars(
        select(AttendanceMonth.month).order_by(AttendanceMonth.month).with_for_update()
    ).all()
    closed = set(session.scalars(select(MonthState.month).where(MonthState.state == "closed")))
    marks = session.execute(
        delete(StaleDays).returning(StaleDays.employee_id, StaleDays.first, StaleDays.last)
    ).all()
    stale = [(who, max(first, _NEVER), min(last, _FOR_EVER)) for who, first, last in marks]
    changed = 0
    for month in months:
        found = None if month in closed or not stale else sections(month)
        if found is not None:
            section, leave = found
            rules = Rules(section, leave, calendar_around(session, month).days)
            with in_one_go():
                changed += _refresh_month(session, month, stale, rules)
    return changed


def _merged(spans: Iterable[StaleSpan]) -> list[StaleSpan]:
    result: list[StaleSpan] = []
    for who, first, last in sorted(spans, key=lambda span: (span[0] or 0, span[1])):
        if result and result[-1][0] == who and first <= min(result[-1][2], _FOR_EVER) + _ONE_DAY:
            result[-1] = (who, result[-1][1], max(result[-1][2], last))
        else:
            result.append((who, first, last))
    return result


def _refresh_month(session: Session, month: Month, stale: list[StaleSpan], rules: Rules) -> int:
    everybody = [(first, last) for who, first, last in stale if who is None]
    own: dict[int, list[DateSpan]] = defaultdict(list)
    for who, first, last in stale:
        if who is not None:
            own[who].append((first, last))
    ids = _possible(session, month) if everybody else own.keys()
    rostering = Rostering(session, rules.calendar)
    span = (month.first_day, month.last_day)
    changed = 0
    for part in chunks(ids):
        known = basics(session, part, *span)
        spans = {}
        for who in part:
            marks = everybody + own.get(who, [])
            touched = _touched(month, marks, known[who], rules.section.repeat_minutes)
            if touched is not None:
                spans[who] = touched
        if spans:
            rows = _computed(session, month, known, spans, rules, rostering)
            changed += _store_differences(session, spans, rows)
    return changed


def _possible(session: Session, month: Month) -> set[int]:
    """Whoever is employed in the month, or still has days in it."""
    employed = select(Employee.id).where(
        Employee.hire_date <= month.last_day,
        or_(Employee.leave_date.is_(None), Employee.leave_date >= month.first_day),
    )
    stored = select(PersonDay.employee_id).where(PersonDay.month == month)
    return set(session.scalars(employed.union(stored)))


def _touched(
    month: Month, marks: Iterable[DateSpan], records: Records, repeat_minutes: int
) -> DateSpan | None:
    """The dates of the month from the first to the last whose day may differ for the marks."""
    found: list[date] = []
    for first, last in marks:
        if first <= month.first_day and month.last_day <= last:
            return month.first_day, month.last_day
        # From the first punch that a day may take from its neighbours to the last.
        begin, until = midnight(first) + EARLIEST, midnight(last) + LATEST
        first, last = touched_days(begin, until, records.overtime)
        if repeat_minutes > _LONG_REPEAT:
            last = max(last, month.last_day)
        if first <= month.last_day and last >= month.first_day:
            found += (max(first, month.first_day), min(last, month.last_day))
    return (min(found), max(found)) if found else None


def _computed(
    session: Session,
    month: Month,
    known: Mapping[int, Records],
    spans: Mapping[int, DateSpan],
    rules: Rules,
    rostering: Rostering,
) -> dict[tuple[int, date], Row]:
    need = fill(session, known, spans, rules)
    rows: dict[tuple[int, date], Row] = {}
    for who, span in spans.items():
        if known[who].employed_between(month.first_day, month.last_day):
            days = days_of(known[who], span, need[who], rostering, rules.section.repeat_minutes)
            rows.update(rows_of(who, days))
    return rows


def _store_differences(
    session: Session, spans: Mapping[int, DateSpan], rows: Mapping[tuple[int, date], Row]
) -> int:
    first = min(span[0] for span in spans.values())
    last = max(span[1] for span in spans.values())
    stored = session.execute(
        select(DAYS.c.employee_id, DAYS.c.day, *(DAYS.c[name] for name in COLUMNS)).where(
            DAYS.c.employee_id.in_(spans.keys()), DAYS.c.day.between(first, last)
        )
    )
    gone: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    same = set()
    for who, day, *values in stored:
        if not spans[who][0] <= day <= spans[who][1]:
            continue
        row = rows.get((who, day))
        if row is None:
            gone.append({"who": who, "on": day})
            continue
        same.add((who, day))
        if row != tuple(values):
            changed.append({"who": who, "on": day, **dict(zip(COLUMNS, row))})
    new = [
        (who, day, Month.of(day), *row)
        for (who, day), row in rows.items()
        if (who, day) not in same
    ]
    key = (DAYS.c.employee_id == bindparam("who")) & (DAYS.c.day == bindparam("on"))
    if gone:
        session.execute(delete(DAYS).where(key), gone)
    if changed:
        session.execute(update(DAYS).where(key), changed)
    insert_rows(session, PersonDay, ("employee_id", "day", "month", *COLUMNS), new)
    return len(gone) + len(changed) + len(new)
