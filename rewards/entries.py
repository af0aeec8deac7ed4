"""What goes into the rules of one employee and month, what comes out, and what it sums up to.

Source: docs/scoring.md, The rules matrix. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from core.values import Month, settle
from rewards.policy import RuleKind

FiredBy = Literal["when", "incident", "repeats"]
State = Literal["counts", "superseded", "proposed", "declined", "voided", "undecided"]
Decision = Literal["approved", "declined"]
OccurrenceState = Literal["counts", "proposed", "declined", "voided"]


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One firing (or undecided trial) of a rule, as scorecards list it.

    Points, money and shares are after ``per``; ``factor`` is what multiplied them (None without
    ``per``). ``incident`` and ``day`` name the incident; ``superseded_by`` is the code that
    counted instead.
    """

    rule: str
    kind: RuleKind
    fired_by: FiredBy
    state: State
    group: str | None = None
    level: int | None = None
    points: float = 0
    amount: float = 0
    bonus_deduction: float = 0
    bonus_share: float = 0
    wage_deduction: float = 0
    cap_grade: str | None = None
    case: str | None = None
    actions: tuple[str, ...] = ()
    bars_awards: int = 0
    factor: float | None = None
    incident: int | None = None
    day: date | None = None
    superseded_by: str | None = None

    def as_json(self) -> dict[str, object]:
        """The fields promised in docs/interfaces.md, Scorecards as JSON, in their order."""
        return {
            "rule": self.rule,
            "kind": self.kind,
            "fired_by": self.fired_by,
            "state": self.state,
            "group": self.group,
            "level": self.level,
            "points": self.points,
            "amount": self.amount,
            "bonus_deduction": self.bonus_deduction,
            "bonus_share": self.bonus_share,
            "wage_deduction": self.wage_deduction,
            "cap_grade": self.cap_grade,
            "case": self.case,
            "actions": list(self.actions),
        }


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An incident as far as rules need it; ``state`` is ``counts`` once approved."""

    id: int
    rule: str
    day: date
    description: str = ""
    case: str | None = None
    state: OccurrenceState = "counts"


@dataclass(frozen=True, slots=True)
class PastMonth:
    """A closed month in which the employee had a scorecard.

    ``facts`` are flat (sample sizes as ``<fact>_n``); ``fired`` tells how often each rule fired in
    a way that ladders count (see ``ladder_counts``).
    """

    exempt: bool
    facts: Mapping[str, float]
    fired: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """One employee in the month that is judged.

    ``position`` is that of the scorecard; ``history`` holds earlier months only, those that were
    not closed or had no scorecard left out; ``occurrences`` are the incidents that belong to this
    month; ``approvals`` and ``voided`` go by rule code and concern ``when`` and ``repeats``.
    """

    month: Month
    position: str
    facts: Mapping[str, float]
    exempt: bool = False
    history: Mapping[Month, PastMonth] = field(default_factory=dict)
    occurrences: Sequence[Occurrence] = ()
    approvals: Mapping[str, Decision] = field(default_factory=dict)
    voided: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """What the counting entries of one scorecard add up to.

    ``adjustment`` is reward points less penalty points, not yet held within the cap; ``cap_grade``
    the lowest that caps; ``bonus_share`` may exceed 1; ``wage_deduction`` is what was asked.
    """

    adjustment: float
    cap_grade: str | None
    amount: Decimal
    bonus_deduction: Decimal
    bonus_share: Decimal
    wage_deduction: Decimal
    bars_awards: int


def effects(entries: Iterable[RuleEntry], grades: Sequence[str]) -> Effects:
    """Sum up what counts; ``grades`` best first. A cap at the first of them is none."""
    counting = [entry for entry in entries if entry.state == "counts"]
    caps = [gravity(entry.cap_grade, grades) for entry in counting]
    lowest = max(caps, default=0)
    signed = (e.points if e.kind == "reward" else -e.points for e in counting)
    return Effects(
        adjustment=math.fsum(signed),
        cap_grade=grades[lowest] if lowest else None,
        amount=_sum(entry.amount for entry in counting),
        bonus_deduction=_sum(entry.bonus_deduction for entry in counting),
        bonus_share=_sum(entry.bonus_share for entry in counting),
        wage_deduction=_sum(entry.wage_deduction for entry in counting),
        bars_awards=max((entry.bars_awards for entry in counting), default=0),
    )


def ladder_counts(entries: Iterable[RuleEntry]) -> dict[str, int]:
    """How often each rule fired in a way that ladders count: it counted or was superseded."""
    return dict(Counter(e.rule for e in entries if e.state in ("counts", "superseded")))


def gravity(cap_grade: str | None, grades: Sequence[str]) -> int:
    """0 for no cap and for that of the top band, more for every band below it."""
    return 0 if cap_grade is None else grades.index(cap_grade)


def _sum(numbers: Iterable[float]) -> Decimal:
    return sum((settle(number) for number in numbers if number), Decimal(0))
