"""Texts of cells as values. A parser takes the stripped text of a cell that is not empty.

All raise ``Bad``. Numbers are read as ``Decimal``, so that ``93%`` is 0.93 and nothing beside it.
Moments are wall-clock times without an offset, in whole seconds (``core.db.wall_seconds``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from core.db import wall_seconds
from core.documents.problems import short
from core.files.blanks import DIGITS_LOST, ERRORS, NO_VALUE
from core.messages import N_, Message
from core.values import Month

T = TypeVar("T")
Parser = Callable[[str], Any]

EARLIEST, LATEST = 1950, 2100

_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:月|[-/.]0?1(?: 0?0:00(?::00)?)?)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?", re.ASCII)
# Four digits beside a date, or where times are expected: 0830, 08.30.
BARE_CLOCK = re.compile(r"(\d{2})\.?(\d{2})()", re.ASCII)
# Days since 1899-12-30, as spreadsheets count them: 2009 to 2064.
_SERIAL = re.compile(r"[45]\d{4}(?:\.\d{1,20})?", re.ASCII)
_MIDNIGHT = re.compile(r"0?0:00(?::00)?")
# What does not show, or turns the direction of writing, has no place in a cell.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)

_TRUE = {"1", "true", "yes", "y", "是", "1.0"}
_FALSE = {"0", "false", "no", "n", "否", "0.0"}


class Bad(Exception):
    """A cell or row that cannot be taken; ``column`` is the name of the column, where it is one."""

    def __init__(self, msgid: str, column: str | None = None, **params: Any) -> None:
        self.message = Message(msgid, params)
        self.column = column
        super().__init__(str(self.message))


def readable(cell: str) -> None:
    """Raises ``Bad`` for what a spreadsheet shows where there is no value."""
    if cell[:1] == "#" and cell in ERRORS:
        raise Bad(N_("holds an error of the spreadsheet (%(cell)s)"), cell=cell)
    if cell == NO_VALUE:
        raise Bad(N_("holds a formula without a value: open the file, let it calculate, save it"))
    if cell == DIGITS_LOST:
        raise Bad(N_("is a number of which a spreadsheet cannot keep all digits: write it as text"))


def serial_day(cell: str) -> str | None:
    """A date that a spreadsheet shows as its number of days; a day is a moment at midnight too."""
    if not _SERIAL.fullmatch(cell.strip()):
        return None
    return str(datetime(1899, 12, 30) + timedelta(seconds=round(float(cell) * 86400)))


def text(longest: int) -> Parser:
    """Text of at most ``longest`` characters, without control and direction characters."""

    def parse(cell: str) -> str:
        readable(cell)
        if len(cell) > longest:
            raise Bad(N_("is longer than %(limit)s characters"), limit=longest)
        if not cell.isprintable() and _UNSEEN.search(cell):
            raise Bad(N_("holds control characters"))
        return cell

    return parse


def decimal(cell: str) -> Decimal:
    if _NUMBER.fullmatch(cell) is None:
        raise Bad(N_('"%(cell)s" is not a number'), cell=short(cell))
    return Decimal(cell)


def number(least: float | None = None, most: float | None = None) -> Parser:
    """A float from ``least`` to ``most``."""

    def parse(cell: str) -> float:
        return float(_within(decimal(cell), least, most))

    return parse


def rate(cell: str) -> float:
    """A share from 0 to 1, written ``0.93`` or ``93%``."""
    if cell.endswith(("%", "％")):
        value = decimal(cell[:-1].rstrip())
        if not 0 <= value <= 100:
            raise Bad(N_("%(cell)s is not between 0%% and 100%%"), cell=short(cell))
        return float(value.scaleb(-2))
    return float(_within(decimal(cell), 0, 1))


score = number(0, 100)


def whole(least: int, most: int = 10**9) -> Parser:
    """A whole number; ``7.0`` is one."""

    def parse(cell: str) -> int:
        value = _within(decimal(cell), least, most)
        if value != int(value):
            raise Bad(N_("%(value)s is not a whole number"), value=value)
        return int(value)

    return parse


def money(cell: str) -> Decimal:
    """A sum that is not negative, with at most two decimals."""
    value = _within(decimal(cell), 0, 10**12)
    if value != round(value, 2):
        raise Bad(N_("%(value)s has more than two decimals"), value=value)
    return round(value, 2)


def _within(value: Decimal, least: float | None, most: float | None) -> Decimal:
    if least is not None and value < Decimal(repr(least)):
        raise Bad(N_("%(value)s is less than %(least)s"), value=value, least=least)
    if most is not None and value > Decimal(repr(most)):
        raise Bad(N_("%(value)s is more than %(most)s"), value=value, most=most)
    return value


def boolean(cell: str) -> bool:
    word = cell.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Bad(N_('"%(cell)s" is neither yes nor no'), cell=short(cell))


def choice(words: Mapping[str, T]) -> Callable[[str], T]:
    """One of some words, in any case; several may mean the same."""

    def parse(cell: str) -> T:
        try:
            return words[cell.lower()]
        except KeyError:
            known = ", ".join(word for word in words if word.isascii()) or ", ".join(words)
            raise Bad(
                N_('"%(cell)s" is none of %(known)s'), cell=short(cell), known=known
            ) from None

    return parse


def listed(longest: int) -> Parser:
    """Several words in one cell, separated by ``;``, kept in that spelling without repeats."""
    whole_text = text(longest)

    def parse(cell: str) -> str:
        words = (word.strip() for word in whole_text(cell).replace("；", ";").split(";"))
        return ";".join(dict.fromkeys(word for word in words if word))

    return parse


def day(cell: str) -> date:
    """``2026-10-03``, ``2026/10/3``; a time of midnight after it is let pass."""
    head, _, rest = cell.replace("T", " ").partition(" ")
    match = _DAY.fullmatch(head)
    if match is None or (rest and not _MIDNIGHT.fullmatch(rest.strip())):
        raise Bad(N_('"%(cell)s" is not a date (2026-10-03)'), cell=short(cell))
    return _date(cell, match)


def moment(cell: str) -> int:
    """``2026-10-03 09:01[:22]`` as wall seconds; fractions of a second are dropped.

    Also ``0901`` and ``09.01``, and ``24:00``, which is 00:00 of the next day.
    """
    if len(cell) in (16, 19) and cell[4::3][:4] in ("-- :", "--T:"):
        try:  # nearly every cell, read by the standard library
            at = datetime.fromisoformat(cell)
        except ValueError:
            pass
        else:
            if EARLIEST <= at.year <= LATEST and at.tzinfo is None:
                return wall_seconds(at)
    head, _, rest = cell.replace("T", " ").partition(" ")
    match, text = _DAY.fullmatch(head), rest.strip()
    clock = _CLOCK.fullmatch(text) or BARE_CLOCK.fullmatch(text)
    if match is None or clock is None:
        raise Bad(N_('"%(cell)s" is not a time (2026-10-03 09:01)'), cell=short(cell))
    on = _date(cell, match)
    seconds = clock_seconds(*(int(part or 0) for part in clock.groups()))
    if seconds is None:
        raise Bad(N_('"%(cell)s" is not a time (2026-10-03 09:01)'), cell=short(cell))
    return wall_seconds(datetime(on.year, on.month, on.day)) + seconds


def clock_seconds(hour: int, minute: int, second: int) -> int | None:
    """Seconds since midnight; ``24:00`` is the midnight at the end. None for no time of day."""
    seconds = hour * 3600 + minute * 60 + second
    return None if minute > 59 or second > 59 or seconds > 86400 else seconds


def month(cell: str) -> Month:
    """``2026-10``, ``2026年10月``; its first day, into which spreadsheets turn it, is let pass."""
    match = _MONTH.fullmatch(cell)
    if match is None or not 1 <= int(match[2]) <= 12 or not EARLIEST <= int(match[1]) <= LATEST:
        raise Bad(N_('"%(cell)s" is not a month (2026-10)'), cell=short(cell))
    return Month(int(match[1]), int(match[2]))


def _date(cell: str, match: re.Match[str]) -> date:
    try:
        found = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise Bad(N_('"%(cell)s" is no date of the calendar'), cell=short(cell)) from None
    if not EARLIEST <= found.year <= LATEST:
        raise Bad(N_("the year %(year)s cannot be right"), year=found.year)
    return found


def until(latest: T, parse: Callable[[str], T]) -> Callable[[str], T]:
    """What ``parse`` reads, where it is not later than ``latest`` (of the same type)."""

    def checked(cell: str) -> T:
        value = parse(cell)
        if value > latest:  # type: ignore[operator]
            raise Bad(N_("lies in the future"))
        return value

    return checked


def remembered(parse: Callable[[str], T], most: int = 200_000) -> Callable[[str], T]:
    """The same parser, which recalls what it read: columns repeat their values."""
    known: dict[str, T] = {}

    def recall(cell: str) -> T:
        try:
            return known[cell]
        except KeyError:
            value = parse(cell)
            if len(known) < most:
                known[cell] = value
            return value

    return recall
