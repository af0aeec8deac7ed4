"""Parts of a policy document as tables of fields, and what was typed put back into it.

What was not changed stays exactly as it was written: its key, its place in the order, 1 and not
1.0, null and not absent. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from closing.document_edits import (
    WEEKDAYS,
    Kind,
    Path,
    Problems,
    place_of,
    put,
    shown,
    typed_value,
    value_at,
    within,
)

MOST_NEW = 40  # rows that a page may add to a table at once: new:…, new2:…


class Typed(Protocol):
    """What was typed, by the name of its field."""

    def get(self, key: str, /) -> Any: ...
    def getlist(self, key: str, /) -> list[str]: ...
    def __contains__(self, key: object, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Column:
    """A field of every row: where it stands in the row, and how it is typed.

    ``absent`` is what a missing flag means; ``kind_of`` tells the kind by the row. A column without
    a path is the row itself: a number of a list, say.
    """

    path: tuple[str, ...]
    kind: Kind
    label: str
    options: tuple[tuple[str, str], ...] = ()
    help: str = ""
    unit: str = ""
    absent: bool = False
    kind_of: Callable[[Any], Kind] | None = None

    def kind_in(self, row: Any) -> Kind:
        return self.kind if self.kind_of is None else self.kind_of(row)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a mapping (``keyed``) or a list at a place of the document; ``single``: one row.

    ``names`` tells what keys are called that name nothing themselves, ``numbered`` what the rows of
    a list are by their place in it.
    """

    at: Path
    columns: tuple[Column, ...]
    title: str = ""
    keyed: bool = False
    key_label: str = ""
    single: bool = False
    help: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    numbered: Callable[[int], str] | None = None

    @property
    def plain(self) -> bool:
        """Whether its rows are values and no mappings."""
        return not self.single and not self.keyed and [each.path for each in self.columns] == [()]


@dataclass(frozen=True, slots=True)
class Cell:
    name: str
    column: Column
    kind: Kind
    text: str
    chosen: frozenset[str] = frozenset()
    errors: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many characters of a line its text takes; Chinese ones take two."""
        return sum(2 if ord(each) > 0x2E80 else 1 for each in self.text)


@dataclass(frozen=True, slots=True)
class Row:
    """``key`` is "" in lists; of the spare row, too. ``name`` is what it is called, if anything."""

    place: str
    key: str
    cells: tuple[Cell, ...]
    errors: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class TableView:
    table: Table
    rows: tuple[Row, ...]
    spare: Row | None
    places: frozenset[str] = field(default_factory=frozenset)


def view(document: Any, table: Table, problems: Problems = ()) -> TableView:
    """The table as it stands in the document, each problem beside the field that it is about."""
    rows = tuple(_row(document, table, path, problems) for path in _paths(document, table))
    spare = None if table.single else _row({}, table, (f"new:{place_of(table.at)}",), ())
    places = {cell.name for row in rows for cell in row.cells} | {row.place for row in rows}
    return TableView(table, rows, spare, frozenset(places))


def row_of(document: Any, at: Path, columns: Sequence[Column], problems: Problems = ()) -> Row:
    """One mapping of the document as fields."""
    return _row(document, Table(at, tuple(columns)), at, problems)


def unclaimed(
    problems: Problems, section: str, views: Sequence[TableView]
) -> list[tuple[str, str]]:
    """Problems of a section that stand beside no field of these tables."""
    claimed = {place for each in views for place in each.places}
    rows = {row.place for each in views for row in each.rows if each.table.columns}
    return [
        (place, text)
        for place, text in problems
        if within(place, section)
        and place not in rows
        and not any(within(place, cell) for cell in claimed - rows)
    ]


def _paths(document: Any, table: Table) -> Iterator[Path]:
    content = value_at(document, table.at)
    if table.single:
        yield table.at
    elif isinstance(content, dict) and table.keyed:
        yield from ((*table.at, key) for key in content if isinstance(key, str))
    elif isinstance(content, list) and not table.keyed:
        yield from ((*table.at, index) for index in range(len(content)))


def _row(document: Any, table: Table, path: Path, problems: Problems) -> Row:
    place, content = place_of(path), value_at(document, path)
    cells = []
    for column in table.columns:
        name, kind = place_of((*path, *column.path)), column.kind_in(content)
        value = value_at(content, column.path)
        cells.append(
            Cell(
                name=name,
                column=column,
                kind=kind,
                text=shown(kind, value, absent=column.absent),
                chosen=_chosen(kind, value),
                errors=tuple(text for where, text in problems if within(where, name)),
            )
        )
    key = str(path[-1]) if table.keyed and path[: len(table.at)] == table.at else ""
    names = {cell.name for cell in cells}
    errors = tuple(text for where, text in problems if where == place and where not in names)
    name = table.names.get(key, "")
    if table.numbered is not None and isinstance(path[-1], int):
        name = table.numbered(path[-1])
    return Row(place, key, tuple(cells), errors, name)


def _chosen(kind: Kind, value: Any) -> frozenset[str]:
    if kind == "weekdays":
        return frozenset(shown(kind, value))
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()


def apply(document: Any, table: Table, typed: Typed) -> None:
    """Put what was typed into the document: changed fields, removed rows, a new one."""
    gone = set(typed.getlist("remove"))
    paths = list(_paths(document, table))
    for path in paths:
        before = value_at(document, path)
        apply_row(document, path, table.columns, typed)
        if table.plain and before is not None and value_at(document, path) is None:
            gone.add(place_of(path))  # a blank field of a list is no row any more
    for path in reversed([each for each in paths if place_of(each) in gone]):
        _remove(document, path)
    if not table.single:
        _append(document, table, typed)


def apply_row(document: Any, at: Path, columns: Sequence[Column], typed: Typed) -> None:
    content = value_at(document, at)
    for column in columns:
        path = (*at, *column.path)
        old, kind = value_at(document, path), column.kind_in(content)
        new = _typed_in(kind, place_of(path), old, column, typed)
        if new is not _SAME:
            put(document, path, new)
            _prune(document, path[:-1], len(at))


_SAME: Any = object()


def _typed_in(kind: Kind, name: str, old: Any, column: Column, typed: Typed) -> Any:
    """The new value of a field, or ``_SAME``."""
    if kind == "many":
        picked = typed.getlist(name)
        before = [each for each in old if isinstance(each, str)] if isinstance(old, list) else []
        if set(picked) == set(before):
            return _SAME
        kept = [each for each in before if each in picked]
        return [*kept, *(each for each in picked if each not in before)] or None
    if kind == "weekdays":
        days = "".join(sorted(set(typed.getlist(name)) & WEEKDAYS))
        return _SAME if set(days) == set(shown(kind, old)) else days or None
    if kind == "flag":
        now = typed.get(name) or ""
        return _SAME if now == shown(kind, old, absent=column.absent) else bool(now)
    if name not in typed:
        return _SAME
    text = typed.get(name).replace("\r\n", "\n").strip()
    if text == shown(kind, old).strip():
        return _SAME
    new = typed_value(kind, text)
    same = type(old) in (int, float) and type(new) in (int, float) and old == new
    return _SAME if same else new


def _prune(document: Any, path: Path, depth: int) -> None:
    """Mappings inside a row that a removal left empty go, too."""
    while len(path) > depth and value_at(document, path) == {}:
        put(document, path, None)
        path = path[:-1]


def _remove(document: Any, path: Path) -> None:
    parent = value_at(document, path[:-1])
    if isinstance(parent, dict):
        parent.pop(path[-1], None)
    elif isinstance(parent, list):
        del parent[int(path[-1])]


def _append(document: Any, table: Table, typed: Typed) -> None:
    """The rows that were typed below the others, where anything was."""
    for number in range(1, MOST_NEW + 1):
        _append_one(document, table, typed, str(number) if number > 1 else "")


def _append_one(document: Any, table: Table, typed: Typed, number: str) -> None:
    at = (f"new{number}:{place_of(table.at)}",)
    made: dict[str, Any] = {}
    apply_row(made, at, table.columns, typed)
    value = made.get(at[0])
    key = (typed.get(f"key{number}:{place_of(table.at)}") or "").strip()
    content = value_at(document, table.at)
    if content is None and (key if table.keyed else value is not None):
        content = {} if table.keyed else []
        put(document, table.at, content)
    if table.keyed and isinstance(content, dict) and key and key not in content:
        content[key] = {} if value is None else value
    elif not table.keyed and isinstance(content, list) and value is not None:
        content.append(value)
