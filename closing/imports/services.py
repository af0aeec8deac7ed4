"""Importing files: staged, previewed, applied, undone; late rows after a month was reopened.

Services never commit. A file that is only previewed, or refused, leaves nothing but its batch.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from closing.imports.registry import KINDS, open_file
from closing.imports.reports import ImportReport, report_of
from closing.imports.world import Seal, world_at
from closing.months import closed_months
from core.actor import Actor
from core.audit import record
from core.errors import N_, Conflict, Message, NotFound, Refused
from core.imports.kinds import OUTCOMES, Kind
from core.imports.staging import Staged
from core.imports.undoing import check_undo, fingerprints, undo
from core.models import Closing, ImportBatch, MonthState


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
    staged = stage_file(session, kind=kind, path=path, clock=clock, seal=seal)
    report = report_of(staged, path.name, file_hash(staged.kind, path, seal))
    if dry_run or (report.refused and not partial):
        return report
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
) -> ImportReport:
    """Judge an uploaded file and keep it beside the database until it is applied or dropped."""
    staged = stage_file(session, kind=kind, path=path, clock=clock, seal=seal)
    report = report_of(staged, filename, file_hash(staged.kind, path, seal))
    batch = new_batch(session, report, actor, now, "previewed")
    _note(session, batch, "import.uploaded", actor, now)
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = upload_path(uploads, batch)
    kept.touch(mode=0o600)  # files of employees hold wages
    shutil.copyfile(path, kept)
    return replace(report, batch_id=batch.id)


def apply_import(
    session: Session,
    *,
    batch_id: int,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    uploads: Path,
    partial: bool = False,
    expected: Mapping[str, int] | None = None,
) -> ImportReport:
    """Store a previewed file, judged anew. Raises ``Conflict`` where it was done already.

    Nothing is stored where the file is refused, or where the counts are no longer those that were
    ``expected``; the batch then tells the new ones. The caller removes the upload
    (``forget_upload``) after the commit.
    """
    batch = _batch(session, batch_id, "previewed")
    path = upload_path(uploads, batch)
    if not path.exists():
        raise Refused(N_("the uploaded file is gone; upload it again"))
    staged = stage_file(session, kind=batch.kind, path=path, clock=clock, seal=seal)
    report = report_of(staged, batch.filename, batch.sha256)
    unexpected = expected is not None and dict(expected) != report.counts
    if unexpected or (report.refused and not partial):
        _count(batch, report)
        return replace(report, batch_id=batch.id)
    _claim(session, batch)
    return store(session, staged, report, batch, actor, now)


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
    """Give a previewed file up."""
    batch = _batch(session, batch_id, "previewed")
    batch.state, batch.ended_at, batch.ended_by = "dropped", now, actor.label
    _note(session, batch, "import.dropped", actor, now)
    batch.report = {}


def drop_forgotten(
    session: Session, *, before: datetime, actor: Actor, now: datetime, uploads: Path
) -> None:
    """Give up previews that nobody confirmed since ``before``; every file that old is removed.

    A file may hold wages and reviews, so none lies about for long.
    """
    forgotten = session.scalars(
        select(ImportBatch).where(ImportBatch.state == "previewed", ImportBatch.created_at < before)
    )
    for batch in forgotten:
        drop_import(session, batch_id=batch.id, actor=actor, now=now)
    for path in uploads.glob("*"):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)


def undo_import(
    session: Session,
    *,
    batch_id: int,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """Take an applied import back. Raises ``Refused`` where something was built on it."""
    batch = _batch(session, batch_id, "applied")
    kind = _undoable(session, batch, clock, seal)
    batch.state, batch.ended_at, batch.ended_by = "undone", now, actor.label
    left = batch.report["rows"]
    batch.report = {**batch.report, "reason": reason}
    session.flush()
    undo(kind, batch.id, left)
    record(
        session,
        actor=actor,
        at=now,
        action="import.undone",
        subject=f"import:{batch.id}",
        before=_as_json(batch),
        after={"reason": reason} if reason else None,
    )


def undo_obstacle(
    session: Session, *, batch: ImportBatch, clock: datetime, seal: Seal
) -> Message | None:
    """Why an applied import cannot be taken back, as far as can be told without trying."""
    try:
        check_undo(_undoable(session, batch, clock, seal), batch.id, batch.report["rows"])
    except Refused as refused:
        return refused.message
    return None


def _undoable(session: Session, batch: ImportBatch, clock: datetime, seal: Seal) -> Kind:
    """The kind as of the import: closed are the months that were closed since."""
    applied_at = batch.ended_at or batch.created_at
    since = session.scalars(
        select(MonthState.month)
        .join(Closing, Closing.id == MonthState.closing_id)
        .where(MonthState.state == "closed", Closing.closed_at >= applied_at)
    )
    world = world_at(session, clock=clock, seal=seal).closed_only(list(since))
    kind = KINDS[batch.kind].build(world)
    if batch.changed and not kind.traced:
        raise Refused(N_("changed reviews leave no trace, so this import cannot be undone"))
    return kind


def file_hash(kind: Kind, path: Path, seal: Seal) -> str:
    """SHA-256 of the file; keyed where it may leave no trace, or holds secrets.

    A file of few rows could be found out by trying all that it may have said.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return found if kind.traced and not kind.secret else seal(f"file|{found}")


def upload_path(uploads: Path, batch: ImportBatch) -> Path:
    return uploads / f"import-{batch.id}"


def forget_upload(uploads: Path, batch_id: int) -> None:
    """Remove the file of a batch that was applied or dropped; called after the commit."""
    (uploads / f"import-{batch_id}").unlink(missing_ok=True)


def store(
    session: Session,
    staged: Staged,
    report: ImportReport,
    batch: ImportBatch,
    actor: Actor,
    now: datetime,
) -> ImportReport:
    """Write a judged file under its batch, with the audit entries.

    The batch is written first: from then on no month can be closed beside us. Raises ``Conflict``.
    """
    batch.ended_at, batch.ended_by = now, actor.label
    _count(batch, report)
    session.flush()
    if frozenset(closed_months(session)) != staged.kind.setting.closed:
        raise Conflict(N_("a month was closed or reopened meanwhile; import the file again"))
    staged.store(batch.id, actor, now)
    batch.report = {**batch.report, "rows": fingerprints(staged.kind, batch.id)}
    record(
        session,
        actor=actor,
        at=now,
        action="import.applied",
        subject=f"import:{batch.id}",
        after=_as_json(batch),
    )
    return replace(report, stored=True, batch_id=batch.id)


def new_batch(
    session: Session, report: ImportReport, actor: Actor, now: datetime, state: str
) -> ImportBatch:
    """A batch in its first state, with what the report counts."""
    batch = ImportBatch(
        kind=report.kind,
        filename=report.filename[-255:],
        sha256=report.sha256,
        state=state,
        created_at=now,
        created_by=actor.label,
    )
    _count(batch, report)
    session.add(batch)
    session.flush()
    return batch


def _count(batch: ImportBatch, report: ImportReport) -> None:
    for name in OUTCOMES:
        setattr(batch, name, report.counts[name])
    batch.report = report.as_json()


def _batch(session: Session, batch_id: int, state: str) -> ImportBatch:
    """Raises ``NotFound``, or ``Conflict`` where the batch is no longer in this state."""
    batch = session.get(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound(N_("there is no such import"))
    if batch.state != state:
        raise Conflict(N_("this import is %(state)s already"), state=batch.state)
    return batch


def _note(session: Session, batch: ImportBatch, action: str, actor: Actor, now: datetime) -> None:
    subject = f"import:{batch.id}"
    record(session, actor=actor, at=now, action=action, subject=subject, after=_as_json(batch))


def _as_json(batch: ImportBatch) -> dict[str, Any]:
    return {
        "kind": batch.kind,
        "file": batch.filename,
        "sha256": batch.sha256,
        "counts": {name: getattr(batch, name) for name in OUTCOMES},
    }
