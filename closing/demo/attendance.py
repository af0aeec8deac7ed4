"""Rosters, leave, overtime and punches of the demo centre."""

from __future__ import annotations

import random
from datetime import date
from itertools import groupby

from closing.demo.people import CENTRE, Person
from closing.demo.rows import Row, Rows, at, between, stream
from closing.demo.scene import Away, Scene
from core.values import Month

SHIFT = 9 * 60  # minutes of a shift, the break included
SHIFTS = {False: "09:00-18:00", True: "12:00-21:00"}
LATE, OFTEN_LATE = 0.012, 0.27
NO_PUNCH, ABSENT = 0.003, 0.0003


def rosters(scene: Scene, month: Month) -> Rows:
    """Teams keep the calendar; agents of shops have five days of seven, from their hire on."""
    opened = scene.months[0]
    rows: Rows = []
    if month == opened:
        shops = {person.team: person.shop for person in scene.people if person.team != CENTRE}
        for team, shop in {CENTRE: False, **shops}.items():
            rows.append(_roster({"team": team}, opened.first_day, shop, "12345", True))
    for person in scene.people:
        since = max(person.hire, opened.first_day)
        if person.weekdays and since in month:
            owner: Row = {"employee_no": person.no}
            rows.append(_roster(owner, since, person.shop, person.weekdays, False))
    return rows


def _roster(owner: Row, since: date, shop: bool, weekdays: str, calendar: bool) -> Row:
    return {
        "employee_no": owner.get("employee_no"),
        "team": owner.get("team"),
        "from": since.isoformat(),
        "shift": SHIFTS[shop],
        "break_minutes": 60,
        "weekdays": weekdays,
        "follows_calendar": int(calendar),
    }


def leave(scene: Scene) -> tuple[dict[str, Away], dict[Month, Rows]]:
    """Who is away when, and the rows of each month that say so."""
    away = {person.no: Away() for person in scene.people}
    rows: dict[Month, Rows] = {month: [] for month in scene.months}
    for month in scene.months:
        for person in scene.at_work(month):
            rng = stream(scene.seed, "leave", person.no, month)
            days = scene.scheduled(person, month)
            for kind, chosen in _spans(scene, person, month, days, rng):
                away[person.no].days |= set(chosen)
                rows[month].append(_leave(person, kind, chosen, "approved"))
            rows[month] += _half_day(person, days, away[person.no], rng)
    return away, rows


def _spans(
    scene: Scene, person: Person, month: Month, days: list[date], rng: random.Random
) -> list[tuple[str, list[date]]]:
    """Types of leave with the days that they take: whole days in a row."""
    if not days:
        return []
    if person.story == "maternity" and month >= scene.when["maternity"]:
        return [("maternity", days)]
    if person.story == "sick" and month == scene.when["sick"]:
        return [("sick", days)]
    spans: list[tuple[str, list[date]]] = []
    holidays = 0.36 if month.number in (2, 7, 8) else 0.22
    for kind, chance, longest in (
        ("annual", holidays, 4),
        ("sick", 0.06, 2),
        ("marriage", 0.004, 3),
    ):
        if rng.random() < chance:
            first = rng.randrange(len(days))
            spans.append((kind, days[first : first + 1 + rng.randrange(longest)]))
    taken: set[date] = set()
    free: list[tuple[str, list[date]]] = []
    for kind, chosen in spans:
        if taken.isdisjoint(chosen):
            free.append((kind, chosen))
        taken |= set(chosen)
    return free


def _leave(person: Person, kind: str, days: list[date], status: str) -> Row:
    return {
        "employee_no": person.no,
        "type": kind,
        "from": at(days[0], person.start * 60),
        "to": at(days[-1], (person.start + SHIFT) * 60),
        "status": status,
    }


def _half_day(person: Person, days: list[date], away: Away, rng: random.Random) -> Rows:
    """Now and then somebody leaves in the middle of the shift."""
    free = [day for day in days if day not in away.days]
    if not free or rng.random() >= 0.07:
        return []
    day, middle = rng.choice(free), person.start + SHIFT // 2
    away.half[day] = middle
    row = _leave(person, rng.choice(("personal", "compensatory", "prenatal")), [day], "approved")
    return [{**row, "from": at(day, middle * 60)}]


def requests(scene: Scene) -> Rows:
    """Leave asked for at the end of the open month, which nobody has decided on yet."""
    rows: Rows = []
    month = scene.months[-1]
    for person in stream(scene.seed, "requests").sample(scene.agents, 4):
        days = scene.present(person, month)
        if days:
            rows.append(_leave(person, "annual", days[-1:], "requested"))
    return rows


def overtime(scene: Scene, month: Month) -> tuple[Rows, dict[tuple[str, date], int]]:
    """Rows, and the minutes by which somebody stays after the shift."""
    rows: Rows = []
    stays: dict[tuple[str, date], int] = {}
    busy = 1.6 if month.number in (6, 11) else 0.7
    for person in scene.at_work(month):
        rng = stream(scene.seed, "overtime", person.no, month)
        half = scene.away[person.no].half
        days = [day for day in scene.present(person, month) if day not in half]
        for day in rng.sample(days, min(len(days), int(busy * rng.random() * 2))):
            minutes = rng.choice((60, 90, 120))
            stays[person.no, day] = minutes
            end = person.start + SHIFT
            rows.append(
                {
                    "employee_no": person.no,
                    "from": at(day, end * 60),
                    "to": at(day, (end + minutes) * 60),
                    "status": "declined" if rng.random() < 0.04 else "approved",
                }
            )
    return rows, stays


def punches(scene: Scene, month: Month, stays: dict[tuple[str, date], int]) -> Rows:
    """Two a day with a natural spread; some late, some forgotten."""
    rows: Rows = []
    for person in scene.at_work(month):
        rng = stream(scene.seed, "punches", person.no, month)
        late = OFTEN_LATE if person.story == "latecomer" else LATE
        half = scene.away[person.no].half
        for day in scene.present(person, month):
            fate = rng.random()
            came = _arrival(person, late, rng)
            end = half.get(day, person.start + SHIFT) + stays.get((person.no, day), 0)
            left = end * 60 + between(rng.expovariate(1 / 420), 5, 3000)
            if fate < ABSENT:
                continue
            if fate >= ABSENT + NO_PUNCH / 2:
                rows.append({"employee_no": person.no, "timestamp": at(day, came)})
            if fate < 1 - NO_PUNCH / 2:
                rows.append({"employee_no": person.no, "timestamp": at(day, left)})
    return rows


def _arrival(person: Person, late: float, rng: random.Random) -> float:
    """Second of the day: mostly some ten minutes before the shift."""
    if rng.random() < late:
        return person.start * 60 + between(rng.expovariate(1 / 720), 90, 5400)
    return person.start * 60 - between(rng.gauss(660, 300), 20, 2400)


def timetable(scene: Scene, person: Person, month: Month) -> list[tuple[date, int, int]]:
    """Days at work with the first and last minute, as far as tickets ask."""
    half = scene.away[person.no].half
    return [
        (day, person.start, half.get(day, person.start + SHIFT))
        for day in scene.present(person, month)
    ]


def weeks(days: list[date]) -> list[list[date]]:
    """The days by calendar week."""
    return [list(group) for _, group in groupby(days, key=lambda day: day.isocalendar()[:2])]
