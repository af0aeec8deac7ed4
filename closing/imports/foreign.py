"""Files of other programs, imported by a mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.imports.batches import file_hash, new_batch, store
from closing.imports.registry import KINDS, open_file, recognised_file
from closing.imports.reports import ImportReport, report_of
from closing.imports.unmapped import keep_aside
from closing.imports.world import Seal, world_at
from core.actor import Actor
from core.audit import record
from core.errors import N_, Message, Refused
from core.imports.kinds import LATE, REFUSED, SAME, Kind
from core.imports.mapping import FileMapping
from core.imports.outcome import Translation
from core.imports.staging import Staged
from core.imports.translating import Translator
from core.messages import message
from core.models import ImportBatch
from staff.external_ids import Agents
from staff.models import Employee

WALL = ZoneInfo("UTC")  # of files that hold wall times alone


@dataclass(slots=True)
class Judged:
    """A file as its map reads it. ``kept`` says whether it is to be stored.

    The report counts rows set aside as late, and tells of them in its remarks.
    """

    mapping: FileMapping
    staged: Staged
    found: Translation
    report: ImportReport
    kept: bool = False


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
) -> ImportReport:
    """``import_file`` for a file in other columns. Raises ``Refused``."""
    if mapping.kind != kind:
        raise Refused(
            N_("the map is for %(theirs)s, not for %(kind)s"), theirs=mapping.kind, kind=kind
        )

    def may(report: ImportReport) -> bool:
        return not dry_run and (partial or not report.refused)

    with judged(
        session,
        mapping=mapping,
        path=path,
        home=home,
        clock=clock,
        seal=seal,
        actor=actor,
        now=now,
        keep=may,
    ) as found:
        if not found.kept:
            return found.report
        found.staged.note(actor, now)
        batch = new_batch(session, found.report, actor, now, "applied")
        return keep_foreign(session, found, batch, actor, now)


@contextmanager
def judged(
    session: Session,
    *,
    mapping: FileMapping,
    path: Path,
    home: ZoneInfo,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    keep: Callable[[ImportReport], bool] = lambda _report: False,
) -> Iterator[Judged]:
    """Read and judge a file by its map.

    People whom ``on_unknown: create`` makes stay only where the rows that name them are to be kept.
    """
    staged, found = _stage(session, path, mapping, home, clock, seal)
    if not found.unknown:
        report = _report(staged, found, (), path, seal, mapping)
        yield Judged(mapping, staged, found, report, keep(report))
        return
    with session.begin_nested() as savepoint:
        created = _create_people(session, found.unknown, clock.date(), actor, now)
        staged, found = _stage(session, path, mapping, home, clock, seal)
        report = _report(staged, found, created, path, seal, mapping)
        kept = keep(report)
        if not kept:
            savepoint.rollback()
    yield Judged(mapping, staged, found, report, kept)


def keep_foreign(
    session: Session, judged: Judged, batch: ImportBatch, actor: Actor, now: datetime
) -> ImportReport:
    """Store what was judged under its batch, and keep what waits for somebody."""
    report = store(session, judged.staged, judged.report, batch, actor, now)
    keep_aside(session, judged.mapping, judged.found.aside, batch.id)
    return report


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
    if mapping.recognised:
        return _stage_recognised(built, path, mapping)
    theirs = open_file(entry, built.columns, path, mapping)
    agents = Agents(session, mapping.source, mapping.agents)
    translator = Translator(mapping, built, home, agents.find)
    staged = entry.stage(built, translator.table(theirs))
    _tell_why(staged, translator.result)
    return staged, translator.result


def _stage_recognised(built: Kind, path: Path, mapping: FileMapping) -> tuple[Staged, Translation]:
    """A file that says by itself what stands where."""
    table = recognised_file(mapping.kind, path, mapping)
    if table is None:
        raise Refused(N_("the file has none of the forms that are recognised by their content"))
    table.source, table.on_unknown = mapping.source, mapping.on_unknown
    return KINDS[mapping.kind].stage(built, table), table.found


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


def _report(
    staged: Staged,
    found: Translation,
    created: Sequence[str],
    path: Path,
    seal: Seal,
    mapping: FileMapping,
) -> ImportReport:
    """Rows set aside are late, older ones of a record the same: every row counts once."""
    report = report_of(staged, path.name, file_hash(staged.kind, path, seal))
    counts = dict(report.counts)
    counts[LATE] += len(found.aside)
    counts[SAME] += found.older + found.left_out + found.skipped + found.outside
    remarks = tuple(_remarks(found, created))
    return replace(
        report,
        counts=counts,
        remarks=remarks,
        aside=len(found.aside),
        nobody=tuple(sorted(found.nobody)),
        mapping=mapping,
    )


def _remarks(found: Translation, created: Sequence[str]) -> list[Message]:
    notes = []
    if found.left_out:
        notes.append(message(N_("left out by the map: %(count)s rows"), count=found.left_out))
    if found.skipped:
        notes.append(message(N_("skipped by the map: %(count)s rows"), count=found.skipped))
    if found.outside:
        text = N_(
            "punches of visits (外出打卡), which do not count unless told (outside): %(count)s"
        )
        notes.append(message(text, count=found.outside))
    if found.older:
        notes.append(message(N_("older rows of a record: %(count)s"), count=found.older))
    if found.ties:
        text = N_(
            "as new as another row of its record, with other values: %(count)s; the last counts"
        )
        notes.append(message(text, count=found.ties))
    if found.days:
        notes.append(
            message(
                N_("days without times: %(count)s rows, which give no rates of hours and minutes"),
                count=found.days,
            )
        )
    if found.serials:
        text = N_("%(count)s dates are numbers of days, as spreadsheets count them")
        notes.append(message(text, count=found.serials))
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
    numbers = set(session.scalars(select(Employee.employee_no)))
    taken = sorted(numbers.intersection(unknown))
    if taken:
        raise Refused(
            N_("nobody new can have the number of somebody else, and the map does not look for"
               " numbers: %(names)s"),
            names=_some(taken),
        )  # fmt: skip
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
