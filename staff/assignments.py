"""What a person is assigned to over time, as a list that an import changes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What changes over time: ``team`` is a path, ``supervisor`` an employee number."""

    position: str | None = None
    team: str | None = None
    supervisor: str | None = None
    base_wage: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """Terms from a day on; ``id`` is that of the stored assignment, None for a new one."""

    start: date
    terms: Terms
    id: int | None = None


def in_force(spells: Sequence[Spell], day: date) -> Spell | None:
    """The spell that holds on ``day``; ``spells`` are in order of their start."""
    found = None
    for spell in spells:
        if spell.start > day:
            break
        found = spell
    return found


def next_start(spells: Sequence[Spell], day: date) -> date | None:
    """The first start after ``day``."""
    return next((spell.start for spell in spells if spell.start > day), None)


def moved(spells: Sequence[Spell], old_hire: date, new_hire: date) -> list[Spell]:
    """The spells after the hire date was corrected: the first one begins with it."""
    if old_hire == new_hire or not spells:
        return list(spells)
    latest = max(old_hire, new_hire)
    first = in_force(spells, latest)
    later = [spell for spell in spells if spell.start > latest]
    return [*([replace(first, start=new_hire)] if first else []), *later]


def changed(spells: Sequence[Spell], start: date, terms: Terms) -> list[Spell]:
    """The spells with ``terms`` from ``start`` up to the next one; later ones stay as they are."""
    holding = in_force(spells, start)
    if holding is not None and holding.terms == terms:
        return list(spells)
    known = holding.id if holding is not None and holding.start == start else None
    rest = [spell for spell in spells if spell.start != start]
    return sorted([*rest, Spell(start, terms, known)], key=lambda spell: spell.start)
