"""Pages that are asked for while a million punches are imported, by a process beside the server."""

from __future__ import annotations

import csv
import os
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.centre import number
from benchmarks.filling import MONTH
from benchmarks.pages import PAGES
from benchmarks.running import settings_of
from benchmarks.users import ask, free_port, serve, wait

Times = tuple[float, float, float]


def pages_during_import(
    database: Path, cookie: str, staff: int, rows: int
) -> tuple[Times, Times, int, float]:
    """Median, 95th percentile and slowest of the pages in ms, alone and during the import.

    And how many of the latter were no answers, and the seconds of the import.
    """
    file = database.with_name("months.csv")
    last = _write(file, staff, rows)
    port = free_port()
    server = serve(database, port)
    try:
        wait(port)
        counts: Counter[str] = Counter()
        chance = random.Random(1)
        _asked(port, cookie, staff, chance, counts)  # to warm up
        alone = [_asked(port, cookie, staff, chance, counts) for _ in range(100)]
        counts.clear()
        begun = time.monotonic()
        importing = _importing(database, file, last + timedelta(days=2))
        during = []
        while importing.poll() is None:
            during.append(_asked(port, cookie, staff, chance, counts))
        seconds = time.monotonic() - begun
        if importing.returncode:
            raise RuntimeError("the import did not end well")
        return _middle(alone), _middle(during), counts["bad"], seconds
    finally:
        server.terminate()
        server.wait(20)


def _asked(
    port: int, cookie: str, staff: int, chance: random.Random, counts: Counter[str]
) -> float:
    """Milliseconds by the clock until the last byte of one of the pages."""
    address = chance.choice(list(PAGES.values()))(chance.randint(2, staff))
    begun = time.monotonic()
    ask(port, cookie, address, counts)
    return (time.monotonic() - begun) * 1000


def _middle(times: list[float]) -> Times:
    ordered = sorted(times)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.95)], ordered[-1]


def _write(file: Path, staff: int, rows: int) -> datetime:
    """Two punches a day of everybody, from the month after the closed one on; the last day."""
    chance = random.Random(rows)
    day = datetime.combine(MONTH.plus(1).first_day, datetime.min.time())
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(("employee_no", "timestamp"))
        for _ in range(rows // staff // 2):
            for hour in (9, 18):
                for who in range(1, staff + 1):
                    at = day + timedelta(hours=hour, seconds=chance.randint(-900, 900))
                    writer.writerow((number(who), at.isoformat(" ")))
            day += timedelta(days=1)
    return day


def _importing(database: Path, file: Path, clock: datetime) -> subprocess.Popen[bytes]:
    words = ["import", "punches", str(file), "--clock", clock.isoformat(" ", "minutes")]
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *words],
        cwd=Path(__file__).parents[1],
        env={**os.environ, **settings_of(database)},
        stdout=subprocess.DEVNULL,
    )
