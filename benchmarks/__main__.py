"""``make bench``: import and close of a month, each beside its floor, median of three runs."""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask_migrate import upgrade

from app import create_app
from benchmarks.centre import write_centre
from benchmarks.floor import floor
from closing.imports.services import import_file
from closing.policy_text import default_policy
from closing.services import close_month, sections_of
from closing.versions import publish_policy
from core.actor import SYSTEM
from core.db import db, transaction
from core.values import Month
from staff.attendance.services import refresh_days

MONTH = Month(2026, 10)
NOW = datetime(2026, 11, 5, tzinfo=UTC)
WALL = datetime(2026, 11, 5)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--staff", type=int, default=1000)
    parser.add_argument("--tickets", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_centre(folder / "files", options.staff, MONTH, tickets=options.tickets)
        imports(folder, paths)
        closes = [close_once(folder, turn) for turn in range(options.runs)]
    seconds, floors = zip(*closes, strict=True)
    ratio = statistics.median(a / b for a, b in closes)
    report("close", statistics.median(seconds))
    report("close, floor", statistics.median(floors))
    print(f"close / floor: {ratio:.2f}")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def application(folder: Path, name: str) -> Callable[[], None]:
    """Make an application on a database file of its own, and return how to leave it."""
    app = create_app(
        {"DATABASE_URL": f"sqlite:///{folder / name}", "INSTANCE": str(folder / "instance")}
    )
    context = app.app_context()
    context.push()

    def leave() -> None:
        db.session.remove()
        db.engine.dispose()
        context.pop()

    return leave


def seal(text: str) -> str:
    return text[-43:]


def imports(folder: Path, paths: dict[str, Path]) -> None:
    """Import every file, and compute the days of attendance, timed apart."""
    leave = application(folder, "base.db")
    upgrade()
    with transaction():
        publish_policy(db.session(), actor=SYSTEM, now=NOW, policy=default_policy())
    for kind, path in paths.items():
        start = time.perf_counter()
        with transaction():
            result = import_file(
                db.session(), kind=kind, path=path, clock=WALL, seal=seal, actor=SYSTEM, now=NOW
            )
        if result.refused:
            raise SystemExit(f"{path.name} was refused: {result.summary}")
        report(f"import {kind} ({result.counts['new']} rows)", time.perf_counter() - start)
    start = time.perf_counter()
    with transaction():
        refresh_days(db.session(), sections_of(db.session()))
    report("days of attendance", time.perf_counter() - start)
    leave()


def close_once(folder: Path, turn: int) -> tuple[float, float]:
    """Seconds of one close, and of the floor on another copy of the same database."""
    copies = [folder / f"close{turn}.db", folder / f"floor{turn}.db"]
    for copy in copies:
        shutil.copy(folder / "base.db", copy)
    leave = application(folder, copies[0].name)
    start = time.perf_counter()
    with transaction():
        close_month(db.session(), actor=SYSTEM, now=NOW, month=MONTH, seal=seal)
    taken = time.perf_counter() - start
    leave()
    return taken, floor(copies[1])


def report(name: str, seconds: float) -> None:
    print(f"{name}: {seconds:.2f} s", flush=True)


if __name__ == "__main__":
    main()
