"""What a translation of a foreign file found beside its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from core.imports.kinds import Problem
from core.imports.packing import unpack


@dataclass(frozen=True, slots=True)
class Aside:
    """A row of a person that nobody is mapped to yet; ``cells`` are ours, packed."""

    number: int
    external_id: str
    column: str
    packed: bytes

    @property
    def cells(self) -> dict[str, str]:
        return unpack(self.packed)


@dataclass(slots=True)
class Translation:
    """What a translation found beside the rows; complete once the rows were read.

    ``unknown`` are people to be made, with the day of their first row; ``nobody`` those whose rows
    are refused. ``outside`` are punches of visits, which do not count. Rows ``left_out`` belong to
    records that are none of ours, those ``skipped`` to no record at all. ``serials`` are dates that
    were numbers of days.
    """

    aside: list[Aside] = field(default_factory=list)
    left_out: int = 0
    skipped: int = 0
    older: int = 0
    ties: int = 0
    days: int = 0
    serials: int = 0
    outside: int = 0
    unknown: dict[str, date | None] = field(default_factory=dict)
    nobody: dict[str, None] = field(default_factory=dict)
    problems: dict[int, Problem] = field(default_factory=dict)
