"""What an award's list is ranked by, as rows of a fact and a direction, the weightiest first.

Pure: what the rows say is checked as text, like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

DIRECTIONS: Final = ("desc", "asc")


@dataclass(frozen=True, slots=True)
class RankingRow:
    """``direction`` is "" where the text tells none that is known; ``fact`` then is all of it."""

    fact: str
    direction: str


def ranking_of(value: Any) -> tuple[RankingRow, ...] | None:
    """The rows of a list of texts, None where it is something else."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(_row(each) for each in value)


def _row(text: str) -> RankingRow:
    said = " ".join(text.split())
    fact, _, direction = said.partition(" ")
    return RankingRow(fact, direction) if direction in DIRECTIONS else RankingRow(said, "")


def ranking_text(rows: Iterable[tuple[str, RankingRow]]) -> list[str]:
    """Typed rows as the list, ordered by the place typed beside each; those without a fact go."""
    listed = [(_place(place), row) for place, row in rows if row.fact]
    listed.sort(key=lambda each: each[0])  # stable: of one place the upper row comes first
    return [f"{row.fact} {row.direction}".rstrip() for _, row in listed]


def kept_ranking(typed: list[str], before: Any) -> Any:
    """What was typed with each text that says the same as one before in its words."""
    rows = ranking_of(before)
    if rows is None:
        return typed
    known = {
        f"{row.fact} {row.direction}".rstrip(): text
        for row, text in zip(rows, before or (), strict=True)
    }
    said = [f"{row.fact} {row.direction}".rstrip() for row in rows if row.fact]
    return before if said == typed else [known.get(each, each) for each in typed]


def _place(text: str) -> float:
    return float(text) if text.isdecimal() and len(text) < 5 else float("inf")
