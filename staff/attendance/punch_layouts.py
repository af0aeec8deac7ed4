"""How punches lie in a spreadsheet, seen by its first rows: lists, months as matrices, sections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.imports.moments import Period
from staff.attendance.punch_cells import (
    Rows,
    dates_of,
    days_of,
    month_of,
    period_of,
    section_of,
    shows_bare,
    title,
)
from staff.attendance.punch_grids import Grid
from staff.attendance.punch_heads import DATES, STAMPS, heading, people, times

# WeCom keeps visits apart from arrivals and departures: they count where the centre says so.
_KINDS = ("打卡类型", "checkin_type", "类型", "type")
_STAMP = re.compile(r"\s*\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?[T\s][^:]*\d{1,2}:\d{2}")


def grid_of(rows: Rows, order: str | None = None, told: Period | None = None) -> Grid | None:
    """The layout of a grid of punches by its first rows.

    None for anything else, also for files in our columns. ``told`` is the period of a file that
    names none.
    """
    found = _grid_of(rows, order, told)
    if found is not None:
        found.order = order
        above = [title(row[0]) for number, row in rows if row and number < found.head]
        found.visits = any("外出打卡" in each and "上下班" not in each for each in above)
        kinds = (found.titles.index(each) for each in _KINDS if each in found.titles)
        found.kind_at = next(kinds, None)
        near = [row for number, row in rows if found.head - 1 <= number <= found.head]
        found.heads = [row for row in near if not section_of(row)]
        found.bare = shows_bare(row for number, row in rows if number > found.head)
    return found


def _grid_of(rows: Rows, order: str | None, told: Period | None) -> Grid | None:
    named = None
    for place, (number, row) in enumerate(rows[:12]):
        plain = [heading(cell) for cell in row]
        if "employee_no" in plain or "timestamp" in plain:
            return None
        named = named or period_of(row)
        period = named or month_of(rows[:place]) or told
        days = days_of(row)
        if days:
            above = rows[place - 1][1] if place else ()
            who = people(plain) or people([heading(cell) for cell in above])
            if who or any(section_of(each) for _, each in rows):
                return Grid(lambda: rows, number, plain, who=who, days=days, period=period)
        who = people(plain)
        section = "" if who else _section_above(rows[:place])
        if who or section:
            dates = dates_of(row, order, period) if who else {}
            if dates:
                return Grid(lambda: rows, number, plain, who=who, dates=dates)
            found = _list(rows, place, plain, who)
            if found is not None:
                found.period, found.section = period, section
                return found
    return None


def _section_above(rows: Rows) -> str:
    """The person whom the last rows above a head name, where they do."""
    return next((named for _, row in reversed(rows) if (named := section_of(row))), "")


def is_ours(rows: Iterable[Sequence[str]]) -> bool:
    """Whether the head is that of our own columns: then no other sheet is looked at."""
    head = next(([title(cell) for cell in row] for row in rows if any(row)), [])
    return bool({"employee_no", "timestamp"} & set(head)) or {"工号", "打卡时间"} <= set(head)


def _list(rows: Rows, place: int, plain: Sequence[str], who: tuple[int, ...]) -> Grid | None:
    """A list with a date and times, or with whole times; its head has one row or two."""
    number, below = rows[place][0], rows[place + 1][1] if place + 1 < len(rows) else ()
    under = [heading(cell) for cell in below]
    two = bool(under) and not any(under[at] for at in who if at < len(under))
    two = two and not any(re.search(r"\d{1,2}:\d{2}|\d{4}", cell) for cell in under)
    width = max(len(plain), len(under)) if two else len(plain)
    titles = [
        (under[at] if two and at < len(under) and under[at] else "")
        or (plain[at] if at < len(plain) else "")
        for at in range(width)
    ]
    if days_of(titles):
        return None
    if titles == ["工号", "打卡时间"]:
        return None  # ours
    found = Grid(lambda: rows, number + 1 if two else number, titles, who=who)
    day_at = next((titles.index(word) for word in DATES if word in titles), None)
    came = times(titles, day_at)
    stamp_at = next((titles.index(word) for word in STAMPS if word in titles), None)
    if "打卡时间" in titles and "考勤日期" in titles and len(came) == 1:
        return replace(found, stamp_at=titles.index("打卡时间"))
    if day_at is not None and came:
        return replace(found, day_at=day_at, times=came)
    whole = tuple(at for at in came if _holds_stamps(rows[place + 1 :], at))
    if len(whole) > 1:
        return replace(found, times=whole, whole_times=True)
    if stamp_at is not None:
        return replace(found, stamp_at=stamp_at)
    if whole:
        return replace(found, stamp_at=whole[0])
    return None


def _holds_stamps(rows: Rows, at: int) -> bool:
    """Whether a column shows whole times, each with its date."""
    return any(at < len(row) and _STAMP.match(row[at]) for _, row in rows)
