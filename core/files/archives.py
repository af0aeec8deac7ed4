"""What a spreadsheet would take up once it is read: found before a library unpacks it as a whole.

The library makes room for every cell between the first and the last, and keeps a text of its own
for every cell that refers to a shared one. Where it finds no room, it ends the process.
"""

from __future__ import annotations

import re
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core.files.blanks import Blanks, Finder, column_number, sheet_member
from core.files.open_sheets import MEMBER, OpenFinder
from core.files.torn import TORN
from core.messages import N_, Refused

MAX_UNPACKED = 400 * 1024 * 1024
MAX_CELLS = 12_000_000
MAX_HELD = 400 * 1024 * 1024  # bytes in memory
LONGEST_CELL = 4_000_000
_MARKS = len("><t></t></si>")
# Of the room for a cell, of one that is filled, and of a text beside its letters.
_ROOM_BYTES, _CELL_BYTES, _TEXT_BYTES = 24, 40, 32
_CHUNK = 1 << 20
_LONGEST_TAG = 1 << 16
_OTHERS = {MEMBER, "xl/workbook.bin"}  # by which a library reads another format
_TOO_MUCH = N_("the spreadsheet unpacks to more than it may")

# However it is written: the library takes either quotation mark, small letters and blanks.
_COLUMN_OF = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,3})\d""")
_ROW_OF = re.compile(rb"""\sr\s*=\s*["']\s*[A-Za-z]{1,3}(\d{1,7})""")
_ROW_REF = re.compile(rb"""\sr\s*=\s*["']\s*(\d{1,7})""")
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])")
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_TEXT = re.compile(rb"<(?:\w+:)?si(?=[\s/>])")
_LONG = re.compile(rb">([^<]{33,})<")
_INDEX = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>\s*(\d{1,9})\s*<")


@dataclass(slots=True)
class _Part:
    """What was seen of one member; it is a sheet where it has rows, however it is called."""

    sheet: bool
    rows: int = 0
    unnamed_rows: int = 0
    columns: int = 0
    cells: int = 0
    unnamed_cells: int = 0
    shared: int = 0
    texts: int = 0
    longest: int = 0
    letters: int = 0
    _row: int = 0
    _since: int = 0

    def feed(self, data: bytes) -> None:
        if self.sheet or _ROW.search(data):
            self.sheet = True
            self._feed_cells(data)
        if self.texts or _TEXT.search(data):
            first, *rest = (len(each) for each in _TEXT.split(data))
            self._since += first
            self.longest = max(self.longest, self._since, *rest, 0)
            self._since = rest[-1] if rest else self._since
            self.texts += len(rest)
            self.letters += len(data)
        elif b"str" in data or b"Str" in data:  # texts within the cells
            self.letters += sum(map(len, _LONG.findall(data)))

    def _feed_cells(self, data: bytes) -> None:
        """Counts may be too great, for what looks like a cell, and never too small."""
        names = _COLUMN_OF.findall(data)
        numbers = _ROW_REF.findall(data)
        self.columns = max([self.columns, *(column_number(each.upper()) for each in set(names))])
        rows = {*numbers, *_ROW_OF.findall(data)}
        self.rows = max([self.rows, *map(int, rows)])
        self.shared += data.count(b'"s"') + data.count(b"'s'")
        self.unnamed_rows += max(len(_ROW.findall(data)) - len(numbers), 0)
        cells = data.count(b"<c") + data.count(b":c")
        self.cells += cells
        if cells > len(names):
            first, *rest = (len(_CELL.findall(each)) for each in _ROW.split(data))
            named = len(names) == sum([first, *rest])
            self._row += 0 if named else first
            self.unnamed_cells = max([self.unnamed_cells, self._row, *(() if named else rest)])
            self._row = 0 if named else (rest[-1] if rest else self._row)

    @property
    def span(self) -> tuple[int, int]:
        return self.rows + self.unnamed_rows, self.columns + self.unnamed_cells


@dataclass(slots=True)
class _Seen:
    parts: dict[str, _Part] = field(default_factory=dict)
    unpacked: int = 0


def check_archive(path: Path, index: int) -> tuple[Blanks, bool]:
    """A bomb, a torn file or an endless sheet is refused here. Raises ``Refused``.

    Tells which cells of the sheet hold an error, or a formula without a value; and whether the
    sheets were measured: those of other formats than XLSX are not.
    """
    stat = path.stat()
    return _checked(path, index, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=1)  # a file is opened several times in a row
def _checked(path: Path, index: int, _changed: int, _size: int) -> tuple[Blanks, bool]:
    seen = _Seen()
    finder: Finder | OpenFinder = Finder()
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = sheet_member(archive, index)
            others = _OTHERS & {name.lower() for name in archive.namelist()}
            if wanted is None and MEMBER in others:
                wanted, finder = MEMBER, OpenFinder(index)
            for info in archive.infolist():
                part = seen.parts.setdefault(info.filename, _Part(_is_sheet(info.filename)))
                for data in _pieces(archive, info, seen):
                    part.feed(data)
                    if info.filename == wanted:
                        finder.feed(data)
            _check_spans(seen)
            _check_held(archive, seen)
    except TORN as error:
        raise Refused(N_("the spreadsheet is damaged; save it anew")) from error
    return finder.found, wanted is not None and not others


def _is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/") and name.endswith(".xml")


def _pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo, seen: _Seen) -> Iterator[bytes]:
    """The member in pieces that end where a tag does; a tag or text that never ends is refused."""
    tail = b""
    with archive.open(info) as part:
        while chunk := part.read(_CHUNK):
            seen.unpacked += len(chunk)
            data = tail + chunk
            end = data.rfind(b">") + 1
            tail = data[end:]
            opened = tail.find(b"<")
            in_tag = len(tail) - opened if opened >= 0 else 0
            if seen.unpacked > MAX_UNPACKED or len(tail) > LONGEST_CELL or in_tag > _LONGEST_TAG:
                raise Refused(_TOO_MUCH)
            if end:
                yield data[:end]
    if tail:
        yield tail


def _check_spans(seen: _Seen) -> None:
    for part in seen.parts.values():
        rows, columns = part.span
        if part.sheet and rows * columns > MAX_CELLS:
            raise Refused(
                N_("the spreadsheet spans %(rows)s rows and %(columns)s columns"),
                rows=rows,
                columns=columns,
            )


def _check_held(archive: zipfile.ZipFile, seen: _Seen) -> None:
    """The texts, and of the sheets, which are read one after the other, the one that takes most."""
    texts = sum(part.letters + part.texts * _TEXT_BYTES for part in seen.parts.values())
    longest = max((part.longest for part in seen.parts.values()), default=0)
    lengths: array[int] | None = None
    for name, part in seen.parts.items():
        if not part.sheet:
            continue
        rows, columns = part.span
        held = texts + rows * columns * _ROOM_BYTES + part.cells * _CELL_BYTES
        if held + part.shared * (longest + _TEXT_BYTES) > MAX_HELD and part.shared:
            lengths = _lengths(archive, seen) if lengths is None else lengths
            held += part.shared * _TEXT_BYTES + _copied(archive, name, lengths, MAX_HELD - held)
        if held > MAX_HELD:
            raise Refused(_TOO_MUCH)


def _lengths(archive: zipfile.ZipFile, seen: _Seen) -> array[int]:
    """How long each shared text is, its marks included."""
    found = array("I")
    for name, part in seen.parts.items():
        since = None
        for data in _pieces(archive, archive.getinfo(name), _Seen()) if part.texts else ():
            first, *rest = (len(each) for each in _TEXT.split(data))
            if since is not None:
                since += first
            for each in rest:
                if since is not None:
                    found.append(max(since - _MARKS, 0))
                since = each
        if since is not None:
            found.append(max(since - _MARKS, 0))
    return found


def _copied(archive: zipfile.ZipFile, name: str, lengths: array[int], most: int) -> int:
    """Letters of the shared texts that the cells of a sheet refer to; no more than ``most`` by far.

    A number of a cell that is no reference counts as one too.
    """
    copied, known = 0, len(lengths)
    for data in _pieces(archive, archive.getinfo(name), _Seen()):
        copied += sum(lengths[at] for each in _INDEX.findall(data) if (at := int(each)) < known)
        if copied > most:
            break
    return copied
