"""How long an import keeps others from writing: judged before, stored in one short transaction."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from support.importing import Files

ROWS = 100_000
# Of the time that the import takes; a machine that is busy is slower at all of it.
MOST, MOST_OF_CHANGES = 0.8, 0.55
WRITES = ("INSERT", "UPDATE", "DELETE", "SAVEPOINT", "COPY")


class Held:
    """From the first write of a transaction to its end, when SQLite lets the next one write.

    Counted in time of the processor: other tests run beside this one.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.begun: float | None = None

    def wrote(self, _c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if self.begun is None and statement.lstrip().upper().startswith(WRITES):
            self.begun = time.process_time()

    def ended(self, _connection: Any) -> None:
        if self.begun is not None:
            self.seconds += time.process_time() - self.begun
            self.begun = None


def punches(folder: Path) -> Path:
    path = folder / "many.csv"
    start = datetime(2026, 9, 1)
    with path.open("w", encoding="utf-8") as file:
        file.write("employee_no,timestamp\n")
        for number in range(ROWS):
            at = start + timedelta(minutes=number % 50_000)
            file.write(f"E{number // 50_000 + 1},{at}\n")
    return path


def tickets(folder: Path, satisfaction: str) -> Path:
    path = folder / "tickets.csv"
    rows = (f"T{n},E{n % 2 + 1},2026-10-03 09:00,{satisfaction}" for n in range(ROWS // 4))
    path.write_text("\n".join(["ticket_id,agent,created_at,satisfaction", *rows]), "utf-8")
    return path


def held_by(files: Files, kind: str, path: Path, outcome: str) -> float:
    """The share of the time of an import of rows that have this outcome."""
    engine, held = files.session.get_bind(), Held()
    event.listen(engine, "before_cursor_execute", held.wrote)
    event.listen(engine, "commit", held.ended)
    event.listen(engine, "rollback", held.ended)
    begun = time.process_time()
    try:
        report = files.take(kind, path)
    finally:
        whole = time.process_time() - begun
        event.remove(engine, "before_cursor_execute", held.wrote)
        event.remove(engine, "commit", held.ended)
        event.remove(engine, "rollback", held.ended)
    assert report.counts[outcome] >= ROWS // 4
    assert held.seconds > 0
    return held.seconds / whole


@pytest.mark.long
def test_the_write_lock_is_held_for_a_short_time(files: Files) -> None:
    files.people("E1", "E2")
    assert held_by(files, "punches", punches(files.folder), "new") <= MOST


@pytest.mark.long
def test_rows_that_change_and_are_told_in_the_trail_hold_it_no_longer(files: Files) -> None:
    files.people("E1", "E2")
    assert held_by(files, "tickets", tickets(files.folder, "good"), "new") <= MOST
    assert held_by(files, "tickets", tickets(files.folder, "bad"), "changed") <= MOST_OF_CHANGES
