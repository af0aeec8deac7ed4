"""Punches in spreadsheets: lists of punches or days, months as matrices, sections per person.

A grid is rows of texts, each with its number; its layout is seen by the first of them, the others
are read as they come, some twice. Nothing is stored here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice

from core.imports.cells import Bad
from core.imports.moments import Period, order_of, read_when
from core.messages import N_
from staff.attendance.punch_cells import (
    TIME,
    Rows,
    bare,
    dates_of,
    days_of,
    month_of,
    period_of,
    section_of,
    shows_bare,
    times_of,
    title,
    with_colons,
)

_IDS = (
    *("工号", "员工号", "员工编号", "人员编号", "考勤号码", "登记号码", "编号", "用户号", "帐号"),
    *("账号", "userid", "ac-no", "enno", "personnel id", "user id", "id"),
    *("employee no", "employee id", "emp id", "person id", "staff id", "badge number"),
    *("卡号", "no"),
)
_NAMES = ("姓名", "name")
_DATES = ("考勤日期", "打卡日期", "刷卡日期", "出勤日期", "日期", "date", "时间")
_STAMPS = ("打卡时间", "日期时间", "刷卡时间", "签到时间", "date/time", "datetime", "时间", "time")
# WeCom keeps visits apart from arrivals and departures: they count where the centre says so.
_KINDS = ("打卡类型", "checkin_type", "类型", "type")
_OUTSIDE = ("外出打卡", "外出")
_COUNT = r"[\d一二三四五六七八九十]?"
_TIMES = re.compile(
    rf"(第{_COUNT}次)?(上班|下班|签到|签退){_COUNT}(打卡时间|打卡|刷卡时间|时间)?"
    rf"|(最早|最晚|首次|末次)(打卡|刷卡)?(时间)?|(打卡|刷卡|出勤|时间){_COUNT}|(打卡|刷卡|出勤)时间{_COUNT}"
    r"|(打卡|刷卡)(明细|记录)"
    r"|(clock|on|off|check)[- ]?(in|out|duty)?( time)?|(in|out)( time)?|time ?\d?"
)

NO_MONTH = N_("nothing in the file says of which month day %(day)s is (period)")
LOOKED_AT = 3_000_000  # rows; a file of more punches is refused
Punch = tuple[int, str, "str | Bad"]


class Outside(Bad):
    """A punch of a visit, which does not count."""


@dataclass(slots=True)
class Grid:
    """What stands where. ``without`` counts cells about days that hold no time.

    ``whole`` gives all rows of the file anew; ``titles`` is the head. ``order`` says whether days
    or months come first in dates, where somebody told it. ``sheet`` is one that is not the first.
    ``bare`` says that its first rows show times without a colon that could be no numbers;
    ``kind_at`` is where rows say that they are of visits, and ``visits`` that all are.
    """

    whole: Callable[[], Iterable[tuple[int, Sequence[str]]]]
    head: int
    titles: Sequence[str]
    order: str | None = None
    who: tuple[int, ...] = ()
    day_at: int | None = None
    stamp_at: int | None = None
    times: tuple[int, ...] = ()
    days: dict[int, int] = field(default_factory=dict)
    dates: dict[int, date | Bad] = field(default_factory=dict)
    period: Period | None = None
    without: int = 0
    sheet: str = ""
    bare: bool = False
    kind_at: int | None = None
    visits: bool = False
    count_outside: bool = False

    def punches(self) -> Iterator[Punch]:
        """Row number, who, and the time in our spelling or why there is none."""
        if self.days or self.dates:
            yield from self._of_matrix()
            return
        order = self.order or self._order()
        for number, row in self._body():
            who = self._who(row)
            if who and self._is_outside(row):
                yield from map(_outside, self._of_row(number, who, row, order))
            elif who:
                yield from self._of_row(number, who, row, order)
            else:
                yield from self._of_nobody(number, row)

    def _is_outside(self, row: Sequence[str]) -> bool:
        if self.count_outside or self.kind_at is None:
            return self.visits and not self.count_outside
        return self.kind_at < len(row) and row[self.kind_at].strip() in _OUTSIDE

    def _order(self) -> str | None:
        """What other dates of the file decide; where they quarrel, each is judged by itself."""
        try:
            rows = islice(self._body(), LOOKED_AT)
            return order_of(
                row[at] for _, row in rows for at in self._dated(row) if not _is_year(row[at])
            )
        except Bad:
            return None

    def _body(self) -> Iterator[tuple[int, Sequence[str]]]:
        return (each for each in self.whole() if each[0] > self.head)

    def _dated(self, row: Sequence[str]) -> list[int]:
        return [at for at in (self.day_at, self.stamp_at) if at is not None and at < len(row)]

    def _who(self, row: Sequence[str]) -> str:
        found = (bare(row[at]) for at in self.who if at < len(row))
        return next((each for each in found if each not in ("", "-", "--")), "")

    def _of_row(
        self, number: int, who: str, row: Sequence[str], order: str | None
    ) -> Iterator[Punch]:
        at = self.stamp_at if self.stamp_at is not None else self.day_at
        cell = row[at].strip() if at is not None and at < len(row) else ""
        if not cell:
            self.without += 1
            return
        try:
            when = read_when(cell, order, self.period)
        except Bad as bad:
            yield number, who, Bad(bad.message.msgid, "timestamp", **bad.message.params)
            return
        if self.stamp_at is not None or (when.clock is not None and not self.times):
            if when.clock is None:
                self.without += 1
            else:
                yield number, who, f"{when.day} {when.clock}"
            return
        for place in self.times:
            if place < len(row):
                yield from self._of_cell(number, who, when.day, self._cell(row, place))

    def _cell(self, row: Sequence[str], place: int) -> str:
        """Beside a heading that speaks of times four digits are one; elsewhere where some show."""
        if self.bare or self.times:
            return with_colons(row[place].strip(), dots=self.bare)
        return row[place]

    def _of_cell(self, number: int, who: str, day: date, cell: str) -> Iterator[Punch]:
        if not cell.strip():
            return
        try:
            found = times_of(cell, day)
        except Bad as bad:
            yield number, who, bad
            return
        self.without += not found
        for each in found:
            yield number, who, each

    def _of_nobody(self, number: int, row: Sequence[str]) -> Iterator[Punch]:
        """A row with times and without a person is told of, and not passed over."""
        at = [*self.times, *self.days, *self.dates, *self._dated(row)]
        if any(place < len(row) and TIME.search(self._cell(row, place)) for place in at):
            yield number, "", Bad(N_("names nobody"), "employee_no")

    # Months as matrices

    def _of_matrix(self) -> Iterator[Punch]:
        section = ""
        for number, row in self._body():
            named = section_of(row)
            if named:
                section = named
                continue
            who = section or self._who(row)
            if not who:
                yield from self._of_nobody(number, row)
                continue
            for place, on in self.dates.items():
                cell = self._cell(row, place) if place < len(row) else ""
                if not isinstance(on, Bad):
                    yield from self._of_cell(number, who, on, cell)
                elif TIME.search(cell):
                    yield number, who, on
                else:
                    self.without += bool(cell.strip())
            for place, day in self.days.items():
                if place < len(row) and row[place].strip():
                    yield from self._of_day(number, who, day, self._cell(row, place))

    def _of_day(self, number: int, who: str, day: int, cell: str) -> Iterator[Punch]:
        if not TIME.search(cell):
            self.without += 1
            return
        on = [each for each in self._dates() if each.day == day]
        if len(on) != 1:
            yield number, who, Bad(NO_MONTH, "timestamp", day=day)
            return
        yield from self._of_cell(number, who, on[0], cell)

    def _dates(self) -> list[date]:
        if self.period is None:
            return []
        first, last = self.period
        return [first + timedelta(days=each) for each in range(min((last - first).days + 1, 62))]


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
        found.bare = shows_bare(row for number, row in rows if number > found.head)
    return found


def _grid_of(rows: Rows, order: str | None, told: Period | None) -> Grid | None:
    named = None
    for place, (number, row) in enumerate(rows[:12]):
        plain = [title(cell) for cell in row]
        if "employee_no" in plain or "timestamp" in plain:
            return None
        named = named or period_of(row)
        period = named or month_of(rows[:place]) or told
        days = days_of(row)
        if days:
            above = rows[place - 1][1] if place else ()
            who = _people(plain) or _people([title(cell) for cell in above])
            if who or any(section_of(each) for _, each in rows):
                return Grid(lambda: rows, number, plain, who=who, days=days, period=period)
        who = _people(plain)
        if who:
            dates = dates_of(row, order, period)
            if dates:
                return Grid(lambda: rows, number, plain, who=who, dates=dates)
            below = rows[place + 1][1] if place + 1 < len(rows) else ()
            found = _list(rows, number, plain, below)
            if found is not None:
                found.period = period
                return found
    return None


def _outside(punch: Punch) -> Punch:
    number, who, stamp = punch
    if isinstance(stamp, Bad):
        return punch
    text = N_("%(who)s at %(time)s is a visit (外出打卡), which does not count (outside)")
    return number, who, Outside(text, "timestamp", who=who, time=stamp)


def is_ours(rows: Iterable[Sequence[str]]) -> bool:
    """Whether the head is that of our own columns: then no other sheet is looked at."""
    head = next(([title(cell) for cell in row] for row in rows if any(row)), [])
    return bool({"employee_no", "timestamp"} & set(head)) or {"工号", "打卡时间"} <= set(head)


def _is_year(cell: str) -> bool:
    """Whether a date begins with its year, as most do: then nothing is to be decided."""
    return cell[:4].isdecimal()


def _people(plain: Sequence[str]) -> tuple[int, ...]:
    """Columns that name the person: numbers first, then names."""
    ids = [plain.index(word) for word in _IDS if word in plain]
    return (*ids, *(plain.index(word) for word in _NAMES if word in plain))


def _list(rows: Rows, number: int, plain: Sequence[str], below: Sequence[str]) -> Grid | None:
    """A list with a date and times, or with whole times; its head has one row or two."""
    who = _people(plain)
    under = [title(cell) for cell in below]
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
    found = Grid(lambda: rows, number + 1 if two else number, titles, who=who)
    day_at = next((titles.index(word) for word in _DATES if word in titles), None)
    times = tuple(at for at, title in enumerate(titles) if at != day_at and _TIMES.fullmatch(title))
    stamp_at = next((titles.index(word) for word in _STAMPS if word in titles), None)
    if "打卡时间" in titles and "考勤日期" in titles and len(times) == 1:
        return replace(found, stamp_at=titles.index("打卡时间"))
    if day_at is not None and times:
        return replace(found, day_at=day_at, times=times)
    if stamp_at is not None and titles != ["工号", "打卡时间"]:
        return replace(found, stamp_at=stamp_at)
    return None
