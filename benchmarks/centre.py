"""A centre of any size as import files: plain, deterministic, without a story."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from core.values import Month

COMPETENCIES = (
    "attitude",
    "communication",
    "expertise",
    "problem_solving",
    "teamwork",
    "integrity",
)
RELATIONS = ("supervisor", *("peer",) * 4, *("cross_team",) * 3)
TEAM = 20
POSITIONS = ("agent", "presales_agent", "technical_support")


def write_centre(
    folder: Path, staff: int, month: Month, *, tickets: int = 100, punches: int = 45
) -> dict[str, Path]:
    """One month of ``staff`` people as CSV files by kind.

    ``tickets`` and ``punches`` are per person; 8 reviews of 6 competencies each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(staff)
    makers: dict[str, Iterator[Iterable[Any]]] = {
        "employees": _employees(staff),
        "rosters": _rosters(staff),
        "punches": _punches(staff, month, punches, chance),
        "tickets": _tickets(staff, month, tickets, chance),
        "reviews": _reviews(staff, month, chance),
        "spotchecks": _checks(staff, month, chance),
        "metrics": _metrics(staff, month, chance),
    }
    paths = {}
    for kind, rows in makers.items():
        paths[kind] = folder / f"{kind}.csv"
        with paths[kind].open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return paths


def number(index: int) -> str:
    return f"B{index:06d}"


def _employees(staff: int) -> Iterator[Iterable[Any]]:
    yield ("employee_no", "name", "position", "team", "supervisor_no", "hire_date", "base_wage")
    for index in range(1, staff + 1):
        leader = (index - 1) // TEAM * TEAM + 1
        position = POSITIONS[leader // TEAM % 3]
        above = number(leader)
        if index == leader:
            position, above = ("manager", "") if index == 1 else ("supervisor", number(1))
        team = f"中心/{(index - 1) // TEAM + 1:04d}组"
        yield (number(index), f"员工{index}", position, team, above, "2024-03-01", 5000)


def _rosters(staff: int) -> Iterator[Iterable[Any]]:
    yield ("employee_no", "from", "shift", "break_minutes", "weekdays", "follows_calendar")
    for index in range(1, staff + 1):
        yield (number(index), "2026-01-01", "09:00-18:00", 60, "12345", 1)


def _punches(staff: int, month: Month, each: int, chance: random.Random) -> Iterator[Iterable[Any]]:
    yield ("employee_no", "timestamp")
    days = [datetime(day.year, day.month, day.day) for day in month.days()]
    for index in range(1, staff + 1):
        for turn in range(each):
            day = days[turn // 2 % len(days)]
            seconds = 32400 - chance.randint(-600, 1200) if turn % 2 == 0 else 64800
            moment = day + timedelta(seconds=seconds + chance.randint(0, 900) + turn // 60)
            yield (number(index), moment.isoformat(" "))


def _tickets(staff: int, month: Month, each: int, chance: random.Random) -> Iterator[Iterable[Any]]:
    yield (
        "ticket_id",
        "agent",
        "created_at",
        "first_response_at",
        "resolved_at",
        "reopened",
        "satisfaction",
    )
    first = datetime(month.year, month.number, 1)
    span = month.length * 86400 - 1
    for index in range(1, staff + 1):
        for turn in range(each):
            created = first + timedelta(seconds=chance.randint(0, span))
            answered = created + timedelta(seconds=chance.randint(5, 5400))
            resolved = answered + timedelta(seconds=chance.randint(60, 200_000))
            rating = chance.choice(("", "good", "5", "4", "bad", "2"))
            reopened = int(chance.random() < 0.05)
            yield (f"B{index}-{turn}", number(index), created, answered, resolved, reopened, rating)


def _reviews(staff: int, month: Month, chance: random.Random) -> Iterator[Iterable[Any]]:
    yield ("month", "ratee_no", "rater_no", "relation", "competency", "rating")
    for index in range(1, staff + 1):
        for turn, relation in enumerate(RELATIONS):
            rater = (index + turn * 7) % staff + 1
            if rater != index:
                for competency in COMPETENCIES:
                    row = (month, number(index), number(rater), relation, competency)
                    yield (*row, chance.randint(2, 5))


def _checks(staff: int, month: Month, chance: random.Random) -> Iterator[Iterable[Any]]:
    yield ("employee_no", "date", "score")
    for index in range(1, staff + 1):
        for week in range(4):
            day = date(month.year, month.number, 3 + 7 * week)
            yield (number(index), day, chance.randint(60, 100))


def _metrics(staff: int, month: Month, chance: random.Random) -> Iterator[Iterable[Any]]:
    yield ("employee_no", "month", "metric", "value", "sample_size")
    for index in range(1, staff + 1):
        yield (number(index), month, "callback_rate", chance.randint(40, 100) / 100, 20)
