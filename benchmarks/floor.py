"""The floor of a close: plain sqlite3 reads the month's records and inserts the rows of a result.

It reads all punches, tickets and ratings of the month, and inserts one scorecard, nine lines and
eight rule rows per employee into tables of its own. Nothing is computed.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

READS = (
    "SELECT employee_id, at FROM punches",
    "SELECT employee_id, created_at, first_response_at, resolved_at, reopened, positive"
    " FROM tickets",
    "SELECT ratee_id, rater_id, relation, competency, rating FROM reviews",
)


def floor(database: Path) -> float:
    """Seconds that the floor takes on a copy of an open month's database."""
    connection = sqlite3.connect(database)
    connection.executescript(
        "CREATE TABLE floor_cards"
        " (id INTEGER PRIMARY KEY, employee INTEGER, total REAL, grade TEXT);"
        "CREATE TABLE floor_lines (card INTEGER, place INTEGER, metric TEXT, raw REAL, value REAL,"
        " n INTEGER, weight REAL, score REAL, PRIMARY KEY (card, place)) WITHOUT ROWID;"
        "CREATE TABLE floor_rules (card INTEGER, place INTEGER, rule TEXT, state TEXT, points REAL,"
        " PRIMARY KEY (card, place)) WITHOUT ROWID;"
    )
    start = time.perf_counter()
    for statement in READS:
        for _ in connection.execute(statement):
            pass
    people = [row[0] for row in connection.execute("SELECT id FROM employees")]
    connection.executemany(
        "INSERT INTO floor_cards VALUES (?, ?, ?, ?)", ((who, who, 88.9, "B") for who in people)
    )
    connection.executemany(
        "INSERT INTO floor_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ((who, place, "csat", 0.9, 0.9, 90, 20, 88.8) for who in people for place in range(9)),
    )
    connection.executemany(
        "INSERT INTO floor_rules VALUES (?, ?, ?, ?, ?)",
        ((who, place, "ATT-R1", "counts", 1.0) for who in people for place in range(8)),
    )
    connection.commit()
    taken = time.perf_counter() - start
    connection.close()
    return taken
