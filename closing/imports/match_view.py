"""What the page shows on which somebody says which of a file's columns is which of ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from closing.imports import queries
from closing.imports.mappings import (
    document_in,
    is_reading,
    map_for,
    shipped_maps,
    shipped_text,
    stored_map,
    stored_maps,
)
from closing.imports.matching import fields_of
from core.files.reading import read_table
from core.imports.cells import Bad
from core.imports.headings import names, plain
from core.imports.kinds import Column
from core.imports.mapping import FileMapping
from core.imports.moments import has_no_year, order_of, read_when, readings
from core.imports.translating import AGENTS, is_time
from core.models import ImportBatch

ROWS, LOOKED_AT, ASKED_IN, VALUES = 5, 200, 20_000, 4
DEFAULT_KIND = "tickets"
SOURCE = ".source"  # as no column of ours is called
Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class Theirs:
    """The head of a file: headings that can be chosen, first rows, and some values of each."""

    header: list[str]
    rows: list[list[str]]
    values: Mapping[str, list[str]]

    @property
    def headings(self) -> list[str]:
        return [each for each in dict.fromkeys(self.header) if each]


@dataclass(frozen=True, slots=True)
class Ours:
    """A column of ours; ``shown`` are first values of the one that is chosen for it."""

    name: str
    heading: str
    needed: bool
    is_time: bool
    shown: Sequence[str]
    error: str


@dataclass(frozen=True, slots=True)
class Question:
    """A date that may be read in several ways; ``likely`` is what other dates say.

    Without ``readings`` nothing says of which year it is.
    """

    column: str
    cell: str
    readings: Mapping[str, date]
    likely: str


@dataclass(frozen=True, slots=True)
class MatchView:
    batch: ImportBatch
    kind: str
    fields: Fields
    theirs: Theirs
    columns: list[Ours]
    question: Question | None
    offered: str
    starts: list[tuple[str, str]]
    errors: list[str] = field(default_factory=list)
    conditions: int = 1
    source_error: str = ""

    @property
    def has_agent(self) -> bool:
        return self.kind != "employees" and any(each.name in AGENTS for each in self.columns)


def look(path: Path, head: Sequence[str] = ()) -> Theirs:
    """The head of a file. Raises ``Refused`` for what is no table."""
    table = read_table(path, lambda _header: 0, head)
    rows = [row for _, row in islice(table.rows, LOOKED_AT)]
    values: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for heading, cell in zip(table.header, row, strict=False):
            known = values[heading]
            if cell.strip() and len(known) < VALUES and cell.strip() not in known:
                known.append(cell.strip())
    return Theirs(table.header, rows[:ROWS], values)


def head_of(session: Session, batch: ImportBatch, start: str) -> Sequence[str]:
    """The names of the columns of a file without a head row, as the map says that is begun with."""
    return document_in(map_text(session, start) or batch.mapping or "").get("head") or ()


def likely_kind(columns: Mapping[str, Sequence[Column]], header: Sequence[str]) -> str:
    """The kind with most headings of the file; one that is known well where there are none."""
    found = {plain(cell) for cell in header}
    score = {kind: len(found & names(each).keys()) for kind, each in columns.items()}
    best = max(score, key=lambda kind: score[kind])
    return best if score[best] else DEFAULT_KIND


def first_fields(
    session: Session, batch: ImportBatch, theirs: Theirs, columns: Sequence[Column], start: str
) -> tuple[Fields, str]:
    """What the form is filled in with, and the source of a map that is offered for it."""
    text = map_text(session, start)
    if text is not None:
        fields = fields_of(document_in(text))
        return fields, fields.get("source", "")
    if batch.mapping:
        return fields_of(document_in(batch.mapping)), ""
    made_before = map_for(session, theirs.header)
    if made_before is not None:
        return fields_of(document_in(made_before.document)), made_before.source
    return by_headings(theirs, columns), ""


def map_text(session: Session, start: str) -> str | None:
    """The YAML of ``ours:zendesk`` or ``made:3``, None for no choice. Raises ``NotFound``."""
    origin, _, name = start.partition(":")
    if origin == "ours":
        return shipped_text(name)
    if origin == "made" and name.isdecimal():
        return stored_map(session, int(name)).document
    return None


def map_choices(session: Session) -> list[tuple[str, str]]:
    """Maps that can be begun with: those made here, then those that come with the program."""
    made = [
        (f"made:{each.id}", f"{each.source} ({each.kind})")
        for each in stored_maps(session)
        if not is_reading(each.document)
    ]
    return [*made, *((f"ours:{name}", name) for name in shipped_maps())]


def by_headings(theirs: Theirs, columns: Sequence[Column]) -> Fields:
    """Columns that are called as ours are chosen already."""
    known = names(columns)
    fields: Fields = {"on_unknown": "set_aside"}
    for heading in theirs.headings:
        column = known.get(plain(heading))
        if column is not None:
            fields.setdefault(f"from.{column.name}", heading)
    return fields


def kind_of(session: Session, batch: ImportBatch, theirs: Theirs, start: str, asked: str) -> str:
    """The kind that the page is about: asked for, that of a map, or the likely one."""
    if asked:
        return asked
    text = map_text(session, start)
    if text is not None:
        return str(document_in(text).get("kind", ""))
    if batch.mapping:
        return str(document_in(batch.mapping).get("kind", "")) or batch.kind
    if batch.kind:
        return batch.kind
    before = map_for(session, theirs.header)
    return before.kind if before is not None else ""


def match_view(
    session: Session,
    batch: ImportBatch,
    theirs: Theirs,
    columns: Sequence[Column],
    kind: str,
    fields: Fields,
    *,
    offered: str = "",
    question: Question | None = None,
    errors: Sequence[str] = (),
    beside: Mapping[str, str] | None = None,
) -> MatchView:
    ours = [
        Ours(
            column.name,
            queries.heading(column),
            column.required,
            is_time(column.name),
            theirs.values.get(fields.get(f"from.{column.name}", ""), ()),
            (beside or {}).get(column.name, ""),
        )
        for column in columns
    ]
    left = sum(key.startswith("leave.") and key.endswith(".column") for key in fields)
    return MatchView(
        batch=batch,
        kind=kind,
        fields=fields,
        theirs=theirs,
        columns=ours,
        question=question,
        offered=offered,
        starts=map_choices(session),
        errors=list(errors),
        conditions=left + 1,
        source_error=(beside or {}).get(SOURCE, ""),
    )


def question_of(path: Path, mapping: FileMapping) -> Question | None:
    """The first date that the file leaves open, where the map does not say which comes first."""
    if mapping.dates and mapping.span:
        return None
    wanted = [
        source for name, cell in mapping.columns.items() if is_time(name) for source in cell.sources
    ]
    table = read_table(path, lambda header: sum(cell in wanted for cell in header), mapping.head)
    places = {each: table.header.index(each) for each in wanted if each in table.header}
    rows = list(islice(table.rows, ASKED_IN))
    for heading, place in places.items():
        cells = [row[place].strip() for _, row in rows if place < len(row)]
        for cell in cells:
            found = _open(cell, mapping)
            if found is not None:
                return Question(heading, cell, found, _likely(cells))
    return None


def _open(cell: str, mapping: FileMapping) -> Mapping[str, date] | None:
    """What a cell may be; nothing of one without a year. None where nothing is left open."""
    if not has_no_year(cell):
        return (None if mapping.dates else readings(cell)) or None
    if mapping.span is None:
        return {}
    try:
        read_when(cell, mapping.dates, mapping.span)
    except Bad as bad:
        return readings(cell, bad.message.params.get("year")) or None
    return None


def _likely(cells: Sequence[str]) -> str:
    try:
        return order_of(cells) or ""
    except Bad:
        return ""


def problems_beside(places: Iterator[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Problems by the column of ours (or ``SOURCE``) that they are about, and any other ones."""
    beside: dict[str, str] = {}
    above: list[str] = []
    for place, text in places:
        head, _, rest = place.partition(".")
        if head == "columns" and rest:
            beside.setdefault(rest.partition(".")[0], text)
        elif place == "source":
            beside[SOURCE] = text
        else:
            above.append(f"{place}: {text}" if place else text)
    return beside, above
