"""Punches as devices and office suites write them, recognised by what a file holds.

A dump of a device is lines; everything else is a grid (see ``punch_grids``). What cannot be read is
kept with its reason, so that no record is lost silently.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from core.files.reading import Row, Table
from core.files.sheets import is_sheet, sheet_rows
from core.files.texts import bounded_lines, encoding_of, unreadable
from core.imports.cells import Bad
from core.imports.kinds import Problem
from core.imports.mapping import REFUSE
from core.imports.translating import Translation
from core.messages import N_, Message, Refused
from staff.attendance.punch_grids import Grid, grid_of

SOURCE = "punches"  # of the aliases that name people at devices and in office suites
OLDEST = 2010  # a device that lost its clock counts from 2000 or before
HEAD = 40
LONGEST, _PIECE = 64 * 1024, 1 << 20  # bytes of a line
_STAMP = r"(\d{4}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2}(?::\d{2})?)"
_RECORD = re.compile(rf"\s*(\S+)\s*\t(?:[^\t]*\t)?{_STAMP}(?:\t.*|\s*)")
_SEPARATORS = (",", "\t", ";")


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


def punch_file(path: Path, order: str | None = None) -> PunchFile | None:
    """The punches of a file in one of the forms that are recognised, else None.

    ``order`` says whether days or months come first in its dates, where that was told.
    """
    if path.stat().st_size == 0:
        return None
    if not is_sheet(path) and _is_dump(path):
        found = PunchFile(["employee_no", "timestamp"], iter(()))
        found.rows = _dump_rows(path, found)
        return found
    grid = _grid(path)
    if grid is None:
        _refuse_results(path)
        return None
    found = PunchFile(["employee_no", "timestamp"], iter(()), layout=list(grid.titles))
    found.rows = _grid_rows(replace(grid, order=order), found)
    return found


# Dumps of devices


def _records(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with content; runs of NUL bytes, which a torn write leaves, are dropped."""
    with path.open("rb") as file:
        for number, line in enumerate(iter(partial(_line, file), b""), 1):
            text = line.decode("utf-8-sig", "replace").rstrip("\r\n")
            if text.strip():
                yield number, text


def _line(file: BinaryIO) -> bytes:
    """The next line without NUL bytes; what is longer than any record is cut into several."""
    found = b""
    while len(found) < LONGEST and (piece := file.readline(_PIECE)):
        found += piece.replace(b"\0", b"")
        if piece.endswith(b"\n"):
            return found or b"\n"
    return found


def _beginning(path: Path) -> bytes:
    """The first bytes that are not NUL: a torn write may leave a long run of them."""
    found = b""
    with path.open("rb") as file:
        while len(found) < 64 * 1024 and (chunk := file.read(1 << 20)):
            found += chunk.replace(b"\0", b"")
    return found[: 64 * 1024]


def _is_dump(path: Path) -> bool:
    head = _beginning(path)
    if b"\t" not in head or not re.search(rb"\d{4}[-/]\d\d?[-/]\d\d? \d\d?:\d\d", head):
        return False
    lines = [text for _, text in islice(_records(path), HEAD)]
    good = [bool(_RECORD.fullmatch(line)) for line in lines]
    return (
        bool(good)
        and (good[0] or not re.search(r"[^\W\d_]{3}", lines[0]))
        and 2 * sum(good) > len(good)
    )


def _dump_rows(path: Path, found: PunchFile) -> Iterator[Row]:
    for number, text in _records(path):
        match = _RECORD.fullmatch(text)
        if match is None:
            yield found.bad(number, Bad(N_("is a torn record")), text)
        elif int(match[2][:4]) < OLDEST:
            reason = Bad(N_("the clock of the device was not set"), "timestamp")
            yield found.bad(number, reason, text)
        else:
            yield number, [match[1], _usual(match[2])]


def _usual(stamp: str) -> str:
    """A time with its date as our files write it: by it names are looked up."""
    if stamp[4] == "-" and stamp[10:11] == " ":
        return stamp
    day, _, clock = stamp.partition(" ")
    year, month, number = re.split("[-/]", day)
    return f"{year}-{month:0>2}-{number:0>2} {clock}"


# Grids


def _refuse_results(path: Path) -> None:
    """A month of results, as office suites sum it up, tells of no time at all."""
    try:
        first = list(islice(_cells(path), 2))
    except (Refused, UnicodeDecodeError):
        return
    if any("月度汇总" in cell for row in first for cell in row):
        raise Refused(
            N_("the file holds results of days without times: export the punches themselves")
        )


def _grid(path: Path) -> Grid | None:
    try:
        found = grid_of(list(enumerate(islice(_cells(path), HEAD), 1)))
    except Refused:
        return None  # the reader of tables gives the reason
    return None if found is None else replace(found, whole=lambda: enumerate(_cells(path), 1))


def _cells(path: Path) -> Iterator[list[str]]:
    if is_sheet(path):
        yield from sheet_rows(path)
        return
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(4096)
        file.seek(0)
        separator = max(_SEPARATORS, key=head.count)
        try:
            reader = csv.reader(bounded_lines(file), delimiter=separator)
            yield from reader
        except csv.Error as error:
            raise unreadable(reader.line_num, error) from error


def _grid_rows(grid: Grid, found: PunchFile) -> Iterator[Row]:
    punches = 0
    for number, who, stamp in grid.punches():
        if isinstance(stamp, Bad):
            yield found.bad(number, stamp, who)
        else:
            punches += 1
            yield number, [who, stamp]
    if grid.without:
        note = Message(
            N_("%(count)s cells say what became of a day, not when"), {"count": grid.without}
        )
        found.notes.append(Problem(grid.head, None, note))
    if not punches and not found.problems:
        raise Refused(
            N_("the file holds results of days without times: export the punches themselves")
        )
