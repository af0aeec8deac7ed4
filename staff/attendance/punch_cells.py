"""Cells of device reports: days, dates, months, sections and punches in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from core.documents.problems import short
from core.imports.cells import EARLIEST, LATEST, Bad
from core.imports.moments import read_clock, read_when
from core.messages import N_
from core.values import Month

Rows = Sequence[tuple[int, Sequence[str]]]

_PERIOD = re.compile(
    r"(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2})日?\s*(?:~|至|到|-+|—+|–|to)\s*((?:\d{4}[-/.年])?\d{1,2}[-/.月]\d{1,2})"
)
_MONTH = re.compile(r"(?<!\d)(\d{4})\s*(?:年\s*(\d{1,2})\s*月(?!\s*\d)|[-/.](\d{1,2})(?![-/.\d]))")
_DAY = re.compile(
    r"0?([1-9]|[12]\d|3[01])(?:\.0)?(?:日|号)?\s*(?:\(?(?:星期|周)?[一二三四五六日天]\)?)?"
)
TIME = re.compile(
    r"(?P<before>次日|第二天|上午|下午)?\s*(?P<clock>\d{1,2}:\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?)"
    r"\s*(?P<after>\+|\(?次日\)?|\(\+1\))?",
    re.I,
)
# Two-digit hours stand side by side in one cell, without anything between them.
_PACKED = re.compile(r"(?:\d{2}:\d{2}){2,}")
_SECTION = re.compile(r"(?:工号|编号|考勤号码|登记号码|ID)\s*[:：]\s*(\S*)", re.I)


def days_of(row: Sequence[str]) -> dict[int, int]:
    """Columns whose heading is a day of the month, where a row has at least seven in order."""
    found = {}
    for at, cell in enumerate(row):
        match = _DAY.fullmatch(cell.strip())
        if match is not None:
            found[at] = int(match[1])
    steps = [later - day for day, later in zip(list(found.values()), list(found.values())[1:])]
    in_order = sum(step == 1 for step in steps) >= 6 and sum(step != 1 for step in steps) <= 1
    return found if in_order else {}


def dates_of(row: Sequence[str]) -> dict[int, date]:
    """Columns whose heading is a whole date, where a row has at least three."""
    found = {}
    for at, cell in enumerate(row):
        if len(cell) < 40 and re.match(r"\s*\d{4}\D", cell):
            try:
                when = read_when(cell.strip().removesuffix(" 00:00:00"))
            except Bad:
                continue
            if when.clock is None:
                found[at] = when.day
    return found if len(found) >= 3 else {}


def period_of(row: Sequence[str]) -> tuple[date, date] | None:
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


def month_of(rows: Rows) -> tuple[date, date] | None:
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
    """The id in a row such as ``工号: 64 | 姓名: …``, else nothing."""
    for at, cell in enumerate(row):
        match = _SECTION.match(cell.strip())
        if match is not None:
            return bare(match[1] or next((each for each in row[at + 1 :] if each.strip()), ""))
    return ""


def bare(cell: str) -> str:
    """An id as text: a spreadsheet makes 64.0 of 64."""
    text = cell.strip().lstrip("'")
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def times_of(cell: str, day: date) -> list[str]:
    """The punches in a cell: ``08:5518:02``, ``08:55\\n18:02``, ``09:27 +`` of the next day."""
    text = _PACKED.sub(lambda match: " ".join(re.findall(r"\d{2}:\d{2}", match[0])), cell)
    found = []
    for match in TIME.finditer(text):
        words = f"{match['before'] if match['before'] in ('上午', '下午') else ''}{match['clock']}"
        try:
            clock = read_clock(words)
        except Bad as bad:
            raise Bad(bad.message.msgid, "timestamp", **bad.message.params) from None
        later = bool(match["after"]) or match["before"] in ("次日", "第二天")
        found.append(f"{day + timedelta(days=later)} {clock}")
    if re.search(r"\d:|:\d", TIME.sub(" ", text)):
        raise Bad(N_('"%(cell)s" is no time of day'), "timestamp", cell=short(cell))
    return found
