"""A foreign file as a table of ours, by its mapping: columns, values, times, people, newest rows.

A cell that cannot be translated becomes one that no parser takes, and its reason is kept in
``Translation.problems``; so every row of the file is either a row of ours, set aside, or left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from zoneinfo import ZoneInfo

from core.documents.problems import short
from core.files.reading import Row, Table
from core.imports.cells import Bad, decimal, readable, serial_day
from core.imports.headings import UnknownHeadings, plain
from core.imports.kinds import Kind, Problem
from core.imports.mapping import CREATE, NUMBERS, SET_ASIDE, UNITS, Cell, Condition, FileMapping
from core.imports.moments import When, moment_text, read_span, read_when
from core.imports.newest import Version, newest_of
from core.imports.outcome import Aside, Translation
from core.imports.packing import PackedRow, drained, pack, pack_values
from core.imports.staging import check_aside, check_bad, check_rows, wrong_width
from core.messages import N_, Refused

# Columns of ours that name a person; in files of employees the number is the person itself.
AGENTS = ("agent", "employee_no")
PEOPLE = (
    *AGENTS,
    *("supervisor_no", "handler_no", "checked_by_no", "ratee_no", "rater_no"),
    *("recorded_by_no", "approved_by_no"),
)
_TIMES = ("timestamp", "date", "from", "to", "effective_from", "hire_date", "leave_date")
_NUMBERS = (
    *("value", "sample_size", "score", "hours", "base_wage", "rating", "break_minutes"),
    *("grace_minutes", "due_days", "valid_months", "pass_mark"),
)
# Which of our columns says when a row happened: an external id belongs to a person at that time.
_HAPPENED = ("created_at", "timestamp", "received_at", "date", "from")
_REFUSED = "\0"
_REOPENED = "reopened"
# What others write where there is no time.
_NOTHING = frozenset(("", "-", "--", "—", "/", "n/a", "null", "none", "无"))
FEW = 3  # times at midnight that may be chance
_DAY = len("2026-10-03")
# Our column that says of a row that its times are days alone.
DAYS_ONLY = "days_only"

# Text of a person, on a day -> employee number; None where nobody is meant. Raises Bad.
FindPerson = Callable[[str, date | None], str | None]


def is_time(name: str) -> bool:
    """Whether a column of ours holds a date or a time."""
    return name.endswith("_at") or name in _TIMES


class Translator:
    """Reads the rows of one file. ``home`` is the organisation's time zone."""

    def __init__(self, mapping: FileMapping, kind: Kind, home: ZoneInfo, find: FindPerson) -> None:
        self.mapping = mapping
        self.home = home
        self.zone = ZoneInfo(mapping.zone) if mapping.zone else home
        self.find = find
        self.names = list(mapping.columns)
        self.marks = DAYS_ONLY not in self.names and any(
            column.name == DAYS_ONLY for column in kind.columns
        )
        if self.marks:
            self.names.append(DAYS_ONLY)
        self.identity = [column.name for column in kind.columns if column.field in kind.identity]
        people = PEOPLE if kind.name != "employees" else PEOPLE[len(AGENTS) :]
        self.people = [name for name in self.names if name in people]
        self.agent = next((name for name in self.people if name in AGENTS), None)
        self.happened = next((name for name in _HAPPENED if name in self.names), None)
        self.result = Translation()
        self._places: dict[str, int] = {}
        self._told = mapping.dates, mapping.span
        self._midnight = False
        self._keys = [self.names.index(name) for name in self.identity if name in self.names]
        self._left_out: set[int] = set()  # rows that may be the newest of their record

    def table(self, theirs: Table) -> Table:
        """Our table; its rows can be read once. Raises ``Refused`` for missing columns."""
        found: dict[str, int] = {}
        for index, heading in enumerate(theirs.header):
            if found.setdefault(plain(heading), index) != index and heading in self.mapping.theirs:
                raise Refused(N_("column %(name)s stands twice"), name=heading)
        missing = [name for name in self.mapping.theirs if plain(name) not in found]
        if missing:
            raise UnknownHeadings(N_("missing column: %(names)s"), names=", ".join(missing))
        self._places = {name: found[plain(name)] for name in self.mapping.theirs}
        width = len(theirs.header)
        rows = self._rows(self._looked_over(theirs.rows, width), width)
        if self.mapping.newest_by:
            rows = self._newest(rows)
        return Table(list(self.names), self._with_people(rows), theirs.format)

    def _rows(self, rows: Iterator[Row], width: int) -> Iterator[Version]:
        newest = self.mapping.newest_by
        for number, row in rows:
            if len(row) != width:
                self._refuse(number, wrong_width(row, width))
                yield number, [_REFUSED] * len(self.names), None
            elif self._is_one_of(row, self.mapping.skip_rows):
                self.result.skipped += 1
            elif self._is_one_of(row, self.mapping.leave_out):
                if newest and (version := self._left_out_version(number, row)) is not None:
                    yield version
                else:
                    self.result.left_out += 1
            else:
                cells = [self._cell(number, name, row) for name in self.mapping.columns]
                if self.marks:
                    cells.append(self._days(cells))
                yield number, cells, self._rank(number, cells, row) if newest else None

    def _looked_over(self, rows: Iterator[Row], width: int) -> Iterator[Row]:
        """The same rows. Where all of several times are midnight, they are days.

        Lengths that are added to a time are known all the same.
        """
        cells = [cell for name, cell in self.mapping.columns.items() if name.endswith("_at")]
        plain = [cell for cell in cells if cell.sources and not cell.plus]
        if not self.marks or len(plain) < 2:
            return rows
        seen: list[PackedRow] = []
        times = 0
        for number, row in rows:
            check_rows(len(seen))
            seen.append((number, pack_values(row)))
            for cell in plain if len(row) == width else ():
                clock = self._clock_in(cell, row)
                if clock:
                    return chain(drained(seen), rows)
                times += clock is not None
        self._midnight = times >= FEW
        return drained(seen)

    def _clock_in(self, cell: Cell, row: Sequence[str]) -> bool | None:
        """Whether a time is not midnight; None where there is none."""
        text = cell.separator.join(row[self._places[source]].strip() for source in cell.sources)
        try:
            clock = read_when(serial_day(text) or text, *self._told).clock
        except Bad:
            return None
        return None if clock is None else clock != time()

    def _days(self, cells: list[str]) -> str:
        """Days without times are no times: all of the row become days, which the mark tells."""
        at = [place for place, name in enumerate(self.mapping.columns) if name.endswith("_at")]
        if not any(len(cells[place]) == _DAY for place in at):
            return ""
        for place in at:
            if cells[place] not in ("", _REFUSED):
                cells[place] = f"{cells[place][:_DAY]} 00:00"
        self.result.days += 1
        return "1"

    def _is_one_of(self, row: Sequence[str], conditions: Sequence[Condition]) -> bool:
        return any(
            row[self._places[each.column]].strip().lower() in each.values for each in conditions
        )

    def _left_out_version(self, number: int, row: Sequence[str]) -> Version | None:
        """What such a row is of a record: it may be the newest, and then the record is left out.

        None where it does not say of which record it is, or how new.
        """
        cells = [
            self._cell(number, each, row) if each in self.identity else "" for each in self.names
        ]
        rank = self._rank(number, cells, row)
        self.result.problems.pop(number, None)
        if rank is None or not self._key(cells):
            return None
        self._left_out.add(number)
        return number, cells, rank

    def _key(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The identity of the record, nothing where it is not whole."""
        key = tuple([cells[index] for index in self._keys])
        return () if _REFUSED in key or "" in key else key

    def _refuse(self, number: int, bad: Bad, column: str | None = None) -> None:
        if number not in self.result.problems:
            check_bad(len(self.result.problems))
            problem = Problem(number, bad.column or column, bad.message)
            self.result.problems[number] = problem

    # Cells

    def _cell(self, number: int, name: str, row: Sequence[str]) -> str:
        cell = self.mapping.columns[name]
        try:
            return self._value(name, cell, row)
        except Bad as bad:
            self._refuse(number, bad, name)
            return _REFUSED

    def _value(self, name: str, cell: Cell, row: Sequence[str]) -> str:
        if cell.constant is not None:
            return cell.constant
        parts = [row[self._places[source]].strip() for source in cell.sources]
        for part in parts:
            readable(part)
        if len(parts) > 1 and any(parts) and not all(parts):
            raise Bad(N_("a part of it is empty: %(names)s"), names=", ".join(cell.sources))
        text = cell.separator.join(parts) if any(parts) else ""
        if cell.values:
            text = self._translated(text, cell)
        if not text:
            return ""
        if cell.plus:
            return self._later(text, row[self._places[cell.plus]].strip(), cell)
        if is_time(name):
            return self._moment(text) if text.lower() not in _NOTHING else ""
        if name == _REOPENED and text.isdecimal():
            return "1" if text.strip("0") else "0"  # how often
        if name in _NUMBERS and self.mapping.numbers == NUMBERS[1]:
            return text.replace(".", "").replace(" ", "").replace(",", ".")
        return text.replace(",", "") if name in _NUMBERS else text

    @staticmethod
    def _translated(text: str, cell: Cell) -> str:
        known = cell.values.get(text.lower())
        if known is not None:
            return known
        if cell.otherwise == "keep" or not text:
            return text
        if cell.otherwise == "empty":
            return ""
        raise Bad(N_('"%(cell)s" is not among the values of the map'), cell=short(text))

    def _moment(self, text: str) -> str:
        when = self._when(text)
        if when.clock is None or self._midnight:
            return when.day.isoformat()
        return moment_text(self._at_home(datetime.combine(when.day, when.clock, when.zone)))

    def _when(self, text: str) -> When:
        serial = serial_day(text)
        self.result.serials += serial is not None
        return read_when(serial or text, *self._told)

    def _at_home(self, moment: datetime) -> datetime:
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zone)
        return aware.astimezone(self.home).replace(tzinfo=None)

    def _later(self, base: str, span: str, cell: Cell) -> str:
        if span.lower() in _NOTHING:
            return ""
        when = self._when(base)
        if when.clock is None:
            raise Bad(N_('"%(cell)s" has no time to add to'), cell=short(base))
        start = self._at_home(datetime.combine(when.day, when.clock, when.zone))
        if self.mapping.numbers == NUMBERS[1]:
            span = span.replace(".", "").replace(",", ".")
        elif UNITS[cell.unit] > 0:
            span = span.replace(",", "")
        return moment_text(start + read_span(span, UNITS[cell.unit]))

    # Several rows of one record

    def _rank(self, number: int, cells: list[str], row: Sequence[str]) -> tuple[int, object] | None:
        text = row[self._places[self.mapping.newest_by or ""]].strip()
        try:
            when = read_when(text, *self._told)
            clock = when.clock or datetime.min.time()
            return (0, self._at_home(datetime.combine(when.day, clock, when.zone)))
        except Bad as no_time:
            try:
                return (1, Decimal(decimal(text)))
            except Bad:
                self._refuse(number, Bad(no_time.message.msgid, **no_time.message.params))
                cells[:] = [_REFUSED] * len(cells)
                return None

    def _newest(self, rows: Iterator[Version]) -> Iterator[Version]:
        """A record whose newest row is left out is left out."""
        found, result = newest_of(rows, self._key, self._left_out), self.result
        result.older += len(found.older)
        result.ties += found.ties
        result.left_out += found.left_out
        for number in found.older:
            result.problems.pop(number, None)
        return found.drain()

    # People

    def _with_people(self, rows: Iterator[Version]) -> Iterator[Row]:
        places = [(name, self.names.index(name)) for name in self.people]
        for number, cells, _ in rows:
            aside = None
            on = self._day(cells)
            for name, index in places:
                if cells[index] in ("", _REFUSED):
                    continue
                aside = self._person(number, name, cells, index, on) or aside
            if aside is None:
                yield number, cells
            else:
                check_aside(len(self.result.aside))
                self.result.aside.append(aside)

    def _person(
        self, number: int, name: str, cells: list[str], index: int, on: date | None
    ) -> Aside | None:
        given = cells[index]
        try:
            found = self.find(given, on)
        except Bad as bad:
            self._refuse(number, bad, name)
            cells[index] = _REFUSED
            return None
        if found is not None:
            cells[index] = found
        elif name == self.agent and self.mapping.on_unknown == SET_ASIDE:
            if number not in self.result.problems:
                return Aside(number, given, name, pack(dict(zip(self.names, cells, strict=True))))
        elif name == self.agent and self.mapping.on_unknown == CREATE:
            earlier = self.result.unknown.get(given)
            known = [day for day in (earlier, on) if day is not None]
            self.result.unknown[given] = min(known, default=None)
        else:
            self.result.nobody[given] = None
            message = N_('nobody is known as "%(cell)s" (%(source)s)')
            self._refuse(number, Bad(message, cell=short(given), source=self.mapping.source), name)
            cells[index] = _REFUSED
        return None

    def _day(self, cells: Sequence[str]) -> date | None:
        if self.happened is None:
            return None
        try:
            return date.fromisoformat(cells[self.names.index(self.happened)][:10])
        except ValueError:
            return None
