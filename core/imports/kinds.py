"""What a kind of file is: columns, identity, months. Packages describe theirs by subclassing.

A *record* is a row as the table has it: a mapping of field to value. An import compares the record
that a row asks for with the one that is known under the same identity.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar

from sqlalchemy import Table as SqlTable
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.imports.cells import Bad, Parser
from core.imports.rows import (
    Record,
    Texts,
    chunks,
    insert_rows,
    texts_of,
    trace_changes,
    update_rows,
)
from core.messages import Message
from core.values import Month

Identity = tuple[Any, ...]
Take = Callable[[Actor, datetime], object]

MOST_WRITTEN = 100_000  # rows whose texts lie in memory
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
    """A row of the file on its way: its cells by column, its record, and what became of it."""

    number: int
    cells: dict[str, str]
    record: Record = field(default_factory=dict)
    identity: Identity = ()
    known_id: int | None = None
    before: Record | None = None
    twin: Line | None = None
    problems: Sequence[Problem] = ()
    outcome: str = ""
    month: Month | None = None

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
        self.written: dict[int, Texts] = {}

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

    def prepare(self, lines: Sequence[Line]) -> None:
        """Write out what is kept of changed rows: before anything is stored and others have to
        wait, and as much of it as may lie in memory."""
        changed = (line for line in lines if self.traced and line.outcome == CHANGED)
        self.written = {
            line.known_id: texts_of(line.before, line.record)
            for line in islice(changed, MOST_WRITTEN)
            if line.known_id and line.before
        }

    def store(self, lines: Sequence[Line], batch: int) -> None:
        """Write new and changed rows; the lines are those of the whole file."""
        session, table = self.setting.session, self.table
        insert_rows(session, table, [line.record for line in lines if line.outcome == NEW], batch)
        changes = [
            (line.known_id, line.before, line.record)
            for line in lines
            if line.outcome == CHANGED and line.known_id and line.before
        ]
        other = {name for _, old, new in changes for name in new if new[name] != old.get(name)}
        fields = [name for name in self.fields if name in other]
        update_rows(session, table, fields, [(key, after) for key, _, after in changes])
        if self.traced:
            trace_changes(session, table, batch, changes, self.written)

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

    def identity_of(self, record: Record) -> Identity:
        return tuple(record.get(name) for name in self.identity)

    def known(self, lines: Sequence[Line]) -> dict[Identity, Known]:
        """The rows of the database under the identities of these lines."""
        columns = self.table.c
        fetched = [columns[name] for name in ("id", *self.fields)]
        values = sorted(
            {line.identity[self.identity.index(self.fetch_by)] for line in lines}, key=_sort_key
        )
        span = None
        if self.fetch_span is not None and lines:
            moments = [line.record[self.fetch_span] for line in lines]
            span = columns[self.fetch_span].between(min(moments), max(moments))
        found: dict[Identity, Known] = {}
        for part in chunks(values, 500):
            query = select(*fetched).where(columns[self.fetch_by].in_(part))
            if span is not None:
                query = query.where(span)
            for row in self.setting.session.execute(query):
                record = dict(zip(self.fields, row[1:], strict=True))
                found[self.identity_of(record)] = Known(row[0], record)
        return found


def _sort_key(value: Any) -> tuple[bool, Any]:
    return (value is not None, value)
