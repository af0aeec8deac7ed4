"""Pay of one scorecard, and what goes with versions of the policy.

Pay is locked once the closing is sealed; it holds no wages. What is taken off wages is encrypted
(``closing.sealed_pay``), zeros too.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model, Money, UTCDateTime, big


class Pay(Model):
    """Scoring, section 6: bonus, what is taken off, what is paid, and the wage deduction."""

    __tablename__ = "pays"

    scorecard_id: Mapped[int] = mapped_column(
        big, ForeignKey("scorecards.id"), primary_key=True, autoincrement=False
    )
    bonus_base: Mapped[float]
    ratio: Mapped[float]
    amount: Mapped[float]
    bonus: Mapped[Decimal] = mapped_column(Money)
    deducted: Mapped[Decimal] = mapped_column(Money)
    payout: Mapped[Decimal] = mapped_column(Money)
    wage_deduction: Mapped[str] = mapped_column(Text)
    wage_deduction_asked: Mapped[str] = mapped_column(Text)


class PolicyAcknowledgement(Model):
    """Somebody said that they have read a version of the policy. It is not agreement."""

    __tablename__ = "policy_acknowledgements"

    version_id: Mapped[int] = mapped_column(ForeignKey("document_versions.id"), primary_key=True)
    employee_id: Mapped[int] = mapped_column(
        ForeignKey("employees.id"), primary_key=True, index=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class PolicyDraft(Model):
    """A policy that is being written. ``body`` is its YAML, which may still have problems.

    ``revision`` counts what was saved; it begins as a copy of the version ``base_id``.
    """

    __tablename__ = "policy_drafts"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'discarded', 'published')", name="state"),
        CheckConstraint("(state = 'published') = (version_id IS NOT NULL)", name="version"),
        CheckConstraint("revision > 0", name="revision"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(120))
    base_id: Mapped[int] = mapped_column(ForeignKey("document_versions.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(10), default="open")
    version_id: Mapped[int | None] = mapped_column(ForeignKey("document_versions.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(String(120))
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_by: Mapped[str] = mapped_column(String(120))


class PolicyRecord(Model):
    """How a version came about: discussed when and with whom, announced when and how.

    The record that article 4 of the Labour Contract Law (劳动合同法) asks for. May be empty.
    """

    __tablename__ = "policy_records"

    version_id: Mapped[int] = mapped_column(ForeignKey("document_versions.id"), primary_key=True)
    discussed_on: Mapped[date | None]
    discussed_with: Mapped[str] = mapped_column(Text, default="")
    opinions: Mapped[str] = mapped_column(Text, default="")
    announced_on: Mapped[date | None]
    announced_how: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(120))
