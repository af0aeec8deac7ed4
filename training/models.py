"""Courses, and who attended, missed or passed them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model


class Course(Model):
    """A course; ``positions`` and ``metrics`` are lists separated by ``;``.

    It is mandatory for its positions, due ``due_days`` after the hire date, and a completion is
    valid for ``valid_months`` (for ever where null).
    """

    __tablename__ = "courses"

    id: Mapped[Key]
    course_code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    category: Mapped[str | None] = mapped_column(String(60))
    positions: Mapped[str] = mapped_column(String(1000), default="")
    due_days: Mapped[int | None]
    valid_months: Mapped[int | None]
    hours: Mapped[float | None]
    pass_mark: Mapped[float | None]
    metrics: Mapped[str] = mapped_column(String(1000), default="")
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class TrainingRecord(Model):
    """One person's session of a course on a day. ``passed`` is null where the file said nothing."""

    __tablename__ = "training_records"
    __table_args__ = (
        UniqueConstraint("employee_id", "course_id", "day"),
        Index("ix_training_records_day", "day"),
        CheckConstraint("status IN ('attended', 'missed', 'excused')", name="status"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    day: Mapped[date]
    mandatory: Mapped[bool]
    status: Mapped[str] = mapped_column(String(10))
    hours: Mapped[float | None]
    score: Mapped[float | None]
    passed: Mapped[bool | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
