"""What the register knows of a complaint beyond the row that files bring."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model, UTCDateTime


class ComplaintCase(Model):
    """Made with a complaint that is entered by hand, or with the first step on one from a file.

    ``recorded_by`` is empty for those from files, ``handlers`` are the ids of all who handle it or
    did. Whose it is (``attributable``) and the times of its steps stand in ``complaints``; here
    stands who decided it, and on what grounds.
    """

    __tablename__ = "complaint_cases"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint(
            "(established_at IS NULL) = (cause IS NULL) "
            "AND (established_at IS NULL) = (evidence IS NULL)",
            name="established",
        ),
        CheckConstraint("cause <> '' AND evidence <> ''", name="said"),
        CheckConstraint("decided_at IS NULL OR established_at IS NOT NULL", name="cause_first"),
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL) "
            "AND (decided_at IS NULL) = (reason IS NULL)",
            name="decided",
        ),
        CheckConstraint("decided_by <> recorded_by", name="somebody_else"),
        CheckConstraint("details_asked_at IS NULL OR details_missing", name="details"),
    )

    complaint_id: Mapped[int] = mapped_column(
        ForeignKey("complaints.id"), primary_key=True, autoincrement=False
    )
    version: Mapped[int]
    subclass: Mapped[str | None] = mapped_column(String(20))
    handlers: Mapped[list[int]] = mapped_column(JSON, default=list)
    reference: Mapped[str] = mapped_column(String(120), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    details_missing: Mapped[bool] = mapped_column(default=False)
    details_asked_at: Mapped[int | None] = mapped_column(BigInteger)
    cause: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    established_by: Mapped[str | None] = mapped_column(String(120))
    established_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str | None] = mapped_column(String(120))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    recorded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
