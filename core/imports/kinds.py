"""What a kind of file is: columns, identity, months. Packages describe theirs by subclassing.

A *record* is a row as the table has it: a mapping of field to value. An import compares the record
that a row asks for with the one that is known under the same identity.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Table as SqlTable
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.imports.cells import Bad, Parser
from core.imports.changes import Changed
from core.imports.packing import pack, unpack
from core.imports.rows import Record, chunks, insert_rows, trace_texts, update_rows
from core.messages import Message
from core.values import Month

Identity = tuple[Any, ...]
Take = Callable[[Actor, datetime], object]

TOGETHER = 20_000  # lines whose known rows are looked for at once, where each has its own
NEW, CHANGED, SAME, LATE, REFUSED = OUTCOMES = ("new", "changed", "same", "late", "refused")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file.

    ``name`` is the heading that we promise; ``chinese`` are those of ``Kind.headings``. ``field``
    is where the value goes in the record (``None`` where the kind itself looks at the cell).
    ``empty`` is the value of an empty cell, and of a missing column where the row is new; with a
    known row a missing column leaves the value as it is. What is ``secret`` is written down nowhere
    but encrypted in its table.
    """

    name: str
    parse: Parser
    field: str | None = None
    required: bool = False
    empty: Any = None
    chinese: tuple[str, ...] = ()
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is refused (or, as a warning, what is odd about it)."""

    row: int
    column: str | None
    message: Message


@dataclass(slots=True)
class Line:
    """A row of the file on its way: its cells by column, its record, and what became of it.

    ``key`` are the fields of its identity. What it holds is packed: who asks for it gets a copy.
    """

    number: int
    key: tuple[str, ...] = ()
    known_id: int | None = None
    twin: Line | None = None
    problems: Sequence[Problem] = ()
    outcome: str = ""
    month: Month | None = None
    packed: bytes | None = None
    packed_before: bytes | None = None
    packed_cells: bytes | None = None

    @property
    def record(self) -> Record:
        return {} if self.packed is None else unpack(self.packed)

    @record.setter
    def record(self, record: Record) -> None:
        self.packed = pack(record)

    @property
    def before(self) -> Record | None:
        return None if self.packed_before is None else unpack(self.packed_before)

    @before.setter
    def before(self, record: Record) -> None:
        self.packed_before = pack(record)

    @property
    def cells(self) -> dict[str, str]:
        return {} if self.packed_cells is None else unpack(self.packed_cells)

    @cells.setter
    def cells(self, cells: dict[str, str]) -> None:
        self.packed_cells = pack(cells)

    @property
    def identity(self) -> Identity:
        return tuple(map(self.record.get, self.key))

    def forget(self) -> None:
        """Keep only what became of the row."""
        self.packed = self.packed_before = self.packed_cells = None

    def refuse(self, bad: Bad) -> None:
        self.problems = [*self.problems, Problem(self.number, bad.column, bad.message)]


@dataclass(frozen=True, slots=True)
class Known:
    """A row of the database under an identity."""

    id: int
    record: Record


@dataclass(frozen=True, slots=True)
class Change:
    """A record that came (no ``before``), went (no ``after``) or changed."""

    before: Record | None
    after: Record | None


@dataclass(frozen=True, slots=True)
class Setting:
    """What an import is told: the wall clock, and which months are closed."""

    session: Session
    clock: datetime
    closed: frozenset[Month]

    @property
    def newest_closed(self) -> Month | None:
        return max(self.closed, default=None)

    @property
    def first_open(self) -> Month | None:
        """The month after the newest closed one."""
        newest = self.newest_closed
        return None if newest is None else newest.plus(1)


class Kind:
    """A kind of file whose rows are rows of one table."""

    name: ClassVar[str]
    table: ClassVar[SqlTable]
    identity: ClassVar[tuple[str, ...]]
    # The Chinese headings of each column, separated by blanks; the first stands in templates.
    headings: ClassVar[dict[str, str]]
    # A row that shows how values are written, separated by commas.
    example: ClassVar[str]
    # The field by whose values known rows are fetched, and one whose span narrows them.
    fetch_by: ClassVar[str]
    fetch_span: ClassVar[str | None] = None
    # Fields that the table has and no column fills, with their value in a new row.
    derived: ClassVar[Record] = {}
    # What files belong to, before the number of a row: one with files is not taken back.
    files: ClassVar[str] = ""
    # Called after rows were stored that say who people are: other rows may have waited for them.
    take: Take | None = None
    # How many rows a file may have, where it is fewer than of others.
    most: ClassVar[int | None] = None
    # Whether before and after of a row may be written down anywhere.
    traced: ClassVar[bool] = True
    # Whether rows are changed by anything but imports; then an undo looks whether they were.
    edited: ClassVar[bool] = True

    def __init__(self, setting: Setting, columns: Sequence[Column]) -> None:
        self.setting = setting
        self.columns = tuple(
            replace(column, chinese=tuple(self.headings[column.name].split())) for column in columns
        )
        self.defaults: Record = {
            column.field: column.empty for column in columns if column.field is not None
        } | self.derived
        self.fields = tuple(self.defaults)
        self.secret = frozenset(column.name for column in self.columns if column.secret)
        self.warnings: list[Problem] = []
        self.changed = Changed(())

    # What a kind may say

    def derive(self, record: Record, line: Line) -> None:
        """Fill what follows from other fields, before the identity is taken. May raise Bad."""

    def look_over(self, lines: Sequence[Line]) -> None:
        """What the rows that could be read say together, for warnings."""

    def check(self, record: Record, before: Record | None, line: Line) -> None:
        """Check the whole record, what was known filled in. May raise Bad."""

    def check_file(self, lines: Collection[Line]) -> None:
        """Check rows against each other and the database; refuse lines."""

    def months(self, record: Record) -> Iterable[Month]:
        """The months that the record belongs to: a closed one makes the row late."""
        raise NotImplementedError

    def after_store(self, changes: Iterable[Change]) -> None:
        """Note what follows from rows that came, went or changed."""

    def before_undo(self, batch: int) -> None:
        """Delete what was computed from the rows of a batch, since it refers to them."""

    def after_undo(self, changes: Iterable[Change]) -> None:
        """The same for rows that an undo took back; they are rows of ``tables``."""
        self.after_store(changes)

    @property
    def tables(self) -> tuple[SqlTable, ...]:
        """The tables that an import writes to, those that refer to others first."""
        return (self.table,)

    def store(self, lines: Sequence[Line], batch: int) -> None:
        """Write new and changed rows; the lines are those of the whole file."""
        session, table, changed = self.setting.session, self.table, self.changed
        new = (line.record for line in lines if line.outcome == NEW)
        insert_rows(session, table, new, batch)
        fields = [name for name in self.fields if name in changed.fields]
        update_rows(session, table, fields, changed.rows())
        if self.traced:
            trace_texts(session, table, batch, changed.texts())

    def undo_month(self, table: SqlTable, change: Change) -> Month | None:
        """The closed month that taking a row of ``table`` back would reach into, if any."""
        return self.late_month(change.before, change.after)

    # What follows from it

    def late_month(self, before: Record | None, after: Record | None) -> Month | None:
        """The closed month that the change would reach into, if any."""
        closed = self.setting.closed
        if not closed:
            return None
        for record in (after, before):
            if record is not None:
                for month in self.months(record):
                    if month in closed:
                        return month
        return None

    @property
    def any_late(self) -> bool:
        """Whether any row may be late; if none may, nothing is asked of each."""
        return bool(self.setting.closed)

    def identity_of(self, record: Record) -> Identity:
        return tuple(record.get(name) for name in self.identity)

    def known(self, lines: Sequence[Line]) -> Iterator[tuple[Identity, Known]]:
        """The rows of the database under the identities of these lines, and perhaps others."""
        columns = self.table.c
        fetched = [columns[name] for name in ("id", *self.fields)]
        for values, span in self._asked(lines):
            for part in chunks(values, 500):
                query = select(*fetched).where(columns[self.fetch_by].in_(part), *span)
                for row in self.setting.session.execute(query, execution_options=self._options):
                    record = dict(zip(self.fields, row[1:], strict=True))
                    yield self.identity_of(record), Known(row[0], record)

    @property
    def _options(self) -> dict[str, int]:
        """Of a value that many rows have, these come a few at a time."""
        return {} if len(self.identity) == 1 else {"yield_per": TOGETHER}

    def _asked(self, lines: Sequence[Line]) -> Iterator[tuple[list[Any], list[Any]]]:
        """Values of ``fetch_by``, and what narrows the rows that have them."""
        if len(self.identity) == 1:
            for part in chunks(lines, TOGETHER):
                yield sorted((line.identity[0] for line in part), key=_sort_key), []
            return
        values, moments = set(), set()
        for line in lines:
            record = line.record
            values.add(record[self.fetch_by])
            if self.fetch_span is not None:
                moments.add(record[self.fetch_span])
        span = []
        if self.fetch_span is not None and moments:
            span = [self.table.c[self.fetch_span].between(min(moments), max(moments))]
        yield sorted(values, key=_sort_key), span


def _sort_key(value: Any) -> tuple[bool, Any]:
    return (value is not None, value)
