"""Closes and their floor: processor time of both on copies of the same database."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from benchmarks.filling import MONTH, NOW, fill
from benchmarks.floor import floor
from benchmarks.running import alone, application, copy_of
from closing.services import close_month
from core import keyring
from core.actor import SYSTEM
from core.db import db, transaction


def close_once(database: Path) -> float:
    """Seconds of the processor for one close and its commit."""
    with application(database):
        start = time.process_time()
        with transaction():
            session = db.session()
            seal = keyring.sealing(session, "reviews")
            close_month(session, actor=SYSTEM, now=NOW, month=MONTH, seal=seal)
        return time.process_time() - start


def floor_once(database: Path) -> float:
    return floor(database)


def against_floor(folder: Path, staff: int, tickets: int, runs: int) -> tuple[float, float, float]:
    """Seconds of a close, its ratio to the floor, and its peak of memory: medians."""
    base = folder / f"{staff}-{tickets}.db"
    alone(fill_month, base, staff, tickets)
    found = []
    for _ in range(runs):
        seconds, megabytes = alone(close_once, copy_of(base, "close.db"))
        least, _ = alone(floor_once, copy_of(base, "floor.db"))
        found.append((seconds, seconds / least, megabytes))
    middle = [statistics.median(each) for each in zip(*found, strict=True)]
    return middle[0], middle[1], middle[2]


def growth(folder: Path, staff: int, runs: int) -> float:
    """A close of ``staff`` people against one of half of them."""
    bases = [folder / f"half-{size}.db" for size in (staff // 2, staff)]
    for base, size in zip(bases, (staff // 2, staff), strict=True):
        alone(fill_month, base, size, 60)
    ratios = []
    for _ in range(runs):
        half, whole = (alone(close_once, copy_of(base, "close.db"))[0] for base in bases)
        ratios.append(whole / half)
    return statistics.median(ratios)


def fill_month(database: Path, staff: int, tickets: int) -> None:
    fill(database, staff, tickets=tickets)
