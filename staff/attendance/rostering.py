"""Who has which shift, from stored rosters and assignments (docs/attendance.md, Working days)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from staff.attendance.models import Roster
from staff.attendance.rosters import DayCalendar, RosterEntry, Shift, shift_on
from staff.attendance.windows import Window, windows_of

Entries = tuple[RosterEntry, ...]
Teams = tuple[tuple[date, int | None], ...]
"""The team from each of these dates on, in order: what a person's assignments say."""


class Rostered(Protocol):
    """What of an employee decides their shifts; ``rosters`` are their own."""

    hire_date: date
    leave_date: date | None
    rosters: Entries
    teams: Teams


class Rostering:
    """The shifts of people from rosters and assignments; equal rosters are asked once."""

    def __init__(self, session: Session, calendar: DayCalendar) -> None:
        self._calendar = calendar
        self._teams: dict[int, Entries] = {}
        rows = session.scalars(select(Roster).where(Roster.team_id.is_not(None)))
        owned: dict[int, list[RosterEntry]] = defaultdict(list)
        for row in rows:
            owned[row.team_id or 0].append(roster_entry(row))
        self._teams = {team: tuple(entries) for team, entries in owned.items()}
        self._windows: dict[int, list[Window]] = {}  # by what ``_known`` keeps alive
        self._known: dict[tuple[date, date, Entries, Teams], dict[date, Shift]] = {}

    def shifts(self, who: Rostered, first: date, last: date) -> Mapping[date, Shift]:
        """The scheduled days from ``first`` to ``last``: dates with a shift, while employed.

        The team's roster is that of exactly the team that the employee belongs to on the date.
        """
        first = max(first, who.hire_date)
        last = last if who.leave_date is None else min(last, who.leave_date)
        key = (first, last, who.rosters, self._with_rosters(who.teams, first))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._shifts(*key)
        return found

    def windows(self, shifts: Mapping[date, Shift]) -> Sequence[Window]:
        """Those of ``shifts``, which this has given out."""
        kept = self._windows.get(id(shifts))
        if kept is None:
            kept = self._windows[id(shifts)] = windows_of(shifts)
        return kept

    def _with_rosters(self, teams: Teams, first: date) -> Teams:
        """The same for dates from ``first`` on, and the same for all teams without a roster."""
        result: Teams = ()
        for since, team in teams:
            known = team if team in self._teams else None
            result = ((first, known),) if since <= first else (*result, (since, known))
        return result

    def _shifts(self, first: date, last: date, own: Entries, teams: Teams) -> dict[date, Shift]:
        result = {}
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            team = self._teams.get(team_on(teams, day) or 0, ())
            shift = shift_on(day, own, team, self._calendar)
            if shift is not None:
                result[day] = shift
        return result


def roster_entry(row: Roster) -> RosterEntry:
    """The entry that a stored row stands for."""
    shift = None
    if row.shift_start is not None and row.shift_end is not None:
        shift = _shift(row.shift_start, row.shift_end, row.break_minutes, row.grace_minutes)
    return RosterEntry(row.start, row.end, shift, _weekdays(row.weekdays), row.follows_calendar)


# A centre has few of either, and everybody has them.
_shift = lru_cache(maxsize=1000)(Shift.between)


@lru_cache(maxsize=200)
def _weekdays(digits: str) -> frozenset[int]:
    return frozenset(int(digit) for digit in digits)


def team_on(teams: Teams, day: date) -> int | None:
    """The team of a date; ``teams`` are those of the assignments, in order of their dates."""
    found = None
    for since, team in teams:
        if since > day:
            break
        found = team
    return found


def reaches(first: date, last: date) -> ColumnElement[bool]:
    """Rosters that cover at least one of the dates."""
    return (Roster.start <= last) & or_(Roster.end.is_(None), Roster.end >= first)
