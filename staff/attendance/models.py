"""Rosters, punches, leave, overtime, decisions on single days, and the computed person-days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model, MonthType, UTCDateTime, WallSeconds
from core.values import Month


class Roster(Model):
    """Who has which shift from a date on: of a person or of a team; no shift means off.

    ``shift_start`` and ``shift_end`` are minutes from midnight of the date; an end that is not
    after the start lies on the next day. ``weekdays`` are digits, 1 is Monday.
    """

    __tablename__ = "rosters"
    __table_args__ = (
        CheckConstraint("(employee_id IS NULL) <> (team_id IS NULL)", name="owner"),
        CheckConstraint('"end" IS NULL OR "end" >= start', name="span"),
        CheckConstraint("(shift_start IS NULL) = (shift_end IS NULL)", name="shift"),
        UniqueConstraint("employee_id", "start"),
        UniqueConstraint("team_id", "start"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    start: Mapped[date]
    end: Mapped[date | None]
    shift_start: Mapped[int | None]
    shift_end: Mapped[int | None]
    break_minutes: Mapped[int]
    grace_minutes: Mapped[int]
    weekdays: Mapped[str] = mapped_column(String(7))
    follows_calendar: Mapped[bool]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class Punch(Model):
    """A sign-in or sign-out at the clock; an approved correction is marked."""

    __tablename__ = "punches"
    __table_args__ = ({"sqlite_with_rowid": False},)

    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    correction: Mapped[bool] = mapped_column(default=False)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


STATUSES = "status IN ('approved', 'requested', 'declined')"


class Leave(Model):
    __tablename__ = "leaves"
    __table_args__ = (
        UniqueConstraint("employee_id", "start"),
        CheckConstraint(STATUSES, name="status"),
        CheckConstraint('"end" > start', name="span"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    type: Mapped[str] = mapped_column(String(40))
    start: Mapped[WallSeconds]
    end: Mapped[WallSeconds]
    status: Mapped[str] = mapped_column(String(10))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class Overtime(Model):
    __tablename__ = "overtimes"
    __table_args__ = (
        UniqueConstraint("employee_id", "start"),
        CheckConstraint(STATUSES, name="status"),
        CheckConstraint('"end" > start', name="span"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    start: Mapped[WallSeconds]
    end: Mapped[WallSeconds]
    status: Mapped[str] = mapped_column(String(10))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class AttendanceRequest(Model):
    """What somebody asked for: leave, overtime, or a punch that the clock missed.

    Leave and overtime stand as rows with status ``requested`` beside it, under the same employee
    and start; a correction becomes a punch once it is approved. ``day`` is the date that it counts
    on. ``decided`` is also when it was withdrawn.
    """

    __tablename__ = "attendance_requests"
    __table_args__ = (
        CheckConstraint("kind IN ('leave', 'overtime', 'correction')", name="kind"),
        CheckConstraint(
            "state IN ('requested', 'approved', 'declined', 'withdrawn')", name="state"
        ),
        CheckConstraint("(kind = 'leave') = (type IS NOT NULL)", name="type"),
        CheckConstraint("(kind = 'correction') = (\"end\" IS NULL)", name="end"),
        CheckConstraint('"end" IS NULL OR "end" > start', name="span"),
        CheckConstraint(
            "(state = 'requested') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided",
        ),
        Index(
            "uq_attendance_requests_open",
            "employee_id",
            "kind",
            "start",
            unique=True,
            sqlite_where=text("state = 'requested'"),
            postgresql_where=text("state = 'requested'"),
        ),
        Index("ix_attendance_requests_state", "state", "day"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    type: Mapped[str | None] = mapped_column(String(40))
    start: Mapped[WallSeconds]
    end: Mapped[int | None] = mapped_column(BigInteger)
    day: Mapped[date]
    reason: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="requested")
    asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decision: Mapped[str] = mapped_column(Text, default="")


class Excuse(Model):
    """A late arrival, early departure or missing punch of one day, excused with a reason."""

    __tablename__ = "excuses"
    __table_args__ = (
        UniqueConstraint("employee_id", "day", "kind"),
        CheckConstraint("kind IN ('late', 'early', 'missing')", name="kind"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(120))
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)


class CalendarOverride(Model):
    """A date that the organisation makes a working day or a holiday of its own."""

    __tablename__ = "calendar_overrides"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    label: Mapped[str] = mapped_column(String(120))


class PersonDay(Model):
    """What the punches of a person make of one day: computed when records change.

    Locked while its month is closed. ``leave_halves`` are half days; ``excused`` holds the
    letters l, e, m for what was excused.
    """

    __tablename__ = "person_days"
    __table_args__ = (
        Index("ix_person_days_month", "month", "employee_id"),
        {"sqlite_with_rowid": False},
    )

    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    month: Mapped[Month] = mapped_column(MonthType)
    scheduled: Mapped[bool]
    shift_start: Mapped[int | None] = mapped_column(BigInteger)
    shift_end: Mapped[int | None] = mapped_column(BigInteger)
    arrival: Mapped[int | None] = mapped_column(BigInteger)
    departure: Mapped[int | None] = mapped_column(BigInteger)
    worked: Mapped[bool]
    absent: Mapped[bool]
    missing: Mapped[bool]
    late_minutes: Mapped[int]
    early_minutes: Mapped[int]
    leave_halves: Mapped[int] = mapped_column(SmallInteger)
    protected_halves: Mapped[int] = mapped_column(SmallInteger)
    overtime_seconds: Mapped[int]
    excused: Mapped[str] = mapped_column(String(3), default="")


class StaleDays(Model):
    """Days to compute again: written with the change that made them stale."""

    __tablename__ = "stale_days"

    id: Mapped[Key]
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    first: Mapped[date]
    last: Mapped[date]


class AttendanceMonth(Model):
    """A month whose person-days are kept: from its first record, or from its first preview, on."""

    __tablename__ = "attendance_months"

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
