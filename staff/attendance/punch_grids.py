"""Punches in spreadsheets: lists of punches or days, months as matrices, sections per person.

A grid is rows of texts, each with its number; its layout is seen by the first of them, the others
are read as they come, some twice. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

from core.documents.problems import short
from core.imports.cells import Bad, serial_day
from core.imports.moments import Period, When, order_of, read_when
from core.messages import N_
from staff.attendance.punch_cells import (
    TIME,
    ZONE,
    bare,
    fraction_clock,
    section_of,
    times_of,
    title,
    with_colons,
)
from staff.attendance.punch_heads import repeats

# WeCom keeps visits apart from arrivals and departures: they count where the centre says so.
_OUTSIDE = ("外出打卡", "外出")
_SUMS = ("合计", "小计", "总计", "total", "subtotal", "grand total")
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
    ``whole_times`` says that each of ``times`` brings its own date; ``section`` is the person of
    the rows below, where rows between them name people; ``serials`` counts dates that are numbers.
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
    whole_times: bool = False
    heads: Sequence[Sequence[str]] = ()
    section: str = ""
    serials: int = 0

    def punches(self) -> Iterator[Punch]:
        """Row number, who, and the time in our spelling or why there is none."""
        if self.days or self.dates:
            yield from self._of_matrix()
            return
        order = self.order or self._order()
        section = self.section
        for number, row in self._body():
            if self.section and (named := section_of(row)):
                section = named
                continue
            who = section or self._who(row)
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
        """The rows below the head, but those that only repeat it, as on every page."""
        heads = [(head, next((cell for cell in head if cell), "")) for head in self.heads]
        for each in self.whole():
            if each[0] <= self.head:
                continue
            for head, first in heads:
                if first in each[1] and repeats(each[1], head):
                    break
            else:
                yield each

    def _dated(self, row: Sequence[str]) -> list[int]:
        at = self.times if self.whole_times else (self.day_at, self.stamp_at)
        return [each for each in at if each is not None and each < len(row)]

    def _who(self, row: Sequence[str]) -> str:
        found = (bare(row[at]) for at in self.who if at < len(row))
        return next((each for each in found if each not in ("", "-", "--")), "")

    def _of_row(
        self, number: int, who: str, row: Sequence[str], order: str | None
    ) -> Iterator[Punch]:
        at = self.stamp_at if self.stamp_at is not None else self.day_at
        if self.whole_times:
            for place in self.times:
                if place < len(row) and row[place].strip():
                    shown = self._stamp(self._when(row[place], order))
                    if shown is not None:
                        yield number, who, shown
            return
        cell = row[at].strip() if at is not None and at < len(row) else ""
        when = self._when(cell, order) if cell else None
        if when is None or (isinstance(when, Bad) and title(cell) in _SUMS):
            self.without += 1
            return
        if isinstance(when, Bad) or self.stamp_at is not None or self._is_whole(when):
            stamp = self._stamp(when)
            if stamp is not None:
                yield number, who, stamp
            return
        sure = len(cell) == 5 and cell.isdecimal()  # then so are its times parts of a day
        for place in self.times:
            if place < len(row):
                shown = self._cell(row, place)
                if shown[:2] == "0.":
                    shown = fraction_clock(shown, sure=sure)
                yield from self._of_cell(number, who, when.day, shown)

    def _is_whole(self, when: When) -> bool:
        return when.clock is not None and not self.times

    def _when(self, cell: str, order: str | None) -> When | Bad:
        found = serial_day(cell) if cell[:5].isdecimal() else None
        self.serials += found is not None
        try:
            when = read_when(found or cell.strip(), order, self.period)
        except Bad as bad:
            return Bad(bad.message.msgid, "timestamp", **bad.message.params)
        if when.zone is not None:
            return Bad(ZONE, "timestamp", cell=short(cell))
        return when

    def _stamp(self, when: When | Bad) -> str | Bad | None:
        """None for a day alone."""
        if isinstance(when, Bad):
            return when
        if when.clock is None:
            self.without += 1
            return None
        return f"{when.day} {when.clock}"

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


def _outside(punch: Punch) -> Punch:
    number, who, stamp = punch
    if isinstance(stamp, Bad):
        return punch
    text = N_("%(who)s at %(time)s is a visit (外出打卡), which does not count (outside)")
    return number, who, Outside(text, "timestamp", who=who, time=stamp)


def _is_year(cell: str) -> bool:
    """Whether a date begins with its year, as most do: then nothing is to be decided."""
    return cell[:4].isdecimal()
