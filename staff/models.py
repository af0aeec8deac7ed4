"""People, teams, what they are assigned to over time, and their accounts."""

from __future__ import annotations

from datetime import date, datetime
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

from core.db import BigKey, Key, Model, UTCDateTime


class Team(Model):
    """A node of the tree of teams; ``path`` is written ``客服中心/售前一组``."""

    __tablename__ = "teams"

    id: Mapped[Key]
    path: Mapped[str] = mapped_column(String(300), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)


class Employee(Model):
    """A person; what changes over time stands in ``Assignment``. ``leave_date`` is the last day."""

    __tablename__ = "employees"
    __table_args__ = (
        CheckConstraint("leave_date IS NULL OR leave_date >= hire_date", name="employed"),
    )

    id: Mapped[Key]
    employee_no: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    hire_date: Mapped[date]
    leave_date: Mapped[date | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class Assignment(Model):
    """Position, team, supervisor and base wage of a person from a day on."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("employee_id", "effective_from"),
        CheckConstraint("supervisor_id IS NULL OR supervisor_id <> employee_id", name="not_self"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    effective_from: Mapped[date]
    position: Mapped[str | None] = mapped_column(String(60))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"), index=True)
    base_wage: Mapped[str | None] = mapped_column(Text)  # encrypted: see staff.wages
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class TeamLeader(Model):
    """Who leads a team beside being a supervisor: sees its members and the teams below it."""

    __tablename__ = "team_leaders"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)


class ExternalId(Model):
    """What a person is called in another system, from and to a day; an open end is None."""

    __tablename__ = "external_ids"
    __table_args__ = (
        UniqueConstraint("source", "external_id", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="span"),
    )

    id: Mapped[Key]
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(120))
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class Account(Model):
    """A sign-in: of a person, or of an administrator who is no employee.

    ``second_factor`` is the encrypted secret of the time-based codes, ``factor_step`` the last step
    whose code was used: none is taken twice.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("login IS NOT NULL OR employee_id IS NOT NULL", name="owner"),
    )

    id: Mapped[Key]
    employee_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"), unique=True)
    login: Mapped[str | None] = mapped_column(String(120), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    must_change: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(String(5))
    second_factor: Mapped[str | None] = mapped_column(Text)
    factor_step: Mapped[int | None] = mapped_column(BigInteger)


class RoleGrant(Model):
    """A role given by hand; others follow from positions and from having reports."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("account_id", "role"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))


class RoleRequest(Model):
    """A role that an administrator gives and a second person has not confirmed yet."""

    __tablename__ = "role_requests"
    __table_args__ = (UniqueConstraint("account_id", "role"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Deputy(Model):
    """Who stands in for somebody away, from and to a day (both belong to it).

    ``ended_at`` is set where it was ended before its last day.
    """

    __tablename__ = "deputies"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="span"),
        CheckConstraint("deputy_id <> absent_id", name="not_self"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    )

    id: Mapped[Key]
    absent_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(120))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class SignInFailure(Model):
    """Failed sign-ins of one name from one address: they delay the next try."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_key", "key", unique=True),)

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(200))
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SignedInSession(Model):
    """A browser in which an account is signed in; the browser holds what ``token_hash`` hashes.

    ``proven_at`` is when its owner last showed in it who they are: at the sign-in, or by typing the
    password again.
    """

    __tablename__ = "signed_in_sessions"

    id: Mapped[BigKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    proven_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    address: Mapped[str] = mapped_column(String(80))
    agent: Mapped[str] = mapped_column(String(200))


class OneTimeCode(Model):
    """Lets its holder choose a password, once. Only a hash is kept.

    A code of nobody (``account_id`` None) is what asking for an unknown name leaves, so that it
    costs what a known one costs.
    """

    __tablename__ = "one_time_codes"
    __table_args__ = (
        CheckConstraint("purpose IN ('invitation', 'slip', 'reset', 'handed')", name="purpose"),
    )

    id: Mapped[BigKey]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class EmailChange(Model):
    """The address that somebody asked for and has not confirmed yet. Only a hash of the code in
    its link is kept."""

    __tablename__ = "email_changes"
    __table_args__ = (CheckConstraint("expires_at > asked_at", name="span"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RecoveryCode(Model):
    """Stands in for a lost second factor, once. Only a hash is kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[BigKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Notice(Model):
    """What somebody was told, and whether they have read it: see ``staff.notices``.

    ``params`` fill in the text of its kind, ``values`` the address of the page that it leads to.
    ``once`` names what nobody is told twice.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("employee_id", "once"),
        CheckConstraint("read_at IS NULL OR read_at >= created_at", name="read"),
        Index("ix_notices_unread", "employee_id", "read_at"),
    )

    id: Mapped[BigKey]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    kind: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    endpoint: Mapped[str] = mapped_column(String(80))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    once: Mapped[str | None] = mapped_column(String(120))
