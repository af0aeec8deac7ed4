"""A workbook in the old format, BIFF8 in an OLE container: texts and numbers of one sheet."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def xls(rows: Sequence[Sequence[str | float]], far: tuple[int, int] | None = None) -> bytes:
    """``far`` is the place of one more cell, far away."""
    return _container(_workbook(rows, far))


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _workbook(rows: Sequence[Sequence[str | float]], far: tuple[int, int] | None) -> bytes:
    end, name = _record(0x0A), "Sheet1"
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 6))
    bound = struct.pack("<IBBBB", 0, 0, 0, len(name), 0) + name.encode()
    offset = len(start) + len(_record(0x85, bound)) + len(end)
    bound = struct.pack("<I", offset) + bound[4:]
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 6))
    width = max(len(row) for row in rows)
    sheet += _record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                sheet += _record(0x204, struct.pack("<HHH", y, x, 0) + text) if cell else b""
            else:
                sheet += _record(0x203, struct.pack("<HHHd", y, x, 0, cell))
    if far is not None:
        sheet += _record(0x203, struct.pack("<HHHd", *far, 0, 1.0))
    return start + _record(0x85, bound) + end + sheet + end


def _container(stream: bytes) -> bytes:
    """Header, one sector of the table, one of the directory, then the stream."""
    stream = stream.ljust(4096, b"\0")  # shorter ones would lie elsewhere
    count = -(-len(stream) // _SECTOR)
    assert count + 2 <= _SECTOR // 4
    table = [_FAT, _END, *range(3, count + 2), _END]
    table += [_FREE] * (_SECTOR // 4 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    entries = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 2, len(stream))
    directory = entries.ljust(_SECTOR, b"\0")
    body = stream.ljust(count * _SECTOR, b"\0")
    return header + struct.pack(f"<{len(table)}I", *table) + directory + body


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<III", _FREE, _FREE, child)
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBB", len(text), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
