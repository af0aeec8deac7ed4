"""Lines, base score, status, total, grade and rank (docs/scoring.md, Lines to Rank).

Pure: facts and policy in, results out. Numbers are doubles, sums ``math.fsum``; what decides
(grades, ranks, thresholds) is settled first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple, TypeVar

from core.values import Fact, Month, half_up, settle
from evaluations.policy import Grade, Line, ScoringSection, Template

Status = Literal["exempt", "incomplete", "complete"]
LOWEST, HIGHEST = Decimal(0), Decimal(120)
HUNDREDTH = Decimal("0.01")


class LineResult(NamedTuple):
    """One line as shown: ``raw`` from the facts, ``value`` adjusted by the prior, anchors as used.

    ``score`` is 0..120, or None where the fact is absent.
    """

    metric: str
    raw: float | None
    value: float | None
    sample_size: int | None
    source: str | None
    weight: float
    score: float | None
    floor: float
    target: float
    stretch: float | None
    prior: float
    prior_mean: float | None


@dataclass(frozen=True, slots=True)
class Base:
    """The lines of one scorecard and what they come to; ``base`` is None without any data."""

    lines: tuple[LineResult, ...]
    coverage: float
    base: float | None


def tenure_months(hired: date, month: Month) -> int:
    """Whole months from the hire date to the month's last day, never below 0.

    A month is full on the same day number, or on the last day of a shorter month. The last day
    of any month is the one or the other, so the calendar months between the two tell it all.
    """
    return max(0, month.index - Month.of(hired).index)


def ramp_factor(ramp: Sequence[float], tenure: int) -> float | None:
    """How far target and stretch stand from the floor for a new hire; None once not ramping."""
    return ramp[tenure] if tenure < len(ramp) else None


def anchors(line: Line, factor: float | None) -> tuple[float, float, float | None]:
    """Floor, target and stretch, moved towards the floor on a ramping line."""
    if factor is None or not line.ramp:
        return line.floor, line.target, line.stretch
    target = line.floor + (line.target - line.floor) * factor
    if line.stretch is None:
        return line.floor, target, None
    return line.floor, target, line.floor + (line.stretch - line.floor) * factor


def score(x: float, floor: float, target: float, stretch: float | None) -> float:
    """0 at the floor or worse, 100 at the target, up to 120 towards the stretch.

    The anchors are strictly monotonic; their order says which direction is better.
    """
    sign = 1 if target > floor else -1
    if (x - floor) * sign <= 0:
        return 0.0
    if (x - target) * sign < 0:
        return 100 * (x - floor) / (target - floor)
    if stretch is None:
        return 100.0
    return min(120.0, 100 + 20 * (x - target) / (stretch - target))


def prior_means(template: Template, sheets: Iterable[Mapping[str, Fact]]) -> dict[str, float]:
    """Sample-weighted mean of each metric with a prior over everyone on the template."""
    wanted = [line.metric for line in template.lines if line.prior]
    weighted: dict[str, list[float]] = {metric: [] for metric in wanted}
    sizes: dict[str, int] = dict.fromkeys(wanted, 0)
    for facts in sheets:
        for metric in wanted:
            fact = facts.get(metric)
            if fact is not None and fact.n:
                weighted[metric].append(fact.n * fact.value)
                sizes[metric] += fact.n
    return {m: math.fsum(weighted[m]) / sizes[m] for m in wanted if sizes[m]}


def base_score(
    template: Template,
    facts: Mapping[str, Fact],
    means: Mapping[str, float],
    factor: float | None,
) -> Base:
    """Every line of the template, the coverage (0..1), and the base score."""
    lines = tuple(_line(line, facts.get(line.metric), means, factor) for line in template.lines)
    with_data = [line for line in lines if line.score is not None]
    weight = math.fsum(line.weight for line in with_data)
    coverage = weight / math.fsum(line.weight for line in lines)
    if not with_data:
        return Base(lines, coverage, None)
    points = math.fsum(line.weight * line.score for line in with_data if line.score is not None)
    return Base(lines, coverage, points / weight)


def _line(
    line: Line, fact: Fact | None, means: Mapping[str, float], factor: float | None
) -> LineResult:
    floor, target, stretch = anchors(line, factor)
    if fact is None:
        return LineResult(
            line.metric, None, None, None, None, line.weight, None, floor, target, stretch,
            line.prior, None,
        )  # fmt: skip
    value, used = fact.value, None
    if line.prior and fact.n:
        used = means[line.metric]
        value = (fact.n * fact.value + line.prior * used) / (fact.n + line.prior)
    points = score(value, floor, target, stretch)
    return LineResult(
        line.metric, fact.value, value, fact.n, fact.source, line.weight, points, floor, target,
        stretch, line.prior, used,
    )  # fmt: skip


def status_of(facts: Mapping[str, Fact], coverage: float, scoring: ScoringSection) -> Status:
    """Exempt before incomplete before complete."""
    scheduled, leave = facts.get("scheduled_days"), facts.get("leave_days")
    if scheduled is not None:
        present = scheduled.value - (leave.value if leave else 0)
        if settle(present) < settle(scoring.min_days):
            return "exempt"
    return "incomplete" if settle(coverage) < settle(scoring.min_coverage) else "complete"


def blend(base: float | None, team_mean: float | None, share: float) -> float | None:
    """Own base with the team's share in it; the base alone where the team has no mean."""
    if base is None or team_mean is None:
        return base
    return (1 - share) * base + share * team_mean


def held_adjustment(points: float, cap: float) -> float:
    """Reward points less penalty points, held within ± the cap."""
    return max(-cap, min(cap, points))


def total_of(blended: float | None, adjustment: float, ceiling: Decimal | None) -> Decimal | None:
    """Held within 0..120, then to the least cap, then rounded to two decimals."""
    if blended is None:
        return None
    total = min(HIGHEST, max(LOWEST, settle(blended + adjustment)))
    if ceiling is not None:
        total = min(total, ceiling)
    return half_up(total, 2)


def cap_ceiling(grades: Sequence[Grade], capped: str | None) -> Decimal | None:
    """0.01 under the band above the capped grade; none for the top band or without a cap."""
    keys = [grade.key for grade in grades]
    if capped is None or keys.index(capped) == 0:
        return None
    return settle(grades[keys.index(capped) - 1].min) - HUNDREDTH


def grade_of(
    grades: Sequence[Grade], total: Decimal, *, ramping: bool, capped: str | None
) -> Grade:
    """The first band whose min is reached; a new hire is spared the last, unless capped to it."""
    found = next((grade for grade in grades if settle(grade.min) <= total), grades[-1])
    spared = ramping and found is grades[-1] and capped != found.key and len(grades) > 1
    return grades[-2] if spared else found


Item = TypeVar("Item")


def competition_ranks(items: Iterable[Item], total: Callable[[Item], Decimal]) -> dict[int, int]:
    """Rank 1, 2, 2, 4 by total, highest first; keyed by ``id`` of the item."""
    ordered = sorted(items, key=total, reverse=True)
    ranks: dict[int, int] = {}
    for place, item in enumerate(ordered, 1):
        tied = place > 1 and total(item) == total(ordered[place - 2])
        ranks[id(item)] = ranks[id(ordered[place - 2])] if tied else place
    return ranks
