"""A month of any size straight into the tables: what an import would leave, without its time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from benchmarks.centre import COMPETENCIES, POSITIONS, RELATIONS, TEAM, number
from benchmarks.running import application
from closing.policy_text import default_policy
from closing.services import sections_of
from closing.versions import publish_policy
from core.actor import SYSTEM
from core.bulk import insert_rows
from core.db import db, month_seconds, transaction
from core.migrating import upgrade
from core.values import Month
from evaluations.models import MetricValue, Review, SpotCheck, Ticket
from staff.attendance.models import Punch, Roster
from staff.attendance.services import ensure_month, refresh_days
from staff.models import Assignment, Employee, Team

MONTH = Month(2026, 10)
NOW = datetime(2026, 11, 5, tzinfo=UTC)
SINCE = date(2024, 3, 1)
ROSTER = (date(2026, 1, 1), 540, 1080, 60, 0, "12345", True)
Rows = Iterator[tuple[Any, ...]]


def fill(database: Path, staff: int, *, tickets: int = 60, punches: int = 45) -> None:
    """A new database with ``staff`` people and an open month, its days computed."""
    with application(database):
        upgrade()
        with transaction():
            session = db.session()
            publish_policy(session, actor=SYSTEM, now=NOW, policy=default_policy())
            _people(session, staff)
            _records(session, staff, tickets, punches)
        with transaction():
            ensure_month(db.session(), MONTH)
            refresh_days(db.session(), sections_of(db.session()))


def _people(session: Session, staff: int) -> None:
    teams: list[tuple[int, str, int | None]] = [(1, "中心", None)]
    teams += [(each + 2, f"中心/{each + 1:04d}组", 1) for each in range(staff // TEAM + 1)]
    insert_rows(session, Team, ("id", "path", "parent_id"), teams)
    people = range(1, staff + 1)
    named = ((who, number(who), f"员工{who}", SINCE) for who in people)
    insert_rows(session, Employee, ("id", "employee_no", "name", "hire_date"), named)
    columns: tuple[str, ...] = (
        "employee_id",
        "effective_from",
        "position",
        "team_id",
        "supervisor_id",
    )
    insert_rows(session, Assignment, columns, map(_assigned, people))
    columns = ("employee_id", "start", "shift_start", "shift_end", "break_minutes")
    columns += ("grace_minutes", "weekdays", "follows_calendar")
    insert_rows(session, Roster, columns, ((who, *ROSTER) for who in people))


def _assigned(who: int) -> tuple[Any, ...]:
    group = (who - 1) // TEAM
    leader = group * TEAM + 1
    if who == leader:
        position, above = ("manager", None) if who == 1 else ("supervisor", 1)
        return who, SINCE, position, group + 2, above
    return who, SINCE, POSITIONS[group % 3], group + 2, leader


def _records(session: Session, staff: int, tickets: int, punches: int) -> None:
    chance = random.Random(staff)
    insert_rows(session, Punch, ("employee_id", "at", "correction"), _punches(staff, punches))
    columns: tuple[str, ...] = (
        "ticket_id",
        "employee_id",
        "month",
        "created_at",
        "first_response_at",
    )
    columns += ("resolved_at", "reopened", "positive")
    insert_rows(session, Ticket, columns, _tickets(staff, tickets, chance))
    columns = ("month", "ratee_id", "rater_id", "relation", "competency", "rating")
    insert_rows(session, Review, columns, _reviews(staff, chance))
    people = range(1, staff + 1)
    checks = (
        (who, date(MONTH.year, MONTH.number, 3 + 7 * week), chance.randint(60, 100))
        for who in people
        for week in range(4)
    )
    insert_rows(session, SpotCheck, ("employee_id", "day", "score"), checks)
    columns = ("employee_id", "month", "metric", "value", "sample_size")
    entered = ((who, MONTH, "callback_rate", chance.randint(40, 100) / 100, 20) for who in people)
    insert_rows(session, MetricValue, columns, entered)


def _punches(staff: int, each: int) -> Rows:
    chance = random.Random(each)
    first, _ = month_seconds(MONTH)
    for who in range(1, staff + 1):
        for turn in range(each):
            base = first + turn // 2 % MONTH.length * 86400
            seconds = 32400 - chance.randint(-600, 1200) if turn % 2 == 0 else 64800
            yield who, base + seconds + chance.randint(0, 900) + turn // 60, False


def _tickets(staff: int, each: int, chance: random.Random) -> Rows:
    first, end = month_seconds(MONTH)
    for who in range(1, staff + 1):
        for turn in range(each):
            created = first + int(chance.random() * (end - first))
            answered = created + 5 + int(chance.random() * 5400)
            resolved = answered + 60 + int(chance.random() * 200_000)
            liked = (None, True, True, False)[int(chance.random() * 4)]
            reopened = chance.random() < 0.05
            yield f"B{who}-{turn}", who, MONTH, created, answered, resolved, reopened, liked


def _reviews(staff: int, chance: random.Random) -> Rows:
    for who in range(1, staff + 1):
        for turn, relation in enumerate(RELATIONS):
            rater = (who + turn * 7) % staff + 1
            if rater != who:
                for competency in COMPETENCIES:
                    yield MONTH, who, rater, relation, competency, 2 + int(chance.random() * 4)
