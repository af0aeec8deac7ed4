"""Importing files: staged, previewed, applied, undone; late rows after a month was reopened.

Services never commit. A file that is only previewed, or refused, leaves nothing but its batch.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from closing.imports.batches import (
    WAITS,
    batch_in,
    count,
    file_hash,
    new_batch,
    note,
    store,
    unjudged_batch,
    upload_path,
)
from closing.imports.foreign import WALL, import_foreign, judged, keep_foreign
from closing.imports.mappings import read_map
from closing.imports.registry import KINDS, open_file, recognised_file
from closing.imports.reports import ImportReport, report_of
from closing.imports.world import Seal, world_at
from core.actor import SYSTEM, Actor
from core.errors import N_, Conflict, Refused
from core.imports.mapping import recognised
from core.imports.staging import Staged
from core.models import ImportBatch
from staff.attendance.punch_files import SOURCE


def stage_file(session: Session, *, kind: str, path: Path, clock: datetime, seal: Seal) -> Staged:
    """Read and judge a file; nothing is stored. Raises ``Refused``."""
    entry = KINDS[kind]
    built = entry.build(world_at(session, clock=clock, seal=seal))
    return entry.stage(built, open_file(entry, built.columns, path))


def import_file(
    session: Session,
    *,
    kind: str,
    path: Path,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    partial: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    """Import a file at once. A bad row refuses all of it, unless ``partial``.

    Nothing is stored of a refused file or a dry run. ``clock`` is wall time, ``now`` is UTC.
    """
    if recognised_file(kind, path) is not None:
        return import_foreign(
            session,
            kind=kind,
            path=path,
            mapping=recognised(kind, source=SOURCE),
            home=WALL,
            clock=clock,
            seal=seal,
            actor=actor,
            now=now,
            partial=partial,
            dry_run=dry_run,
        )
    staged = stage_file(session, kind=kind, path=path, clock=clock, seal=seal)
    report = report_of(staged, path.name, file_hash(staged.kind, path, seal))
    if dry_run or (report.refused and not partial):
        return report
    staged.note(actor, now)
    batch = new_batch(session, report, actor, now, "applied")
    return store(session, staged, report, batch, actor, now)


def preview_import(
    session: Session,
    *,
    kind: str,
    path: Path,
    filename: str,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    uploads: Path,
    reading: str | None = None,
) -> ImportReport:
    """Judge an uploaded file and keep it until it is applied or dropped.

    ``reading`` is the map of a file that is recognised by its content.
    """
    if reading is None:
        staged = stage_file(session, kind=kind, path=path, clock=clock, seal=seal)
        report = report_of(staged, filename, file_hash(staged.kind, path, seal))
    else:
        how: dict[str, Any] = {"path": path, "home": WALL, "clock": clock, "seal": seal}
        report = match_report(session, mapping=reading, **how)
    batch = new_batch(session, replace(report, filename=filename), actor, now, "previewed")
    batch.mapping = reading
    note(session, batch, "import.uploaded", actor, now)
    _keep_file(path, uploads, batch)
    return replace(report, batch_id=batch.id)


def keep_unmatched(
    session: Session,
    *,
    kind: str,
    path: Path,
    filename: str,
    seal: Seal,
    actor: Actor,
    now: datetime,
    uploads: Path,
    mapping: str | None = None,
) -> ImportBatch:
    """Keep a file in columns that are not ours, until somebody says which are which.

    ``kind`` is empty where that is not known either; ``mapping`` is a map to begin with.
    """
    batch = unjudged_batch(session, kind, filename, file_hash(None, path, seal), actor, now)
    batch.mapping = mapping
    note(session, batch, "import.uploaded", actor, now)
    _keep_file(path, uploads, batch)
    return batch


def _keep_file(path: Path, uploads: Path, batch: ImportBatch) -> None:
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = upload_path(uploads, batch)
    kept.touch(mode=0o600)  # files of employees hold wages
    try:
        shutil.copyfile(path, kept)
    except OSError:
        kept.unlink()
        raise


def match_import(
    session: Session,
    *,
    batch_id: int,
    mapping: str,
    home: ZoneInfo,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    uploads: Path,
) -> ImportReport:
    """Judge a file that waits by a map; from then on it is previewed like any other."""
    batch = batch_in(session, batch_id, *WAITS)
    how = read_map(session, clock, mapping)
    path = _there(uploads, batch)
    with judged(
        session, mapping=how, path=path, home=home, clock=clock, seal=seal, actor=actor, now=now
    ) as found:
        report = found.report
    batch.kind, batch.mapping, batch.state = how.kind, mapping, "previewed"
    batch.sha256 = report.sha256
    count(batch, report)
    session.flush()
    return replace(report, batch_id=batch.id)


def match_report(
    session: Session, *, mapping: str, path: Path, home: ZoneInfo, clock: datetime, seal: Seal
) -> ImportReport:
    """What a file is by a map; nothing stays of it."""
    with judged(
        session,
        mapping=read_map(session, clock, mapping),
        path=path,
        home=home,
        clock=clock,
        seal=seal,
        actor=SYSTEM,
        now=clock.replace(tzinfo=UTC),  # of people who do not stay either
    ) as found:
        return found.report


def _there(uploads: Path, batch: ImportBatch) -> Path:
    path = upload_path(uploads, batch)
    if not path.exists():
        raise Refused(N_("the uploaded file is gone; upload it again"))
    return path


def apply_import(
    session: Session,
    *,
    batch_id: int,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    uploads: Path,
    home: ZoneInfo,
    partial: bool = False,
    expected: Mapping[str, int] | None = None,
) -> ImportReport:
    """Store a previewed file, judged anew. Raises ``Conflict`` where it was done already.

    Nothing is stored where the file is refused, or where the counts are no longer those that were
    ``expected``; the batch then tells the new ones. The caller removes the upload
    (``forget_upload``) after the commit.
    """
    batch = batch_in(session, batch_id, "previewed")
    path = _there(uploads, batch)

    def may(report: ImportReport) -> bool:
        as_told = expected is None or dict(expected) == report.counts
        if as_told and (partial or not report.refused):
            return True
        count(batch, report)
        return False

    if batch.mapping:
        return _apply_foreign(session, batch, path, home, clock, seal, actor, now, may)
    staged = stage_file(session, kind=batch.kind, path=path, clock=clock, seal=seal)
    report = report_of(staged, batch.filename, batch.sha256)
    if not may(report):
        return replace(report, batch_id=batch.id)
    staged.note(actor, now)
    _claim(session, batch)
    return store(session, staged, report, batch, actor, now)


def _apply_foreign(
    session: Session,
    batch: ImportBatch,
    path: Path,
    home: ZoneInfo,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    may: Callable[[ImportReport], bool],
) -> ImportReport:
    with judged(
        session,
        mapping=read_map(session, clock, batch.mapping or ""),
        path=path,
        home=home,
        clock=clock,
        seal=seal,
        actor=actor,
        now=now,
        keep=may,
    ) as found:
        if not found.kept:
            return replace(found.report, batch_id=batch.id)
        found.staged.note(actor, now)
        _claim(session, batch)
        return keep_foreign(session, found, batch, actor, now)


def _claim(session: Session, batch: ImportBatch) -> None:
    """Of two who confirm at once one gets it: databases without row locks let both come so far."""
    claimed = session.scalar(
        update(ImportBatch)
        .where(ImportBatch.id == batch.id, ImportBatch.state == "previewed")
        .values(state="applied")
        .returning(ImportBatch.id)
    )
    if claimed is None:
        raise Conflict(N_("this import is %(state)s already"), state="applied")


def drop_import(session: Session, *, batch_id: int, actor: Actor, now: datetime) -> None:
    """Give a file up that waits."""
    batch = batch_in(session, batch_id, *WAITS)
    batch.state, batch.ended_at, batch.ended_by = "dropped", now, actor.label
    note(session, batch, "import.dropped", actor, now)
    batch.report = {}


def drop_forgotten(
    session: Session, *, before: datetime, actor: Actor, now: datetime, uploads: Path
) -> None:
    """Give up previews that nobody confirmed since ``before``; every file that old is removed.

    A file may hold wages and reviews, so none lies about for long.
    """
    forgotten = session.scalars(
        select(ImportBatch).where(ImportBatch.state.in_(WAITS), ImportBatch.created_at < before)
    )
    for batch in forgotten:
        drop_import(session, batch_id=batch.id, actor=actor, now=now)
    for path in uploads.glob("*"):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
