"""Stored results of earlier months, read when the month at hand asks for them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from core.models import MonthState
from core.values import Fact, Month, flat
from evaluations.scorecards.models import FactSheet, Scorecard, ScorecardLine
from rewards.entries import PastMonth
from rewards.models import RuleEntry
from rewards.voiding import still_counts
from training.effect import MonthScores

OWN_SOURCES = ("computed", "entered")


def facts_from_json(stored: Mapping[str, Any]) -> dict[str, Fact]:
    """A stored fact sheet: [value, sample size, source] by key."""
    return {key: Fact(*parts) for key, parts in stored.items()}


class _LazyFacts(Mapping[str, float]):
    """Flat facts of a past month, parsed only where a streak asks for them."""

    __slots__ = ("_text", "_values")

    def __init__(self, text: str) -> None:
        self._text = text
        self._values: dict[str, float] | None = None

    def _parsed(self) -> dict[str, float]:
        if self._values is None:
            self._values = flat(facts_from_json(json.loads(self._text)))
        return self._values

    def __getitem__(self, key: str) -> float:
        return self._parsed()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())


class StoredHistory:
    """``closing.month.History`` over the database. Months are loaded once, when asked for.

    With ``until`` it is the history of then: what was voided later still counts.
    """

    def __init__(self, session: Session, before: Month, until: datetime | None = None) -> None:
        rows = session.execute(
            select(MonthState.month, MonthState.closing_id).where(
                MonthState.state == "closed", MonthState.month < before
            )
        )
        self._session = session
        self._until = until
        self._closings: dict[Month, int] = {
            month: closing for month, closing in rows if closing is not None
        }
        self._past: dict[Month, dict[int, PastMonth]] = {}
        self._coefficients: dict[tuple[Month, ...], dict[int, list[float]]] = {}

    def review(self, month: Month) -> dict[int, Fact] | None:
        closing_id = self._closings.get(month)
        if closing_id is None:
            return None
        sheets = self._session.execute(
            select(FactSheet.employee_id, FactSheet.facts["review_360"]).where(
                FactSheet.closing_id == closing_id
            )
        )
        found = {who: Fact(*parts) for who, parts in sheets if parts is not None}
        return {who: fact for who, fact in found.items() if fact.source in OWN_SOURCES}

    def scores(self, month: Month) -> MonthScores | None:
        closing_id = self._closings.get(month)
        if closing_id is None:
            return None
        cards = self._session.execute(
            select(Scorecard.employee_id, Scorecard.template, Scorecard.ramping).where(
                Scorecard.closing_id == closing_id
            )
        ).all()
        lines = self._session.execute(
            select(Scorecard.employee_id, ScorecardLine.metric, ScorecardLine.score)
            .join(ScorecardLine, ScorecardLine.scorecard_id == Scorecard.id)
            .where(Scorecard.closing_id == closing_id, ScorecardLine.score.is_not(None))
        )
        scores: dict[int, dict[str, float]] = {card.employee_id: {} for card in cards}
        for employee_id, metric, score in lines:
            if score is not None:
                scores[employee_id][metric] = score
        return MonthScores(
            template={card.employee_id: card.template for card in cards},
            ramping={card.employee_id for card in cards if card.ramping},
            scores=scores,
        )

    def past(self, employee_id: int) -> Mapping[Month, PastMonth]:
        if not self._closings:
            return {}
        return _PersonHistory(self, employee_id)

    def coefficients(self, months: Sequence[Month]) -> Mapping[int, list[float]]:
        key = tuple(months)
        if key not in self._coefficients:
            found: dict[int, list[float]] = defaultdict(list)
            closings = [self._closings[m] for m in key if m in self._closings]
            rows = self._session.execute(
                select(Scorecard.employee_id, Scorecard.coefficient).where(
                    Scorecard.closing_id.in_(closings), Scorecard.status == "complete"
                )
            )
            for employee_id, coefficient in rows:
                found[employee_id].append(coefficient)
            self._coefficients[key] = dict(found)
        return self._coefficients[key]

    def month(self, month: Month) -> dict[int, PastMonth]:
        """Everybody's past of one closed month; empty where it was not closed."""
        if month not in self._past:
            closing_id = self._closings.get(month)
            self._past[month] = {} if closing_id is None else self._load(closing_id)
        return self._past[month]

    def months(self) -> list[Month]:
        return sorted(self._closings)

    def _load(self, closing_id: int) -> dict[int, PastMonth]:
        fired: dict[int, dict[str, int]] = defaultdict(dict)
        rows = self._session.execute(
            select(Scorecard.employee_id, RuleEntry.rule, func.count())
            .join(RuleEntry, RuleEntry.scorecard_id == Scorecard.id)
            .where(
                Scorecard.closing_id == closing_id,
                RuleEntry.state.in_(("counts", "superseded")),
                still_counts(Scorecard.employee_id, Scorecard.month, self._until),
            )
            .group_by(Scorecard.employee_id, RuleEntry.rule)
        )
        for employee_id, rule, count in rows:
            fired[employee_id][rule] = count
        cards = self._session.execute(
            select(Scorecard.employee_id, Scorecard.status, cast(FactSheet.facts, Text))
            .join(
                FactSheet,
                (FactSheet.closing_id == Scorecard.closing_id)
                & (FactSheet.employee_id == Scorecard.employee_id),
            )
            .where(Scorecard.closing_id == closing_id)
        )
        return {
            who: PastMonth(status == "exempt", _LazyFacts(text), fired.get(who, {}))
            for who, status, text in cards
        }


class _PersonHistory(Mapping[Month, PastMonth]):
    """One person's earlier months, looked up when a streak or a ladder asks."""

    __slots__ = ("_employee_id", "_history")

    def __init__(self, history: StoredHistory, employee_id: int) -> None:
        self._history = history
        self._employee_id = employee_id

    def __getitem__(self, month: Month) -> PastMonth:
        return self._history.month(month)[self._employee_id]

    def __iter__(self) -> Iterator[Month]:
        return (m for m in self._history.months() if self._employee_id in self._history.month(m))

    def __len__(self) -> int:
        return sum(1 for _ in self)
