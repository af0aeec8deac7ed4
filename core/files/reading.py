"""A file as a table of texts: recognised by its content, never by its name.

Whatever a file is, its cells become text in the spelling that ``core.imports.cells`` reads: a whole
number has no decimals, a date is ``2026-10-03``, a truth value ``1`` or ``0``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from core.files.sheets import is_sheet, sheet_rows
from core.files.texts import TITLES, Delimiter, head_at, text_rows
from core.messages import N_, Refused

MAX_BYTES = 300 * 1024 * 1024
MAX_COLUMNS = 500

Row = tuple[int, list[str]]
Format = Literal["csv", "xlsx"]


@dataclass(slots=True)
class Table:
    """A header and the rows below it, each with its number as a spreadsheet shows it.

    Lines without any content are left out. ``rows`` can be read once.
    """

    header: list[str]
    rows: Iterator[Row]
    format: Format = "csv"


def read_table(path: Path, fits: Callable[[list[str]], int], head: Sequence[str] = ()) -> Table:
    """Open a file. ``fits(header)`` says how many headings are known; it decides the delimiter.

    ``head`` names the columns of a file whose first row holds none of these names.
    Raises ``Refused`` for what is not a table; reading ``rows`` may raise it too.
    """
    size = path.stat().st_size
    if size == 0:
        raise Refused(N_("the file is empty"))
    if size > MAX_BYTES:
        raise Refused(N_("the file is larger than %(limit)s MB"), limit=MAX_BYTES // 1024**2)
    if is_sheet(path):
        return _table(sheet_rows(path), "xlsx", head)
    return _table(text_rows(path, fits), "csv", head)


def _table(rows: Iterator[list[str]], form: Format, head: Sequence[str]) -> Table:
    numbered: Iterator[Row] = enumerate(rows, 1)
    top = list(islice((each for each in numbered if not _is_blank(each[1])), TITLES))
    if not top:
        raise Refused(N_("the file is empty"))
    at = 0 if head else head_at([row for _, row in top])
    first, numbered = top[at], chain(top[at + 1 :], numbered)
    header = [cell.strip() for cell in first[1]]
    if head and not {cell.lower() for cell in header} & {name.lower() for name in head}:
        header = [*head, *[""] * (len(header) - len(head))][: len(header)]
        numbered = chain([first], numbered)
    else:
        while not header[-1]:
            header.pop()
    if len(header) > MAX_COLUMNS:
        raise Refused(N_("the file has more than %(limit)s columns"), limit=MAX_COLUMNS)
    return Table(header, _body(numbered, header, form), form)


def _is_blank(row: list[str]) -> bool:
    return not any(map(str.strip, row))


def _body(rows: Iterator[Row], header: list[str], form: Format) -> Iterator[Row]:
    """Rows with content but that of the header itself; empty cells beyond it are dropped.

    A spreadsheet leaves out empty cells at the end of a row too.
    """
    width = len(header)
    for numbered in rows:
        row = numbered[1]
        if len(row) != width:
            while len(row) > width and not row[-1].strip():
                row.pop()
            if form == "xlsx" and len(row) < width:
                row.extend([""] * (width - len(row)))
        if row != header and ((row and row[0] > " ") or not _is_blank(row)):
            yield numbered


__all__ = ["Delimiter", "Format", "Row", "Table", "read_table"]
