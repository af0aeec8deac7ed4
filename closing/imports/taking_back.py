"""Taking a stored file back, while nothing was built on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.imports.batches import as_json, batch_in
from closing.imports.registry import KINDS
from closing.imports.world import Seal, world_at
from core.actor import Actor
from core.audit import record
from core.errors import N_, Message, Refused
from core.imports.kinds import Kind
from core.imports.undoing import check_undo, undo
from core.models import Closing, ImportBatch, MonthState


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
    batch = batch_in(session, batch_id, "applied")
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
        before=as_json(batch),
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
