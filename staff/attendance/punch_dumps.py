"""Dumps of devices: lines of an id and a time, without a head, as ``attlog.dat``."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Protocol

from core.db import wall_time
from core.files.reading import Row
from core.files.texts import encoding_of, utf16_in
from core.imports.cells import Bad, moment
from core.imports.moments import order_of, read_when
from core.messages import N_

OLDEST = 2010  # a device that lost its clock counts from 2000 or before
HEAD = 40
LONGEST, _PIECE = 64 * 1024, 1 << 20  # bytes of a line
_DAY, _OTHER_DAY = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}", r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
_CLOCK = r"[ \t]+\d{1,2}:\d{2}(?::\d{2})?"


def _record(day: str, clock: str, begin: str, days: str) -> re.Pattern[str]:
    """An id, a name or none, and a time.

    No name begins like a date (``begin``), or like the rest of one before an id that is filled up
    with blanks, and no second time stands behind: then two records ran into one.
    """
    name = rf"(?P<name>(?!\s*(?:{begin}|\d{{1,4}}\s\s))[^\t]*)\t"
    rest = rf"(?![^\n]*(?:{days})[ \t])"
    between = rf"(?:\s*\t(?:{name})?|\s*,\s*|\s+)"
    stamp = rf"(?P<stamp>{day}{clock})"
    return re.compile(rf"\s*(?P<who>[^\s,;]+){between}{stamp}{rest}(?:[\s,].*|)", re.DOTALL)


_RECORD = _record(_DAY, _CLOCK, r"\d{4}[-/]", _DAY)
# Its date begins with the day or the month; no part of a date with the year first looks so.
_HALF = r"(?:[ \t]*[AaPp][Mm]\b)?"
_OTHER = _record(_OTHER_DAY, _CLOCK + _HALF, r"\d{1,4}[-/.]", f"{_DAY}|{_OTHER_DAY}")
_FORMS = (_RECORD, _OTHER)
_TORN = re.compile(rb"\0{2,}(?!\t)")  # not within an id or name that is filled up
UNSET = N_("the clock of the device was not set")


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class _Narrow:
    """UTF-16 text as the bytes of UTF-8."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def read(self, size: int, /) -> bytes:
        return self._text.read(size).encode()

    def readline(self, size: int, /) -> bytes:
        return self._text.readline(size).encode()


@contextmanager
def _opened(path: Path) -> Iterator[_Bytes]:
    with path.open("rb") as file:
        wide = utf16_in(file.read(LONGEST))
        file.seek(0)
        if wide:
            yield _Narrow(io.TextIOWrapper(file, encoding_of(path), newline="\n"))
        else:
            yield file


def _records(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with content. Runs of NUL bytes, which a torn write leaves, end a line and are dropped.

    So does a carriage return alone.
    """
    number = 0
    with _opened(path) as file:
        for line in iter(partial(_line, file), b""):
            text = line.decode("utf-8-sig", "replace").rstrip("\r\n")
            for part in text.split("\r"):
                number += 1
                if part.strip():
                    yield number, part


def _line(file: _Bytes) -> bytes:
    """The next line without NUL bytes; what is longer than any record is cut into several."""
    found = b""
    while len(found) < LONGEST and (piece := file.readline(_PIECE)):
        if b"\0" in piece:
            piece = _TORN.sub(b"\r", piece).replace(b"\0", b"")
        found = (found + piece).lstrip(b"\r")
        if piece.endswith(b"\n"):
            return found or b"\n"
    return found


def _beginning(path: Path) -> bytes:
    """The first bytes that are not NUL: a torn write may leave a long run of them."""
    found = b""
    with _opened(path) as file:
        while len(found) < 64 * 1024 and (chunk := file.read(1 << 20)):
            found += chunk.replace(b"\0", b"")
    return found[: 64 * 1024]


def is_dump(path: Path) -> bool:
    """Whether most of the first lines are records, and the first is no head."""
    head = _beginning(path)
    if not re.search(rb"\d[-/.]\d\d?[-/.]\d+[ \t]+\d\d?:\d\d", head):
        return False
    lines = [text for _, text in islice(_records(path), HEAD)]
    good = [any(form.fullmatch(line) for form in _FORMS) for line in lines]
    return bool(good) and (good[0] or _is_torn(lines[0])) and 2 * sum(good) > len(good)


def _is_torn(first: str) -> bool:
    """Whether the first line is the rest of a record, and no head."""
    return bool(re.search(r"\d", first)) and not re.search(r"[^\W\d_]{3}", first)


def dump_rows(
    path: Path, order: str | None, refused: Callable[[int, Bad, str], Row]
) -> Iterator[Row]:
    """The records of a dump; ``refused`` makes a row of one that cannot be read."""
    other: Callable[[str], str] | None = None
    named = _has_names(path)
    for number, text in _records(path):
        match = _RECORD.fullmatch(text) or _OTHER.fullmatch(text)
        if match is None or (match["name"] and not named and match["name"].strip()[:1].isdigit()):
            yield refused(number, Bad(N_("is a torn record")), text)
            continue
        if match.re is _RECORD:
            stamp = _usual(match["stamp"])
        else:
            other = other or partial(_read, order=order or _order(path))
            try:
                stamp = other(match["stamp"])
            except Bad as bad:
                yield refused(
                    number, Bad(bad.message.msgid, "timestamp", **bad.message.params), text
                )
                continue
        if int(stamp[:4]) < OLDEST:
            yield refused(number, Bad(UNSET, "timestamp"), text)
        else:
            yield number, [match["who"], stamp]


def _has_names(path: Path) -> bool:
    """Whether most of the first records have a name; else digits there are the rest of a time."""
    lines = [text for _, text in islice(_records(path), HEAD)]
    found = [match for text in lines for form in _FORMS if (match := form.fullmatch(text))]
    return 2 * sum(bool(match["name"]) for match in found) > len(found)


def _read(stamp: str, order: str | None) -> str:
    when = read_when(stamp, order)
    return f"{when.day} {when.clock}"


def _order(path: Path) -> str | None:
    """What the dates of the dump decide together; where they quarrel, each is judged by itself."""
    found = (_OTHER.fullmatch(text) for _, text in _records(path))
    try:
        return order_of(match["stamp"] for match in found if match is not None)
    except Bad:
        return None


def _usual(stamp: str) -> str:
    """A time with its date as our files write it: by it names are looked up."""
    if stamp[4] == "-" and stamp[10:11] == " " and stamp[11:12] != " " and stamp[11:13] != "24":
        return stamp
    day, clock = stamp.split()
    year, month, number = re.split("[-/]", day)
    usual = f"{year}-{month:0>2}-{number:0>2} {clock}"
    if clock.startswith("24"):
        with suppress(Bad):
            return str(wall_time(moment(usual)))
    return usual
