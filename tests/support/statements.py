"""What is sent to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


@dataclass
class Sent:
    """Statements in order, and how many rows each was sent for."""

    statements: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def writes(self, table: str) -> int:
        """How many rows of a table were inserted, updated or deleted one by one."""
        starts = (f"INSERT INTO {table}", f"UPDATE {table}", f"DELETE FROM {table}")
        return sum(
            rows
            for statement, rows in zip(self.statements, self.rows, strict=True)
            if statement.replace('"', "").startswith(starts)
        )


@contextmanager
def sent(session: Session) -> Iterator[Sent]:
    """Listen while the block runs."""
    found = Sent()

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        found.statements.append(statement)
        found.rows.append(len(parameters) if many else 1)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
