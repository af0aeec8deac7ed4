"""Tickets of the demo centre: some hundred for every agent and month."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from closing.demo.attendance import timetable
from closing.demo.people import Person
from closing.demo.rows import Row, at, between, happenings, stream
from closing.demo.scene import Scene
from core.values import Month

PER_MONTH, WORKDAYS = 100, 21.0
RATED, REOPENED = 0.55, 0.04
OPENS = 9 * 3600
CHANNELS = ("chat", "chat", "chat", "phone", "phone", "email", "app")
RESOLVED_BY = 2  # days after the month: what is done later is not yet in its export


@dataclass(frozen=True, slots=True)
class Queue:
    """What level 0, level 100 and level 120 mean: minutes to the first response, and shares.

    ``categories`` are what the tickets are about; ``overnight`` is the share of messages that
    came in before the day began.
    """

    response: tuple[float, float, float]
    resolved: tuple[float, float, float]
    satisfied: tuple[float, float, float]
    categories: tuple[str, ...]
    overnight: float


QUEUES = {
    "presales": Queue(
        response=(8, 1.5, 0.5),
        resolved=(0.88, 0.99, 1.0),
        satisfied=(0.80, 0.965, 0.99),
        categories=("product", "product", "price", "stock", "delivery"),
        overnight=0.06,
    ),
    "agent": Queue(
        response=(60, 20, 8),
        resolved=(0.70, 0.955, 0.99),
        satisfied=(0.70, 0.935, 0.98),
        categories=("refund", "exchange", "logistics", "quality", "invoice"),
        overnight=0.10,
    ),
    "technical": Queue(
        response=(90, 25, 10),
        resolved=(0.65, 0.93, 0.98),
        satisfied=(0.70, 0.935, 0.98),
        categories=("defect", "installation", "account", "malfunction"),
        overnight=0.10,
    ),
}


def scaled(anchors: tuple[float, float, float], level: float) -> float:
    """The value at a level: straight lines through 0, 100 and 120."""
    floor, target, stretch = anchors
    level = between(level, -15, 120)
    if level <= 100:
        return floor + (target - floor) * level / 100
    return target + (stretch - target) * (level - 100) / 20


def tickets(scene: Scene, month: Month) -> list[Row]:
    """In the order of their creation, numbered within the month."""
    rows = [row for person in scene.agents for row in _of(scene, person, month)]
    rows.sort(key=lambda row: (str(row["created_at"]), str(row["agent"])))
    stem = f"T{month.year % 100:02d}{month.number:02d}"
    return [{"ticket_id": f"{stem}{number:06d}", **row} for number, row in enumerate(rows, 1)]


@dataclass(frozen=True, slots=True)
class Dials:
    """How an agent does in a month: mean minutes, and shares."""

    response: float
    resolved: float
    satisfied: float


def _of(scene: Scene, person: Person, month: Month) -> Iterable[Row]:
    assert person.queue is not None
    rng = stream(scene.seed, "tickets", person.no, month)
    queue = QUEUES[person.queue]
    dials = Dials(
        scaled(queue.response, scene.level(person, month, "response")),
        scaled(queue.resolved, scene.level(person, month, "resolved")),
        scaled(queue.satisfied, scene.level(person, month, "satisfied")),
    )
    season = {6: 1.12, 11: 1.25, 2: 0.85}.get(month.number, 1.0)
    daily = PER_MONTH / WORKDAYS * season * between(rng.gauss(1, 0.12), 0.7, 1.35)
    if person.story.startswith("new"):
        daily *= 0.8
    last = month.last_day + timedelta(days=RESOLVED_BY)
    for day, start, end in timetable(scene, person, month):
        monday = 1.2 if day.isoweekday() == 1 else 0.96
        for _ in range(happenings(rng, daily * monday * (end - start) / 540)):
            yield _ticket(person, queue, dials, (day, start * 60, end * 60), last, rng)


def _ticket(
    person: Person,
    queue: Queue,
    dials: Dials,
    shift: tuple[date, int, int],
    last: date,
    rng: random.Random,
) -> Row:
    day, start, end = shift
    if start == OPENS and rng.random() < queue.overnight:
        created = OPENS - 600 - int(between(rng.expovariate(1 / 5400), 0, OPENS - 1200))
        waiting = start
    else:
        created = waiting = _moment(start, end, rng)
    answered = min(waiting + rng.gammavariate(2.0, dials.response * 30), max(end, waiting + 30))
    resolved = _resolved(day, created, answered, end, rng.random() < dials.resolved, rng)
    done = resolved is not None and day + timedelta(days=int(resolved // 86400)) <= last
    rating = _rating(rng, dials.satisfied) if done and rng.random() < RATED else None
    return {
        "agent": person.no,
        "created_at": at(day, created),
        "first_response_at": at(day, answered),
        "resolved_at": at(day, resolved) if done and resolved is not None else None,
        "reopened": int(done and rng.random() < REOPENED),
        "satisfaction": rating,
        "channel": rng.choice(CHANNELS),
        "category": rng.choice(queue.categories),
    }


def _moment(start: int, end: int, rng: random.Random) -> int:
    """Customers write mostly around the middle of the morning and of the afternoon."""
    length = end - start
    peak = 0.22 if rng.random() < 0.5 else 0.66
    share = between(rng.gauss(peak, 0.14), 0.0, 0.93)
    return start + int(share * length)


def _resolved(
    day: date, created: float, answered: float, end: int, soon: bool, rng: random.Random
) -> float | None:
    """Second after the day's midnight: within 48 hours of creation, later, or not at all."""
    if not soon:
        if rng.random() < 0.25:
            return None
        late = created + 48 * 3600 + rng.expovariate(1 / 86400) + 600
        return _in_hours(late)
    if rng.random() < 0.72:
        return answered + between(rng.expovariate(1 / 3600), 60, max(end - answered, 120))
    next_day = 86400 + 10 * 3600 + rng.random() * 7 * 3600
    return max(min(next_day, created + 47 * 3600), answered + 60)


def _in_hours(seconds: float) -> float:
    """The same moment, or the next morning where it lies in the night."""
    days, rest = divmod(seconds, 86400)
    if rest > 20 * 3600:
        return (days + 1) * 86400 + OPENS + rest % 7200
    return days * 86400 + max(rest, OPENS + rest % 7200)


def _rating(rng: random.Random, satisfied: float) -> int:
    """1 to 5: 4 and 5 are good."""
    if rng.random() < satisfied:
        return 5 if rng.random() < 0.75 else 4
    return rng.choice((1, 2, 3, 3))
