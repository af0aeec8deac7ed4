"""Records near the end of a closed month: which month they belong to is for the shifts to say.

The departure at 06:02 on the first belongs to the night shift of the day before; an arrival at
20:30 on the last day may belong to a shift that begins at midnight. Away from such an edge the
calendar decides (docs/attendance.md, Which punch belongs to which day).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from core.values import Month
from staff.attendance.calendars import calendar_around
from staff.attendance.records import EARLIEST, LATEST, Records, add_rosters, basics, chunks
from staff.attendance.rostering import Rostering
from staff.attendance.spans import date_of, midnight
from staff.attendance.windows import NEIGHBOURS, Window, windows_of

AROUND = timedelta(days=2 * NEIGHBOURS)
Moment = tuple[int, int]
"""An employee's id and wall seconds."""


class Edges:
    """The first days of months before or after which a closed month lies, and shifts near them."""

    def __init__(self, session: Session, closed: Collection[Month]) -> None:
        self._session = session
        self._closed = closed
        self._known: dict[tuple[date, int], list[Window]] = {}

    def edge(self, at: int) -> date | None:
        """The first day of a month that ``at`` is so near to that a shift may lie across it."""
        month = Month.of(date_of(at))
        before, after = month.plus(-1), month.plus(1)
        closed = month in self._closed
        if at < midnight(month.first_day) + LATEST and closed != (before in self._closed):
            return month.first_day
        if at >= midnight(after.first_day) + EARLIEST and closed != (after in self._closed):
            return after.first_day
        return None

    def read(self, moments: Iterable[Moment]) -> None:
        """Fetch the shifts that decide about these moments, a few statements for all of them."""
        wanted: dict[date, set[int]] = defaultdict(set)
        for who, at in moments:
            edge = self.edge(at)
            if edge is not None and (edge, who) not in self._known:
                wanted[edge].add(who)
        for edge, ids in wanted.items():
            calendar = calendar_around(self._session, Month.of(edge)).days
            rostering = Rostering(self._session, calendar)
            for part in chunks(ids):
                self._read(edge, part, rostering)

    def _read(self, edge: date, ids: Sequence[int], rostering: Rostering) -> None:
        first, last = edge - AROUND, edge + AROUND
        known: dict[int, Records] = basics(self._session, ids, first, last)
        add_rosters(self._session, known, ids, first, last)
        for who, records in known.items():
            self._known[edge, who] = windows_of(rostering.shifts(records, first, last))

    def windows(self, who: int, at: int) -> list[Window]:
        """The shifts around the edge near ``at``; none away from one. ``read`` first."""
        edge = self.edge(at)
        return [] if edge is None else self._known.get((edge, who), [])

    def month(self, who: int, at: int) -> Month:
        """The month of the shift in whose window a punch lies, else that of its date."""
        for window in self.windows(who, at):
            if window.opens <= at < window.closes:
                return Month.of(window.day)
        return Month.of(date_of(at))
