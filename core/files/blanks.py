"""Cells of a spreadsheet that show something and hold no value: errors, formulas never calculated.

Readers give such cells as empty, and an empty cell empties what was known: so they are found in the
sheet itself, and stand in the rows as texts that no column takes.
"""

from __future__ import annotations

import re
import zipfile
from posixpath import normpath

# What stands for a formula that no program has calculated; its last character is no text's.
NO_VALUE = "=?\x1a"
# And for a number so long that a spreadsheet cannot hold all of its digits.
DIGITS_LOST = "=#\x1a"
ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
MOST = 100_000  # of one sheet; whoever sees so many knows

Blanks = dict[tuple[int, int], str]
# No pattern runs over a tag that begins anew: what never closes would be read again from each.
_CELL = re.compile(rb"<(?:\w+:)?c\s([^<>]*[^<>/])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_CLOSED = re.compile(rb"</(?:\w+:)?c>")
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>([^<]*)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_TYPE = re.compile(rb'\bt="(\w+)"')
_SHEET = re.compile(rb'<(?:\w+:)?sheet\s[^<>]*?\b\w+:id="([^"<>]+)"')
_LONGEST = 1 << 16
_INDEX = 1 << 20


class Finder:
    """Looks for such cells in the pieces of one sheet, in their order."""

    def __init__(self) -> None:
        self.found: Blanks = {}
        self._tail = b""

    def feed(self, piece: bytes) -> None:
        data, end = self._tail + piece, 0
        if b't="e"' in data or b"<f" in data or b":f" in data:
            last = max((match.end() for match in _CLOSED.finditer(data)), default=0)
            for match in _CELL.finditer(data, 0, last):
                end = match.end()
                self._look(match[1], match[2])
        else:
            end = data.rfind(b"</")
        self._tail = data[max(end, len(data) - _LONGEST, 0) :]

    def _look(self, attributes: bytes, content: bytes) -> None:
        kind, value = _TYPE.search(attributes), _VALUE.search(content)
        text = value[1] if value else b""
        place = _PLACE.search(attributes)
        if place is None or len(self.found) >= MOST:
            return
        at = int(place[2]) - 1, column_number(place[1]) - 1
        if kind is not None and kind[1] == b"e":
            said = text.decode("ascii", "replace").strip()
            self.found[at] = said if said in ERRORS else "#VALUE!"
        elif not text and kind is None and _FORMULA.search(content):
            self.found[at] = NO_VALUE


def column_number(name: bytes) -> int:
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number


def sheet_member(archive: zipfile.ZipFile, number: int) -> str | None:
    """The member that holds a sheet, the first being 0; None where the archive does not say."""
    names = set(archive.namelist())
    index, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not {index, relations} <= names:
        return None
    with archive.open(index) as part:
        sheets = _SHEET.findall(part.read(_INDEX))
    if number >= len(sheets):
        return None
    with archive.open(relations) as part:
        listed = re.findall(rb"<(?:\w+:)?Relationship\s[^<>]*>", part.read(_INDEX))
    for each in listed:
        target = re.search(rb'\bTarget="([^"]+)"', each)
        if target and re.search(rb'\bId="' + re.escape(sheets[number]) + rb'"', each):
            path = target[1].decode("utf-8", "replace")
            return path[1:] if path.startswith("/") else normpath(f"xl/{path}")
    return None


def shown(row: list[str], number: int, blanks: Blanks) -> list[str]:
    """The row with what stands in its cells without a value; one that has nothing else stays."""
    told = [cell or blanks.get((number, place), "") for place, cell in enumerate(row)]
    return told if any(cell not in ("", NO_VALUE) for cell in told) else row
