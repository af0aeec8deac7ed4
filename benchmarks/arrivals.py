"""The import of punches against csv.reader into the same table, and what one correction touches."""

from __future__ import annotations

import csv
import random
import sqlite3
import statistics
import time
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from benchmarks.centre import number
from benchmarks.filling import MONTH, NOW, fill
from benchmarks.running import alone, application, copy_of
from closing.imports.services import import_file
from closing.services import sections_of
from core import keyring
from core.actor import SYSTEM
from core.db import db, transaction
from staff.attendance.services import refresh_days

WALL = datetime(2026, 11, 5)
STAFF = 10_000


def punches_against_csv(folder: Path, rows: int, runs: int) -> tuple[float, float, float]:
    """Seconds of an import, its rate against the floor's, and seconds for the days after it."""
    people = min(STAFF, rows // 20)
    base, file = folder / "punches.db", folder / "punches.csv"
    alone(empty_centre, base, people)
    _write(file, people, rows)
    found = []
    for _ in range(runs):
        (seconds, days), _ = alone(import_once, copy_of(base, "import.db"), file)
        least, _ = alone(floor_once, copy_of(base, "rows.db"), file)
        found.append((seconds, least / seconds, days))
    middle = [statistics.median(each) for each in zip(*found, strict=True)]
    return middle[0], middle[1], middle[2]


def empty_centre(database: Path, people: int) -> None:
    fill(database, people, tickets=0, punches=0)


def _write(file: Path, people: int, rows: int) -> None:
    chance = random.Random(rows)
    first = datetime(MONTH.year, MONTH.number, 1)
    each = rows // people
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(("employee_no", "timestamp"))
        for turn in range(each):
            for who in range(1, people + 1):
                day = first + timedelta(days=turn // 2 % MONTH.length)
                seconds = (32400, 64800)[turn % 2] + turn // 62 * 3600 + chance.randint(-900, 900)
                writer.writerow((number(who), (day + timedelta(seconds=seconds)).isoformat(" ")))


def import_once(database: Path, file: Path) -> tuple[float, float]:
    """Processor seconds of the import with its commit, and of the days afterwards."""
    with application(database):
        start = time.process_time()
        _take(file)
        taken = time.process_time() - start
        start = time.process_time()
        with transaction():
            refresh_days(db.session(), sections_of(db.session()))
        return taken, time.process_time() - start


def _take(file: Path) -> None:
    with transaction():
        session = db.session()
        result = import_file(
            session,
            kind="punches",
            path=file,
            clock=WALL,
            seal=keyring.sealing(session, "reviews"),
            actor=SYSTEM,
            now=NOW,
        )
    if result.refused or not result.counts["new"]:
        raise RuntimeError(f"{file.name}: {result.summary}")


def floor_once(database: Path, file: Path) -> float:
    """csv.reader to executemany into the product's table, the text of the file as it stands."""
    connection = sqlite3.connect(database)
    start = time.process_time()
    with file.open(newline="", encoding="utf-8") as source:
        rows = csv.reader(source)
        next(rows)
        connection.executemany(
            "INSERT INTO punches (employee_id, at, correction) VALUES (?, ?, 0)", rows
        )
    connection.commit()
    taken = time.process_time() - start
    connection.close()
    return taken


def days_of_one_correction(folder: Path) -> int:
    """How many person-days one punch more, inside a day, changes."""
    base = folder / "corrected.db"
    (changed, _) = alone(_correct, base)
    return changed


def _correct(base: Path) -> int:
    fill(base, 20, tickets=0)
    file = base.with_suffix(".csv")
    file.write_text("employee_no,timestamp\nB000002,2026-10-14 19:30:00\n", encoding="utf-8")
    with application(base):
        _take(file)
        with transaction():
            db.session().execute(text("SELECT 1"))
            return refresh_days(db.session(), sections_of(db.session()))
