"""Punches as devices and office suites write them, recognised by what a file holds.

A dump of a device is lines (see ``punch_dumps``); everything else is a grid (see ``punch_grids``).
What cannot be read is kept with its reason, so that no record is lost silently.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path

from core.files.merged import Merged, filled_down, merged_down
from core.files.reading import Row, Table
from core.files.sheets import is_sheet, sheet_heads, sheet_rows
from core.files.texts import after_hint, bounded_lines, encoding_of, unreadable
from core.imports.cells import Bad
from core.imports.kinds import Problem
from core.imports.mapping import COUNT, REFUSE, FileMapping
from core.imports.outcome import Translation
from core.imports.staging import MAX_BAD
from core.messages import N_, Message, Refused
from staff.attendance.punch_dumps import HEAD, OLDEST, UNSET, dump_rows, is_dump
from staff.attendance.punch_grids import Grid, Outside
from staff.attendance.punch_layouts import grid_of, is_ours

SOURCE = "punches"  # of the aliases that name people at devices and in office suites
_SEPARATORS = (",", "\t", ";")
FEWEST = 3  # times at midnight that may be chance
WITHOUT = N_("the file holds results of days without times: export the punches themselves")


@dataclass(slots=True)
class PunchFile(Table):
    """A table of ours whose people are named in some way; ``notes`` tell what it leaves open.

    ``layout`` is the head of the file, nothing for a dump. Aliases of ``source`` name people;
    ``on_unknown`` says what becomes of the others, and ``found`` who they were.
    """

    problems: dict[int, Problem] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)
    layout: list[str] = field(default_factory=list)
    source: str = SOURCE
    on_unknown: str = REFUSE
    found: Translation = field(default_factory=Translation)

    def bad(self, number: int, bad: Bad, shown: str) -> Row:
        """A row that is refused for its empty time; the reason told is that of ``bad``."""
        self.problems.setdefault(number, Problem(number, bad.column, bad.message))
        return number, [shown, ""]


def punch_file(path: Path, told: FileMapping | None = None) -> PunchFile | None:
    """The punches of a file in one of the forms that are recognised, else None.

    ``told`` says what it leaves open: what comes first in its dates, and of which month they are.
    """
    if path.stat().st_size == 0:
        return None
    if not is_sheet(path) and is_dump(path):
        found = PunchFile(["employee_no", "timestamp"], iter(()))
        found.rows = dump_rows(path, told.dates if told else None, found.bad)
        return found
    grid = _grid(path, told)
    if grid is None:
        _refuse_results(path)
        return None
    found = PunchFile(["employee_no", "timestamp"], iter(()), layout=list(grid.titles))
    found.rows = _grid_rows(grid, found)
    return found


# Grids


def _refuse_results(path: Path) -> None:
    """A month of results, as office suites sum it up, tells of no time at all."""
    try:
        first = list(islice(_cells(path), 2))
    except (Refused, UnicodeDecodeError):
        return
    if any("月度汇总" in cell for row in first for cell in row):
        raise Refused(WITHOUT)


def _grid(path: Path, told: FileMapping | None) -> Grid | None:
    """The layout of the first sheet whose beginning holds punches, else of the first of any.

    Raises ``Refused`` for what cannot be read.
    """
    found: Grid | None = None
    order, period = (told.dates, told.span) if told else (None, None)
    for place, (index, name, rows) in enumerate(_heads(path)):
        grid = grid_of(list(enumerate(rows, 1)), order, period)
        if grid is None and place == 0 and is_ours(rows):
            return None
        if grid is not None:
            grid.count_outside = told is not None and told.outside == COUNT
            holds = any(isinstance(each[2], str) for each in grid.punches())
            whole = partial(_numbered, path, index, _merged(path, index, grid))
            grid = replace(grid, whole=whole, sheet=name if index else "", without=0, serials=0)
            if holds:
                return grid
            found = found or grid
    return found


def _merged(path: Path, index: int, grid: Grid) -> Merged:
    """Where a person or a day stands once for several rows."""
    at = {*grid.who, grid.day_at} - {None}
    found = merged_down(path, index, at) if is_sheet(path) else {}  # type: ignore[arg-type]
    return {place: last for place, last in found.items() if place[0] >= grid.head}


def _heads(path: Path) -> Iterator[tuple[int, str, list[list[str]]]]:
    if is_sheet(path):
        yield from sheet_heads(path, HEAD)
    else:
        yield 0, "", list(islice(_cells(path), HEAD))


def _numbered(path: Path, sheet: int, merged: Merged) -> Iterator[Row]:
    rows = enumerate(_cells(path, sheet), 1)
    return filled_down(rows, merged) if merged else rows


def _cells(path: Path, sheet: int | None = None) -> Iterator[list[str]]:
    if is_sheet(path):
        yield from sheet_rows(path, sheet)
        return
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(4096)
        file.seek(0)
        named = after_hint(file)
        most = max(_SEPARATORS, key=head.count)
        separator = named or (most if most in head else "|")
        before = int(named is not None)
        try:
            reader = csv.reader(bounded_lines(file, before), delimiter=separator)
            yield from reader
        except csv.Error as error:
            raise unreadable(reader.line_num + before, error) from error


def _grid_rows(grid: Grid, found: PunchFile) -> Iterator[Row]:
    punches = midnights = 0
    if grid.sheet:
        note = Message(N_("read from the sheet %(name)s"), {"name": grid.sheet})
        found.notes.append(Problem(grid.head, None, note))
    for number, who, stamp in grid.punches():
        if isinstance(stamp, Outside):
            found.found.outside += 1
            if found.found.outside <= MAX_BAD:
                found.notes.append(Problem(number, stamp.column, stamp.message))
        elif isinstance(stamp, Bad):
            yield found.bad(number, stamp, who)
        elif int(stamp[:4]) < OLDEST:
            yield found.bad(number, Bad(UNSET, "timestamp"), who)
        else:
            punches += 1
            midnights += stamp.endswith("00:00:00")
            yield number, [who, stamp]
    if grid.without:
        note = Message(
            N_("%(count)s cells say what became of a day, not when"), {"count": grid.without}
        )
        found.notes.append(Problem(grid.head, None, note))
    if grid.serials:
        note = Message(
            N_("%(count)s dates are numbers of days, as spreadsheets count them"),
            {"count": grid.serials},
        )
        found.notes.append(Problem(grid.head, None, note))
    all_midnight = punches == midnights and punches >= FEWEST
    if all_midnight or not (punches or found.problems or found.found.outside):
        raise Refused(WITHOUT)
