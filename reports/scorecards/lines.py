"""The lines of a scorecard as the page shows them: figures in words, and how each came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from closing.cards import CardView
from closing.policy import Policy
from core.i18n import language
from core.pages.filters import number, short
from core.values import FactSpec
from evaluations.scorecards.scoring import LineResult
from reports import words
from reports.scorecards.sums import contributions, shares

_Exact = Callable[[float | None], str]


@dataclass(frozen=True, slots=True)
class LineView:
    """``adjusted`` is None where the raw value was scored; ``share`` is the effective weight.

    ``steps`` are the sums behind the score, one sentence each; ``endpoint`` shows the records.
    """

    metric: str
    label: str
    raw: str
    adjusted: str | None
    sample_size: int | None
    target: str
    weight: float
    score: float | None
    share: float | None
    contribution: Decimal | None
    source: str | None
    endpoint: str | None
    steps: tuple[str, ...]


def line_views(card: CardView, policy: Policy, catalogue: Mapping[str, FactSpec]) -> list[LineView]:
    share = shares(card.lines)
    points = contributions(card.lines, card.base)
    return [
        _view(line, card, policy, catalogue.get(line.metric, words.UNKNOWN), share, points)
        for line in card.lines
    ]


def _view(
    line: LineResult,
    card: CardView,
    policy: Policy,
    spec: FactSpec,
    share: Mapping[str, float],
    points: Mapping[str, Decimal],
) -> LineView:
    places = words.fine(line.floor, line.target) if spec.kind == "rate" else None
    metric = policy.metrics.get(line.metric)
    names = metric.names if metric else spec.names
    steps = _steps(line, spec, _ramp(line, card, policy)) if line.score is not None else ()
    adjusted = None if line.prior_mean is None else words.figure(line.value, spec, places)
    return LineView(
        metric=line.metric,
        label=names.get(language()),
        raw=words.figure(line.raw, spec, places),
        adjusted=adjusted,
        sample_size=line.sample_size,
        target=words.figure(line.target, spec, places),
        weight=line.weight,
        score=line.score,
        share=share.get(line.metric),
        contribution=points.get(line.metric),
        source=words.sources().get(line.source or ""),
        endpoint=records_of(line.metric, line.source),
        steps=steps,
    )


def _ramp(line: LineResult, card: CardView, policy: Policy) -> float | None:
    """The factor that moved this line's anchors, None where none did."""
    template = policy.templates.get(card.template)
    ramps = {each.metric for each in template.lines if each.ramp} if template else set()
    if not card.ramping or line.metric not in ramps:
        return None
    return policy.scoring.ramp[card.tenure_months]


def _steps(line: LineResult, spec: FactSpec, ramp: float | None) -> tuple[str, ...]:
    def exact(value: float | None) -> str:
        """With so many decimals that the sum can be done again."""
        return words.figure(value, spec, 4)

    found = []
    if line.prior_mean is not None:
        found.append(
            _(
                "Small samples: (%(n)s × %(raw)s + %(k)s × %(mean)s) ÷ (%(n)s + %(k)s) = %(value)s;"
                " %(mean)s is the mean of everybody on this template.",
                n=short(line.sample_size),
                k=short(line.prior),
                raw=exact(line.raw),
                mean=exact(line.prior_mean),
                value=exact(line.value),
            )
        )
    if ramp is not None:
        found.append(
            _(
                "New hire: target and stretch stand at %(ramp)s%% of their way from the floor.",
                ramp=short(ramp * 100),
            )
        )
    found.append(_anchors(line, exact))
    found.append(_score(line, exact))
    return tuple(found)


def _anchors(line: LineResult, exact: _Exact) -> str:
    ends = {"floor": exact(line.floor), "target": exact(line.target)}
    if line.stretch is None:
        return str(_("%(floor)s or worse is 0, %(target)s or better is 100.", **ends))
    return str(
        _(
            "%(floor)s or worse is 0, %(target)s is 100, %(stretch)s or better is 120.",
            stretch=exact(line.stretch),
            **ends,
        )
    )


def _score(line: LineResult, exact: _Exact) -> str:
    """The sum of the score, or which end it stands at."""
    score, value = line.score or 0, exact(line.value)
    result = number(score)
    if score <= 0:
        return str(_("%(value)s is at the floor or worse: 0.", value=value))
    if score < 100:
        text = "100 × (%s − %s) ÷ (%s − %s) = %s"
        ends = (value, exact(line.floor), exact(line.target), exact(line.floor), result)
        return text % ends
    if line.stretch is None or score in (100, 120):
        return str(_("%(value)s gives %(score)s.", value=value, score=result))
    text = "100 + 20 × (%s − %s) ÷ (%s − %s) = %s"
    return text % (value, exact(line.target), exact(line.stretch), exact(line.target), result)


_FAMILIES = {
    "complaint_count": "complaints",
    "complaint_rate": "complaints",
    "complaint_sla_rate": "complaints",
    "qa_score": "spot_checks",
    "review_360": "reviews",
    "contacts_handled": "tickets",
    "reopen_rate": "tickets",
    "csat": "tickets",
}
_PREFIXES = {
    "first_response_": "tickets",
    "resolution_rate_": "tickets",
    "training_": "training",
    "mandatory_": "training",
    "late_": "attendance",
    "early_leave_": "attendance",
}
_ATTENDANCE = {
    *("scheduled_days", "worked_days", "leave_days", "protected_leave_days", "absent_days"),
    *("missing_punch_count", "overtime_hours", "attendance_score"),
}


def records_of(metric: str, source: str | None) -> str | None:
    """The page of the records behind a fact; None where it has none of its own (the team's)."""
    if metric.startswith("team_"):
        return None
    if source == "entered":
        return "metrics"
    if metric in _ATTENDANCE:
        return "attendance"
    if metric in _FAMILIES:
        return _FAMILIES[metric]
    return next((page for head, page in _PREFIXES.items() if metric.startswith(head)), None)
