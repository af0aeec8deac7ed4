"""The lines of a month's scorecards as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from evaluations.scorecards.models import ScorecardLine


@dataclass(slots=True)
class Person:
    """A scorecard as a row of the map: ``scores`` by metric, None where the line has no data."""

    id: int
    employee_no: str
    name: str
    team: str | None
    template: str
    status: str
    grade: str | None
    total: float | None
    scores: dict[str, float | None] = field(default_factory=dict)


def people(session: Session, cards: Select[Any]) -> list[Person]:
    """Everybody of ``cards`` (``month_cards``), with their lines. Two statements."""
    listed = cards.subquery()
    names = ("id", "employee_no", "name", "team", "template", "status", "grade", "total")
    rows = session.execute(select(*(listed.c[name] for name in names)))
    found = {row.id: Person(*row) for row in rows}
    lines = session.execute(
        select(ScorecardLine.scorecard_id, ScorecardLine.metric, ScorecardLine.score)
        .where(ScorecardLine.scorecard_id.in_(select(listed.c.id)))
        .order_by(ScorecardLine.scorecard_id, ScorecardLine.ordinal)
    )
    for scorecard_id, metric, score in lines:
        found[scorecard_id].scores[metric] = score
    return list(found.values())


def metrics_of(found: Sequence[Person], order: Sequence[str]) -> list[str]:
    """The metrics that somebody's template has, in the policy's order."""
    present = {metric for person in found for metric in person.scores}
    known = [metric for metric in order if metric in present]
    return [*known, *sorted(present.difference(known))]


BANDS = (60, 70, 80, 90, 100)


def band(score: float | None) -> str:
    """The class of a cell, 0 (below 60) to 5 (100 and more)."""
    if score is None:
        return "none"
    return str(sum(score >= bound for bound in BANDS))
