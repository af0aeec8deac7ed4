"""The sections of the policy that say how people are evaluated (docs/scoring.md, Facts to Grade).

Pure dataclasses. They are made by ``evaluations.policy_reader`` and hold what it has checked;
numbers are kept as the document writes them (an ``int`` stays one).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from core.values import Names

Better = Literal["higher", "lower"]
MetricKind = Literal["mean", "rate", "score", "count"]

REVIEW_WEIGHTS = MappingProxyType(
    {"supervisor": 40, "peer": 30, "subordinate": 15, "cross_team": 15}
)


@dataclass(frozen=True, slots=True)
class ServiceClock:
    """The minutes that count as service: weekdays (1 = Monday) and minutes after midnight.

    ``end_minute`` is exclusive and may be 1440 (24:00); the hours do not pass midnight.
    """

    days: frozenset[int]
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class TicketsSection:
    """Thresholds of the ticket facts; without a clock every minute counts."""

    clock: ServiceClock | None = None
    response_minutes: tuple[int, ...] = ()
    resolution_hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ScoringSection:
    """``ramp[tenure_months]`` moves the anchors of new hires; ``adjust_cap`` in points."""

    min_days: float = 10
    min_coverage: float = 0.6
    adjust_cap: float = 10
    ramp: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewsSection:
    """``weights`` by group: supervisor, peer, subordinate, cross_team (``self`` has none)."""

    weights: dict[str, float]
    competencies: dict[str, Names]
    min_raters: int = 3
    carry_months: int = 2


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that may stand in a template, and which way it is better."""

    key: str
    names: Names
    unit: str
    better: Better
    kind: MetricKind


@dataclass(frozen=True, slots=True)
class Line:
    """One weighted line of a template.

    The anchors are strictly monotonic in the direction of the metric; ``prior`` 0 means that small
    samples are not adjusted; ``stretch`` None means that nothing above 100 can be reached.
    """

    metric: str
    weight: float
    floor: float
    target: float
    stretch: float | None = None
    prior: float = 0
    ramp: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """The lines by which some positions are scored; ``team_share`` is 0..1."""

    key: str
    names: Names
    positions: tuple[str, ...]
    team_share: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """A band of totals from ``min`` up to the band above; the bands stand highest first."""

    key: str
    min: float
    names: Names
    coefficient: float
