"""Punches that the samples of grids hold, written down by hand: what of them a spoilt copy keeps.

Files are read here by the standard library and openpyxl. A row that nobody spoilt, below a head
that nobody spoilt, must still give its punches, whatever became of the others.
"""

from __future__ import annotations

import csv
import io
from collections import Counter

Punches = Counter[tuple[str, str]]
Rows = list[tuple[str, ...]]

# Sample: rows of the head, and the punches of runs of rows below it.
HELD: dict[str, tuple[int, dict[tuple[int, ...], list[tuple[str, str]]]]] = {
    "dingtalk": (
        2,
        {(2,): [("64", "2026-10-08 08:58:00")], (3,): [("E1", "2026-10-08 18:20:00")]},
    ),
    "matrix": (
        3,
        {
            (3,): [
                *(("64", "2026-10-01 08:55:00"), ("64", "2026-10-01 18:02:00")),
                *(("64", "2026-10-03 21:00:00"), ("64", "2026-10-04 09:27:00")),
            ]
        },
    ),
    "sections": (
        3,
        {
            (3, 4): [("64", "2026-10-01 08:55:00"), ("64", "2026-10-01 18:02:00")],
            (5, 6): [("E1", "2026-10-02 09:00:00")],
        },
    ),
    "wecom": (
        3,
        {(3,): [("E1", "2026-10-08 08:50:00"), ("E1", "2026-10-09 00:10:00")], (4,): []},
    ),
    "stamps": (
        1,
        {
            (1,): [("64", "2026-10-08 08:20:00")],
            (2,): [("64", "2026-10-08 18:05:00")],
            (3,): [("64", "2026-09-13 18:05:00")],
        },
    ),
}


def still_held(name: str, whole: bytes, spoilt: bytes) -> Punches:
    """The punches that a spoilt copy of a sample must still give; none where its head is another.

    The first row below the head has to be there too: by it the end of the head is seen.
    """
    head, runs = HELD.get(name, (0, {}))
    before, after = _rows(whole), _rows(spoilt)
    if not head or after[: head + 1] != before[: head + 1]:
        return Counter()
    found: Punches = Counter()
    for places, punches in runs.items():
        run = [before[place] for place in places]
        times = sum(after[at : at + len(run)] == run for at in range(head, len(after)))
        found.update({each: times for each in punches if times})
    return found


def _rows(content: bytes) -> Rows:
    try:
        if content.startswith(b"PK\x03\x04"):
            return _of_sheet(content)
        text = content.decode("utf-8-sig")
        return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))]
    except Exception:
        return []  # damaged: nothing is expected of it


def _of_sheet(content: bytes) -> Rows:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    try:
        rows = [
            ["" if cell is None else str(cell) for cell in row] for row in book.worksheets[0].values
        ]
    finally:
        book.close()
    width = max(map(len, rows), default=0)
    return [tuple(row + [""] * (width - len(row))) for row in rows]
