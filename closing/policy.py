"""The policy as a whole: one validated, versioned document (docs/scoring.md).

``hash`` is taken over the document in the order in which it is written, since that order is seen:
rules are listed by it, and metrics, categories and competencies shown by it. Pure.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from closing.catalogue import award_catalogue, condition_catalogue, product_facts
from core.documents import N_, Section
from core.values import Month, Names
from evaluations.policy import (
    Grade,
    Metric,
    ReviewsSection,
    ScoringSection,
    Template,
    TicketsSection,
)
from evaluations.policy_reader import (
    read_grades,
    read_metrics,
    read_reviews,
    read_scoring,
    read_templates,
    read_tickets,
)
from rewards.policy import Award, Category, Rule
from rewards.policy_reader import read_awards, read_categories, read_rules
from staff.attendance.policy import AttendanceSection, LeaveType, read_attendance, read_leave

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class PaySection:
    """How a grade becomes a bonus (docs/scoring.md, Pay); money in the policy's currency."""

    bonus_base: dict[str, float]
    ungraded: str
    max_bonus_share: float
    wage_deductions: bool = False
    minimum_wage: float | None = None


@dataclass(frozen=True, slots=True)
class AppealsSection:
    """Working days: from publication in which an appeal is lodged, from then on to decide it."""

    window_days: int
    decision_days: int


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
    appeals: AppealsSection
    document: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class _FactSections:
    """As much of a policy as the catalogue of facts needs, while it is being read."""

    attendance: AttendanceSection
    tickets: TicketsSection
    metrics: dict[str, Metric]


def parse_policy(document: object) -> Policy:
    """Validate a document as it comes from YAML.

    Raises :class:`core.documents.DocumentError` with every problem found and its place.
    """
    root = Section(document)
    name = _read_name(root)
    effective_from = root.month("effective_from")
    currency = root.matching(
        "currency", _CURRENCY, N_("must be three capital letters such as CNY"), default="CNY"
    )
    attendance, leave = read_attendance(root), read_leave(root)
    tickets, scoring, reviews = read_tickets(root), read_scoring(root), read_reviews(root)
    metrics = read_metrics(root, product_facts(attendance, tickets))
    templates = read_templates(root, metrics)
    grades = read_grades(root)
    grade_keys = tuple(grade.key for grade in grades)
    pay = _read_pay(root, grade_keys)
    categories = read_categories(root)
    sections = _FactSections(attendance, tickets, metrics)
    facts = condition_catalogue(sections)
    rules = read_rules(root, categories=categories, grades=grade_keys, facts=facts)
    awards = read_awards(root, facts=award_catalogue(sections))
    appeals = _read_appeals(root)
    root.finish()
    canonical = canonical_text(document)
    return Policy(
        name=name,
        effective_from=effective_from,
        currency=currency,
        attendance=attendance,
        leave=leave,
        tickets=tickets,
        scoring=scoring,
        reviews=reviews,
        metrics=metrics,
        templates=templates,
        grades=grades,
        pay=pay,
        categories=categories,
        rules=rules,
        awards=awards,
        appeals=appeals,
        # A copy: nothing that the caller does to its document can change a policy.
        document=json.loads(canonical),
        hash=hash_of(canonical),
    )


def canonical_text(document: Any) -> str:
    """The one way in which a document is written to be hashed."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def hash_of(canonical: str) -> str:
    """SHA-256, 64 hex digits."""
    return hashlib.sha256(canonical.encode()).hexdigest()


def _read_name(document: Section) -> Names:
    section = document.section("name")
    names = section.names()
    section.done()
    return names


def _read_appeals(document: Section) -> AppealsSection:
    section = document.section("appeals", optional=True)
    appeals = AppealsSection(
        window_days=section.whole("window_days", low=1, high=60, default=5),
        decision_days=section.whole("decision_days", low=1, high=120, default=10),
    )
    section.done()
    return appeals


def _read_pay(document: Section, grades: Collection[str]) -> PaySection:
    section = document.section("pay")
    bonuses = section.section("bonus_base", optional=True)
    pay = PaySection(
        bonus_base={position: bonuses.number(position, low=0) for position in bonuses.free_keys()},
        ungraded=section.choice("ungraded", grades),
        max_bonus_share=section.number("max_bonus_share", low=0, high=1),
        wage_deductions=section.flag("wage_deductions", default=False),
        minimum_wage=section.number("minimum_wage", low=0) if section.has("minimum_wage") else None,
    )
    section.raw("minimum_wage", None)
    section.done()
    return pay
