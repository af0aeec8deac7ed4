"""Every kind of file by name, in the order in which a new centre imports them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from sqlalchemy.orm import Session

from closing.imports.world import World
from core.actor import Actor
from core.files.reading import Table, read_table
from core.imports.headings import names, plain
from core.imports.kinds import Column, Kind, Setting
from core.imports.mapping import FileMapping
from core.imports.staging import Staged, stage
from evaluations.imports import Complaints, SpotChecks, Tickets
from evaluations.metric_imports import Metrics
from evaluations.review_imports import Reviews
from rewards.imports import Incidents
from staff.attendance.imports import Leaves, Overtimes, Rosters
from staff.attendance.punch_files import PunchFile, punch_file
from staff.attendance.punch_imports import Punches, stage_punches
from staff.external_ids import ExternalIds
from staff.imports import Employees
from training.imports import Courses, TrainingRecords


@dataclass(frozen=True, slots=True)
class Entry:
    """How a kind is made for an import, how its rows are staged, and a format of its own."""

    build: Callable[[World], Kind]
    stage: Callable[[Kind, Table], Staged] = stage
    recognise: Callable[[Path, FileMapping | None], PunchFile | None] | None = None


KINDS: Mapping[str, Entry] = MappingProxyType(
    {
        "employees": Entry(lambda world: _awaited(Employees(world.setting), world)),
        "aliases": Entry(lambda world: _awaited(ExternalIds(world.setting, world.people), world)),
        "rosters": Entry(lambda world: Rosters(world.setting, world.people, world.teams())),
        "leave": Entry(
            lambda world: Leaves(world.setting, world.people, world.policies.leave_types)
        ),
        "overtime": Entry(lambda world: Overtimes(world.setting, world.people)),
        "punches": Entry(
            lambda world: Punches(world.setting, world.people), stage_punches, punch_file
        ),
        "tickets": Entry(lambda world: Tickets(world.setting, world.people)),
        "metrics": Entry(
            lambda world: Metrics(
                world.setting, world.people, world.policies.facts, world.policies.declared
            )
        ),
        "complaints": Entry(lambda world: Complaints(world.setting, world.people)),
        "spotchecks": Entry(lambda world: SpotChecks(world.setting, world.people)),
        "reviews": Entry(
            lambda world: Reviews(
                world.setting, world.people, world.policies.competencies, world.seal
            )
        ),
        "courses": Entry(lambda world: Courses(world.setting, world.policies.is_fact)),
        "training": Entry(lambda world: TrainingRecords(world.setting, world.people)),
        "incidents": Entry(
            lambda world: Incidents(world.setting, world.people, world.policies.rules)
        ),
    }
)


def _awaited(kind: Kind, world: World) -> Kind:
    """A kind whose rows say who people are: rows that waited for them are taken."""
    kind.take = partial(_take_mapped, world)
    return kind


def _take_mapped(world: World, actor: Actor, now: datetime) -> None:
    """Rows that waited for a name; what takes them stands above this module."""
    from closing.imports.unmapped import take_mapped

    take_mapped(world.session, clock=world.setting.clock, seal=world.seal, actor=actor, now=now)


_COLUMNS: dict[str, tuple[Column, ...]] = {}


def columns_of(session: Session, clock: datetime) -> Mapping[str, tuple[Column, ...]]:
    """The columns of every kind, in the order in which a new centre imports them.

    They are the same for every database and only say what stands in files: nothing is parsed by
    them, and they are made once.
    """
    if not _COLUMNS:
        world = World(Setting(session, clock, frozenset()), seal=str)  # no column asks for months
        _COLUMNS.update(
            {
                key: tuple(replace(each, parse=str) for each in entry.build(world).columns)
                for key, entry in KINDS.items()
            }
        )
    return MappingProxyType(_COLUMNS)


def recognised_file(kind: str, path: Path, told: FileMapping | None = None) -> PunchFile | None:
    """The file in one of the forms of its kind that are recognised by their content, else None."""
    recognise = KINDS[kind].recognise
    return None if recognise is None else recognise(path, told)


def open_file(
    entry: Entry, columns: Sequence[Column], path: Path, told: FileMapping | None = None
) -> Table:
    """The file as a table of this kind, or of the map that is told; raises ``Refused``."""
    if entry.recognise is not None and (told is None or told.recognised):
        special = entry.recognise(path, told)
        if special is not None:
            return special
    known = {plain(name) for name in told.theirs} if told and told.theirs else names(columns)
    head = told.head if told else ()
    return read_table(path, lambda header: sum(plain(cell) in known for cell in header), head)
