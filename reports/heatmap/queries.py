"""The lines of a month's scorecards as one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from evaluations.policy import Template
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


COLUMNS = ("id", "employee_no", "name", "team", "template", "status", "grade", "total")


def people(session: Session, cards: Select[Any]) -> list[Person]:
    """Everybody of ``cards`` (``month_cards``), with their lines. Two statements."""
    listed = cards.subquery()
    rows = session.execute(select(*(listed.c[name] for name in COLUMNS)))
    return with_scores(session, rows, select(listed.c.id))


def with_scores(session: Session, rows: Iterable[Any], ids: Any) -> list[Person]:
    """The rows, which have the columns of ``COLUMNS``, with the lines of the cards ``ids``."""
    found = {row.id: Person(*(getattr(row, name) for name in COLUMNS)) for row in rows}
    lines = session.execute(
        select(ScorecardLine.scorecard_id, ScorecardLine.metric, ScorecardLine.score)
        .where(ScorecardLine.scorecard_id.in_(ids))
        .order_by(ScorecardLine.scorecard_id, ScorecardLine.ordinal)
    )
    for scorecard_id, metric, score in lines:
        found[scorecard_id].scores[metric] = score
    return list(found.values())


def with_score_of(cards: Select[Any], metric: str | None) -> Select[Any]:
    """``cards`` with the score of the metric that they are sorted by, under its key."""
    listed = cards.subquery("cards")
    query: Select[Any] = select(*(listed.c[name] for name in COLUMNS))
    if metric is None:
        return query
    of_card = and_(ScorecardLine.scorecard_id == listed.c.id, ScorecardLine.metric == metric)
    return query.add_columns(ScorecardLine.score.label(metric)).outerjoin(ScorecardLine, of_card)


def metrics_of(templates: Iterable[Template], order: Sequence[str]) -> list[str]:
    """The metrics that one of the templates has, in the policy's order."""
    present = {line.metric for template in templates for line in template.lines}
    known = [metric for metric in order if metric in present]
    return [*known, *sorted(present.difference(known))]


BANDS = (60, 70, 80, 90, 100)


def band(score: float | None) -> str:
    """The class of a cell, 0 (below 60) to 5 (100 and more)."""
    if score is None:
        return "none"
    return str(sum(score >= bound for bound in BANDS))
