"""Who has which shift on which date (docs/attendance.md, Working days).

Pure. Minutes are minutes of the day of the shift's date: 1440 and more lie on the next day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

MINUTES_OF_DAY = 1440
EVERY_DAY = frozenset(range(1, 8))

DayKind = Literal["holiday", "makeup"]
DayCalendar = Mapping[date, DayKind]
"""The dates that differ from their weekday; a date that is absent is an ordinary one."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A span of work: minutes from the midnight that begins its date.

    ``end_minute`` is above 1440 where the shift ends on the next day. Raises ``ValueError`` for a
    shift that starts outside its date, lasts no time or more than a day, or is all break.
    """

    start_minute: int = 9 * 60
    end_minute: int = 18 * 60
    break_minutes: int = 60
    grace_minutes: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.start_minute < MINUTES_OF_DAY:
            raise ValueError(f"a shift starts within its date: {self.start_minute}")
        if not 0 < self.end_minute - self.start_minute <= MINUTES_OF_DAY:
            raise ValueError(f"a shift lasts up to 24 hours: {self.start_minute}-{self.end_minute}")
        if not 0 <= self.break_minutes < self.end_minute - self.start_minute:
            raise ValueError(f"the break must be shorter than the shift: {self.break_minutes}")
        if self.grace_minutes < 0:
            raise ValueError(f"the grace cannot be negative: {self.grace_minutes}")

    @classmethod
    def between(
        cls, start_minute: int, end_minute: int, break_minutes: int = 60, grace_minutes: int = 0
    ) -> Shift:
        """A shift from times of day: an end that is not after the start lies on the next day."""
        if end_minute <= start_minute:
            end_minute += MINUTES_OF_DAY
        return cls(start_minute, end_minute, break_minutes, grace_minutes)


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One row of a roster: ``shift`` on ``weekdays`` (1 = Monday) from ``start`` to ``end``.

    Both dates are included; no ``end`` is open; no ``shift`` is off. An entry whose start is its
    end is about that single date, and then its weekdays do not matter.
    """

    start: date
    end: date | None
    shift: Shift | None
    weekdays: frozenset[int] = EVERY_DAY
    follows_calendar: bool = False

    @property
    def single(self) -> bool:
        return self.start == self.end

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


def deciding_entry(day: date, entries: Iterable[RosterEntry]) -> RosterEntry | None:
    """Of one owner's entries the one that alone decides ``day``.

    A single date goes before ranges; of several ranges the one with the latest start decides.
    """
    covering = [entry for entry in entries if entry.covers(day)]
    if not covering:
        return None
    return max(covering, key=lambda entry: (entry.single, entry.start))


def shift_on(
    day: date,
    employee_entries: Iterable[RosterEntry],
    team_entries: Iterable[RosterEntry],
    calendar: DayCalendar,
) -> Shift | None:
    """The shift on ``day``, or None where the rosters give none.

    Any entry of the employee that covers the date goes before all of the team's: weekdays that
    it does not name are off, and the team's roster is not asked. Employment is not looked at.
    """
    entry = deciding_entry(day, employee_entries) or deciding_entry(day, team_entries)
    if entry is None or entry.shift is None:
        return None
    if entry.follows_calendar:
        kind = calendar.get(day)
        if kind is not None:
            return entry.shift if kind == "makeup" else None
    if entry.single or day.isoweekday() in entry.weekdays:
        return entry.shift
    return None


def roster_reaches(first: date, last: date, *rosters: Iterable[RosterEntry]) -> bool:
    """Whether an entry of any roster, the employee's or the team's, reaches into the dates.

    Entries that say "off" reach too: they give a month without a scheduled day, not one without
    a roster.
    """
    return any(
        entry.start <= last and (entry.end is None or entry.end >= first)
        for entries in rosters
        for entry in entries
    )
