"""Batches: one for each file that came in, and writing a judged file under its own."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from closing.imports.reports import ImportReport
from closing.imports.world import Seal
from closing.months import closed_months
from core.actor import Actor
from core.audit import record
from core.errors import N_, Conflict, NotFound
from core.imports.kinds import OUTCOMES, Kind
from core.imports.staging import Staged
from core.imports.undoing import fingerprints
from core.models import ImportBatch

WAITS = ("unmatched", "previewed")


def file_hash(kind: Kind | None, path: Path, seal: Seal) -> str:
    """SHA-256 of the file; keyed where it may leave no trace, or holds secrets, or may hold them.

    A file of few rows could be found out by trying all that it may have said.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return found if kind is not None and kind.traced and not kind.secret else seal(f"file|{found}")


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
    count(batch, report)
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
        after=as_json(batch),
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
    count(batch, report)
    session.add(batch)
    session.flush()
    return batch


def unjudged_batch(
    session: Session, kind: str, filename: str, digest: str, actor: Actor, now: datetime
) -> ImportBatch:
    """A batch of a file that nobody read yet."""
    batch = ImportBatch(
        kind=kind,
        filename=filename[-255:],
        sha256=digest,
        state="unmatched",
        created_at=now,
        created_by=actor.label,
        report={},
        **dict.fromkeys(OUTCOMES, 0),
    )
    session.add(batch)
    session.flush()
    return batch


def count(batch: ImportBatch, report: ImportReport) -> None:
    """Give a batch the counts of a report, and what its page tells."""
    for name in OUTCOMES:
        setattr(batch, name, report.counts[name])
    batch.report = report.as_json()


def batch_in(session: Session, batch_id: int, *states: str) -> ImportBatch:
    """Raises ``NotFound``, or ``Conflict`` where the batch is in none of these states."""
    batch = session.get(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound(N_("there is no such import"))
    if batch.state not in states:
        raise Conflict(N_("this import is %(state)s already"), state=batch.state)
    return batch


def note(session: Session, batch: ImportBatch, action: str, actor: Actor, now: datetime) -> None:
    """The entry of the audit trail about a batch."""
    subject = f"import:{batch.id}"
    record(session, actor=actor, at=now, action=action, subject=subject, after=as_json(batch))


def as_json(batch: ImportBatch) -> dict[str, Any]:
    """What the trail tells of a batch."""
    return {
        "kind": batch.kind,
        "file": batch.filename,
        "sha256": batch.sha256,
        "counts": {name: getattr(batch, name) for name in OUTCOMES},
    }
