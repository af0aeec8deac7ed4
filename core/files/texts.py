"""CSV files: which encoding, which delimiter, and what is no text at all."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, TextIO

from core.messages import N_, Refused

Delimiter = Literal[",", ";", "\t", "|"]
DELIMITERS: tuple[Delimiter, ...] = (",", ";", "\t", "|")
# The first line that Excel writes and hides: ``sep=;``. It names the separator.
_HINT = re.compile(r'"?sep=(\\t|[^\w\s"\']|\t)"?[\t,; ]*\r?\n?', re.IGNORECASE | re.ASCII)
_CHUNK = 1 << 20
_SAMPLE = 64 * 1024
TITLES = 10  # rows among which the header is looked for
LONGEST_LINE = 4_000_000  # characters
_NULS = N_("the file is neither CSV nor a spreadsheet: it holds NUL bytes")
# How files of other kinds begin, of which some come under the name of a table.
_OTHERS = (
    (re.compile(rb"<(!doctype|html|head|body|meta|style|div|table|!--)", re.IGNORECASE), "HTML"),
    (re.compile(rb"<\?xml", re.IGNORECASE), "XML"),
    (re.compile(rb"%PDF-"), "PDF"),
    (re.compile(rb"\{\\rtf"), "RTF"),
)
_CHINESE = re.compile("[\u4e00-\u9fff]")
_PAIR = re.compile(rb"[\x81-\xfe](?:[\x80-\xfe]|[0-9][\x81-\xfe][0-9])")
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NO_TEXT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f]")
_GUARDED = ("'=", "'+", "'-", "'@", "'\t", "'\r")


def encoding_of(path: Path) -> str:
    """``utf-8-sig``, ``gb18030`` or one of UTF-16; raises ``Refused`` for what is none of them.

    GB18030 accepts nearly every sequence of bytes, so a file that is UTF-8 but for a few broken
    places is refused and not read as something that nobody wrote.
    """
    with path.open("rb") as file:
        first = file.read(_CHUNK)
        wide = utf16_in(first)
        _check_kind(first.decode(wide, "replace").encode() if wide else first)
        chunk = first
        while chunk and not wide:
            if b"\0" in chunk:
                raise Refused(_NULS)
            chunk = file.read(_CHUNK)
    if wide:
        if not _decodes(path, wide):
            raise Refused(N_("the file is UTF-16 text with broken characters in it; save it again"))
        return wide
    if _decodes(path, "utf-8"):
        return "utf-8-sig"
    if first.startswith(codecs.BOM_UTF8) or _mostly_utf8(first):
        raise Refused(N_("the file is UTF-8 text with broken characters in it; save it again"))
    if _decodes(path, "gb18030"):
        _check_mixed(path)
        if not _is_foreign(first):
            return "gb18030"
    raise Refused(N_("the file is neither UTF-8 nor GB18030 text"))


def utf16_in(first: bytes) -> str | None:
    """The encoding of a text that begins so, if it is UTF-16.

    Without a mark it is where it reads as lines of which every third character is ASCII: in no
    other text every second byte is nothing.
    """
    if first[:2] in _UTF16:
        return _UTF16[first[:2]]
    sample = first[:_SAMPLE]
    if b"\0" in sample:
        for encoding in ("utf-16-le", "utf-16-be"):
            try:
                text = codecs.getincrementaldecoder(encoding)().decode(sample)
            except UnicodeDecodeError:
                continue
            plain = sum(letter.isascii() for letter in text)
            if "\n" in text and 3 * plain > len(text) and not _NO_TEXT.search(text):
                return encoding
    return None


def _is_foreign(sample: bytes) -> bool:
    """Whether a text that GB18030 may decode was hardly written in it.

    Of Latin-1 every letter beyond ASCII stands alone, and would swallow the next one; of Big5 many
    would be those that GB18030 leaves to its users.
    """
    beyond = [each for each in sample.decode("gb18030", "ignore") if each > "\x7f"]
    private = sum("\ue000" <= each <= "\uf8ff" for each in beyond)
    return bool(beyond) and (_PAIR.search(sample) is None or 10 * private > len(beyond))


def _check_mixed(path: Path) -> None:
    """Raises ``Refused`` where a line of a file in GB18030 is UTF-8 with Chinese words.

    Read as GB18030 it would be words that nobody wrote; written in it, it would hardly be UTF-8.
    """
    number = 0
    with path.open("rb") as file:
        while line := file.readline(_CHUNK):
            number += 1
            try:
                found = not line.isascii() and len(_CHINESE.findall(line.decode())) > 1
            except UnicodeDecodeError:
                continue
            if found:
                raise Refused(
                    N_("line %(line)s is UTF-8 text and others are GB18030: save the file again"),
                    line=number,
                )


def _check_kind(first: bytes) -> None:
    """Raises ``Refused`` for a page or a document, whatever it is called."""
    begins = first.removeprefix(codecs.BOM_UTF8).lstrip()[:64]
    for pattern, kind in _OTHERS:
        if pattern.match(begins):
            raise Refused(
                N_("the file is no table but %(kind)s; open it and save it as XLSX or CSV UTF-8"),
                kind=kind,
            )


def _decodes(path: Path, encoding: str) -> bool:
    """Whether all of a file is text; of UTF-16, also whether it holds no NUL."""
    decoder, wide = codecs.getincrementaldecoder(encoding)(), encoding.startswith("utf-16")
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                text = decoder.decode(chunk)
                if wide and "\0" in text:
                    raise Refused(_NULS)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", "replace")
    beyond = sum(1 for letter in text if letter > "\x7f")
    return beyond > 4 * text.count("\ufffd")


def text_rows(path: Path, fits: Callable[[list[str]], int]) -> Iterator[list[str]]:
    """The records of a CSV file, its header first, with the delimiter that knows most headings."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as text:
        named = after_hint(text)
    return _records(path, encoding, named or _delimiter(path, encoding, fits))


def head_at(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows with content is the header: what fills one cell alone is a title."""
    filled = (sum(1 for cell in row if cell.strip()) for row in rows)
    return next((at for at, count in enumerate(filled) if count > 1), 0)


def after_hint(text: TextIO) -> str | None:
    """The separator that the first line names, if it does nothing else; then it is passed over."""
    match = _HINT.fullmatch(text.readline(20))
    if match is None:
        text.seek(0)
        return None
    return "\t" if match[1] == "\\t" else match[1]


def _delimiter(path: Path, encoding: str, fits: Callable[[list[str]], int]) -> Delimiter:
    best: Delimiter = ","
    score = (-1, -1)
    for delimiter in DELIMITERS:
        try:
            rows = (row for row in _records(path, encoding, delimiter) if any(row))
            top = list(islice(rows, 1))
            if len(top[0] if top else ()) == 1:  # a title, or another delimiter
                top += islice(rows, TITLES - 1)
        except Refused:
            continue  # where none fits, reading the rows tells why
        header = top[head_at(top)] if top else []
        found = (fits([cell.strip() for cell in header]), len(header))
        if found > score:
            best, score = delimiter, found
    return best


def bounded_lines(text: TextIO, before: int = 0) -> Iterator[str]:
    """The lines of a file; one that has no end is refused before it fills the memory.

    ``before`` is how many were read already.
    """
    number = before
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE:
            raise Refused(
                N_("line %(line)s is longer than %(limit)s characters"),
                line=number,
                limit=LONGEST_LINE,
            )
        yield line


def unreadable(line: int, error: csv.Error) -> Refused:
    """Why a line is no CSV, in words of our own."""
    if "field larger" in str(error):
        return Refused(N_("line %(line)s holds a cell that is too long"), line=line)
    return Refused(
        N_("line %(line)s cannot be read as CSV: a quotation mark is missing or out of place"),
        line=line,
    )


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    with path.open("rb") as file:
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        before = int(after_hint(text) is not None)
        reader = csv.reader(bounded_lines(text, before), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                for cell in row:
                    if cell[:1] == "'":
                        row = [each[1:] if each[:2] in _GUARDED else each for each in row]
                        break
                yield row
        except csv.Error as error:
            raise unreadable(reader.line_num + before, error) from error
