"""However records come and go, the stored days are those of computing everything at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.orm import Session
from support.staffing import MOMENT, Staffing

from core.values import Month
from staff.attendance.models import Excuse, Leave, Overtime, PersonDay, Punch, Roster
from staff.attendance.policy import DEFAULT_LEAVE, AttendanceSection
from staff.attendance.services import ensure_month, mark_month, mark_stale, refresh_days
from staff.attendance.spans import date_of, midnight

MONTHS = (Month(2026, 10), Month(2026, 11))
FIRST, LAST = date(2026, 10, 24), date(2026, 11, 8)
SHIFTS = [(540, 1080), (1260, 360), (0, 0), (720, 1260), (1380, 1320), None]
DAY_OF_QUARTERS = 96


class Record(NamedTuple):
    """A row of one of two people: its identity, its other values, the dates it is about."""

    person: int
    table: type[Any]
    key: dict[str, Any]
    values: dict[str, Any]
    first: date
    last: date


people = st.integers(0, 1)
moments = st.one_of(
    st.integers(midnight(FIRST) // 900, midnight(LAST) // 900).map(lambda n: n * 900),
    st.integers(midnight(FIRST) // 60, midnight(LAST) // 60).map(lambda n: n * 60),
)
dates = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def punches(draw: st.DrawFn) -> Record:
    at = draw(moments)
    values = {"correction": draw(st.booleans())}
    return Record(draw(people), Punch, {"at": at}, values, date_of(at), date_of(at))


@st.composite
def spans(draw: st.DrawFn) -> Record:
    start = draw(moments)
    quarters = st.one_of(st.integers(1, 60), st.sampled_from([DAY_OF_QUARTERS, 480, 1200]))
    end = start + draw(quarters) * 900
    table, more = draw(st.sampled_from([(Leave, {"type": "annual"}), (Overtime, {})]))
    values = {"end": end, "status": "approved", **more}
    return Record(draw(people), table, {"start": start}, values, date_of(start), date_of(end))


@st.composite
def rosters(draw: st.DrawFn) -> Record:
    start, shift = draw(dates), draw(st.sampled_from(SHIFTS))
    days = draw(st.one_of(st.none(), st.integers(0, 9)))
    end = None if days is None else start + timedelta(days=days)
    values = {
        "end": end,
        "shift_start": shift and shift[0],
        "shift_end": shift and shift[1],
        "break_minutes": 0,
        "grace_minutes": 0,
        "weekdays": draw(st.sampled_from(["1234567", "12345", "67"])),
        "follows_calendar": draw(st.booleans()),
    }
    return Record(draw(people), Roster, {"start": start}, values, start, end or date.max)


@st.composite
def excuses(draw: st.DrawFn) -> Record:
    day = draw(dates)
    key = {"day": day, "kind": draw(st.sampled_from(["late", "early", "missing"]))}
    values = {"reason": "x", "decided_by": "E1", "decided_at": MOMENT}
    return Record(draw(people), Excuse, key, values, day, day)


records = st.one_of(punches(), punches(), punches(), spans(), rosters(), excuses())
# A record that is there already goes; after it, the days may be brought up to date.
steps = st.lists(st.tuples(records, st.booleans()), min_size=1, max_size=40)
repeats = st.sampled_from([0, 5, 5, 60, 61, 1440])


class Centre:
    """Two people who work from Monday to Friday, on whom records come and go."""

    def __init__(self, session: Session, repeat_minutes: int) -> None:
        self.session = session
        self.section = AttendanceSection(3, 3, 3, 25, repeat_minutes=repeat_minutes)
        staffing = Staffing(session)
        self.people = [staffing.employee(), staffing.employee(hired=FIRST, left=LAST)]
        for employee in self.people:
            staffing.roster(employee)
        for month in MONTHS:
            ensure_month(session, month)

    def refresh(self) -> int:
        return refresh_days(self.session, lambda _: (self.section, DEFAULT_LEAVE))

    def toggle(self, record: Record) -> None:
        """Add the record, or remove the one under its identity."""
        employee = self.people[record.person]
        table = record.table.__table__
        same: ColumnElement[bool] = and_(
            table.c.employee_id == employee,
            *(table.c[name] == value for name, value in record.key.items()),
        )
        known = self.session.execute(select(table).where(same)).first()
        first, last = record.first, record.last
        if known is None:
            values = {"employee_id": employee, **record.key, **record.values}
            self.session.execute(insert(table).values(values))
        else:
            self.session.execute(delete(table).where(same))
            if record.table is Roster:
                last = known.end or date.max
            elif "end" in record.values:
                last = date_of(known.end)
        mark_stale(self.session, [(employee, first, last)])

    def days(self) -> set[tuple[Any, ...]]:
        return {tuple(row) for row in self.session.execute(select(PersonDay.__table__))}

    def all_at_once(self) -> set[tuple[Any, ...]]:
        self.session.execute(delete(PersonDay))
        for month in MONTHS:
            mark_month(self.session, month)
        self.refresh()
        return self.days()


# The session is empty again after each example; a slow one says that the machine is busy.
def examples(number: int) -> settings:
    return settings(deadline=None, max_examples=number, suppress_health_check=list(HealthCheck))


steps_and_minutes = given(steps=steps, repeat_minutes=repeats)
found_and_data = given(
    found=st.lists(records, min_size=2, max_size=20, unique_by=lambda r: (r[0], r[1], str(r[2]))),
    data=st.data(),
)


def check_on_the_way(
    session: Session, steps: list[tuple[Record, bool]], repeat_minutes: int
) -> None:
    try:
        centre = Centre(session, repeat_minutes)
        for record, refresh in steps:
            centre.toggle(record)
            if refresh:
                centre.refresh()
        centre.refresh()
        on_the_way = centre.days()
        assert on_the_way == centre.all_at_once()
        assert len({(row[0], row[1]) for row in on_the_way}) == len(on_the_way)
    finally:
        session.rollback()


@examples(20)
@steps_and_minutes
def test_days_refreshed_on_the_way_are_those_computed_all_at_once(
    shared_session: Session, steps: list[tuple[Record, bool]], repeat_minutes: int
) -> None:
    check_on_the_way(shared_session, steps, repeat_minutes)


@pytest.mark.long
@examples(60)
@steps_and_minutes
def test_days_refreshed_on_many_ways_are_those_computed_all_at_once(
    shared_session: Session, steps: list[tuple[Record, bool]], repeat_minutes: int
) -> None:
    check_on_the_way(shared_session, steps, repeat_minutes)


def check_order(session: Session, found: list[Record], data: st.DataObject) -> None:
    results = []
    for order in (found, data.draw(st.permutations(found))):
        try:
            centre = Centre(session, 5)
            for record in order:
                centre.toggle(record)
                centre.refresh()
            number = {employee: place for place, employee in enumerate(centre.people)}
            results.append({(number[who], *rest) for who, *rest in centre.days()})
        finally:
            session.rollback()
    assert results[0] == results[1]


@examples(10)
@found_and_data
def test_the_order_in_which_records_come_is_irrelevant(
    shared_session: Session, found: list[Record], data: st.DataObject
) -> None:
    check_order(shared_session, found, data)


@pytest.mark.long
@examples(30)
@found_and_data
def test_any_order_in_which_records_come_is_irrelevant(
    shared_session: Session, found: list[Record], data: st.DataObject
) -> None:
    check_order(shared_session, found, data)
