"""From rows of a file to outcomes: parse, compare with what is known, decide. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.actor import Actor
from core.bulk import in_one_go
from core.files.reading import Row, Table
from core.imports.cells import Bad, readable
from core.imports.headings import Layout, layout
from core.imports.kinds import (
    CHANGED,
    LATE,
    NEW,
    OUTCOMES,
    REFUSED,
    SAME,
    Kind,
    Line,
    Problem,
)
from core.imports.packing import pack_values
from core.imports.rows import Record
from core.imports.storing import changes_of, set_aside, tell_changes
from core.messages import N_, Refused

MAX_ROWS = 400_000
MAX_ASIDE = 200_000
MAX_BAD = 50_000  # each is kept with its reasons until all are told
MAX_HELD = 280 * 1024 * 1024  # bytes that the rows take in memory, with what is known of them
LINE_BYTES, HEAD_BYTES = 170, 33  # of a row, and of each thing it holds, beside its content


@dataclass(slots=True)
class Staged:
    """A file as it would be stored."""

    kind: Kind
    lines: list[Line]
    unknown: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    noted: bool = field(default=False, init=False)

    @property
    def problems(self) -> list[Problem]:
        return [problem for line in self.lines for problem in line.problems]

    @property
    def warnings(self) -> list[Problem]:
        return self.kind.warnings

    def note(self, actor: Actor, at: datetime) -> None:
        """What is told of changed rows: before anything is written and others have to wait."""
        if not self.noted:
            with in_one_go():
                tell_changes(self.kind.setting.session, self.kind, self.lines, actor, at)
            self.noted = True

    def store(self, batch: int, actor: Actor, at: datetime) -> None:
        """Write everything but bad rows, with the audit entries of changed rows."""
        session = self.kind.setting.session
        self.note(actor, at)
        with in_one_go():  # nobody else writes meanwhile
            self.kind.store(self.lines, batch)
            set_aside(session, self.kind, self.lines, batch)
            self.kind.after_store(changes_of(self.lines))
        if self.kind.take is not None:
            session.flush()
            self.kind.take(actor, at)


def stage(kind: Kind, table: Table) -> Staged:
    """Raises ``Refused`` where the file as a whole cannot be taken."""
    where = layout(table.header, kind.columns)
    read = _parse(kind, table.rows, where)
    lines = read.lines
    kind.look_over([line for line in lines if not line.problems])
    read.refuse_quarrels()
    once = [line for line in lines if line.twin is None and not line.problems]
    _compare(kind, once, read)
    kind.check_file(once)
    any_late = kind.any_late
    for line in once:
        line.outcome = _outcome(kind, line, any_late)
    counted: Counter[str] = Counter()
    for line in lines:
        if line.twin is not None and (told := line.twin.problems):
            line.problems = [Problem(line.number, each.column, each.message) for each in told]
        if line.problems or line.twin is not None:
            line.outcome = REFUSED if line.problems else SAME
        if line.outcome in (REFUSED, SAME):
            line.forget()
        counted[line.outcome] += 1
    return Staged(kind, lines, where.unknown, {name: counted[name] for name in OUTCOMES})


@dataclass(slots=True)
class _Read:
    """The rows of a file as they stand there.

    ``first`` is the first of each identity, and ``quarrels`` those whose twins say something else.
    """

    lines: list[Line] = field(default_factory=list)
    first: dict[bytes, Line] = field(default_factory=dict)
    quarrels: dict[int, list[Line]] = field(default_factory=dict)
    bad: int = 0
    held: int = 0

    def hold(self, *packed: bytes | None) -> None:
        """Count what is kept of a row until the file is stored."""
        self.held += sum(HEAD_BYTES + len(each) for each in packed if each is not None)
        check_held(self.held + LINE_BYTES * len(self.lines))

    def add(self, kind: Kind, line: Line, record: Record) -> None:
        """A good row. The same again is a twin of the first."""
        line.record = record
        earlier = self.first.setdefault(pack_values(kind.identity_of(record)), line)
        if earlier is not line:
            line.twin = earlier
            if record != earlier.record:
                self.quarrels.setdefault(earlier.number, [])

    def refuse_quarrels(self) -> None:
        """Rows of one identity that say different things are all bad."""
        if not self.quarrels:
            return
        for line in self.lines:
            first = line.twin or line
            if first.number in self.quarrels and not line.problems:
                self.quarrels[first.number].append(line)
        for group in self.quarrels.values():
            for line in group:
                check_bad(self.bad)
                self.bad += 1
                line.twin = None
                others = ", ".join(str(other.number) for other in group[:6] if other is not line)
                text = N_("has the identity of row %(rows)s and other values")
                line.refuse(Bad(text, rows=others))


def _parse(kind: Kind, rows: Iterable[Row], where: Layout) -> _Read:
    present = [(index, column, column.field, column.parse) for index, column in where.places]
    read = _Read()
    late = kind.traced and kind.any_late  # only late rows need their cells again
    for number, row in rows:
        check_rows(len(read.lines), kind.most or MAX_ROWS)
        line = Line(number, kind.identity)
        read.lines.append(line)
        if len(row) != where.width:
            line.refuse(wrong_width(row, where.width))
        else:
            record: Record = {}
            for index, column, name, parse in present:
                cell = row[index].strip()
                try:
                    if cell:
                        value = parse(cell)
                    elif column.required:
                        raise Bad(N_("is empty"))
                    else:
                        value = column.empty
                except Bad as bad:
                    line.refuse(why(bad, cell, column.name))
                else:
                    if name is not None:
                        record[name] = value
            if not line.problems:
                _finish(kind, read, line, record)
            if late and not line.problems:
                line.cells = {column.name: row[index].strip() for index, column in where.places}
            read.hold(line.packed, line.packed_cells)
        if line.problems:
            check_bad(read.bad)
            read.bad += 1
    return read


def _finish(kind: Kind, read: _Read, line: Line, record: Record) -> None:
    try:
        kind.derive(record, line)
    except Bad as bad:
        line.refuse(bad)
    else:
        read.add(kind, line, record)


def why(bad: Bad, cell: str, column: str) -> Bad:
    """Why the cell cannot be read: of one that shows no value that, and not what it might be."""
    try:
        readable(cell)
    except Bad as plainer:
        bad = plainer
    bad.column = bad.column or column
    return bad


def check_rows(count: int, limit: int = MAX_ROWS) -> None:
    """Raises ``Refused`` where a file has more rows than are kept in memory at once."""
    if count >= limit:
        raise Refused(N_("the file has more than %(limit)s rows; split it"), limit=limit)


def check_aside(count: int) -> None:
    """Raises ``Refused`` where so many rows wait for their people that it is another source."""
    if count >= MAX_ASIDE:
        raise Refused(
            N_("the file has more than %(limit)s rows of people who are not known"), limit=MAX_ASIDE
        )


def check_bad(bad: int) -> None:
    """Raises ``Refused`` where a file has so many bad rows that it is another file."""
    if bad >= MAX_BAD:
        raise Refused(
            N_("the file has more than %(limit)s bad rows: is it of this kind?"), limit=MAX_BAD
        )


def check_held(held: int) -> None:
    """Raises ``Refused`` where rows are so long that they cannot all be kept in memory."""
    if held > MAX_HELD:
        raise Refused(
            N_("the rows of the file take more than %(limit)s MB of memory; split it"),
            limit=MAX_HELD // 1024**2,
        )


def wrong_width(row: Sequence[str], width: int) -> Bad:
    """A row with more or fewer cells than the header: nobody can tell which are which."""
    return Bad(N_("has %(found)s cells, the header %(width)s"), found=len(row), width=width)


def _compare(kind: Kind, lines: list[Line], read: _Read) -> None:
    for identity, known in kind.known(lines) if lines else ():
        line = read.first.get(pack_values(identity))
        if line is not None and not line.problems:
            line.known_id, line.before = known.id, known.record
            read.hold(line.packed_before)
    read.first.clear()
    for line in lines:
        _judge(kind, line)
        if line.problems:
            check_bad(read.bad)
            read.bad += 1


def _judge(kind: Kind, line: Line) -> None:
    before = line.before
    record = {**(kind.defaults if before is None else before), **line.record}
    if record != before:  # what was good once is not judged again
        try:
            kind.check(record, before, line)
        except Bad as bad:
            line.refuse(bad)
    line.record = record
    if record == before:
        line.outcome, line.packed_before = SAME, line.packed


def _outcome(kind: Kind, line: Line, any_late: bool) -> str:
    if line.problems:
        return REFUSED
    if line.outcome == SAME:
        return SAME
    if any_late:
        line.month = kind.late_month(line.before, line.record)
        if line.month is not None:
            return LATE
    return NEW if line.packed_before is None else CHANGED
