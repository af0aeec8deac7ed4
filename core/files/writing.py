"""Tables into files: CSV that Excel opens rightly, and XLSX; no cell becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def safe_text(value: object) -> str:
    """A cell of a CSV file; one that a spreadsheet would run as a formula begins with ``'``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    text = str(value)
    if text.startswith(_RISKY) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with a byte-order mark, by which Excel recognises it."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([safe_text(name) for name in header])
    writer.writerows([safe_text(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def write_xlsx(
    header: Sequence[str], rows: Iterable[Sequence[object]], sheet: str = "Sheet1"
) -> bytes:
    """One sheet with a bold, frozen first row; numbers, dates and times stay what they are."""
    import xlsxwriter  # takes memory, and few workers write any

    stream = io.BytesIO()
    options: dict[str, Any] = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as workbook:
        page = workbook.add_worksheet(sheet)
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        widths = [len(name) for name in header]
        for column, name in enumerate(header):
            page.write_string(0, column, name, bold)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, bool):
                    page.write_boolean(number, column, cell)
                elif isinstance(cell, int | float | Decimal):
                    page.write_number(number, column, float(cell))
                elif isinstance(cell, datetime):
                    page.write_datetime(number, column, cell, moment)
                elif isinstance(cell, date):
                    page.write_datetime(number, column, cell, day)
                elif cell is not None and cell != "":
                    page.write_string(number, column, str(cell))
                if column < len(widths):
                    widths[column] = max(widths[column], min(40, len(str(cell or ""))))
        for column, width in enumerate(widths):
            page.set_column(column, column, max(8, width * 1.3))
        page.freeze_panes(1, 0)
    return stream.getvalue()
