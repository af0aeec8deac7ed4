"""Cells of device reports: days, dates, months, sections and punches in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta

from core.documents.problems import short
from core.imports.cells import EARLIEST, LATEST, Bad
from core.imports.moments import Period, has_no_year, order_of, read_clock, read_when
from core.messages import N_
from core.values import Month

ZONE = N_('"%(cell)s" names a time zone: only a map turns it into local time (--map)')
Rows = Sequence[tuple[int, Sequence[str]]]

_PERIOD = re.compile(
    r"(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2})日?\s*(?:~|至|到|-+|—+|–|to)\s*((?:\d{4}[-/.年])?\d{1,2}[-/.月]\d{1,2})"
)
_MONTH = re.compile(r"(?<!\d)(\d{4})\s*(?:年\s*(\d{1,2})\s*月(?!\s*\d)|[-/.](\d{1,2})(?![-/.\d]))")
_DAY = re.compile(
    r"0?([1-9]|[12]\d|3[01])(?:\.0)?(?:日|号)?\s*(?:\(?(?:星期|周)?[一二三四五六日天]\)?)?"
)
_NEXT = r"次日|第二天|翌日|明日|隔天|next day"
_HALF = r"上午|下午|凌晨|中午|晚上"
TIME = re.compile(
    rf"(?P<next>{_NEXT})?\s*(?P<half>{_HALF})?\s*"
    r"(?P<clock>\d{1,2}:\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?)"
    # A word between two times on one line belongs to the later.
    rf"[ \t]*(?P<after>\+1?(?!\d)|\(\+1\)|\((?:{_NEXT})\)|(?:{_NEXT})(?![ \t]*(?:\d|{_HALF})))?",
    re.I,
)
# Two-digit hours stand side by side in one cell, without anything between them.
_PACKED = re.compile(r"(?:\d{2}:\d{2}){2,}")
_SECTION = re.compile(r"(?:工\s*号|编\s*号|考勤号码|登记号码|ID)\s*[:：]\s*(\S*)", re.I)
_WHOLE = re.compile(r"\s*(?:19|20)\d{2}[-/.年]")  # a date before the time
_WRITTEN = re.compile(r"(\d{1,2})\s*[点时]\s*(\d{1,2})\s*分?")
# Digits that may be a time of day, which are no word for what became of a day.
_DIGITS = re.compile(r"\d{4}|\d[0-5]\d|0\.\d{3,}")
# Times without a colon, with a dot or without; no number begins with a zero as the first does.
_BARE = re.compile(r"(?:(?:[01]\d|2[0-4])\.?[0-5]\d(?:[\s,;、]+|$))+", re.ASCII)
_NO_NUMBER = re.compile(r"0\d\.?[0-5]\d(?![\d.])", re.ASCII)
# A part of a day, as spreadsheets count it.
_FRACTION = re.compile(r"0\.\d{1,20}", re.ASCII)
_FEW_DIGITS = len("0.123")
_DATE = re.compile(r"\s*(?:\d{4}\D|\d{1,2}\s*[-/月]\s*\d)")
_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_WEEKDAYS = frozenset("一二三四五六日天")


def usual(cell: str) -> str:
    """A cell without full-width forms of digits and signs."""
    return cell if cell.isascii() else unicodedata.normalize("NFKC", cell)


def title(cell: str) -> str:
    """A heading without full-width forms, blanks within Chinese words, and what closes it."""
    return _BETWEEN.sub("", usual(cell).strip().lower().rstrip(".:"))


def days_of(row: Sequence[str]) -> dict[int, int]:
    """Columns whose heading is a day of the month, where a row has at least seven in order.

    Among numbers the letter of a weekday, which some write for days of rest, is the next day.
    """
    found: dict[int, int] = {}
    for at, cell in enumerate(row):
        match = _DAY.fullmatch(cell.strip())
        if match is not None:
            found.update(_rest_before(row, at, int(match[1])) if not found else {})
            found[at] = int(match[1])
        elif found.get(at - 1, 31) < 31 and cell.strip() in _WEEKDAYS:
            found[at] = found[at - 1] + 1
    steps = [later - day for day, later in zip(list(found.values()), list(found.values())[1:])]
    in_order = sum(step == 1 for step in steps) >= 6 and sum(step != 1 for step in steps) <= 1
    return found if in_order else {}


def _rest_before(row: Sequence[str], at: int, day: int) -> dict[int, int]:
    """Weekdays before the first number, where they are the first days of the month."""
    first = at - day + 1
    before = {place: place - first + 1 for place in range(max(first, 0), at)}
    fits = first >= 0 and all(row[place].strip() in _WEEKDAYS for place in before)
    return before if fits else {}


def dates_of(row: Sequence[str], order: str | None, period: Period | None) -> dict[int, date | Bad]:
    """Columns whose heading is a date, where a row has at least three.

    Of one without a year that is in no known period, why there is none.
    """
    found: dict[int, date | Bad] = {}
    with suppress(Bad):
        order = order or order_of(cell for cell in row if _DATE.match(cell))
    for at, cell in enumerate(row):
        if len(cell) < 40 and _DATE.match(cell):
            text = cell.strip().removesuffix(" 00:00:00")
            try:
                when = read_when(text, order, period)
            except Bad as bad:
                if has_no_year(text):
                    found[at] = Bad(bad.message.msgid, "timestamp", **bad.message.params)
                continue
            if when.clock is None:
                found[at] = when.day
    return found if len(found) >= 3 else {}


def period_of(row: Sequence[str]) -> Period | None:
    for cell in row:
        match = _PERIOD.search(cell)
        if match is not None:
            try:
                first = read_when(match[1]).day
                year = "" if len(re.split(r"[-/.年月]", match[2])) > 2 else f"{first.year}-"
                last = read_when(f"{year}{match[2]}").day
            except Bad:
                continue
            if first <= last:
                return first, last
    return None


def month_of(rows: Rows) -> Period | None:
    """The month that the titles above a head name, where they name one only."""
    found = {
        (int(match[1]), int(match[2] or match[3]))
        for _, row in rows
        for cell in row
        for match in _MONTH.finditer(cell)
    }
    if len(found) != 1:
        return None
    ((year, number),) = found
    if not (EARLIEST <= year <= LATEST and 1 <= number <= 12):
        return None
    month = Month(year, number)
    return month.first_day, month.last_day


def section_of(row: Sequence[str]) -> str:
    """The id in a row such as ``工号: 64 | 姓名: …``, else nothing; ``?`` where it is left out."""
    for at, cell in enumerate(row):
        match = _SECTION.match(cell.strip())
        if match is not None:
            given = match[1] or next((each for each in row[at + 1 :] if each.strip()), "")
            return bare(given) or "?"  # and never the person above
    return ""


def bare(cell: str) -> str:
    """An id as text: a spreadsheet makes 64.0 of 64, and 1,001 of 1001."""
    text = usual(cell).strip().lstrip("'")
    if "." in text and re.fullmatch(r"[\d,]+\.0+", text):
        text = text.partition(".")[0]
    if "," in text and re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", text):
        text = text.replace(",", "")
    return text


def shows_bare(rows: Iterable[Sequence[str]]) -> bool:
    """Whether a cell of these is a time without a colon that could be no number: ``0830``."""
    return any(_NO_NUMBER.match(cell) and _BARE.fullmatch(cell) for row in rows for cell in row)


def fraction_clock(cell: str, *, sure: bool) -> str:
    """The part of a day, as spreadsheets count it, as a time; other cells as they are.

    Few digits are some other number, unless it is ``sure`` that cells are written so.
    """
    if _FRACTION.fullmatch(cell) and (sure or len(cell) > _FEW_DIGITS):
        return str(timedelta(seconds=round(float(cell) * 86400)))
    return cell


def with_colons(cell: str, *, dots: bool) -> str:
    """Times such as ``0830`` with colons, with ``dots`` also ``08.30``; other cells as they are."""
    if ":" in cell or not _BARE.fullmatch(cell) or ("." in cell and not dots):
        return cell
    return re.sub(r"(\d{2})\.?(\d{2})", r"\1:\2", cell)


def times_of(cell: str, day: date) -> list[str]:
    """The punches in a cell: ``08:5518:02``, ``08:55\\n18:02``, ``09:27 +`` of the next day."""
    cell = usual(cell)
    if _WHOLE.match(cell):
        return [_whole(cell)]
    text = _PACKED.sub(lambda match: " ".join(re.findall(r"\d{2}:\d{2}", match[0])), cell)
    text = _WRITTEN.sub(r"\1:\2", text)
    found = []
    for match in TIME.finditer(text):
        try:
            clock = read_clock(f"{match['half'] or ''}{match['clock']}")
        except Bad as bad:
            raise Bad(bad.message.msgid, "timestamp", **bad.message.params) from None
        later = bool(match["after"] or match["next"])
        found.append(str(datetime.combine(day + timedelta(days=later), time()) + clock))
    if re.search(r"\d:|:\d", TIME.sub(" ", text)) or _DIGITS.fullmatch(text.strip()):
        raise Bad(N_('"%(cell)s" is no time of day'), "timestamp", cell=short(cell))
    return found


def _whole(cell: str) -> str:
    """A time that brings its own date."""
    try:
        when = read_when(cell.strip())
    except Bad as bad:
        raise Bad(bad.message.msgid, "timestamp", **bad.message.params) from None
    if when.clock is None:
        raise Bad(N_('"%(cell)s" is no time of day'), "timestamp", cell=short(cell))
    if when.zone is not None:
        raise Bad(ZONE, "timestamp", cell=short(cell))
    return f"{when.day} {when.clock}"
