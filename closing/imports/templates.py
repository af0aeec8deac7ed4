"""A file to fill in for every kind: its headings and a row of examples."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from closing.imports.registry import KINDS
from closing.imports.world import world_at


def template(
    session: Session, kind: str, *, clock: datetime, chinese: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Headings, in English or Chinese, and one row that shows how values are written."""
    world = world_at(session, clock=clock, seal=str)
    built = KINDS[kind].build(world)
    header = [column.chinese[0] if chinese else column.name for column in built.columns]
    cells = built.example.split(",")
    return header, [[*cells, *[""] * (len(header) - len(cells))]]
