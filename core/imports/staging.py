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
    Identity,
    Kind,
    Line,
    Problem,
)
from core.imports.storing import audit_lines, changes_of, set_aside
from core.messages import N_, Refused

MAX_ROWS = 600_000
NO_CELLS: dict[str, str] = {}  # of all rows whose cells are not needed again
MAX_ASIDE = 200_000
MAX_BAD = 50_000  # each is kept with its reasons until all are told


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
                audit_lines(self.kind.setting.session, self.kind, self.lines, actor, at)
                self.kind.prepare(self.lines)
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
    lines = _parse(kind, table.rows, where)
    kind.look_over([line for line in lines if not line.problems])
    fine = [line for line in lines if not line.problems]
    _find_twins(kind, fine)
    once = [line for line in fine if line.twin is None and not line.problems]
    _compare(kind, once)
    kind.check_file(once)
    for line in lines:
        if line.twin is None:
            line.outcome = _outcome(kind, line)
    for line in lines:
        if line.twin is not None:
            line.problems = [
                *line.problems,
                *(Problem(line.number, each.column, each.message) for each in line.twin.problems),
            ]
            line.outcome = REFUSED if line.problems else SAME
    counted = Counter(line.outcome for line in lines)
    return Staged(kind, lines, where.unknown, {name: counted[name] for name in OUTCOMES})


def _parse(kind: Kind, rows: Iterable[Row], where: Layout) -> list[Line]:
    present = [(index, column, column.field, column.parse) for index, column in where.places]
    lines: list[Line] = []
    late = bool(kind.setting.closed)  # only late rows need their cells again
    bad_rows = 0
    for number, row in rows:
        check_rows(len(lines))
        if lines and lines[-1].problems:
            bad_rows += 1
            check_bad(bad_rows)
        line = Line(number, {} if late else NO_CELLS)
        lines.append(line)
        if len(row) != where.width:
            line.refuse(wrong_width(row, where.width))
            continue
        for index, column, name, parse in present:
            cell = row[index].strip()
            if late:
                line.cells[column.name] = cell
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
                    line.record[name] = value
        if not line.problems:
            _identify(kind, line)
    return lines


def why(bad: Bad, cell: str, column: str) -> Bad:
    """Why the cell cannot be read: of one that shows no value that, and not what it might be."""
    try:
        readable(cell)
    except Bad as plainer:
        bad = plainer
    bad.column = bad.column or column
    return bad


def _identify(kind: Kind, line: Line) -> None:
    try:
        kind.derive(line.record, line)
        line.identity = kind.identity_of(line.record)
    except Bad as bad:
        line.refuse(bad)


def check_rows(count: int) -> None:
    """Raises ``Refused`` where a file has more rows than are kept in memory at once."""
    if count >= MAX_ROWS:
        raise Refused(N_("the file has more than %(limit)s rows; split it"), limit=MAX_ROWS)


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


def wrong_width(row: Sequence[str], width: int) -> Bad:
    """A row with more or fewer cells than the header: nobody can tell which are which."""
    return Bad(N_("has %(found)s cells, the header %(width)s"), found=len(row), width=width)


def _find_twins(kind: Kind, lines: Iterable[Line]) -> None:
    """Rows of one identity: the same again is a twin of the first, different ones are all bad."""
    first: dict[Identity, Line] = {}
    quarrels: dict[Identity, list[Line]] = {}
    for line in lines:
        earlier = first.setdefault(line.identity, line)
        if earlier is not line:
            line.twin = earlier
            if line.record != earlier.record:
                quarrels.setdefault(line.identity, [])
    if quarrels:
        for line in lines:
            if line.identity in quarrels:
                quarrels[line.identity].append(line)
    for group in quarrels.values():
        for line in group:
            line.twin = None
            others = ", ".join(str(other.number) for other in group[:6] if other is not line)
            line.refuse(Bad(N_("has the identity of row %(rows)s and other values"), rows=others))


def _compare(kind: Kind, lines: list[Line]) -> None:
    known = kind.known(lines) if lines else {}
    for line in lines:
        found = known.get(line.identity)
        if found is None:
            line.record = {**kind.defaults, **line.record}
        else:
            line.known_id, line.before = found.id, found.record
            line.record = {**found.record, **line.record}
        if line.record == line.before:
            continue  # what was good once is not judged again
        try:
            kind.check(line.record, line.before, line)
        except Bad as bad:
            line.refuse(bad)


def _outcome(kind: Kind, line: Line) -> str:
    if line.problems:
        return REFUSED
    if line.record == line.before:
        return SAME
    line.month = kind.late_month(line.before, line.record)
    if line.month is not None:
        return LATE
    return NEW if line.before is None else CHANGED
