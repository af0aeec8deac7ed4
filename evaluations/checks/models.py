"""Checklists in versions, and what a spot check made by one of them consists of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model, UTCDateTime


class Checklist(Model):
    """What HR asks of a check; its questions stand in versions. A retired one is not chosen any
    more, what was checked by it stays."""

    __tablename__ = "checklists"
    __table_args__ = (CheckConstraint("state IN ('active', 'retired')", name="state"),)

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(String(8))


class ChecklistVersion(Model):
    """Never changed: editing a checklist makes the next one. ``items`` are those of ``scoring``."""

    __tablename__ = "checklist_versions"
    __table_args__ = (
        UniqueConstraint("checklist_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("name <> ''", name="name"),
    )

    id: Mapped[Key]
    checklist_id: Mapped[int] = mapped_column(ForeignKey("checklists.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    written_by: Mapped[str] = mapped_column(String(120))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CheckSheet(Model):
    """How a spot check was made; one that a file brought has none.

    ``score`` is what the answers make: where the check has another one by now, an appeal or a file
    corrected it. ``version`` counts the changes.
    """

    __tablename__ = "check_sheets"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("score >= 0 AND score <= 100", name="score"),
    )

    spot_check_id: Mapped[int] = mapped_column(
        ForeignKey("spot_checks.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    checklist_version_id: Mapped[int] = mapped_column(
        ForeignKey("checklist_versions.id"), index=True
    )
    version: Mapped[int]
    score: Mapped[float]
    reference: Mapped[str] = mapped_column(String(120), default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    written_by: Mapped[str] = mapped_column(String(120))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str | None] = mapped_column(String(120))
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CheckAnswer(Model):
    """The answer to one item, named by its place in the checklist."""

    __tablename__ = "check_answers"
    __table_args__ = (
        CheckConstraint("answer IN ('yes', 'partly', 'no', 'na')", name="answer"),
        CheckConstraint("item >= 0", name="item"),
    )

    spot_check_id: Mapped[int] = mapped_column(
        ForeignKey("check_sheets.spot_check_id", ondelete="CASCADE"), primary_key=True
    )
    item: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    answer: Mapped[str] = mapped_column(String(6))
    remark: Mapped[str] = mapped_column(Text, default="")
