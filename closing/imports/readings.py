"""What a file leaves open that is recognised by its content: told once, kept for its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.imports.batches import batch_in
from closing.imports.foreign import WALL
from closing.imports.mappings import document_in, is_reading, read_map, reading_text, remember_map
from closing.imports.registry import recognised_file
from closing.imports.services import match_import
from closing.imports.world import Seal
from core.actor import Actor
from core.imports.mapping import LEAVE_OUT
from core.models import ImportBatch, ImportMap


@dataclass(frozen=True, slots=True)
class Asked:
    """A date of the file that may be read in several ways, by what comes first in it."""

    cell: str
    readings: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read that is recognised; ``question`` and ``asks_period`` are left open."""

    source: str
    dates: str
    period: str
    on_unknown: str
    outside: str
    question: Asked | None
    asks_period: bool

    @property
    def asks(self) -> bool:
        return self.question is not None or self.asks_period


def reading_of(session: Session, kind: str, path: Path) -> str | None:
    """The map of a file that is recognised by its content, as files like it were read before."""
    table = recognised_file(kind, path)
    return None if table is None else reading_text(session, kind, table.layout)


def reading_in(batch: ImportBatch) -> Reading | None:
    """How the file of a batch is read; None where it is not recognised by its content."""
    if not is_reading(batch.mapping or ""):
        return None
    document = document_in(batch.mapping or "")
    return Reading(
        source=document["source"],
        dates=document.get("dates", ""),
        period=document.get("period", ""),
        on_unknown=document.get("on_unknown", ""),
        outside=document.get("outside", LEAVE_OUT),
        question=_asked(batch.report.get("question")),
        asks_period=bool(batch.report.get("asks_period")),
    )


def _asked(found: Mapping[str, Any] | None) -> Asked | None:
    if not found:
        return None
    days = {order: date.fromisoformat(day) for order, day in found["readings"].items()}
    return Asked(found["cell"], days)


def read_so(
    session: Session,
    *,
    batch_id: int,
    path: Path,
    dates: str,
    period: str,
    on_unknown: str,
    outside: str,
    clock: datetime,
    seal: Seal,
    actor: Actor,
    now: datetime,
    uploads: Path,
) -> None:
    """Judge a file that waits as it is told, and keep that for files with such a head.

    Raises ``Refused``, or ``DocumentError`` for what cannot be told.
    """
    batch = batch_in(session, batch_id, "previewed")
    table = recognised_file(batch.kind, path)
    layout = table.layout if table is not None else []
    told = {"dates": dates, "period": period.strip(), "on_unknown": on_unknown, "outside": outside}
    text = reading_text(session, batch.kind, layout, **told)
    mapping = read_map(session, clock, text)
    match_import(
        session,
        batch_id=batch_id,
        mapping=text,
        home=WALL,
        clock=clock,
        seal=seal,
        actor=actor,
        now=now,
        uploads=uploads,
    )
    if layout and _is_free(session, mapping.source, mapping.kind):
        remember_map(session, actor=actor, now=now, mapping=mapping, document=text, header=layout)


def _is_free(session: Session, source: str, kind: str) -> bool:
    """A map that somebody made by hand for this source is not overwritten."""
    known = session.scalar(
        select(ImportMap.document).where(ImportMap.source == source, ImportMap.kind == kind)
    )
    return known is None or is_reading(known)
