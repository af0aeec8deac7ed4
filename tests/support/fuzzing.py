"""Files spoilt in every way that a seed can think of."""

from __future__ import annotations

import csv
import io
import random
import zipfile

from support.ods import ods, rows_of

from core.files.writing import write_xlsx

HOSTILE = [
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "1e400",
        "1e99",
        "9" * 50,
        "NaN",
        "inf",
        "٣",
        "²",
        "１２",
        "0x10",
        "1_0",
    ),
    *(
        "=1+1",
        "@x",
        "+1",
        "'",
        "''",
        '"',
        ";",
        "\t",
        "\n",
        "\r",
        "a,b",
        "\x00",
        "\x01",
        "\u202eabc",
    ),
    *("\u200f", "\ufeff", "\ufffd", "🙂" * 300, "柳" * 5000, "a" * 70_000, "null", "None", "是"),
    *("2062-01-01 00:00", "2026-02-30", "0000-00-00", "9999-12-31", "0001-01-01", "1900-01-01"),
    *("2100-12-31 23:59:59", "1949-12-31 00:00", "2026-10-03T09:00:00+99:99", "2026-10-03T25:61"),
    *("03/04/2026", "13/13/2026", "29/02/2023 1:00 PM", "Feb 30, 2026", "31/12/9999 23:59"),
    *("09:27 +", "次日 00:10", "24:00", "08:5518:02", "0:0", "99:99", "09:00-09:00", "25:00-26:00"),
    *("工号:", "工号：64", "2026/10/01 ~ 2026/10/31", "9999-12-01~9999-12-31", "1", "2", "31"),
    *("E1", "E2", "64", "64.0", "e1@example.com", "E1;E1;;", "客服中心//", "/", "off", "approved"),
    *(
        "93%",
        "%",
        "-0",
        "1.005",
        "100.01",
        "1" + "0" * 17,
        "1" + "0" * 400,
        ".",
        "2026-10",
        "2026-13",
    ),
]
TOKENS = [each.encode("utf-8", "surrogatepass") for each in HOSTILE if len(each) < 100] + [
    *(b"\0", b"\0" * 500, b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\x81", b"\xed\xa0\x80", b"\r"),
    *(
        b'"',
        b'""',
        b",,,,",
        b"\n\n",
        b"\t\t",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0",
        b"<v>",
        b"</row>",
    ),
]
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "big5", "shift_jis", "latin-1")


def spoilt(content: bytes, dice: random.Random) -> bytes:
    """One spoilt copy, often spoilt several times."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        ways = [_flip, _cut, _insert, _repeat, _drop]
        if content.startswith(b"PK"):
            ways += [*[_member] * 3, *[_sheet_cells] * 9]  # most other damage shows at once
        else:
            ways += [_cells, _cells, _columns, _encode]
        content = dice.choice(ways)(content, dice)
    return content


def _flip(content: bytes, dice: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(dice.choice((1, 1, 3, 20))):
        if found:
            found[dice.randrange(len(found))] ^= 1 << dice.randrange(8)
    return bytes(found)


def _cut(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content) + 1)]


def _insert(content: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(content) + 1)
    return content[:at] + dice.choice(TOKENS) + content[at:]


def _repeat(content: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(content) + 1)
    end = min(len(content), start + dice.randrange(1, 200))
    return content[:end] + content[start:]


def _drop(content: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(content) + 1)
    return content[:start] + content[start + dice.randrange(1, 100) :]


def _grid(content: bytes, dice: random.Random) -> list[list[str]]:
    text = content.decode("utf-8", "replace").replace("\0", "")
    separator = "\t" if text.count("\t") > text.count(",") else ","
    csv.field_size_limit(10**7)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return [line.split(separator) for line in text.splitlines()]
    finally:
        csv.field_size_limit(131_072)


def _written(rows: list[list[str]]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode("utf-8", "surrogatepass")


def _spoil_cells(rows: list[list[str]], dice: random.Random) -> None:
    for _ in range(dice.choice((1, 1, 2, 5))):
        row = dice.choice(rows) if rows else []
        if row:
            row[dice.randrange(len(row))] = dice.choice(HOSTILE)


def _cells(content: bytes, dice: random.Random) -> bytes:
    rows = _grid(content, dice)
    _spoil_cells(rows, dice)
    return _written(rows)


def _columns(content: bytes, dice: random.Random) -> bytes:
    """Columns swapped, doubled or dropped, in all rows or in some; rows doubled and shuffled."""
    rows = _grid(content, dice)
    width = max((len(row) for row in rows), default=0)
    if not width:
        return content
    one, other = dice.randrange(width), dice.randrange(width)
    way, some = dice.randrange(5), dice.random() < 0.3
    for row in rows:
        if some and dice.random() < 0.5:
            continue
        if max(one, other) < len(row):
            if way == 0:
                row[one], row[other] = row[other], row[one]
            elif way == 1:
                row.insert(one, row[other])
            elif way == 2:
                del row[one]
    if way == 3:
        rows += [list(dice.choice(rows)) for _ in range(5)]
    elif way == 4:
        dice.shuffle(rows)
    return _written(rows)


def _encode(content: bytes, dice: random.Random) -> bytes:
    """Another encoding, sometimes for the second half alone."""
    text = content.decode("utf-8", "replace")
    half = dice.choice((0, len(text) // 2))
    return text[:half].encode() + text[half:].encode(dice.choice(ENCODINGS), "replace")


def _member(content: bytes, dice: random.Random) -> bytes:
    """A part of a spreadsheet spoilt, dropped or doubled; the archive itself is whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:
        return content
    if not parts:
        return content
    name = dice.choice(list(parts))
    way = dice.randrange(5)
    if way == 0:
        del parts[name]
    else:
        parts[name] = dice.choice((_flip, _cut, _insert, _repeat, _drop))(parts[name], dice)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, part in parts.items():
            archive.writestr(key, part)
    return stream.getvalue()


def _sheet_cells(content: bytes, dice: random.Random) -> bytes:
    """A spreadsheet of the same cells, some of them hostile, of other types than before."""
    import openpyxl

    if b"content.xml" in content[:200]:
        return _open_cells(content, dice)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        rows = [
            ["" if cell is None else str(cell) for cell in row] for row in book.worksheets[0].values
        ]
        book.close()
    except Exception:
        return content
    if not rows or not rows[0]:
        return content
    _spoil_cells(rows, dice)
    typed: list[list[object]] = [
        [float(cell) if cell.isdecimal() and len(cell) < 9 else cell for cell in row]
        for row in rows
    ]
    return write_xlsx([str(cell) for cell in typed[0]], typed[1:])


def _open_cells(content: bytes, dice: random.Random) -> bytes:
    try:
        rows = rows_of(content)
    except Exception:
        return content
    _spoil_cells(rows, dice)
    return ods(rows)
