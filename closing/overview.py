"""Every month with what has become of it, and what a close locked, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from closing.models import Pay
from core.models import Closing, DocumentVersion, LateRow, MonthState
from core.values import Month, half_up
from evaluations.models import MetricValue, Ticket
from evaluations.scorecards.models import Scorecard
from staff.attendance.models import AttendanceMonth


@dataclass(frozen=True, slots=True)
class MonthRow:
    """``state`` is open, reopened or closed; what a close left is None while it is not closed."""

    month: Month
    state: str
    revision: int | None = None
    policy_version: int | None = None
    cards: int | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    published_at: datetime | None = None
    exported_at: datetime | None = None
    late: int = 0

    @property
    def order(self) -> int:
        return -self.month.index


def month_rows(session: Session, until: Month) -> list[MonthRow]:
    """Months that have records or were closed, and all from then up to ``until``; newest first."""
    current = {row.month: row for row in _closed(session)}
    late = dict(
        session.execute(
            select(LateRow.month, func.count())
            .where(LateRow.state == "waiting")
            .group_by(LateRow.month)
        ).all()
    )
    ever = set(session.scalars(select(Closing.month).distinct()))
    known = ever | late.keys() | _with_records(session)
    known = {month for month in known if month <= until} | ever
    first = min(known, default=until)
    last = max(known | {until})
    months = [first.plus(offset) for offset in range(last.index - first.index + 1)]
    return [
        _row(month, current.get(month), month in ever, late.get(month, 0))
        for month in reversed(months)
    ]


class Sums(NamedTuple):
    """What a close locks, in numbers."""

    cards: int
    grades: Counter[str]
    statuses: Counter[str]
    payout: Decimal


def stored_sums(session: Session, closing: Closing) -> Sums:
    """Over all scorecards of a closing, without reading them whole. One statement."""
    rows = session.execute(
        select(Scorecard.grade, Scorecard.status, Pay.payout)
        .join(Pay, Pay.scorecard_id == Scorecard.id)
        .where(Scorecard.closing_id == closing.id)
    ).all()
    return Sums(
        cards=len(rows),
        grades=Counter(row.grade for row in rows if row.grade),
        statuses=Counter(row.status for row in rows),
        payout=sum((row.payout for row in rows), start=half_up(0, 2)),
    )


def late_waiting(session: Session, month: Month) -> int:
    """How many late rows wait for the month."""
    query = select(func.count()).where(LateRow.state == "waiting", LateRow.month == month)
    return session.execute(query).scalar_one()


def _with_records(session: Session) -> set[Month]:
    found: set[Month] = set()
    for column in (Ticket.month, MetricValue.month, AttendanceMonth.month):
        found |= set(session.scalars(select(column).distinct()))
    return found


def _closed(session: Session) -> list[MonthRow]:
    cards = (
        select(Scorecard.closing_id, func.count().label("cards"))
        .group_by(Scorecard.closing_id)
        .subquery()
    )
    rows = session.execute(
        select(MonthState, Closing, DocumentVersion.number, cards.c.cards)
        .join(Closing, Closing.id == MonthState.closing_id)
        .join(DocumentVersion, DocumentVersion.id == Closing.document_version_id)
        .outerjoin(cards, cards.c.closing_id == Closing.id)
        .where(MonthState.state == "closed")
    )
    return [
        MonthRow(
            month=state.month,
            state="closed",
            revision=closing.revision,
            policy_version=version,
            cards=count or 0,
            closed_at=closing.closed_at,
            closed_by=closing.closed_by,
            published_at=state.published_at,
            exported_at=state.exported_at,
        )
        for state, closing, version, count in rows
    ]


def _row(month: Month, closed: MonthRow | None, ever: bool, late: int) -> MonthRow:
    if closed is None:
        return MonthRow(month, "reopened" if ever else "open", late=late)
    names = ("revision", "policy_version", "cards", "closed_at", "closed_by")
    values = {name: getattr(closed, name) for name in (*names, "published_at", "exported_at")}
    return MonthRow(month, "closed", late=late, **values)
