"""Incidents and merits, decisions on proposals, the rules that fired, and awards."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model, Money, MonthType, UTCDateTime, big
from core.values import Month


class Incident(Model):
    """Something that happened, recorded under a rule. It counts once approved by another.

    ``counts_in`` is the month in which it counts: that of its date, or the open month in which it
    was decided where that of its date was closed; null while it is not decided. ``reason`` is that
    of a decision; ``recorded_by`` and ``decided_by`` are labels of actors, who may be no employee.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("employee_id", "day", "rule", "description"),
        Index("ix_incidents_counts_in", "counts_in"),
        CheckConstraint("status IN ('recorded', 'approved', 'declined', 'voided')", name="status"),
        CheckConstraint("status = 'recorded' OR counts_in IS NOT NULL", name="counts_in"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    day: Mapped[date]
    rule: Mapped[str] = mapped_column(String(40))
    description: Mapped[str] = mapped_column(Text)
    case: Mapped[str | None] = mapped_column(String(80))
    evidence: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[str | None] = mapped_column(String(120))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    status: Mapped[str] = mapped_column(String(10), default="recorded")
    counts_in: Mapped[Month | None] = mapped_column(MonthType)
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class RuleApproval(Model):
    """A decision on a rule that asks for approval: it names employee, month and rule.

    ``voided`` is that of an accepted appeal, on any rule, and is not replaced.
    """

    __tablename__ = "rule_approvals"
    __table_args__ = (
        UniqueConstraint("month", "employee_id", "rule"),
        CheckConstraint("decision IN ('approved', 'declined', 'voided')", name="decision"),
    )

    id: Mapped[Key]
    month: Mapped[Month] = mapped_column(MonthType)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    rule: Mapped[str] = mapped_column(String(40))
    decision: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RuleEntry(Model):
    """One rule on one scorecard: fired or undecided, with its effects after ``per``.

    Locked once the closing is sealed. ``actions`` are separated by ``;``, ``wage_deduction`` is
    encrypted (``closing.sealed_pay``).
    """

    __tablename__ = "rule_entries"
    __table_args__ = ({"sqlite_with_rowid": False},)

    scorecard_id: Mapped[int] = mapped_column(
        big, ForeignKey("scorecards.id"), primary_key=True, autoincrement=False
    )
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rule: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8))
    fired_by: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10))
    group: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[int | None]
    points: Mapped[float]
    amount: Mapped[float]
    bonus_deduction: Mapped[float]
    bonus_share: Mapped[float]
    wage_deduction: Mapped[str] = mapped_column(Text)
    cap_grade: Mapped[str | None] = mapped_column(String(20))
    case: Mapped[str | None] = mapped_column(String(80))
    bars_awards: Mapped[int]
    actions: Mapped[str] = mapped_column(String(300))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))


class AwardWinner(Model):
    """A confirmed winner. ``reason`` says why where HR departed from the proposal."""

    __tablename__ = "award_winners"
    __table_args__ = (UniqueConstraint("month", "award", "employee_id"),)

    id: Mapped[Key]
    month: Mapped[Month] = mapped_column(MonthType)
    award: Mapped[str] = mapped_column(String(60))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    proposed: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[Decimal] = mapped_column(Money)
    pay_month: Mapped[Month] = mapped_column(MonthType)
    decided_by: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
