"""The policy as a whole: one validated, versioned document (docs/scoring.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.values import Month, Names
from evaluations.policy import (
    Grade,
    Metric,
    ReviewsSection,
    ScoringSection,
    Template,
    TicketsSection,
)
from rewards.policy import Award, Category, Rule
from staff.attendance.policy import AttendanceSection, LeaveType


@dataclass(frozen=True, slots=True)
class PaySection:
    """How a grade becomes a bonus (docs/scoring.md, Pay); money in the policy's currency."""

    bonus_base: dict[str, float]
    ungraded: str
    max_bonus_share: float
    wage_deductions: bool = False
    minimum_wage: float | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that passed every check.

    ``document`` is the YAML as it was loaded, ``hash`` the SHA-256 of its canonical JSON.
    Rules keep the order of the document, in which scorecards list them.
    """

    name: Names
    effective_from: Month
    currency: str
    attendance: AttendanceSection
    leave: dict[str, LeaveType]
    tickets: TicketsSection
    scoring: ScoringSection
    reviews: ReviewsSection
    metrics: dict[str, Metric]
    templates: dict[str, Template]
    grades: tuple[Grade, ...]
    pay: PaySection
    categories: dict[str, Category]
    rules: dict[str, Rule]
    awards: dict[str, Award]
    document: dict[str, Any]
    hash: str
