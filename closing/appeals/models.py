"""Receipts of scorecards, appeals with their lines and comments, and adjustments of pay."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model, Money, MonthType, UTCDateTime, big
from core.values import Month

RECORDS = ("metric", "check", "day", "incident", "rule")
DECISIONS = ("accepted", "partly", "declined")


class Receipt(Model):
    """Somebody has taken note of their scorecard, which is not agreement; and what they say."""

    __tablename__ = "scorecard_receipts"

    scorecard_id: Mapped[int] = mapped_column(
        big, ForeignKey("scorecards.id"), primary_key=True, autoincrement=False
    )
    read_at: Mapped[datetime] = mapped_column(UTCDateTime)
    comment: Mapped[str | None] = mapped_column(Text)
    commented_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CarriedResult(Model):
    """A scorecard of a later revision that says the same of its owner as the one published before.

    ``root_id`` is the first one that says so, ``published_at`` when that was published: the days
    for an appeal count from then on.
    """

    __tablename__ = "carried_results"
    __table_args__ = (CheckConstraint("root_id < scorecard_id", name="root"),)

    scorecard_id: Mapped[int] = mapped_column(
        big, ForeignKey("scorecards.id"), primary_key=True, autoincrement=False
    )
    root_id: Mapped[int] = mapped_column(big, ForeignKey("scorecards.id"), index=True)
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Appeal(Model):
    """One appeal against one revision of a scorecard; its lines name records.

    It is ``decided`` with its last line, ``applied`` once every accepted line took effect.
    ``due_on`` is the last day for deciding it.
    """

    __tablename__ = "appeals"
    __table_args__ = (
        Index(
            "uq_appeals_scorecard_id",
            "scorecard_id",
            unique=True,
            sqlite_where=text("state <> 'withdrawn'"),
            postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_appeals_employee_id", "employee_id"),
        CheckConstraint("state IN ('lodged', 'decided', 'applied', 'withdrawn')", name="state"),
        CheckConstraint(
            "(state IN ('decided', 'applied')) = (decided_at IS NOT NULL)", name="decided"
        ),
        CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="applied"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
    )

    id: Mapped[Key]
    scorecard_id: Mapped[int] = mapped_column(big, ForeignKey("scorecards.id"))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    state: Mapped[str] = mapped_column(String(10), default="lodged")
    lodged_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_on: Mapped[date]
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AppealLine(Model):
    """One record appealed against. ``key`` names it among those of its kind.

    ``was`` is the record as it stood, ``change`` what becomes of it where the line is accepted,
    ``makers`` are the labels of those who made or approved the record: they do not decide.
    """

    __tablename__ = "appeal_lines"
    __table_args__ = (
        UniqueConstraint("appeal_id", "record", "key"),
        CheckConstraint(f"record IN {RECORDS}", name="record"),
        CheckConstraint(f"decision IN {DECISIONS}", name="decision"),
        CheckConstraint(
            "(decision IS NULL) = (decided_at IS NULL) AND (decision IS NULL) = (decided_by IS"
            " NULL) AND (decision IS NULL) = (decision_reason IS NULL)",
            name="decided",
        ),
        CheckConstraint("reason <> '' AND asked <> ''", name="reason"),
        CheckConstraint(
            "applied_at IS NULL OR (decision IS NOT NULL AND decision <> 'declined' AND applied_by"
            " IS NOT NULL)",
            name="applied",
        ),
    )

    id: Mapped[Key]
    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeals.id"))
    record: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(80))
    was: Mapped[dict[str, Any]] = mapped_column(JSON)
    makers: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    asked: Mapped[str] = mapped_column(Text)
    decision: Mapped[str | None] = mapped_column(String(8))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    change: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    applied_by: Mapped[str | None] = mapped_column(String(120))
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AppealComment(Model):
    """What the supervisor, or HR, says to an appeal. It is never changed."""

    __tablename__ = "appeal_comments"
    __table_args__ = (
        Index("ix_appeal_comments_appeal_id", "appeal_id"),
        CheckConstraint("text <> ''", name="text"),
    )

    id: Mapped[Key]
    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeals.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)


class PayAdjustment(Model):
    """A correction of a month whose payroll was exported, paid with an open month after it.

    Locked in the database once the payroll of ``pay_month`` was exported. ``appeal_line_id`` is
    the line that it settles, None where HR entered it by hand.
    """

    __tablename__ = "pay_adjustments"
    __table_args__ = (
        UniqueConstraint("appeal_line_id"),
        Index("ix_pay_adjustments_pay_month", "pay_month"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("pay_month > for_month", name="months"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    for_month: Mapped[Month] = mapped_column(MonthType)
    pay_month: Mapped[Month] = mapped_column(MonthType)
    amount: Mapped[Decimal] = mapped_column(Money)
    reason: Mapped[str] = mapped_column(Text)
    appeal_line_id: Mapped[int | None] = mapped_column(ForeignKey("appeal_lines.id"))
    decided_by: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
