"""The floor of a close: plain sqlite3 reads the month's records and inserts the rows of a result.

It reads all punches, tickets and ratings of the month, and inserts one scorecard, nine lines and
eight rule rows per employee: rows as wide as the product's, into tables with the columns and the
primary keys of the product's, but without its triggers, secondary indexes and foreign keys, and
without 360° sums, fact sheets, pay, digest or audit. Nothing is computed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

READS = (
    "SELECT employee_id, at FROM punches",
    "SELECT employee_id, created_at, first_response_at, resolved_at, reopened, positive"
    " FROM tickets",
    "SELECT ratee_id, rater_id, relation, competency, rating FROM reviews",
)
# Table and rows of it per employee.
WRITES = (("scorecards", 1), ("scorecard_lines", 9), ("rule_entries", 8))
CIPHER = "1:" + "x" * 72


def floor(database: Path) -> float:
    """Seconds of the processor that the floor takes on a copy of an open month's database."""
    connection = sqlite3.connect(database)
    shapes = {table: _copy_shape(connection, table) for table, _ in WRITES}
    connection.commit()
    start = time.process_time()
    for statement in READS:
        for _ in connection.execute(statement):
            pass
    people = [row[0] for row in connection.execute("SELECT id FROM employees")]
    for table, each in WRITES:
        first, rest = shapes[table]
        marks = ", ".join("?" * (len(first) + len(rest)))
        rows = _rows(people, each, rest, len(first))
        connection.executemany(f"INSERT INTO floor_{table} VALUES ({marks})", rows)
    connection.commit()
    taken = time.process_time() - start
    connection.close()
    return taken


def _rows(people: list[int], each: int, rest: list[Any], keys: int) -> Iterator[list[Any]]:
    for who in people:
        for place in range(each):
            yield [who, place][:keys] + rest


def _copy_shape(connection: sqlite3.Connection, table: str) -> tuple[list[str], list[Any]]:
    """An empty table with the columns of one of the product's: its key, and values for the rest."""
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    key = [row[1] for row in sorted(columns, key=lambda row: int(row[5])) if row[5]]
    rest = [row for row in columns if not row[5]]
    written = [f'"{name}" INTEGER' for name in key] + [f'"{row[1]}" {row[2]}' for row in rest]
    end = "" if len(key) == 1 else " WITHOUT ROWID"
    connection.execute(
        f"CREATE TABLE floor_{table} ({', '.join(written)}, PRIMARY KEY ({', '.join(key)})){end}"
    )
    return key, [_value(row[1], row[2]) for row in rest]


def _value(name: str, kind: str) -> Any:
    if name == "wage_deduction":
        return CIPHER
    if kind == "FLOAT":
        return 88.912345678
    return "customer_csat" if kind.startswith(("VARCHAR", "TEXT")) else 17
