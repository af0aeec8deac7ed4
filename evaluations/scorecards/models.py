"""The immutable results of a closing: fact sheets, scorecards and their lines.

Rows hold person ids, no names and no wages. They are locked in the database once their closing is
sealed (``core.lock``).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import BigKey, Model, MonthType, big
from core.values import Month


class FactSheet(Model):
    """All facts of one person in one closed month, and what the person was assigned to in it.

    ``facts`` maps a key to [value, sample size or null, source].
    """

    __tablename__ = "fact_sheets"
    __table_args__ = ({"sqlite_with_rowid": False},)

    closing_id: Mapped[int] = mapped_column(ForeignKey("closings.id"), primary_key=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    position: Mapped[str | None] = mapped_column(String(60))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    hire_date: Mapped[date]
    leave_date: Mapped[date | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class Scorecard(Model):
    """One person's scorecard in one closing (scoring, sections 2 and 5)."""

    __tablename__ = "scorecards"
    __table_args__ = (
        UniqueConstraint("closing_id", "employee_id"),
        Index("ix_scorecards_employee_id_month", "employee_id", "month"),
        Index("ix_scorecards_closing_id_company_rank", "closing_id", "company_rank"),
        Index("ix_scorecards_closing_id_team_id", "closing_id", "team_id"),
        Index("ix_scorecards_closing_id_total", "closing_id", "total"),
    )

    id: Mapped[BigKey]
    closing_id: Mapped[int] = mapped_column(ForeignKey("closings.id"))
    month: Mapped[Month] = mapped_column(MonthType)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    position: Mapped[str] = mapped_column(String(60))
    template: Mapped[str] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(12))
    ramping: Mapped[bool]
    tenure_months: Mapped[int]
    coverage: Mapped[float]
    base: Mapped[float | None]
    team_mean: Mapped[float | None]
    team_share: Mapped[float]
    blended: Mapped[float | None]
    adjustment: Mapped[float]
    total: Mapped[float | None]
    grade: Mapped[str | None] = mapped_column(String(20))
    team_rank: Mapped[int | None]
    company_rank: Mapped[int | None]
    coefficient: Mapped[float]


class ScorecardLine(Model):
    """One line: raw and adjusted value, sample size, source, the anchors used, weight, score."""

    __tablename__ = "scorecard_lines"
    __table_args__ = ({"sqlite_with_rowid": False},)

    scorecard_id: Mapped[int] = mapped_column(
        big, ForeignKey("scorecards.id"), primary_key=True, autoincrement=False
    )
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    metric: Mapped[str] = mapped_column(String(80))
    raw: Mapped[float | None]
    value: Mapped[float | None]
    sample_size: Mapped[int | None]
    source: Mapped[str | None] = mapped_column(String(10))
    weight: Mapped[float]
    score: Mapped[float | None]
    floor: Mapped[float]
    target: Mapped[float]
    stretch: Mapped[float | None]
    prior: Mapped[float]
    prior_mean: Mapped[float | None]
