"""Cells of an XLSX sheet that are merged downwards: what stands in the first holds for all of them.

Readers give the others as empty.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from core.files.blanks import column_number, sheet_member
from core.files.reading import Row
from core.files.torn import TORN

MOST = 100_000  # of one sheet
_MERGED = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^<>]*?\bref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"'
)
_CHUNK, _LONGEST = 1 << 20, 200
# The row and column of the first cell, both from 0, and the last row.
Merged = dict[tuple[int, int], int]


def merged_down(path: Path, index: int, columns: Collection[int]) -> Merged:
    """Where cells of these columns are merged over several rows; nothing of other formats."""
    found: Merged = {}
    try:
        with zipfile.ZipFile(path) as archive:
            member = sheet_member(archive, index)
            for data in _pieces(archive, member) if member else ():
                for name, first, last in _MERGED.findall(data):
                    column = column_number(name) - 1
                    if column in columns and int(last) > int(first) and len(found) < MOST:
                        found[int(first) - 1, column] = int(last) - 1
    except TORN:
        return {}  # whoever reads the sheet tells why
    return found


def _pieces(archive: zipfile.ZipFile, member: str) -> Iterator[bytes]:
    tail = b""
    with archive.open(member) as part:
        while chunk := part.read(_CHUNK):
            data = tail + chunk
            end = data.rfind(b">") + 1
            yield data[:end]
            tail = data[max(end, len(data) - _LONGEST) :]


def filled_down(rows: Iterable[Row], merged: Merged) -> Iterator[Row]:
    """The rows with what stands in the first of merged cells in the empty ones below it."""
    held: dict[int, tuple[int, str]] = {}
    starts = {row for row, _ in merged}
    for number, row in rows:
        if number - 1 in starts:
            for column, cell in enumerate(row):
                last = merged.get((number - 1, column))
                if last is not None:
                    held[column] = (last, cell)
        for column, (last, cell) in held.items():
            if number - 1 <= last and column < len(row) and not row[column]:
                row[column] = cell
        yield number, row
