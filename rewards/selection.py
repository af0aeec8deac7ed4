"""Award selection: who is eligible, in which order, and who is proposed.

Source: docs/scoring.md, Award selection. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from core.values import Month, half_up, settle
from rewards.conditions import compile_condition
from rewards.policy import Award

Reason = Literal["barred", "condition", "cooldown", "status", "undecided"]

# What a condition of eligibility may name beside facts, and what ``rank_by`` may name beyond that.
SCORECARD_KEYS = (
    "total",
    "total_change",
    "coverage",
    "tenure_months",
    "team_rank",
    "company_rank",
)
RANK_KEYS = (*SCORECARD_KEYS, "hire_date")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scorecard of the award's month, and what earlier months say about its owner.

    ``facts`` are flat; ``total_before`` is the total of the month before if that scorecard was
    complete, else None; ``bars`` are the months and lengths of the rules that counted and bar
    awards, this month's too; ``wins`` the months in which this award was confirmed for them.
    """

    employee_no: str
    position: str
    team: str | None
    hire_date: date
    complete: bool
    ramping: bool
    facts: Mapping[str, float]
    total: float | Decimal | None = None
    total_before: float | Decimal | None = None
    coverage: float | None = None
    tenure_months: int | None = None
    team_rank: int | None = None
    company_rank: int | None = None
    bars: Sequence[tuple[Month, int]] = ()
    wins: Sequence[Month] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """One line of an award's proposal; ``rank`` is None for those who are not eligible."""

    employee_no: str
    eligible: bool
    rank: int | None
    selected: bool
    reasons: tuple[Reason, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "employee_no": self.employee_no,
            "eligible": self.eligible,
            "rank": self.rank,
            "selected": self.selected,
            "reasons": list(self.reasons),
        }


def select(award: Award, month: Month, candidates: Iterable[Candidate]) -> list[Proposal]:
    """The proposal for one award and closed month: those eligible by rank, the others by number.

    Scorecards of other positions are left out. Raises ``ConditionError`` for an ``eligible`` that
    cannot be compiled.
    """
    condition = compile_condition(award.eligible, None)
    eligible: list[tuple[Candidate, dict[str, float]]] = []
    others: list[Proposal] = []
    for candidate in sorted(candidates, key=lambda c: c.employee_no):
        if award.positions is not None and candidate.position not in award.positions:
            continue
        values = candidate_values(candidate)
        reasons = _reasons(award, month, candidate, condition.evaluate(values))
        if reasons:
            others.append(Proposal(candidate.employee_no, False, None, False, reasons))
        else:
            eligible.append((candidate, values))
    eligible.sort(key=lambda one: _rank_key(award, *one))  # stable: ties stay by employee number
    return _propose(award, [candidate for candidate, _ in eligible]) + others


def candidate_values(candidate: Candidate) -> dict[str, float]:
    """What ``eligible`` and ``rank_by`` may name, by key; what is absent has no key."""
    values = dict(candidate.facts)
    own = {
        "total": candidate.total,
        "total_change": total_change(candidate),
        "coverage": candidate.coverage,
        "tenure_months": candidate.tenure_months,
        "team_rank": candidate.team_rank,
        "company_rank": candidate.company_rank,
    }
    for key, value in own.items():
        values.pop(key, None)  # no fact may pass for a number of the scorecard
        if value is not None:
            values[key] = float(value) if isinstance(value, Decimal) else value
    return values


def total_change(candidate: Candidate) -> Decimal | None:
    """Total less that of the month before, settled; absent unless both scorecards are complete."""
    if not candidate.complete or candidate.total is None or candidate.total_before is None:
        return None
    return settle(settle(candidate.total) - settle(candidate.total_before))


def is_barred(month: Month, bars: Iterable[tuple[Month, int]]) -> bool:
    """Whether one of the bars, each n months from the month in which its rule counted, holds."""
    return any(0 <= month.index - start.index < months for start, months in bars)


def quota_of(award: Award, eligible: int) -> int:
    """How many may be selected of so many eligible: a number, or a share of them, at least 1."""
    if award.quota >= 1:
        return int(award.quota)
    return max(1, int(half_up(award.quota * eligible, 0))) if eligible else 0


def _reasons(
    award: Award, month: Month, candidate: Candidate, holds: bool | None
) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if is_barred(month, candidate.bars):
        reasons.append("barred")
    if holds is False:
        reasons.append("condition")
    if any(0 < month.index - won.index <= award.cooldown_months for won in candidate.wins):
        reasons.append("cooldown")
    if not candidate.complete or candidate.ramping:
        reasons.append("status")
    if holds is None:
        reasons.append("undecided")
    return tuple(reasons)


def _rank_key(
    award: Award, candidate: Candidate, values: Mapping[str, float]
) -> tuple[tuple[bool, Decimal], ...]:
    parts = []
    for key, direction in award.rank_by:
        value = candidate.hire_date.toordinal() if key == "hire_date" else values.get(key)
        settled = Decimal(0) if value is None else settle(value)
        parts.append((value is None, -settled if direction == "desc" else settled))
    return tuple(parts)


def _propose(award: Award, ordered: Sequence[Candidate]) -> list[Proposal]:
    """Go down the list until the quota is full; whoever has no team is not held by ``per_team``."""
    left = quota_of(award, len(ordered))
    taken: Counter[str] = Counter()
    proposals = []
    for rank, candidate in enumerate(ordered, start=1):
        team = candidate.team
        full = bool(team) and award.per_team is not None and taken[team or ""] >= award.per_team
        selected = left > 0 and not full
        if selected:
            left -= 1
            taken[team or ""] += 1
        proposals.append(Proposal(candidate.employee_no, True, rank, selected, ()))
    return proposals
