"""The demo centre by month: who is at work on which day, and how well they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from closing.demo.people import Person, months_of
from closing.demo.rows import stream
from core.values import Month
from staff.attendance.rosters import DayCalendar

# By how much these two are below their ability before, and while, they are trained.
UNTRAINED = {"struggler": (39.0, 28.0), "late_bloomer": (33.0, 26.0)}
TREND = 0.6  # points by which everybody gets better from month to month


@dataclass(slots=True)
class Away:
    """Days on leave, and the minute of the day from which somebody is off for half a day."""

    days: set[date] = field(default_factory=set)
    half: dict[date, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """``calendar`` are the public holidays and make-up days of the years."""

    seed: int
    months: Sequence[Month]
    people: Sequence[Person]
    calendar: DayCalendar
    away: Mapping[str, Away] = field(default_factory=dict)

    @cached_property
    def when(self) -> dict[str, Month]:
        return months_of(self.months)

    @cached_property
    def agents(self) -> list[Person]:
        return [person for person in self.people if person.queue is not None]

    @cached_property
    def officer(self) -> Person:
        """The first of HR, who approves what others recorded."""
        return next(person for person in self.people if person.position == "hr")

    def told(self, story: str) -> Person | None:
        return next((person for person in self.people if person.story == story), None)

    def at_work(self, month: Month) -> list[Person]:
        """Employed on at least one day of the month."""
        return [
            person
            for person in self.people
            if person.hire <= month.last_day
            and (person.leave is None or person.leave >= month.first_day)
        ]

    def scheduled(self, person: Person, month: Month) -> list[date]:
        """Days with a shift on which the person is employed."""
        return [day for day in month.days() if person.employed(day) and self._works(person, day)]

    def _works(self, person: Person, day: date) -> bool:
        if person.weekdays:
            return str(day.isoweekday()) in person.weekdays
        kind = self.calendar.get(day)
        return day.isoweekday() <= 5 if kind is None else kind == "makeup"

    def present(self, person: Person, month: Month) -> list[date]:
        """Scheduled days that no leave takes."""
        away = self.away.get(person.no)
        days = self.scheduled(person, month)
        return days if away is None else [day for day in days if day not in away.days]

    def level(self, person: Person, month: Month, line: str) -> float:
        """How well a line goes in a month: 0 is its floor, 100 its target, 120 its stretch."""
        index = self.months.index(month)
        bent = stream(self.seed, "bent", person.no, line).gauss(0, 5)
        noise = stream(self.seed, "month", person.no, line, month).gauss(0, 3)
        ability = person.ability + TREND * (index - (len(self.months) - 1) / 2)
        return ability + bent + noise + self._turn(person, month)

    def _turn(self, person: Person, month: Month) -> float:
        """What the person's story adds in the month."""
        if person.story in UNTRAINED:
            trained = self.when["training" if person.story == "struggler" else "second_training"]
            return 0.0 if month > trained else -UNTRAINED[person.story][month == trained]
        if person.story.startswith("new"):
            months = month.index - Month.of(person.hire).index
            return (-26.0, -15.0, -7.0)[months] if 0 <= months < 3 else 0.0
        return 0.0
