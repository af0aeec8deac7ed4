"""A 360° round in the browser: its dates, who is asked about whom, and written comments.

No row tells who has answered, or when: an answer is rows of ``reviews``, and those are gone once
the month is closed. The tables without row ids lie in the order of their keys.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Model, MonthType, UTCDateTime
from core.values import Month
from evaluations.models import RELATIONS

LONGEST_COMMENT = 1000


class ReviewRound(Model):
    """The round of a month; its days belong to it, ``ends_at`` is the moment after the last.

    ``seed`` is what reviewers were drawn with: kept, so that the draw can be repeated, and shown
    nowhere. What was promised to those who answer is fixed when it opens: ``min_raters`` and
    ``competencies`` (keys of the policy). ``answered`` is kept at the end, in tens of percent,
    and of a round that is too small to tell it not even then.
    """

    __tablename__ = "review_rounds"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'open', 'ended')", name="state"),
        CheckConstraint("last_day >= first_day", name="days"),
        CheckConstraint("ends_at > starts_at", name="moments"),
        CheckConstraint("peers BETWEEN 0 AND 10", name="peers"),
        CheckConstraint("cross_team BETWEEN 0 AND 10", name="cross_team"),
        CheckConstraint("max_load BETWEEN 1 AND 100", name="max_load"),
        CheckConstraint("(state = 'draft') = (min_raters IS NULL)", name="promised"),
        CheckConstraint("min_raters >= 3", name="min_raters"),
        CheckConstraint("state = 'ended' OR answered IS NULL", name="ended"),
        {"sqlite_with_rowid": False},
    )

    month: Mapped[Month] = mapped_column(MonthType, primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    peers: Mapped[int]
    cross_team: Mapped[int]
    max_load: Mapped[int]
    seed: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(5), default="draft")
    min_raters: Mapped[int | None]
    competencies: Mapped[list[Any]] = mapped_column(JSON, default=list)
    answered: Mapped[int | None]

    def is_running(self, now: datetime) -> bool:
        """Whether it takes answers at this moment."""
        return self.state == "open" and self.starts_at <= now < self.ends_at


class ReviewAssignment(Model):
    """Who is asked about whom, as what. It never tells whether they have answered."""

    __tablename__ = "review_assignments"
    __table_args__ = (
        CheckConstraint(f"relation IN {RELATIONS}", name="relation"),
        CheckConstraint("(relation = 'self') = (ratee_id = rater_id)", name="self"),
        {"sqlite_with_rowid": False},
    )

    month: Mapped[Month] = mapped_column(ForeignKey("review_rounds.month"), primary_key=True)
    rater_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    ratee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True, index=True)
    relation: Mapped[str] = mapped_column(String(12))


class ReviewNote(Model):
    """A comment while its round runs: its writer may change it. None is left at the end."""

    __tablename__ = "review_notes"
    __table_args__ = (
        CheckConstraint("text <> ''", name="text"),
        {"sqlite_with_rowid": False},
    )

    month: Mapped[Month] = mapped_column(ForeignKey("review_rounds.month"), primary_key=True)
    ratee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    rater_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class ReviewComment(Model):
    """A comment of an ended round: by which group, never by whom.

    ``place`` counts within a group, in an order that follows from the texts alone.
    """

    __tablename__ = "review_comments"
    __table_args__ = (
        CheckConstraint("text <> ''", name="text"),
        {"sqlite_with_rowid": False},
    )

    month: Mapped[Month] = mapped_column(ForeignKey("review_rounds.month"), primary_key=True)
    ratee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    relations: Mapped[str] = mapped_column(String(60), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
