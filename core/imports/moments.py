"""Dates and times as other programs write them: what a cell does not decide is not guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

from core.documents.problems import short
from core.imports.cells import BARE_CLOCK, EARLIEST, LATEST, Bad, clock_seconds, decimal
from core.messages import N_

YMD, DMY, MDY = "year-month-day", "day/month/year", "month/day/year"

AMBIGUOUS = N_('"%(cell)s" may begin with the day or with the month: say which (dates)')
NO_YEAR = N_('"%(cell)s" names no year: say of which month or year it is (period)')
SHORT_YEAR = N_('"%(cell)s" may begin with the year, the month or the day: say which (dates)')

_YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.ASCII)
_XXY = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)
_NAMED = re.compile(
    r"(?:(\d{1,2})[-/ ]([a-z]{3,9})[-/ ,]+(\d{4}|\d{2}(?!\d))|([a-z]{3,9}) (\d{1,2}),? (\d{4}))",
    re.I | re.ASCII,
)
_SHORT = re.compile(r"(\d{2})-(\d{2})-(\d{2})\s*(?:星期|周)([一二三四五六日天])", re.ASCII)
_PLAIN = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])([0-3]\d)(?!\d)", re.ASCII)
_TWO = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_NO_YEAR = re.compile(r"(\d{1,2})\s*[-/月]\s*(\d{1,2})\s*[日号]?(?![-/.\d])", re.ASCII)
_JOINED = re.compile(r"(?<=\d)T(?=\d)")
_SPAN = re.compile(r"(?:(\d+)\s*d?\s+)?(\d+):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?", re.ASCII)
_WEEKDAY = re.compile(
    r"\(?(?:星期|周|礼拜)[一二三四五六日天]\)?"
    r"|\(?\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b[.)]?,?",
    re.I,
)
_CLOCK = re.compile(
    r"(?P<before>上午|下午|凌晨|中午|晚上|[ap]\.?m\.?)?\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?\s*(?P<after>上午|下午|[ap]\.?m\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.I | re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AFTERNOON = {"下午", "晚上", "中午", "pm"}

Period = tuple[date, date]  # first and last day


class When(NamedTuple):
    """A date; the time of day where the cell has one; the offset where it names one."""

    day: date
    clock: time | None
    zone: timezone | None


def read_when(cell: str, order: str | None = None, period: Period | None = None) -> When:
    """A date, with or without a time. ``order`` and ``period`` are those of the file, where known.

    ``03/04/2026`` and ``26/3/4`` are read by ``order`` alone; without one they are refused, unless
    they can be read in one way only. ``10/08`` is a day of the ``period``. Raises ``Bad``.
    """
    if not cell.isascii():
        cell = unicodedata.normalize("NFKC", cell)
    plain = " ".join(_WEEKDAY.sub(" ", _JOINED.sub(" ", cell)).split())
    short_year = _SHORT.match(cell.strip())
    if short_year is not None:
        plain = f"{_with_century(short_year, cell)} {cell.strip()[short_year.end() :].strip()}"
    for pattern, read in _FORMS:
        match = pattern.match(plain)
        if match is not None:
            day = read(match, cell, order)
            break
    else:
        match = _NO_YEAR.match(plain)
        if match is None and (turned := _date_first(plain)) is not None:
            return read_when(turned, order, period)
        if match is None:
            raise Bad(N_('"%(cell)s" is no date or time'), cell=short(cell))
        day = _in_period(match, cell, order, period)
    length, zone = _clock(plain[match.end() :].strip(" ,"), cell)
    if length is None:
        return When(day, None, zone)
    at = datetime.combine(day, time()) + length
    return When(at.date(), at.time(), zone)


def _date_first(plain: str) -> str | None:
    """``08:55 2026-10-08`` with its date first; None where it is nothing of the kind."""
    clock = _CLOCK.match(plain)
    rest = plain[clock.end() :].strip(" ,") if clock is not None else ""
    fits = any(pattern.fullmatch(rest) for pattern, _ in _FORMS)
    return f"{rest} {clock[0]}" if clock is not None and fits else None


def has_no_year(cell: str) -> bool:
    """Whether a cell is a date such as ``10/08`` or ``10月8日``, with or without a time."""
    if _NO_YEAR.match(cell.strip()):
        try:
            read_when(cell)
        except Bad as bad:
            return bad.message.msgid == NO_YEAR
    return False


def _in_period(match: re.Match[str], cell: str, order: str | None, period: Period | None) -> date:
    """The only day of the period that is written so.

    Where it may be a month outside of it too, the day never comes first unless ``order`` says so.
    """
    if period is None:
        raise Bad(NO_YEAR, cell=short(cell))
    first, last = period
    days = {
        way: {
            day
            for year in range(first.year, last.year + 1)
            if (day := _day_of(year, *numbers)) and first <= day <= last
        }
        for way, numbers in _ways(match, order).items()
    }
    found = set().union(*days.values())
    if not found:
        text = N_('"%(cell)s" is no day from %(first)s to %(last)s')
        raise Bad(text, cell=short(cell), first=str(first), last=str(last))
    if any(len(each) > 1 for each in days.values()):
        raise Bad(NO_YEAR, cell=short(cell))
    if len(found) > 1 or not (days.get(MDY) or order == DMY or int(match[1]) > 12):
        raise Bad(AMBIGUOUS, cell=short(cell), year=min(found).year)
    return found.pop()


def _ways(match: re.Match[str], order: str | None) -> dict[str, tuple[int, int]]:
    """Month and day that two numbers may be, by what comes first."""
    one, two = int(match[1]), int(match[2])
    if "月" in match[0] or order in (YMD, MDY):
        return {MDY: (one, two)}
    return {DMY: (two, one)} if order == DMY else {DMY: (two, one), MDY: (one, two)}


def _day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _with_century(match: re.Match[str], cell: str) -> date:
    """``26-10-08 星期四``: the day of the week says that it is read rightly."""
    found = _date(cell, f"20{match[1]}", match[2], match[3])
    if "一二三四五六日".index(match[4].replace("天", "日")) != found.weekday():
        raise Bad(N_('"%(cell)s" is no %(day)s'), cell=short(cell), day=match[0].split()[-1])
    return found


def read_clock(cell: str) -> timedelta:
    """A time of day as that since midnight, also of a 12-hour clock. Raises ``Bad``."""
    clock, zone = _clock(cell.strip(), cell)
    if clock is None or zone is not None:
        raise Bad(N_('"%(cell)s" is no time of day'), cell=short(cell))
    return clock


def read_span(cell: str, unit: int) -> timedelta:
    """A number of ``unit`` seconds, or ``[d ]hh:mm:ss`` where the unit is not positive.

    Of two numbers the last counts ``-unit`` seconds; 0 takes three, or days before two. Raises
    ``Bad``.
    """
    if unit > 0:
        seconds = decimal(cell) * unit
    else:
        match = _SPAN.fullmatch(cell)
        if match is None or (match[4] is None and match[1] is None and not unit):
            raise Bad(N_('"%(cell)s" is no length of time (hh:mm:ss)'), cell=short(cell))
        days, first, second, third = (Decimal(part or 0) for part in match.groups())
        if match[4] is None:
            seconds = days * 86400 + (first * 60 + second) * -(unit or -60)
        else:
            seconds = days * 86400 + first * 3600 + second * 60 + third
    if abs(seconds) > 10**10:
        raise Bad(N_('"%(cell)s" is no length of time (hh:mm:ss)'), cell=short(cell))
    return timedelta(seconds=int(seconds.to_integral_value("ROUND_HALF_UP")))


def readings(cell: str, year: int | None = None) -> dict[str, date]:
    """The dates that ``03/04/2026`` or ``26/3/4`` may be, by what comes first; none of others.

    Also ``10/08`` of a ``year``.
    """
    plain = _WEEKDAY.sub(" ", cell).strip()
    found: dict[str, date] = {}
    match, two = _XXY.match(plain), _TWO.match(plain)
    if match is not None:
        for order in (DMY, MDY):
            with suppress(Bad):
                found[order] = _from_xxy(match, cell, order)
    elif two is not None:
        found = _orders(two)
    elif year is not None and (bare := _NO_YEAR.match(plain)) is not None:
        days = {order: _day_of(year, *numbers) for order, numbers in _ways(bare, None).items()}
        found = {order: day for order, day in days.items() if day is not None}
    return found if len(set(found.values())) > 1 else {}


def order_of(cells: Iterable[str]) -> str | None:
    """Whether dates such as ``13/04/2026`` among these say that days or months come first.

    None where nothing decides it; raises ``Bad`` where they contradict each other.
    """
    found: dict[str, str] = {}
    fits, short_years = {DMY, MDY, YMD}, False
    for cell in cells:
        plain = cell.strip()
        match, two = _XXY.match(plain), _TWO.match(plain)
        if match is None and "月" not in plain:
            match = _NO_YEAR.match(plain)
        if match is not None and int(match[1]) > 12:
            found.setdefault(DMY, cell)
        elif match is not None and int(match[2]) > 12:
            found.setdefault(MDY, cell)
        elif two is not None and match is None:
            fits, short_years = fits & set(_orders(two)), True
    if len(found) > 1:
        raise Bad(
            N_('"%(one)s" begins with the day and "%(other)s" with the month'),
            one=short(found[DMY]),
            other=short(found[MDY]),
        )
    if short_years and not found and len(fits) == 1:
        return fits.pop()
    return next(iter(found), None)


def _from_ymd(match: re.Match[str], cell: str, _order: str | None) -> date:
    return _date(cell, match[1], match[2], match[3])


def _from_xxy(match: re.Match[str], cell: str, order: str | None) -> date:
    first, second = int(match[1]), int(match[2])
    if order == DMY:
        return _date(cell, match[3], second, first)
    if order == MDY:
        return _date(cell, match[3], first, second)
    if order is None and first > 12 >= second:
        return _date(cell, match[3], second, first)
    if order is None and (second > 12 >= first or first == second):
        return _date(cell, match[3], first, second)
    raise Bad(AMBIGUOUS, cell=short(cell))


def _from_two(match: re.Match[str], cell: str, order: str | None) -> date:
    found = _orders(match)
    if order in found:
        return found[order]
    if order is not None:
        raise Bad(N_('"%(cell)s" is no date of the calendar'), cell=short(cell))
    if len(set(found.values())) > 1:
        raise Bad(SHORT_YEAR, cell=short(cell))
    if not found:
        raise Bad(N_('"%(cell)s" is no date of the calendar'), cell=short(cell))
    return next(iter(found.values()))


def _orders(match: re.Match[str]) -> dict[str, date]:
    """The dates that three numbers may be of which one is a year of two digits, by their order."""
    found: dict[str, date] = {}
    one, two, three = match.groups()
    ways = {DMY: (three, two, one), MDY: (three, one, two), YMD: (one, two, three)}
    for order, (year, month, day) in ways.items():
        if len(year) == 2:
            with suppress(Bad):
                found[order] = _date(match[0], _whole_year(year), month, day)
    return found


def _whole_year(year: str) -> str:
    if len(year) == 4:
        return year
    return ("19" if year >= str(EARLIEST)[2:] else "20") + year


def _from_named(match: re.Match[str], cell: str, _order: str | None) -> date:
    day, name, year = match.group(1, 2, 3) if match[1] else match.group(5, 4, 6)
    if name[:3].lower() not in _MONTHS:
        raise Bad(N_('"%(cell)s" is no date or time'), cell=short(cell))
    return _date(cell, _whole_year(year), _MONTHS.index(name[:3].lower()) + 1, day)


def _date(cell: str, year: str, month: str | int, day: str | int) -> date:
    if not EARLIEST <= int(year) <= LATEST:
        raise Bad(N_("the year %(year)s cannot be right"), year=int(year))
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Bad(N_('"%(cell)s" is no date of the calendar'), cell=short(cell)) from None


def _clock(text: str, cell: str) -> tuple[timedelta | None, timezone | None]:
    if not text:
        return None, None
    bare = BARE_CLOCK.fullmatch(text)
    match = _CLOCK.fullmatch(f"{bare[1]}:{bare[2]}" if bare else text)
    if match is None:
        raise Bad(N_('"%(cell)s" is no date or time'), cell=short(cell))
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    half = (match["before"] or match["after"] or "").replace(".", "").lower()
    if half:
        hour = _of_half_day(hour, half, cell)
    seconds = clock_seconds(hour, minute, second)
    if seconds is None:
        raise Bad(N_('"%(cell)s" is no date or time'), cell=short(cell))
    return timedelta(seconds=seconds), _offset(match["zone"])


def _of_half_day(hour: int, half: str, cell: str) -> int:
    """12-hour clocks, and Chinese ones that add the word to a 24-hour time."""
    if (half in ("am", "pm") and not 1 <= hour <= 12) or (hour == 24 and half != "晚上"):
        raise Bad(N_('"%(cell)s" is no date or time'), cell=short(cell))
    if hour == 12:
        return 0 if half in ("am", "上午", "凌晨", "晚上") else 12
    if half in _AFTERNOON and hour < 12 and not (half == "中午" and hour == 11):
        return hour + 12
    return hour


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return timezone(timedelta(0))
    sign = -1 if text[0] == "-" else 1
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if minutes >= 24 * 60:
        raise Bad(N_('"%(cell)s" is no date or time'), cell=text)
    return timezone(sign * timedelta(minutes=minutes))


_FORMS = (
    *((_YMD, _from_ymd), (_PLAIN, _from_ymd), (_XXY, _from_xxy)),
    *((_TWO, _from_two), (_NAMED, _from_named)),
)


def moment_text(when: datetime) -> str:
    """In the spelling of our files."""
    return when.strftime("%Y-%m-%d %H:%M:%S")
