"""Cells of an OpenDocument spreadsheet that show something and hold no value.

Errors, which readers give as empty, and formulas that no program has calculated; rows and columns
are counted, since the format names no places.
"""

from __future__ import annotations

import re

from core.files.blanks import ERRORS, MOST, NO_VALUE, Blanks
from core.messages import N_, Refused

MEMBER = "content.xml"
ROWS = 1 << 20  # of one sheet, at most
# No value of an attribute holds a "<", so no tag is looked for beyond the next one.
_TAG = re.compile(
    rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])"
    rb"""((?:"[^"<]*"|'[^'<]*'|[^<>"']++)*+)>(?:<text:p>([^<]*)<)?"""
)
MOST_REPEATED = 100_000  # rows that are written once and stand for many
_REPEATED = re.compile(rb"""\btable:number-rows-repeated\s*=\s*["']\s*(\d+)""")
_ROWS = re.compile(rb'\btable:number-rows-repeated="(\d{1,7})"')
_COLUMNS = re.compile(rb'\btable:number-columns-repeated="(\d{1,5})"')


class OpenFinder:
    """Looks for such cells of one sheet, the first being 0, in the pieces of the whole."""

    def __init__(self, index: int) -> None:
        self.found: Blanks = {}
        self._sheet = -1 - index
        self._next = self._first = self._after = 0
        self._repeated = self._filled = 0

    def feed(self, piece: bytes) -> None:
        """Raises ``Refused`` where a few rows are filled and stand for far more than a table."""
        for match in _TAG.finditer(piece):
            name, attributes = match[1], match[2]
            if name == b"table":
                self._sheet += 1
                self._next = 0
            elif name == b"table-row":
                found = _REPEATED.search(attributes)
                self._repeated = int(found[1][:9]) if found else 0
                if self._sheet == 0:
                    self._first, self._after = self._next, 0
                    self._next += _times(_ROWS, attributes)
            else:
                if self._repeated and (match[3] or b"office:value-type" in attributes):
                    self._fill()
                if self._sheet == 0:
                    self._look(attributes, match[3] or b"")

    def _fill(self) -> None:
        self._filled, self._repeated = self._filled + self._repeated, 0
        if self._filled > MOST_REPEATED:
            raise Refused(N_("the spreadsheet unpacks to more than it may"))

    def _look(self, attributes: bytes, text: bytes) -> None:
        column = self._after
        self._after += _times(_COLUMNS, attributes)
        if b'calcext:value-type="error"' in attributes:
            said = text.decode("utf-8", "replace").strip()
            self._note(column, said if said in ERRORS else "#VALUE!")
        elif b"table:formula=" in attributes and b"office:value-type=" not in attributes:
            self._note(column, NO_VALUE)

    def _note(self, column: int, said: str) -> None:
        for row in range(self._first, min(self._next, ROWS)):
            for each in range(column, self._after):
                if len(self.found) >= MOST:
                    return
                self.found[row, each] = said


def _times(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes) if b"-repeated" in attributes else None
    return int(found[1]) if found else 1
