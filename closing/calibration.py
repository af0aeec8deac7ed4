"""Comparing groups of scorecards, and those who judge, before a month is closed. Pure.

Nothing here wants grades to be spread in any way: it says where groups differ, and by how much.
Of fewer than ``FEWEST`` nothing is said, for it would be chance, or one person.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

FEWEST = 5
Group = TypeVar("Group", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Spread:
    """``n`` scorecards with a total, their mean and standard deviation (of a sample, n - 1).

    ``mean``, ``sd`` and ``grades`` are None where there are too few.
    """

    n: int
    mean: float | None = None
    sd: float | None = None
    grades: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Leniency:
    """By how much somebody judges higher than the others: points, None where there are too few.

    ``n`` are their judgements that can be compared, ``others`` those of the others beside them.
    """

    n: int
    others: int
    difference: float | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the audit trail about evaluations: ``subject`` is ``evaluation:month:number``,
    and the metric behind it where it is a value."""

    at: datetime
    actor: str
    action: str
    subject: str
    payload: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What calibration changed: an evaluation given back (``metric`` is None), or a value after.

    Values are None where there was, or is, none.
    """

    at: datetime
    actor: str
    employee_no: str
    metric: str | None
    before: float | None
    after: float | None
    reason: str


def mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed)


def deviation(values: Iterable[float]) -> float:
    """The standard deviation of a sample; of two values at least."""
    listed = list(values)
    middle = mean(listed)
    return math.sqrt(math.fsum((each - middle) ** 2 for each in listed) / (len(listed) - 1))


def spreads(
    scores: Iterable[tuple[Group, str | None, float | None]], fewest: int = FEWEST
) -> dict[Group, Spread]:
    """By group: (group, grade, total) of every scorecard. One without a total is not counted."""
    totals: dict[Group, list[float]] = defaultdict(list)
    grades: dict[Group, Counter[str]] = defaultdict(Counter)
    for group, grade, total in scores:
        if total is None:
            continue
        totals[group].append(total)
        if grade is not None:
            grades[group][grade] += 1
    return {
        group: Spread(len(each), mean(each), deviation(each), dict(grades[group]))
        if len(each) >= max(fewest, 2)
        else Spread(len(each))
        for group, each in totals.items()
    }


def leniency(
    judgements: Iterable[tuple[Group, Hashable, float]], fewest: int = FEWEST
) -> dict[Group, Leniency]:
    """By who judged: (who, about what, points). Only what is about the same is compared.

    Each judgement counts by its distance from the mean of the others' about the same; a subject
    about which the others have too few is left out.
    """
    by_topic: dict[Hashable, dict[Group, list[float]]] = defaultdict(lambda: defaultdict(list))
    everybody: dict[Group, None] = {}
    for who, topic, points in judgements:
        by_topic[topic][who].append(points)
        everybody[who] = None
    distances: dict[Group, list[float]] = defaultdict(list)
    beside: Counter[Group] = Counter()
    for judged in by_topic.values():
        for who, own in judged.items():
            others = [each for other, listed in judged.items() if other != who for each in listed]
            if len(others) < fewest:
                continue
            middle = mean(others)
            distances[who] += [each - middle for each in own]
            beside[who] += len(others)
    return {
        who: Leniency(
            len(distances[who]),
            beside[who],
            mean(distances[who]) if len(distances[who]) >= fewest else None,
        )
        for who in everybody
    }


def changes(entries: Iterable[Entry]) -> list[Change]:
    """What was given back by others, and every value of those people that changed after it.

    ``entries`` are in the order of the trail; the newest change comes first. A value's reason is
    its own, or else that with which the evaluation was given back.
    """
    returned: dict[str, str] = {}
    found: list[Change] = []
    for entry in entries:
        _, month, number, *metric = entry.subject.split(":")
        before, after = _contents(entry.payload)
        person = f"{month}:{number}"
        if entry.action == "evaluation.returned":
            returned[person] = str(after.get("reason") or "")
            reason = returned[person]
            found.append(Change(entry.at, entry.actor, number, None, None, None, reason))
        elif metric and person in returned:
            reason = str(after.get("reason") or returned[person])
            old, new = before.get("value"), after.get("value")
            found.append(Change(entry.at, entry.actor, number, metric[0], old, new, reason))
    return found[::-1]


def _contents(payload: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    content = json.loads(payload) if payload else {}
    return content.get("before") or {}, content.get("after") or {}
