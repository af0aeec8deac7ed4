"""Files of other programs, imported by a mapping; rows of people unknown yet wait here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from closing.imports.registry import KINDS
from closing.imports.reports import ImportReport, report_of
from closing.imports.services import file_hash, new_batch, store
from closing.imports.world import Seal, world_at
from core.actor import Actor
from core.audit import record
from core.documents.yaml_text import load_yaml
from core.errors import N_, Message, Refused
from core.files.reading import Table, read_table
from core.imports.headings import plain
from core.imports.kinds import LATE, OUTCOMES, REFUSED, SAME, Kind, Problem
from core.imports.mapping import FileMapping, read_mapping
from core.imports.rows import chunks, digest
from core.imports.staging import Staged
from core.imports.translating import Aside, Translation, Translator
from core.messages import message
from core.models import ImportBatch, UnmappedRow
from staff.external_ids import Agents
from staff.models import Employee

MAPS = Path(__file__).parent / "maps"
SIZE = 5000


@dataclass(frozen=True, slots=True)
class ForeignReport:
    """The report of the import, and what is said besides. Rows set aside count as late."""

    report: ImportReport
    notes: list[Message]


def shipped_maps() -> list[str]:
    """The names of the maps that come with the program."""
    return sorted(path.stem for path in MAPS.glob("*.yaml"))


def load_mapping(name: str, session: Session, clock: datetime) -> FileMapping:
    """A shipped map by name, or a file. Raises ``Refused`` or ``DocumentError``."""
    path = MAPS / f"{name}.yaml" if name in shipped_maps() else Path(name)
    if not path.is_file():
        raise Refused(
            N_('"%(name)s" is no file and no map of ours (%(known)s)'),
            name=name,
            known=", ".join(shipped_maps()),
        )
    world = world_at(session, clock=clock, seal=str)
    columns = {
        kind: [column.name for column in entry.build(world).columns]
        for kind, entry in KINDS.items()
    }
    return read_mapping(load_yaml(path.read_bytes()), columns)


def import_foreign(
    session: Session,
    *,
    kind: str,
    path: Path,
    mapping: FileMapping,
    home: ZoneInfo,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    partial: bool = False,
    dry_run: bool = False,
) -> ForeignReport:
    """``import_file`` for a file in other columns. Raises ``Refused``.

    People whom ``on_unknown: create`` makes are stored only with the rows that name them.
    """
    if mapping.kind != kind:
        raise Refused(
            N_("the map is for %(theirs)s, not for %(kind)s"), theirs=mapping.kind, kind=kind
        )
    staged, found = _stage(session, path, mapping, home, clock, seal)
    if found.unknown:
        with session.begin_nested() as savepoint:
            created = _create_people(session, found.unknown, clock.date(), actor, now)
            staged, found = _stage(session, path, mapping, home, clock, seal)
            report = _report(staged, found, path, seal)
            if dry_run or (report.refused and not partial):
                savepoint.rollback()
    else:
        created = []
        report = _report(staged, found, path, seal)
    notes = _notes(found, created)
    if dry_run or (report.refused and not partial):
        return ForeignReport(report, notes)
    batch = new_batch(session, report, actor, now, "applied")
    report = store(session, staged, report, batch, actor, now)
    _set_aside(session, mapping, found.aside, batch.id)
    return ForeignReport(report, notes)


def _stage(
    session: Session,
    path: Path,
    mapping: FileMapping,
    home: ZoneInfo,
    clock: datetime,
    seal: Seal,
) -> tuple[Staged, Translation]:
    entry = KINDS[mapping.kind]
    built = entry.build(world_at(session, clock=clock, seal=seal))
    known = {plain(name) for name in mapping.theirs}
    theirs = read_table(path, lambda header: sum(plain(cell) in known for cell in header))
    agents = Agents(session, mapping.source, mapping.agents)
    translator = Translator(mapping, built, home, agents.find)
    staged = entry.stage(built, translator.table(theirs))
    _tell_why(staged, translator.result)
    return staged, translator.result


def _tell_why(staged: Staged, found: Translation) -> None:
    """A row that could not be translated is refused for the reason that the translation gives."""
    for line in staged.lines:
        problem = found.problems.get(line.number)
        if problem is None:
            continue
        line.problems = [problem]
        if line.outcome != REFUSED:
            staged.counts[line.outcome] -= 1
            staged.counts[REFUSED] += 1
            line.outcome = REFUSED


def _report(staged: Staged, found: Translation, path: Path, seal: Seal) -> ImportReport:
    """Rows set aside are late, older ones of a record the same: every row counts once."""
    report = report_of(staged, path.name, file_hash(staged.kind, path, seal))
    counts = dict(report.counts)
    counts[LATE] += len(found.aside)
    counts[SAME] += found.older + found.left_out
    return replace(report, counts=counts)


def _notes(found: Translation, created: Sequence[str]) -> list[Message]:
    notes = []
    if found.left_out:
        notes.append(message(N_("left out by the map: %(count)s rows"), count=found.left_out))
    if found.older:
        notes.append(message(N_("older rows of a record: %(count)s"), count=found.older))
    if found.aside:
        names = sorted({each.external_id for each in found.aside})
        notes.append(
            message(
                N_("set aside until somebody is mapped: %(count)s rows of %(names)s"),
                count=len(found.aside),
                names=_some(names),
            )
        )
    if created:
        notes.append(message(N_("new people: %(names)s"), names=_some(created)))
    return notes


def _some(names: Sequence[str], most: int = 10) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def _create_people(
    session: Session, unknown: Mapping[str, date | None], today: date, actor: Actor, now: datetime
) -> list[str]:
    """Somebody for every name: it is the number too, and the first day is that of the first row."""
    for name, first in sorted(unknown.items()):
        if len(name) > 40 or not name.isprintable():
            raise Refused(N_('"%(name)s" cannot be an employee number'), name=name[:60])
        session.add(Employee(employee_no=name, name=name, hire_date=first or today))
        record(
            session,
            actor=actor,
            at=now,
            action="employees:create",
            subject=name,
            after={"employee_no": name, "hire_date": str(first or today)},
        )
    session.flush()
    return sorted(unknown)


def _set_aside(session: Session, mapping: FileMapping, rows: Sequence[Aside], batch: int) -> None:
    """Keep the rows, except those that wait already."""
    keyed = {digest([mapping.kind, mapping.source, each.cells]): each for each in rows}
    waiting: set[str] = set()
    for part in chunks(list(keyed), 500):
        waiting.update(
            session.scalars(
                select(UnmappedRow.digest)
                .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
                .where(
                    UnmappedRow.digest.in_(part),
                    UnmappedRow.state == "waiting",
                    ImportBatch.state == "applied",
                )
            )
        )
    values: list[dict[str, Any]] = [
        {
            "batch_id": batch,
            "kind": mapping.kind,
            "source": mapping.source,
            "external_id": each.external_id[:120],
            "column": each.column,
            "ways": ",".join(mapping.agents),
            "row_number": each.number,
            "digest": key,
            "values": each.cells,
            "state": "waiting",
        }
        for key, each in keyed.items()
        if key not in waiting
    ]
    for part in chunks(values, SIZE):
        session.execute(insert(UnmappedRow), part)


def take_mapped(
    session: Session, *, clock: datetime, seal: Seal, actor: Actor, now: datetime
) -> dict[str, int]:
    """Store the rows whose people are known by now; counts by outcome.

    A row that is not good stays, with the reason in ``error``.
    """
    counts = dict.fromkeys(OUTCOMES, 0)
    waiting = session.scalars(
        select(UnmappedRow)
        .join(ImportBatch, ImportBatch.id == UnmappedRow.batch_id)
        .where(UnmappedRow.state == "waiting", ImportBatch.state == "applied")
        .order_by(UnmappedRow.id)
    ).all()
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[UnmappedRow, str]]] = defaultdict(list)
    agents: dict[tuple[str, str], Agents] = {}
    for row in waiting:
        key = (row.source, row.ways)
        if key not in agents:
            agents[key] = Agents(session, row.source, row.ways.split(","))
        number = agents[key].find(row.external_id, _day(row.values))
        if number is not None:
            groups[row.kind, tuple(row.values)].append((row, number))
    for (kind, columns), rows in groups.items():
        for name, count in _take(session, kind, columns, rows, clock, seal, actor, now).items():
            counts[name] += count
    return counts


def _day(values: Mapping[str, str]) -> date | None:
    for name in ("created_at", "timestamp", "received_at", "date", "from"):
        try:
            return date.fromisoformat(values.get(name, "")[:10])
        except ValueError:
            continue
    return None


def _take(
    session: Session,
    kind: str,
    columns: Sequence[str],
    rows: Sequence[tuple[UnmappedRow, str]],
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
) -> dict[str, int]:
    built: Kind = KINDS[kind].build(world_at(session, clock=clock, seal=seal))
    cells = [
        [number if name == row.column else row.values[name] for name in columns]
        for row, number in rows
    ]
    staged = KINDS[kind].stage(built, Table(list(columns), iter(list(enumerate(cells)))))
    report = report_of(staged, "rows set aside", digest([row.values for row, _ in rows]))
    batch = new_batch(session, report, actor, now, "applied")
    store(session, staged, report, batch, actor, now)
    bad = {line.number: line for line in staged.lines if line.outcome == REFUSED}
    for place, (row, _) in enumerate(rows):
        if place in bad:
            row.error = "; ".join(_told(each) for each in bad[place].problems)
        else:
            row.state, row.error = "applied", None
    session.flush()
    return report.counts


def _told(problem: Problem) -> str:
    return f"{problem.column}: {problem.message}" if problem.column else str(problem.message)
