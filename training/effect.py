"""Did training help? (docs/training.md, Did it help?)

Pure: line scores of months in, verdicts out. People regress to the mean; without the bar most
verdicts would be noise.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.values import Month, mean, settle

LEAST_COLLEAGUES = 8
VERDICT_AFTER = 2  # months from the completion on


@dataclass(frozen=True, slots=True)
class MonthScores:
    """The scorecards of one month as far as training asks: by employee id.

    ``scores`` maps a metric to the line's score and lacks lines without data.
    """

    template: Mapping[int, str]
    ramping: Collection[int]
    scores: Mapping[int, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Completion:
    """A passed completion of a course that is meant to raise ``metrics``."""

    employee_id: int
    month: Month
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became decidable: ``change`` in points against the colleagues, and its bar."""

    employee_id: int
    metric: str
    change: float
    bar: float
    colleagues: int
    value: int


def verdicts(
    month: Month,
    completions: Iterable[Completion],
    scores: Mapping[Month, MonthScores],
) -> list[Verdict]:
    """Every verdict that becomes decidable in ``month``.

    ``completions`` are those of the five months that end with it; ``scores`` holds this month and
    of the earlier ones those that were closed.
    """
    start = month.plus(-VERDICT_AFTER)
    window = [start.plus(offset) for offset in (-2, -1, 1, 2)]
    if any(each not in scores for each in window):
        return []
    recent = [one for one in completions if start.plus(-2) <= one.month <= month]
    trained = {(one.employee_id, metric) for one in recent for metric in one.metrics}
    wanted = sorted(
        {(o.employee_id, metric) for o in recent if o.month == start for metric in o.metrics}
    )
    found = []
    changes: dict[tuple[str, str], dict[int, float]] = {}
    for employee_id, metric in wanted:
        template = scores[month].template.get(employee_id)
        if template is None:
            continue
        key = (template, metric)
        if key not in changes:
            changes[key] = _changes(template, metric, [scores[each] for each in window])
        own = changes[key].get(employee_id)
        others = [d for who, d in changes[key].items() if (who, metric) not in trained]
        if own is not None and len(others) >= LEAST_COLLEAGUES:
            found.append(_judge(employee_id, metric, own, others))
    return found


def worst(found: Iterable[Verdict]) -> dict[int, int]:
    """``training_effect`` by employee id: the worst of what became decidable."""
    result: dict[int, int] = {}
    for one in found:
        result[one.employee_id] = min(one.value, result.get(one.employee_id, one.value))
    return result


def _changes(template: str, metric: str, months: list[MonthScores]) -> dict[int, float]:
    """After less before, of everyone on the template with a score in all four months."""
    found = {}
    for employee_id in months[-1].template:
        points = [
            one.scores[employee_id].get(metric)
            for one in months
            if one.template.get(employee_id) == template and employee_id not in one.ramping
        ]
        if len(points) == 4 and None not in points:
            first, second, third, fourth = (point for point in points if point is not None)
            found[employee_id] = mean((third, fourth)) - mean((first, second))
    return found


def _judge(employee_id: int, metric: str, own: float, others: list[float]) -> Verdict:
    change = own - mean(others)
    spread = statistics.stdev(others)
    bar = max(5.0, 1.64 * spread * math.sqrt(1 + 1 / len(others)))
    value = 0
    if settle(change) >= settle(bar):
        value = 1
    elif settle(change) <= -settle(bar):
        value = -1
    return Verdict(employee_id, metric, change, bar, len(others), value)
