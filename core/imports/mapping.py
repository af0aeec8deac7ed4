"""A mapping document: which of a foreign file's columns and values become ours. Pure.

What it may say is written in docs/file-formats.md, Files of other programs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.documents import N_, Section
from core.values import Month

ORDERS: Final = ("year-month-day", "day/month/year", "month/day/year")
# Seconds of a unit; of lengths with colons not positive: hh:mm:ss, and of two numbers the last.
UNITS: Final = {
    "seconds": 1,
    "minutes": 60,
    "hours": 3600,
    "clock": 0,
    "hh:mm": -60,
    "mm:ss": -1,
}
WAYS: Final = ("number", "email", "external", "name")
DEVICE_WAYS: Final = ("external", "number", "bare", "name")  # bare: without zeros before it
NUMBERS: Final = ("1,234.5", "1.234,5")
REFUSE, SET_ASIDE, CREATE = ON_UNKNOWN = ("refuse", "set_aside", "create")
LEAVE_OUT, COUNT = OUTSIDE = ("leave_out", "count")  # what becomes of punches of visits
OTHERWISE: Final = ("refuse", "keep", "empty")
PERIOD = re.compile(r"(?:19[5-9]|20\d)\d(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)
_SOURCE = re.compile(r"[\w.-]{1,40}")


@dataclass(frozen=True, slots=True)
class Cell:
    """How a column of ours is filled: from theirs (several are joined), or with a constant.

    ``plus`` names a column whose number of ``unit`` is added to the time; ``values`` translates,
    in any case, and ``otherwise`` says what becomes of a value that it does not name.
    """

    sources: tuple[str, ...] = ()
    separator: str = "-"
    constant: str | None = None
    plus: str | None = None
    unit: str = "seconds"
    values: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = "refuse"


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows whose ``column`` holds one of ``values`` (in lower case)."""

    column: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How files of one source are read. ``zone`` is None for the organisation's own.

    Of a file that is ``recognised`` by its content nothing is told of columns, only what it leaves
    open: the order of its dates, and what becomes of people who are not known. ``period`` is the
    month or year of dates without one. ``head`` names the columns of a file without a head row;
    ``outside`` says whether punches of visits count. Rows to ``skip_rows`` are not looked at before
    the newest row of a record is chosen; one to ``leave_out`` may be the newest of its record.
    """

    kind: str
    source: str
    zone: str | None
    dates: str | None
    numbers: str
    agents: tuple[str, ...]
    on_unknown: str
    newest_by: str | None
    leave_out: tuple[Condition, ...]
    columns: Mapping[str, Cell]
    recognised: bool = False
    period: str | None = None
    head: tuple[str, ...] = ()
    outside: str = LEAVE_OUT
    skip_rows: tuple[Condition, ...] = ()

    @property
    def span(self) -> tuple[date, date] | None:
        """First and last day of the month or year that dates without a year are of."""
        if self.period is None:
            return None
        year, _, month = self.period.partition("-")
        first, last = (Month(int(year), int(each)) for each in (month or 1, month or 12))
        return first.first_day, last.last_day

    @property
    def theirs(self) -> tuple[str, ...]:
        """Every column of theirs that is needed, each once."""
        found: dict[str, None] = {}
        for cell in self.columns.values():
            found.update(dict.fromkeys(cell.sources))
            if cell.plus:
                found[cell.plus] = None
        if self.newest_by:
            found[self.newest_by] = None
        conditions = (*self.leave_out, *self.skip_rows)
        found.update(dict.fromkeys(each.column for each in conditions))
        return tuple(found)


def recognised(
    kind: str,
    *,
    source: str,
    dates: str | None = None,
    on_unknown: str = REFUSE,
    period: str | None = None,
    outside: str = LEAVE_OUT,
) -> FileMapping:
    """How files are read that are recognised by their content."""
    return FileMapping(
        kind=kind,
        source=source,
        zone=None,
        dates=dates,
        numbers=NUMBERS[0],
        agents=DEVICE_WAYS,
        on_unknown=on_unknown,
        newest_by=None,
        leave_out=(),
        columns={},
        recognised=True,
        period=period,
        outside=outside,
    )


def read_mapping(document: object, kinds: Mapping[str, Collection[str]]) -> FileMapping:
    """``kinds`` are the names of our columns by kind. Raises ``DocumentError``."""
    section = Section(document)
    kind = section.choice("kind", kinds)
    source = section.matching(
        "source", _SOURCE, N_("must be up to 40 letters, digits, dots, hyphens and underscores")
    )
    if section.has("recognised") and section.flag("recognised"):
        return _recognised(section, kind, source)
    zone = section.text("timezone", default="") or None
    if zone is not None and not _is_zone(zone):
        section.problem("timezone", N_('"%(name)s" is no time zone'), name=zone)
    dates = section.choice("dates", ORDERS, default="") or None
    period = _period(section)
    numbers = section.choice("numbers", NUMBERS, default=NUMBERS[0])
    agents = section.choices("agents", WAYS, default=WAYS)
    on_unknown = section.choice("on_unknown", ON_UNKNOWN, default=REFUSE)
    newest_by = section.text("newest_by", default="") or None
    leave_out, skip_rows = (_conditions(section, key) for key in ("leave_out", "skip_rows"))
    columns = _columns(section, kinds.get(kind, ()))
    head = section.texts("head") if section.has("head") else ()
    section.finish()
    return FileMapping(
        kind,
        source,
        zone,
        dates,
        numbers,
        agents,
        on_unknown,
        newest_by,
        leave_out,
        columns,
        period=period,
        head=head,
        skip_rows=skip_rows,
    )


def _recognised(section: Section, kind: str, source: str) -> FileMapping:
    dates = section.choice("dates", ORDERS, default="") or None
    on_unknown = section.choice("on_unknown", ON_UNKNOWN, default=REFUSE)
    period = _period(section)
    outside = section.choice("outside", OUTSIDE, default=LEAVE_OUT)
    section.finish()
    return recognised(
        kind, source=source, dates=dates, on_unknown=on_unknown, period=period, outside=outside
    )


def _period(section: Section) -> str | None:
    message = N_("must be a month such as 2026-10, or a year")
    return section.matching("period", PERIOD, message, default="") or None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _conditions(section: Section, key: str) -> tuple[Condition, ...]:
    if not section.has(key):
        section.raw(key, None)
        return ()
    found = []
    for _, each in section.sections(key):
        values = frozenset(value.strip().lower() for value in each.texts("values", default=()))
        empty = each.flag("empty", default=False)
        if not values and not empty and each.fine():
            each.problem("values", N_("is missing"))
        found.append(Condition(each.text("column"), values | ({""} if empty else frozenset())))
        each.done()
    return tuple(found)


def _columns(section: Section, known: Collection[str]) -> dict[str, Cell]:
    """A bare text stands for ``from``."""
    parent = section.section("columns")
    found: dict[str, Cell] = {}
    for name in parent.free_keys():
        if known:
            parent.one_of(name, name, known)
        value = parent.raw(name)
        if isinstance(value, Mapping):
            found[name] = _cell(parent.section(name))
        else:
            found[name] = Cell((parent.text(name),))
    if not found and parent.fine():
        parent.problem("", N_("must not be empty"))
    return found


def _cell(section: Section) -> Cell:
    ways = [key for key in ("from", "join", "value") if section.has(key)]
    if len(ways) != 1:
        section.problem("", N_("needs one of from, join and value"))
    sources: tuple[str, ...] = ()
    constant = None
    if section.has("from"):
        sources = (section.text("from"),)
    if section.has("join"):
        sources = section.texts("join")
    if section.has("value"):
        constant = section.text("value")
    cell = Cell(
        sources=sources,
        separator=_separator(section),
        constant=constant,
        plus=section.text("plus", default="") or None,
        unit=section.choice("unit", UNITS, default="seconds"),
        values=_values(section),
        otherwise=section.choice("otherwise", OTHERWISE, default="refuse"),
    )
    if cell.plus and len(sources) != 1:
        section.problem("plus", N_("needs a time in from"))
    if section.has("unit") and not cell.plus:
        section.problem("unit", N_("needs plus"))
    section.done()
    return cell


def _separator(section: Section) -> str:
    """What stands between joined columns: any short text, also a blank or none."""
    given = section.raw("with", "-") if section.has("with") else "-"
    if isinstance(given, str) and len(given) <= 10 and given.isprintable():
        return given
    return section.text("with", default="-")


def _values(section: Section) -> dict[str, str]:
    """Their value, in lower case, to ours; an empty text empties the cell."""
    below = section.section("values", optional=True)
    found: dict[str, str] = {}
    for key in below.free_keys():
        value = below.raw(key, "")
        lower = key.strip().lower()
        if lower in found:
            below.problem(key, N_('"%(value)s" stands here twice'), value=key)
        found[lower] = "" if value in (None, "") else below.text(key)
    return found
