"""Pay of one scorecard. Locked once the closing is sealed; it holds no wages.

What is taken off wages is encrypted (``closing.sealed_pay``), zeros too.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model, Money, UTCDateTime, big


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
