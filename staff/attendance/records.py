"""The records that person-days are computed from, read set-wise for many employees at once.

Statements grow with the number of chunks, not of people: a chunk holds ``CHUNK`` employees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from staff.attendance.days import ExcuseKind, PersonDay, person_days
from staff.attendance.days import Leave as LeaveSpan
from staff.attendance.models import Excuse, Leave, Overtime, Punch, Roster
from staff.attendance.policy import AttendanceSection, LeaveType
from staff.attendance.rostering import Entries, Rostering, Teams, reaches, roster_entry
from staff.attendance.rosters import DayCalendar
from staff.attendance.spans import DAY, HOUR, Span, midnight, united
from staff.attendance.windows import Needed, certain_from, needed
from staff.models import Assignment, Employee

CHUNK = 500
DateSpan = tuple[date, date]
Sections = tuple[AttendanceSection, Mapping[str, LeaveType]]
"""The sections of the policy that say how the days of a month are read."""

# How far the punches of a date's shift may lie from the midnight that begins it: see windows.py.
EARLIEST = -5 * HOUR
LATEST = 2 * DAY + 6 * HOUR


@dataclass(frozen=True, slots=True)
class Rules:
    """What records are read by: the sections of the month's policy, and the calendar."""

    section: AttendanceSection
    leave: Mapping[str, LeaveType]
    calendar: DayCalendar


@dataclass(slots=True)
class Records:
    """What is known of one employee, as far as the days in question need it."""

    hire_date: date
    leave_date: date | None
    rosters: Entries = ()
    teams: Teams = ()
    overtime: list[Span] = field(default_factory=list)
    leaves: list[LeaveSpan] = field(default_factory=list)
    punches: list[int] = field(default_factory=list)
    corrections: list[int] = field(default_factory=list)
    excuses: set[tuple[date, ExcuseKind]] = field(default_factory=set)

    def employed_between(self, first: date, last: date) -> bool:
        return self.hire_date <= last and (self.leave_date is None or self.leave_date >= first)


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """The ids in order, ``CHUNK`` at a time."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def basics(session: Session, ids: Sequence[int], first: date, last: date) -> dict[int, Records]:
    """Employment and overtime of these employees: what says how far other records are needed.

    Overtime comes whole: every approved span that may count on the dates, and those that it is
    united with, however far they reach.
    """
    low, high = midnight(first) + EARLIEST, midnight(last) + LATEST
    people = session.execute(
        select(Employee.id, Employee.hire_date, Employee.leave_date, Overtime.start, Overtime.end)
        .outerjoin(Overtime, (Overtime.employee_id == Employee.id) & _overlapping(low, high))
        .where(Employee.id.in_(ids))
    )
    found: dict[int, Records] = {}
    spans: dict[int, list[Span]] = defaultdict(list)
    for who, hire, leave, start, end in people:
        found.setdefault(who, Records(hire, leave))
        if start is not None and end is not None:
            spans[who].append((start, end))
    for who, whole in _whole(session, ids, spans, low, high).items():
        found[who].overtime = whole
    return found


def _whole(
    session: Session, ids: Sequence[int], spans: dict[int, list[Span]], low: int, high: int
) -> dict[int, list[Span]]:
    """United spans of overtime; one that crosses the edge is followed to where it ends."""
    while True:
        joined = {who: united(each) for who, each in spans.items()}
        begin = min([low, *(each[0][0] for each in joined.values())])
        until = max([high, *(each[-1][1] for each in joined.values())])
        if (begin, until) == (low, high):
            return joined
        low, high = begin, until  # one that touches it may lie beyond
        spans = defaultdict(list)
        rows = session.execute(
            select(Overtime.employee_id, Overtime.start, Overtime.end).where(
                Overtime.employee_id.in_(ids), _overlapping(low, high)
            )
        )
        for who, start, end in rows:
            spans[who].append((start, end))


def _overlapping(low: int, high: int) -> ColumnElement[bool]:
    return (Overtime.status == "approved") & (Overtime.start <= high) & (Overtime.end >= low)


def fill(
    session: Session,
    known: Mapping[int, Records],
    spans: Mapping[int, DateSpan],
    rules: Rules,
    *,
    judged: bool = True,
) -> dict[int, Needed]:
    """Read all else that the dates of ``spans`` need into the records of their employees.

    Returns how far shifts and punches are needed, by employee. ``spans`` is not empty. What became
    of the days is not asked for unless they are to be ``judged``: no leave and no excuses then.
    """
    ids = list(spans)
    need = {who: needed(*span, known[who].overtime) for who, span in spans.items()}
    first = min(span[0] for span in spans.values())
    last = max(span[1] for span in spans.values())
    latest = max(each.last_shift for each in need.values())
    add_rosters(session, known, ids, min(each.first_shift for each in need.values()), latest)
    if judged:
        _add_leaves(session, known, ids, first, last, rules.leave)
        _add_excuses(session, known, ids, first, last)
    _add_punches(session, known, need, rules.section.repeat_minutes)
    return need


def add_rosters(
    session: Session, known: Mapping[int, Records], ids: Sequence[int], first: date, last: date
) -> None:
    """Read what decides the shifts of the dates: own rosters, and teams over time."""
    rows = session.scalars(
        select(Roster)
        .where(Roster.employee_id.in_(ids), reaches(first, last))
        .order_by(Roster.employee_id, Roster.start)
    )
    for row in rows:
        known[row.employee_id or 0].rosters += (roster_entry(row),)
    assigned = session.execute(
        select(Assignment.employee_id, Assignment.effective_from, Assignment.team_id)
        .where(Assignment.employee_id.in_(ids), Assignment.effective_from <= last)
        .order_by(Assignment.employee_id, Assignment.effective_from)
    )
    for who, since, team in assigned:
        known[who].teams += ((since, team),)


def _add_leaves(
    session: Session,
    known: Mapping[int, Records],
    ids: Sequence[int],
    first: date,
    last: date,
    types: Mapping[str, LeaveType],
) -> None:
    rows = session.execute(
        select(Leave.employee_id, Leave.start, Leave.end, Leave.type).where(
            Leave.employee_id.in_(ids),
            Leave.status == "approved",
            Leave.end > midnight(first),
            Leave.start < midnight(last) + LATEST,
        )
    )
    protected = {key for key, kind in types.items() if kind.protected}
    for who, start, end, kind in rows:
        known[who].leaves.append(LeaveSpan(start, end, kind in protected))


def _add_excuses(
    session: Session, known: Mapping[int, Records], ids: Sequence[int], first: date, last: date
) -> None:
    excuses = session.execute(
        select(Excuse.employee_id, Excuse.day, Excuse.kind).where(
            Excuse.employee_id.in_(ids), Excuse.day.between(first, last)
        )
    )
    for who, day, kind in excuses:
        known[who].excuses.add((day, kind))  # type: ignore[arg-type]


def _add_punches(
    session: Session, known: Mapping[int, Records], need: Mapping[int, Needed], repeat: int
) -> None:
    """Punches as far as needed, and back to a pause before: what is dropped depends on them."""
    margin = HOUR + repeat * 60
    waiting = list(need)
    while waiting:
        since = min(need[who].punches_from for who in waiting) - margin
        until = max(need[who].punches_until for who in waiting)
        rows = session.connection().execute(  # the session would make each row twice
            select(Punch.employee_id, Punch.at, Punch.correction)
            .where(Punch.employee_id.in_(waiting), Punch.at >= since, Punch.at < until)
            .order_by(Punch.employee_id, Punch.at)
        )
        punches: dict[int, list[int]] = defaultdict(list)
        corrections: dict[int, list[int]] = defaultdict(list)
        for who, at, correction in rows:
            punches[who].append(at)
            if correction:
                corrections[who].append(at)
        for who in waiting:
            known[who].punches, known[who].corrections = punches[who], corrections[who]
        waiting = [
            who
            for who in waiting
            if certain_from(punches[who], since, repeat) > need[who].punches_from
        ]
        margin *= 8


def days_of(
    records: Records, span: DateSpan, need: Needed, rostering: Rostering, repeat_minutes: int
) -> list[PersonDay]:
    """The days of one employee from records that ``fill`` has completed."""
    shifts = rostering.shifts(records, need.first_shift, need.last_shift)
    return person_days(
        *span,
        shifts=shifts,
        windows=rostering.windows(shifts),
        punches=records.punches,
        corrections=records.corrections,
        leaves=records.leaves,
        overtime=records.overtime,
        excuses=records.excuses,
        repeat_minutes=repeat_minutes,
    )


def computed_days(
    session: Session, ids: Iterable[int], span: DateSpan, rules: Rules
) -> Iterator[tuple[int, Records, list[PersonDay]]]:
    """All days of a span under given rules, employee by employee in the order of their ids.

    Those who are not employed on any of the dates are left out.
    """
    rostering = Rostering(session, rules.calendar)
    for part in chunks(ids):
        known = basics(session, part, *span)
        spans = {who: span for who in part if known[who].employed_between(*span)}
        if not spans:
            continue
        need = fill(session, known, spans, rules)
        for who in spans:
            days = days_of(known[who], span, need[who], rostering, rules.section.repeat_minutes)
            yield who, known[who], days
