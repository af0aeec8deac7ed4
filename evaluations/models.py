"""What evaluations stand on: tickets, entered metrics, complaints, spot checks, 360° reviews."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import BigKey, Key, Model, MonthType, WallSeconds
from core.values import Month


class Ticket(Model):
    """A contact with a customer; it belongs to the month in which it was created.

    Of one with ``days_only`` the days are known and no times: they stand at midnight, and nothing
    that is counted in hours or minutes is taken from them.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_month", "month", "employee_id"),
        CheckConstraint("first_response_at >= created_at", name="response"),
        CheckConstraint("resolved_at >= created_at", name="resolution"),
    )

    id: Mapped[BigKey]
    ticket_id: Mapped[str] = mapped_column(String(80), unique=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    created_at: Mapped[WallSeconds]
    first_response_at: Mapped[int | None] = mapped_column(BigInteger)
    resolved_at: Mapped[int | None] = mapped_column(BigInteger)
    reopened: Mapped[bool | None]
    satisfaction: Mapped[str | None] = mapped_column(String(8))
    positive: Mapped[bool | None]
    channel: Mapped[str | None] = mapped_column(String(40))
    category: Mapped[str | None] = mapped_column(String(80))
    days_only: Mapped[bool | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class MetricValue(Model):
    """A value typed in a monthly evaluation or imported: it wins over a computed one.

    ``reason`` says why what the records give was overwritten by hand; ``entered_by`` is the label
    of who typed it. An import that changes the value empties both.
    """

    __tablename__ = "metric_values"
    __table_args__ = (
        UniqueConstraint("employee_id", "month", "metric"),
        Index("ix_metric_values_month", "month", "employee_id"),
        CheckConstraint("sample_size IS NULL OR sample_size > 0", name="sample_size"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    metric: Mapped[str] = mapped_column(String(80))
    value: Mapped[float]
    sample_size: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Text)
    entered_by: Mapped[str | None] = mapped_column(String(120))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class Complaint(Model):
    """A complaint with its clocks; it belongs to the month in which it was received."""

    __tablename__ = "complaints"
    __table_args__ = (
        Index("ix_complaints_month", "month"),
        CheckConstraint("severity IN ('ordinary', 'major')", name="severity"),
    )

    id: Mapped[Key]
    complaint_no: Mapped[str] = mapped_column(String(80), unique=True)
    month: Mapped[Month] = mapped_column(MonthType)
    received_at: Mapped[WallSeconds]
    channel: Mapped[str | None] = mapped_column(String(40))
    category: Mapped[str | None] = mapped_column(String(80))
    severity: Mapped[str] = mapped_column(String(10))
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    attributable: Mapped[bool | None]
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    contacted_at: Mapped[int | None] = mapped_column(BigInteger)
    plan_at: Mapped[int | None] = mapped_column(BigInteger)
    escalated_at: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    progress_at: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[int | None] = mapped_column(BigInteger)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class SpotCheck(Model):
    """A quality check (质检) of one person on one day by one checker; score 0..100."""

    __tablename__ = "spot_checks"
    __table_args__ = (
        UniqueConstraint("employee_id", "day", "checked_by_id"),
        Index("ix_spot_checks_day", "day"),
        CheckConstraint("score >= 0 AND score <= 100", name="score"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    day: Mapped[date]
    score: Mapped[float]
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    comment: Mapped[str | None] = mapped_column(Text)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


RELATIONS = ("supervisor", "peer", "subordinate", "cross_team", "self")


class Review(Model):
    """One rating of one competency by one rater; raw rows live only until the month is closed."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("month", "ratee_id", "rater_id", "competency"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint(f"relation IN {RELATIONS}", name="relation"),
        CheckConstraint("(relation = 'self') = (ratee_id = rater_id)", name="self"),
    )

    id: Mapped[BigKey]
    month: Mapped[Month] = mapped_column(MonthType)
    ratee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    rater_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    relation: Mapped[str] = mapped_column(String(12))
    competency: Mapped[str] = mapped_column(String(60))
    rating: Mapped[int]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class ReviewGroup(Model):
    """What remains of a closed round: sums per group, never a single review of a hidden rater.

    ``total`` is the exact sum over reviews of their mean rating, in units of 1/REVIEW_UNIT;
    ``relations`` are the groups pooled in it; ``competencies`` maps a competency to
    [ratings, sum of ratings] and lacks those that must stay hidden.
    """

    __tablename__ = "review_groups"

    id: Mapped[Key]
    month: Mapped[Month] = mapped_column(MonthType, index=True)
    ratee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    relations: Mapped[str] = mapped_column(String(60))
    n: Mapped[int]
    total: Mapped[int] = mapped_column(BigInteger)
    competencies: Mapped[dict[str, Any]] = mapped_column(JSON)


class ReviewParticipant(Model):
    """Has taken part in the round: all that is kept of a rater."""

    __tablename__ = "review_participants"
    __table_args__ = ({"sqlite_with_rowid": False},)

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    rater_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)


class ReviewSeal(Model):
    """Keyed digests of the reviews of a closed round: a file imported again is recognised as known.

    The key lies outside the database, so the digests tell nothing to whoever has only the database.
    Some thousands stand in one row, in their own order, separated by spaces; ``size`` is the number
    of rows of a file that they stand for.
    """

    __tablename__ = "review_seals"
    __table_args__ = ({"sqlite_with_rowid": False},)

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    digests: Mapped[str] = mapped_column(Text)
