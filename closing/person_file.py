"""The file of one person: incidents, what rules did, follow-up tasks and awards, by date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session

from core.models import MonthState
from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer
from evaluations.scorecards.models import Scorecard
from rewards import queries, task_queries
from rewards.models import AwardDecision, AwardWinner, Incident, RuleEntry
from rewards.voiding import still_counts

Kind = Literal["incident", "rule", "task", "award"]


@dataclass(frozen=True, slots=True)
class Item:
    """``what`` is the code of a rule, the key of an action or of an award; ``state`` by kind.

    ``points`` are signed; money is what was paid (plus) or taken off the bonus (minus).
    """

    kind: Kind
    id: int
    day: date
    what: str
    text: str
    state: str
    month: Month | None = None
    points: float | None = None
    money: float | None = None


def items(session: Session, viewer: Viewer, day: date, employee_id: int) -> list[Item]:
    """Everything of one person that the viewer may see; whether they may is the route's affair."""
    found = _incidents(session, viewer, day, employee_id)
    found += _rules(session, viewer, employee_id)
    if viewer.reaches_all(Permission.INCIDENTS_READ) or not _is_auditor(viewer):
        found += _tasks(session, employee_id)
    return found + _awards(session, viewer, day, employee_id)


def _is_auditor(viewer: Viewer) -> bool:
    return viewer.reaches_all(Permission.INCIDENTS_READ, closed=True)


def _incidents(session: Session, viewer: Viewer, day: date, employee_id: int) -> list[Item]:
    query = queries.incidents(viewer, day).where(Incident.employee_id == employee_id)
    return [
        Item("incident", row.id, row.day, row.rule, row.description, row.status, row.counts_in)
        for row in session.execute(query.order_by(Incident.day, Incident.id))
    ]


def _rules(session: Session, viewer: Viewer, employee_id: int) -> list[Item]:
    """What counted in closed months; of oneself only what is published."""
    out = or_(
        MonthState.published_at.is_not(None),
        literal(viewer.employee_id != employee_id),
        literal(viewer.reaches_all(Permission.SCORECARDS_READ, closed=True)),
    )
    rows = session.execute(
        select(RuleEntry, Scorecard.month)
        .join(Scorecard, Scorecard.id == RuleEntry.scorecard_id)
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .where(
            Scorecard.employee_id == employee_id,
            RuleEntry.state == "counts",
            still_counts(Scorecard.employee_id, Scorecard.month),
            out,
        )
        .order_by(Scorecard.month, RuleEntry.ordinal)
    )
    return [_of_entry(entry, month) for entry, month in rows]


def _of_entry(entry: RuleEntry, month: Month) -> Item:
    points = entry.points if entry.kind == "reward" else -entry.points
    money = entry.amount - entry.bonus_deduction
    return Item(
        "rule",
        entry.scorecard_id,
        month.last_day,
        entry.rule,
        "",
        entry.kind,
        month,
        points or None,
        money or None,
    )


def _tasks(session: Session, employee_id: int) -> list[Item]:
    return [
        Item("task", row.id, row.due, row.action, row.outcome or "", row.state, row.month)
        for row in task_queries.of_person(session, employee_id)
    ]


def _awards(session: Session, viewer: Viewer, day: date, employee_id: int) -> list[Item]:
    """What is announced; for HR also what will be."""
    known = AwardDecision.announced_on <= day
    rows: Sequence[Any] = session.scalars(
        select(AwardWinner)
        .join(AwardDecision, AwardDecision.id == AwardWinner.decision_id)
        .where(
            AwardWinner.employee_id == employee_id,
            or_(known, literal(viewer.reaches_all(Permission.AWARDS_WRITE))),
        )
        .order_by(AwardWinner.month, AwardWinner.award)
    ).all()
    return [
        Item("award", row.id, row.month.last_day, row.award, "", "won", row.month) for row in rows
    ]
