"""Incidents and merits, decisions on proposals, the rules that fired, and awards."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

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


class Incident(Model):
    """Something that happened, recorded under a rule. It counts once approved by another.

    ``counts_in`` is the month in which it counts: that of its date, or the open month in which it
    was decided where that of its date was closed; null while it is not decided. ``reason`` is that
    of a decision; ``recorded_by`` and ``decided_by`` are labels of actors, who may be no employee.

    A penalty has a procedure (``rewards.procedure``): the person is told and may state their view
    until ``statement_due``; what was decided is served on ``served_on``, ``received`` or
    ``refused``, by ``served_by``, and is final from ``final_from`` on. An empty ``statement`` says
    that the person makes none.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("employee_id", "day", "rule", "description"),
        Index("ix_incidents_counts_in", "counts_in"),
        CheckConstraint("status IN ('recorded', 'approved', 'declined', 'voided')", name="status"),
        CheckConstraint("status = 'recorded' OR counts_in IS NOT NULL", name="counts_in"),
        CheckConstraint("(notified_at IS NULL) = (statement_due IS NULL)", name="notified"),
        CheckConstraint("(statement IS NULL) = (statement_at IS NULL)", name="statement"),
        CheckConstraint("statement_at IS NULL OR notified_at IS NOT NULL", name="heard"),
        CheckConstraint(
            "(served_on IS NULL) = (served_how IS NULL)"
            " AND (served_on IS NULL) = (served_by IS NULL)"
            " AND (served_on IS NULL) = (final_from IS NULL)",
            name="served_whole",
        ),
        CheckConstraint("served_on IS NULL OR status <> 'recorded'", name="served_decided"),
        CheckConstraint("served_how IN ('received', 'refused')", name="served_how"),
        CheckConstraint("final_from >= served_on", name="final"),
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
    notified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    notified_by: Mapped[str | None] = mapped_column(String(120))
    statement_due: Mapped[date | None]
    statement: Mapped[str | None] = mapped_column(Text)
    statement_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    served_on: Mapped[date | None]
    served_how: Mapped[str | None] = mapped_column(String(8))
    served_by: Mapped[str | None] = mapped_column(String(120))
    served_note: Mapped[str | None] = mapped_column(Text)
    final_from: Mapped[date | None]
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


class AwardNomination(Model):
    """Whom a supervisor would like to see win; it decides nothing, and may be withdrawn."""

    __tablename__ = "award_nominations"
    __table_args__ = (
        Index(
            "uq_award_nominations_standing",
            "month",
            "award",
            "employee_id",
            "nominated_by_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        CheckConstraint("nominated_by_id <> employee_id", name="other"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[Key]
    month: Mapped[Month] = mapped_column(MonthType)
    award: Mapped[str] = mapped_column(String(60))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    reason: Mapped[str] = mapped_column(Text)
    nominated_by: Mapped[str] = mapped_column(String(120))
    nominated_by_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    nominated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AwardDecision(Model):
    """Who was proposed and who was chosen, by employee number; one stands per award and month.

    It is announced from ``announced_on``; objections are lodged up to ``objections_until``, after
    which it is final once none waits (``rewards.announcements``). What was taken back stays here.
    """

    __tablename__ = "award_decisions"
    __table_args__ = (
        Index(
            "uq_award_decisions_standing",
            "month",
            "award",
            unique=True,
            sqlite_where=text("taken_back_at IS NULL"),
            postgresql_where=text("taken_back_at IS NULL"),
        ),
        CheckConstraint("objections_until >= announced_on", name="announced"),
        CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_by IS NULL)"
            " AND (taken_back_at IS NULL) = (taken_back_reason IS NULL)",
            name="taken_back",
        ),
    )

    id: Mapped[Key]
    month: Mapped[Month] = mapped_column(MonthType)
    award: Mapped[str] = mapped_column(String(60))
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    proposed: Mapped[list[str]] = mapped_column(JSON)
    chosen: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
    announced_on: Mapped[date]
    objections_until: Mapped[date]
    taken_back_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    taken_back_by: Mapped[str | None] = mapped_column(String(120))
    taken_back_reason: Mapped[str | None] = mapped_column(Text)


class AwardObjection(Model):
    """What somebody holds against a decision; ``lapsed`` where that was taken back meanwhile."""

    __tablename__ = "award_objections"
    __table_args__ = (
        UniqueConstraint("decision_id", "employee_id"),
        CheckConstraint("state IN ('open', 'upheld', 'declined', 'lapsed')", name="state"),
        CheckConstraint("text <> ''", name="text"),
        CheckConstraint(
            "(state = 'open') = (reason IS NULL) AND (state = 'open') = (decided_by IS NULL)"
            " AND (state = 'open') = (decided_at IS NULL)",
            name="decided",
        ),
    )

    id: Mapped[Key]
    decision_id: Mapped[int] = mapped_column(ForeignKey("award_decisions.id"))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    text: Mapped[str] = mapped_column(Text)
    lodged_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(8), default="open")
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AwardWinner(Model):
    """A confirmed winner, with the team of their scorecard.

    ``reason`` says why where HR departed from the proposal.
    """

    __tablename__ = "award_winners"
    __table_args__ = (UniqueConstraint("month", "award", "employee_id"),)

    id: Mapped[Key]
    decision_id: Mapped[int] = mapped_column(ForeignKey("award_decisions.id"), index=True)
    month: Mapped[Month] = mapped_column(MonthType)
    award: Mapped[str] = mapped_column(String(60))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    team: Mapped[str | None] = mapped_column(String(300))
    proposed: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[Decimal] = mapped_column(Money)
    pay_month: Mapped[Month] = mapped_column(MonthType)
    decided_by: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Task(Model):
    """What follows from an incident or a rule that counted: somebody sees to it until a day.

    ``source`` says what it follows from (``incident:12``, ``rule:2026-10:E0007:LAT-P1``); from one
    source each action follows once. ``outcome`` is written when it is done, or dropped.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("source", "action"),
        Index("ix_tasks_owner_id_state", "owner_id", "state"),
        CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),
        CheckConstraint(
            "(state = 'open') = (outcome IS NULL) AND (state = 'open') = (ended_at IS NULL)"
            " AND (state = 'open') = (ended_by IS NULL)",
            name="outcome",
        ),
        CheckConstraint("owner_id <> employee_id", name="owner"),
    )

    id: Mapped[Key]
    source: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(40))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    month: Mapped[Month | None] = mapped_column(MonthType)
    rule: Mapped[str] = mapped_column(String(40))
    owner_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    due: Mapped[date]
    state: Mapped[str] = mapped_column(String(8), default="open")
    outcome: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(String(120))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(120))
