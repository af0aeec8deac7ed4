"""Spreadsheets by python-calamine: a sheet as rows of text, within bounds.

Sizes are checked before the library sees the file: it unpacks a sheet as a whole, and makes room
for every cell between the first and the last.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from core.files.archives import check_archive
from core.files.blanks import DIGITS_LOST, Blanks, shown
from core.files.probing import probe
from core.messages import N_, Refused
from core.pressing import press, release

FIRST = BLOCK = 1000  # rows that are given at once, and those that are pressed together
EXACT = 2**53  # a whole number beyond it is not the one that was written
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BROKEN = (CalamineError, ValueError, IndexError, OverflowError, OSError)
# What the library's own language raises where it goes wrong on a torn file; no Exception in Python.
_PANIC = "PanicException"


def is_sheet(path: Path) -> bool:
    """Whether the first bytes are those of XLSX or ODS (ZIP archives) or XLS (an OLE container)."""
    with path.open("rb") as file:
        head = file.read(8)
    return head.startswith((_ZIP, _OLE))


def sheet_rows(path: Path, index: int | None = None) -> Iterator[list[str]]:
    """The rows of a sheet, empty ones included; of the first that shows. Raises ``Refused``."""
    blanks = _blanks(path, index or 0)
    with _opened(path) as workbook:
        if index is None:
            index = _shown(workbook)[0]
            blanks = _blanks(path, index) if index else blanks
        rows, number, pressed = _rows(workbook.get_sheet_by_index(index)), -1, list[bytes]()
        for number, cells in enumerate(islice(rows, FIRST)):
            yield shown(cells, number, blanks) if blanks else cells
        while block := list(islice(rows, BLOCK)):
            pressed.append(press(block))
        del workbook, rows
    after = number + 1
    for number, cells in enumerate(_released(pressed), after):
        yield shown(cells, number, blanks) if blanks else cells
    if blanks:  # of rows at the end that hold nothing else the library tells nothing
        last, width = max(row for row, _ in blanks), max(column for _, column in blanks) + 1
        yield from (shown([""] * width, each, blanks) for each in range(number + 1, last + 1))


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """All rows, one at a time; the library leaves out what is empty before them."""
    _, before = sheet.start or (0, 0)
    for row in sheet.iter_rows():
        yield [*[""] * before, *map(cell_text, row)]


def _released(pressed: list[bytes]) -> Iterator[list[str]]:
    """The library keeps a sheet until its last row was read: what follows the first rows is pressed
    and the sheet let go, before whoever takes the rows fills the memory too.
    """
    if pressed:
        with suppress(AttributeError, OSError, TypeError):  # what was freed goes to the system
            ctypes.CDLL(None).malloc_trim(0)
    pressed.reverse()
    while pressed:
        yield from release(pressed.pop())


def sheet_heads(
    path: Path, count: int, most: int = 12
) -> Iterator[tuple[int, str, list[list[str]]]]:
    """Number and name of the first sheets that show, with their first ``count`` rows.

    Raises ``Refused``.
    """
    _blanks(path, 0)
    with _opened(path) as workbook:
        for index in _shown(workbook)[:most]:
            sheet = workbook.get_sheet_by_index(index)
            rows = sheet.to_python(skip_empty_area=False, nrows=count)
            yield index, sheet.name, [[cell_text(cell) for cell in row] for row in rows]


def _shown(workbook: CalamineWorkbook) -> list[int]:
    """The sheets that whoever opens the file sees; all where none shows."""
    found = [
        index
        for index, each in enumerate(workbook.sheets_metadata)
        if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
    ]
    return found or list(range(len(workbook.sheet_names))) or [0]


def _blanks(path: Path, index: int) -> Blanks:
    with path.open("rb") as file:
        zipped = file.read(4) == _ZIP
    blanks, measured = check_archive(path, index) if zipped else ({}, False)
    if not measured:
        probe(path)
    return blanks


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    """The workbook; what the library says of a damaged one becomes a reason."""
    try:
        yield CalamineWorkbook.from_path(str(path))
    except BaseException as error:
        if not isinstance(error, _BROKEN) and type(error).__name__ != _PANIC:
            raise
        if "password" in str(error).lower():
            raise Refused(N_("the spreadsheet is protected by a password")) from error
        raise Refused(
            N_("the spreadsheet cannot be read: it is damaged, or of an unknown kind")
        ) from error


def cell_text(cell: object) -> str:
    """A cell in the spelling of our CSV files."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        if cell.is_integer():
            return str(int(cell)) if abs(cell) <= EXACT else DIGITS_LOST
        return repr(cell)
    if isinstance(cell, datetime):
        return str((cell + timedelta(milliseconds=500)).replace(microsecond=0, tzinfo=None))
    if isinstance(cell, date):  # also a moment at midnight; a date reads either
        return f"{cell} 00:00:00"
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    return str(cell)
