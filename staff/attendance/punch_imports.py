"""Files of punches: few columns and very many rows, so they have a path of their own.

A punch is one integer here, the employee's id above the wall seconds: a million of them fit into
little memory, and are compared, sorted and stored as such.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import BigInteger, cast, select
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import Session

from core.actor import Actor
from core.bulk import in_one_go
from core.db import wall_seconds, wall_time
from core.files.reading import Table
from core.imports.cells import Bad, moment, remembered, until
from core.imports.headings import layout
from core.imports.kinds import LATE, NEW, REFUSED, SAME, Change, Column, Kind, Line, Setting
from core.imports.rows import Record
from core.imports.staging import Staged, check_bad, check_rows, wrong_width
from core.imports.storing import set_aside
from core.messages import N_, Refused
from core.values import Month
from staff.attendance.boundaries import Edges
from staff.attendance.models import Punch
from staff.attendance.punch_files import PunchFile
from staff.attendance.punch_people import tell_why, with_people
from staff.attendance.services import StaleSpan, ensure_month, mark_stale
from staff.attendance.spans import DAY, date_of
from staff.attendance.windows import NEIGHBOURS
from staff.directory import People

BITS = 34  # wall seconds up to the year 2514
MASK = (1 << BITS) - 1
SIZE = 50_000
MOST = 3_000_000  # punches of one file
MOST_LATE = 200_000  # of which are kept with their cells
FEW = timedelta(days=4)  # between two punches, so few are marked with them


class Punches(Kind):
    name = "punches"
    table: ClassVar[SqlTable] = Punch.__table__  # type: ignore[assignment]
    identity = ("employee_id", "at")
    fetch_by = "employee_id"
    edited = False
    headings: ClassVar[dict[str, str]] = {
        "employee_no": "工号 员工编号",
        "timestamp": "打卡时间 时间",
    }
    example: ClassVar[str] = "E0007,2026-10-03 08:55:10"

    def __init__(self, setting: Setting, people: People) -> None:
        self.people = people
        self.edges = Edges(setting.session, setting.closed)
        past = until(wall_seconds(setting.clock), moment)
        super().__init__(
            setting,
            (
                Column("employee_no", remembered(people.number), "employee_id", True),
                Column("timestamp", past, "at", True),
            ),
        )

    def months(self, record: Record) -> Iterable[Month]:
        return (self.edges.month(record["employee_id"], record["at"]),)

    def after_store(self, changes: Iterable[Change]) -> None:
        """After an undo: the rows say which days are to be computed again."""
        rows = [change.before or change.after or {} for change in changes]
        note_days(self, sorted(row["employee_id"] << BITS | row["at"] for row in rows))


@dataclass(slots=True)
class StagedPunches(Staged):
    """``fresh`` are the new punches in order; ``lines`` only those that are bad or late."""

    fresh: list[int] = field(default_factory=list)

    def store(self, batch: int, actor: Actor, at: datetime) -> None:
        session = self.kind.setting.session
        with in_one_go():
            insert_punches(session, self.fresh, batch)
            set_aside(session, self.kind, self.lines, batch)
            note_days(self.kind, self.fresh)


class _Read(NamedTuple):
    """What was read: punches that may be late with their rows, and the lines that are bad."""

    seen: set[int]
    near: array[int]
    near_rows: array[int]
    bad: list[Line]
    rows: int


def stage_punches(kind: Kind, table: Table) -> StagedPunches:
    """Judge punches; people in files of devices may be named by an alias or by name."""
    assert isinstance(kind, Punches)
    if not isinstance(table, PunchFile):
        with in_one_go():
            return _stage(kind, table)
    [past] = [column.parse for column in kind.columns if column.name == "timestamp"]
    staged = _stage(kind, with_people(kind.setting.session, table, past))
    tell_why(staged, table)
    return staged


def _stage(kind: Punches, table: Table) -> StagedPunches:
    where = layout(table.header, kind.columns)
    places = {column.name: index for index, column in where.places}
    read = _read(kind, table, places, where.width)
    seen = read.seen
    _drop_stored(kind.setting.session, seen)
    lines = list(read.bad)
    kind.edges.read((key >> BITS, key & MASK) for key in read.near if key in seen)
    for key, number in zip(read.near, read.near_rows, strict=True):
        if key not in seen:
            continue
        month = kind.edges.month(key >> BITS, key & MASK)
        if month not in kind.setting.closed:
            continue
        who, at = key >> BITS, key & MASK
        check_rows(len(lines), MOST_LATE)
        line = Line(number, kind.identity, outcome=LATE, month=month)
        employee_no = kind.people.by_id[who].employee_no
        line.cells = {"employee_no": employee_no, "timestamp": str(wall_time(at))}
        line.record = {"employee_id": who, "at": at}
        lines.append(line)
        seen.discard(key)
    late = len(lines) - len(read.bad)
    counts = {
        NEW: len(seen),
        "changed": 0,
        SAME: read.rows - len(seen) - late - len(read.bad),
        LATE: late,
        REFUSED: len(read.bad),
    }
    lines.sort(key=lambda line: line.number)
    return StagedPunches(kind, lines, where.unknown, counts, sorted(seen))


def _read(kind: Punches, table: Table, places: dict[str, int], width: int) -> _Read:
    """Most rows take the short way: number, date and time of day were all met before."""
    ids, days, times = kind.people.ids, dict[str, int](), dict[str, int]()
    number_at, time_at = places["employee_no"], places["timestamp"]
    latest, uncertain = wall_seconds(kind.setting.clock), _uncertain_before(kind.setting)
    seen, near, near_rows, bad = set[int](), array("Q"), array("Q"), list[Line]()
    rows = 0
    for number, row in table.rows:
        rows += 1
        try:
            stamp = row[time_at]
            at = days[stamp[:11]] + times[stamp[11:]]
            employee = ids[row[number_at]]
            if at > latest or len(row) != width:
                raise KeyError
        except (KeyError, IndexError):
            line, record = _line(kind, number, row, places, width)
            if line.problems:
                check_bad(len(bad))
                bad.append(line)
                continue
            employee, at = record["employee_id"], record["at"]
            if stamp[10:14] != " 24:" and stamp[10:14:3] == " :" and stamp[:1].isdigit():
                days[stamp[:11]], times[stamp[11:]] = at - at % DAY, at % DAY
        key = employee << BITS | at
        if at < uncertain and key not in seen:
            near.append(key)
            near_rows.append(number)
        seen.add(key)
        if len(seen) > MOST:
            raise Refused(N_("the file has more than %(limit)s rows; split it"), limit=MOST)
    return _Read(seen, near, near_rows, bad, rows)


def _line(
    kind: Kind, number: int, row: Sequence[str], places: dict[str, int], width: int
) -> tuple[Line, Record]:
    line, record = Line(number, kind.identity), Record()
    cells = {name: row[i].strip() for name, i in places.items() if i < len(row)}
    line.cells = cells
    if len(row) != width:
        line.refuse(wrong_width(row, width))
        return line, record
    for column in kind.columns:
        cell = cells[column.name]
        try:
            if not cell:
                raise Bad(N_("is empty"))
            record[str(column.field)] = column.parse(cell)
        except Bad as bad:
            bad.column = column.name
            line.refuse(bad)
    if not line.problems and record["at"] < 0:
        line.refuse(Bad(N_("the year %(year)s cannot be right"), "timestamp", year=1969))
    return line, record


def _uncertain_before(setting: Setting) -> int:
    """From this moment on no punch can touch a closed month."""
    newest = setting.newest_closed
    if newest is None:
        return 0
    after = newest.last_day + timedelta(days=1 + NEIGHBOURS)
    return wall_seconds(datetime.combine(after, datetime.min.time()))


def _drop_stored(session: Session, keys: set[int]) -> None:
    """Leave out those of ``keys`` that the database has."""
    if not keys:
        return
    low, high = min(key & MASK for key in keys), max(key & MASK for key in keys)
    key = cast(Punch.employee_id, BigInteger) * (1 << BITS) + Punch.at
    query = select(key).where(Punch.at.between(low, high))
    if len(keys) < 1000:
        query = query.where(Punch.employee_id.in_({key >> BITS for key in keys}))
    with session.scalars(query.execution_options(yield_per=20_000)) as found:
        keys.difference_update(found)


def insert_punches(session: Session, keys: Sequence[int], batch: int) -> None:
    """Insert sorted punches: in the order of the primary key, by the driver's quickest way."""
    connection = session.connection()
    rows = ((key >> BITS, key & MASK, False, batch) for key in keys)
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy("COPY punches (employee_id, at, correction, batch_id) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        return
    while part := list(islice(rows, SIZE)):
        connection.exec_driver_sql(
            "INSERT INTO punches (employee_id, at, correction, batch_id) VALUES (?, ?, ?, ?)", part
        )


def note_days(kind: Kind, keys: Sequence[int]) -> None:
    """Mark the days of sorted punches as stale, and keep their months."""
    session = kind.setting.session
    dates: dict[int, date] = {}
    spans: list[StaleSpan] = []
    last = None
    for who, day in ((key >> BITS, (key & MASK) // DAY) for key in keys):
        if (who, day) == last:
            continue
        last = who, day
        on = dates.get(day) or dates.setdefault(day, date_of(day * DAY))
        if spans and spans[-1][0] == who and on - spans[-1][2] <= FEW:
            spans[-1] = (who, spans[-1][1], on)
        else:
            spans.append((who, on, on))
    mark_stale(session, spans)
    months = {Month.of(on) for on in dates.values()}
    for month in sorted(months - kind.setting.closed):
        ensure_month(session, month)
