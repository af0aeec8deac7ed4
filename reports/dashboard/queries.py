"""What the dashboard tells: one's team against the month before, and months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from core.models import Closing, MonthState
from core.values import Month
from evaluations.scorecards.models import Scorecard

FALLEN = 8
NOTABLE = 3  # points


def fallen(session: Session, cards: Select[Any]) -> list[Row[Any]]:
    """Whose total fell notably since the month before, deepest first."""
    listed = cards.subquery()
    rows: Any = session.execute(
        select(
            listed.c.employee_no,
            listed.c.name,
            listed.c.team,
            listed.c.grade,
            listed.c.total,
            listed.c.change,
        )
        .where(listed.c.change <= -NOTABLE)
        .order_by(listed.c.change, listed.c.employee_no)
        .limit(FALLEN)
    )
    return list(rows.all())


@dataclass(frozen=True, slots=True)
class MonthRow:
    """``cards`` are those of the revision in force; 0 while the month is open."""

    month: Month
    closed: bool
    revision: int | None
    cards: int
    published_at: datetime | None
    exported_at: datetime | None


def months(session: Session, limit: int) -> list[MonthRow]:
    """The newest months that were ever closed, newest first."""
    cards = (
        select(func.count())
        .where(Scorecard.closing_id == MonthState.closing_id)
        .correlate(MonthState)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            MonthState.month,
            MonthState.state,
            Closing.revision,
            cards,
            MonthState.published_at,
            MonthState.exported_at,
        )
        .outerjoin(Closing, Closing.id == MonthState.closing_id)
        .order_by(MonthState.month.desc())
        .limit(limit)
    )
    return [
        MonthRow(month, state == "closed", revision, count, published, exported)
        for month, state, revision, count, published, exported in rows
    ]
