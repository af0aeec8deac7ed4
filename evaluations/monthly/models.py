"""What belongs to a monthly evaluation beside its values (``evaluations.models.MetricValue``)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model, MonthType, UTCDateTime
from core.values import Month


class EvaluationState(Model):
    """Whether a person's evaluation of a month is submitted. Without a row it is a draft.

    ``returned`` is what somebody else gave back, ``reopened`` what the submitter took back.
    """

    __tablename__ = "evaluation_states"
    __table_args__ = (
        CheckConstraint("state IN ('submitted', 'returned', 'reopened')", name="state"),
        CheckConstraint("(state = 'submitted') = (reason IS NULL)", name="reason"),
        CheckConstraint("reason <> ''", name="said"),
        Index("ix_evaluation_states_month", "month", "employee_id"),
    )

    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by: Mapped[str] = mapped_column(String(120))
    submitted_by: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(Text)


class EvaluationFeedback(Model):
    """Written feedback on a person's month: what goes well, what does not, what was agreed."""

    __tablename__ = "evaluation_feedback"
    __table_args__ = (Index("ix_evaluation_feedback_month", "month", "employee_id"),)

    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    strengths: Mapped[str] = mapped_column(Text, default="")
    improve: Mapped[str] = mapped_column(Text, default="")
    next_step: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class EvaluationNote(Model):
    """What somebody noticed about one of their people on a day; private until it is shared."""

    __tablename__ = "evaluation_notes"
    __table_args__ = (
        CheckConstraint("kind IN ('good', 'bad')", name="kind"),
        CheckConstraint("text <> ''", name="text"),
        Index("ix_evaluation_notes_employee_id_day", "employee_id", "day"),
        Index("ix_evaluation_notes_written_by", "written_by"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(4))
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[str] = mapped_column(String(120))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    shared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
