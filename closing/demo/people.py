"""Who works in the demo centre: teams, positions, supervisors, hire dates, and their stories."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import NormalDist
from typing import TypedDict

from closing.demo.names import ordinal, people_names
from closing.demo.rows import between, stream
from core.values import Month

CENTRE = "客服中心"
FEWEST, MOST = 20, 3000
TEAM_SIZE = 11.6  # a supervisor and the agents of a team
TEAMS_PER_MANAGER = 12
# Of five teams two are pre-sales, two after-sales, one technical; the second ones work in shops.
PATTERN = ("presales", "agent", "technical", "agent", "presales")
TITLES = {"presales": "售前", "agent": "售后", "technical": "技术支持"}
POSITIONS = {
    "presales": ("presales_agent", "senior_presales_agent"),
    "agent": ("agent", "senior_agent"),
    "technical": ("technical_support", "technical_support"),
}
# Days off of the shops rotate: five of seven.
SHOP_WEEKS = ("12345", "23456", "34567", "14567", "12567", "12367", "12347")
# Levels of ability; the weak end reaches further down than the strong one up.
ABILITY, WEAK, REACH = NormalDist(83.0, 13.2), 74.0, 0.7


@dataclass(frozen=True, slots=True)
class Person:
    """One person. ``ability`` is the level around which the lines lie; 100 meets every target.

    ``weekdays`` is set for those whose days off rotate; ``story`` names what happens to them, ""
    for most.
    """

    no: str
    name: str
    position: str
    team: str
    supervisor: str | None
    hire: date
    leave: date | None = None
    wage: int = 6000
    queue: str | None = None
    shop: bool = False
    weekdays: str | None = None
    ability: float = 85.0
    story: str = ""

    def employed(self, day: date) -> bool:
        return self.hire <= day and (self.leave is None or day <= self.leave)

    @property
    def start(self) -> int:
        """Minute of the day at which the shift begins; it lasts nine hours."""
        return 12 * 60 if self.shop else 9 * 60

    @property
    def senior(self) -> bool:
        return self.position.startswith("senior")


@dataclass(frozen=True, slots=True)
class Team:
    path: str
    queue: str
    shop: bool
    agents: int


def layout(staff: int) -> list[Team]:
    """The teams of a centre of ``staff`` people, with the number of agents in each."""
    count = max(3, round((staff - 2) / TEAM_SIZE))
    agents = staff - _managers(count) - _officers(staff) - count
    numbers = dict.fromkeys(TITLES, 0)
    teams = []
    for index in range(count):
        queue = PATTERN[index % len(PATTERN)]
        numbers[queue] += 1
        path = f"{CENTRE}/{TITLES[queue]}{ordinal(numbers[queue])}组"
        size = agents // count + (index < agents % count)
        teams.append(Team(path, queue, index % len(PATTERN) >= 3, size))
    return teams


def _managers(teams: int) -> int:
    return 1 if teams <= TEAMS_PER_MANAGER else 1 + math.ceil(teams / TEAMS_PER_MANAGER)


def _officers(staff: int) -> int:
    return 1 + staff // 300


def cast(seed: int, staff: int, months: Sequence[Month]) -> list[Person]:
    """Everybody, by employee number: managers, HR, supervisors, then the agents team by team."""
    rng = stream(seed, "people")
    badges = _badges(rng, staff)
    opened = months[0].first_day
    teams = layout(staff)
    count = _managers(len(teams))
    managers = [
        Person(
            **next(badges),
            position="manager",
            team=CENTRE,
            supervisor="E0001" if index else None,
            hire=_hired(rng, opened, 1500),
            wage=15000,
            ability=86.0,
        )
        for index in range(count)
    ]
    officers = [
        Person(
            **next(badges),
            position="hr",
            team=CENTRE,
            supervisor="E0001",
            hire=_hired(rng, opened, 900),
            wage=9000,
        )
        for _ in range(_officers(staff))
    ]
    lines = managers[1:] or managers
    leaders = [
        _leader(rng, next(badges), team, lines[index // TEAMS_PER_MANAGER], opened)
        for index, team in enumerate(teams)
    ]
    agents = [
        _agent(rng, next(badges), team, leader, place, opened)
        for team, leader in zip(teams, leaders)
        for place in range(team.agents)
    ]
    return [*managers, *officers, *leaders, *_told(_gifted(rng, agents), months)]


class Badge(TypedDict):
    no: str
    name: str


def _badges(rng: random.Random, staff: int) -> Iterator[Badge]:
    for number, name in enumerate(people_names(rng, staff), 1):
        yield {"no": f"E{number:04d}", "name": name}


def _hired(rng: random.Random, opened: date, least: int) -> date:
    """At least so many days before the demo begins, and on a Monday."""
    day = opened - timedelta(days=least + rng.randrange(700))
    return day - timedelta(days=day.weekday())


def _leader(rng: random.Random, badge: Badge, team: Team, manager: Person, opened: date) -> Person:
    return Person(
        **badge,
        position="supervisor",
        team=team.path,
        supervisor=manager.no,
        hire=_hired(rng, opened, 1100),
        wage=9000 + 100 * rng.randrange(20),
        shop=team.shop,
        ability=between(rng.gauss(86, 6), 74, 98),
    )


def _agent(
    rng: random.Random, badge: Badge, team: Team, leader: Person, place: int, opened: date
) -> Person:
    senior = place % 5 == 4
    return Person(
        **badge,
        position=POSITIONS[team.queue][senior],
        team=team.path,
        supervisor=leader.no,
        hire=_hired(rng, opened, 700 if senior else 150),
        wage=5200 + 1400 * senior + 50 * rng.randrange(30),
        queue=team.queue,
        shop=team.shop,
        weekdays=SHOP_WEEKS[place % len(SHOP_WEEKS)] if team.shop else None,
    )


def _gifted(rng: random.Random, agents: list[Person]) -> list[Person]:
    """Abilities by quantiles of each queue: every seed gives about the same spread of grades."""
    gifted: dict[str, Person] = {}
    for queue in TITLES:
        group = [person for person in agents if person.queue == queue]
        spread = [_ability((rank + 0.5) / len(group)) for rank in range(len(group))]
        rng.shuffle(spread)
        for person, ability in zip(group, spread):
            gifted[person.no] = replace(person, ability=ability + 2 * person.senior)
    return [gifted[person.no] for person in agents]


def _ability(quantile: float) -> float:
    level = ABILITY.inv_cdf(quantile)
    return level - REACH * max(0.0, WEAK - level)


def months_of(months: Sequence[Month]) -> dict[str, Month]:
    """When the stories happen, counted back from the newest closed month."""
    newest = len(months) - 2

    def month(index: int) -> Month:
        return months[min(max(index, 0), len(months) - 1)]

    return {
        "first": month(0),
        "sick": month(newest - 3),
        "training": month(newest - 2),
        "major": month(newest - 2),
        "promotion": month(newest - 2),
        "leak": month(newest - 1),
        "leaver": month(newest - 1),
        "maternity": month(newest),
        "second_training": month(newest - 1),
        "newest": month(newest),
        "open": month(newest + 1),
    }


# Story, queue, place among the ordinary (not senior) agents of the queue, ability.
STORIES = (
    ("star", "presales", 0, 112.0),
    ("promoted", "presales", 1, 96.0),
    ("leaver", "presales", 2, 72.0),
    ("new", "presales", 3, 84.0),
    ("struggler", "agent", 0, 88.0),
    ("latecomer", "agent", 1, 82.0),
    ("major", "agent", 2, 78.0),
    ("new_later", "agent", 3, 82.0),
    ("leak", "technical", 0, 84.0),
    ("sick", "technical", 1, 86.0),
    ("maternity", "technical", 2, 90.0),
    ("plateau", "agent", -1, 66.0),
    ("late_bloomer", "agent", -2, 90.0),
    ("overdue", "presales", -1, 80.0),
    ("new_last", "technical", -1, 80.0),
)


def _told(agents: list[Person], months: Sequence[Month]) -> list[Person]:
    """The agents with the stories given out; in a small centre some are left out."""
    when = months_of(months)
    told = {person.no: person for person in agents}
    for story, queue, place, ability in STORIES:
        group = [person for person in agents if person.queue == queue and not person.senior]
        free = [person for person in group if not told[person.no].story]
        if not -len(group) <= place < len(group) or not free:
            continue
        person = group[place] if group[place] in free else free[0]
        told[person.no] = _with_dates(replace(person, story=story, ability=ability), months, when)
    return [told[person.no] for person in agents]


def _with_dates(person: Person, months: Sequence[Month], when: dict[str, Month]) -> Person:
    newcomers = {"new": 1, "new_later": len(months) - 3, "new_last": len(months) - 1}
    if person.story in newcomers:
        month = months[min(max(newcomers[person.story], 0), len(months) - 1)]
        hired = month.first_day + timedelta(days=4)
        return replace(person, hire=hired + timedelta(days=-hired.weekday() % 7))
    if person.story == "leaver":
        return replace(person, leave=when["leaver"].first_day + timedelta(days=19))
    if person.story == "promoted":
        hired = months[0].first_day - timedelta(days=900)
        return replace(person, hire=hired - timedelta(days=hired.weekday()))
    return person
