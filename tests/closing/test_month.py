"""A month as one pure function, with a history that the test makes up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from factories.policies import default_document
from support.compare import about

from closing.facts import Person
from closing.month import Card, Inputs, compute_month
from closing.policy import Policy, parse_policy
from core.values import Fact, Month
from rewards.entries import PastMonth
from rewards.rules import compile_rules
from training.effect import MonthScores

OCTOBER = Month(2026, 10)
BEFORE = [Month(2026, 9), Month(2026, 8), Month(2026, 7)]


@dataclass
class Past:
    """What earlier months held: reviews and coefficients by month and person."""

    reviews: dict[Month, dict[int, Fact]] = field(default_factory=dict)
    worth: dict[Month, dict[int, float]] = field(default_factory=dict)

    def review(self, month: Month) -> Mapping[int, Fact] | None:
        return self.reviews.get(month)

    def scores(self, month: Month) -> MonthScores | None:
        return None

    def past(self, employee_id: int) -> Mapping[Month, PastMonth]:
        return {}

    def coefficients(self, months: Sequence[Month]) -> Mapping[int, list[float]]:
        found: dict[int, list[float]] = {}
        for month in months:
            for who, worth in self.worth.get(month, {}).items():
                found.setdefault(who, []).append(worth)
        return found


def policy(**sections: Any) -> Policy:
    """One line, a quality score of 0 to 100; no rules, no awards."""
    document = default_document()
    line = {"metric": "qa_score", "weight": 1, "floor": 0, "target": 100}
    document["templates"] = {
        "agent": {
            "zh": "客服",
            "en": "Agent",
            "positions": ["agent"],
            "team_share": 0.25,
            "lines": [line],
        }
    }
    document |= {"rules": {}, "awards": {}, **sections}
    return parse_policy(document)


def person(who: int, team: int | None = 1, hired: str = "2020-01-01") -> Person:
    day = date.fromisoformat(hired)
    return Person(who, f"E{who}", team, "agent", None, day, None, 31)


def cards(
    people: list[Person],
    scores: Mapping[int, float | None],
    past: Past | None = None,
    rules: Policy | None = None,
) -> dict[int, Card]:
    chosen = rules or policy()
    sheets = {
        who: {} if score is None else {"qa_score": Fact(score, 3)} for who, score in scores.items()
    }
    compiled = compile_rules(chosen.rules.values(), grades=[each.key for each in chosen.grades])
    inputs = Inputs(OCTOBER, people, sheets)
    found = compute_month(inputs, chosen, compiled, past or Past())
    return {card.person.employee_id: card for card in found.cards}


@pytest.mark.parametrize(
    ("worth", "coefficient"),
    [
        ({}, 1.0),  # that of pay.ungraded, which is C
        ({BEFORE[0]: 1.3}, 1.3),
        ({BEFORE[2]: 0.7}, 0.7),
        ({BEFORE[0]: 1.3, BEFORE[1]: 1.1, BEFORE[2]: 0}, 0.8),
        ({Month(2026, 6): 1.3}, 1.0),  # four months ago
    ],
)
def test_without_a_grade_the_three_months_before_tell_the_coefficient(
    worth: dict[Month, float], coefficient: float
) -> None:
    past = Past(worth={month: {1: each} for month, each in worth.items()})
    card = cards([person(1)], {1: None}, past)[1]
    assert (card.status, card.grade) == ("incomplete", None)
    assert card.coefficient == about(coefficient)


def test_a_graded_month_asks_no_earlier_one() -> None:
    past = Past(worth={BEFORE[0]: {1: 9.0}})
    assert cards([person(1)], {1: 95}, past)[1].coefficient == 1.3


def test_the_team_is_exactly_the_own_one_without_new_hires_and_the_incomplete() -> None:
    people = [
        person(1),
        person(2),
        person(3, hired="2026-09-15"),  # ramping
        person(4),
        person(5, team=2),
        person(6, team=None),
        person(7, team=None),
    ]
    found = cards(people, {1: 80, 2: 60, 3: 10, 4: None, 5: 90, 6: 70, 7: 30})
    means = {who: card.team_mean for who, card in found.items()}
    assert means == {1: 70, 2: 70, 3: 70, 4: 70, 5: 90, 6: None, 7: None}
    blended = {who: card.blended for who, card in found.items()}
    assert blended[1] == about(0.75 * 80 + 0.25 * 70)
    assert blended[3] == about(0.75 * 10 + 0.25 * 70)
    assert (blended[4], blended[6]) == (None, 70)
    ranks = {who: (card.team_rank, card.company_rank) for who, card in found.items()}
    assert ranks[1] == (1, 2)
    assert ranks[2] == (2, 4)
    assert ranks[3] == ranks[4] == (None, None)
    assert ranks[5] == (1, 1)
    assert ranks[6] == (None, 3)
    assert ranks[7] == (None, 5)


@pytest.mark.parametrize(("back", "lent"), [(1, True), (2, True), (3, False)])
def test_a_review_is_carried_for_as_many_months_as_the_policy_says(back: int, lent: bool) -> None:
    past = Past(reviews={OCTOBER.plus(-back): {1: Fact(77, 5)}})
    inputs = Inputs(OCTOBER, [person(1)], {1: {}})
    found = compute_month(inputs, policy(), compile_rules([], grades=["A"]), past)
    carried = Fact(77, 5, "carried")
    assert found.sheets[1].get("review_360") == (carried if lent else None)


def test_the_nearest_review_is_carried() -> None:
    past = Past(reviews={BEFORE[0]: {1: Fact(10, 5)}, BEFORE[1]: {1: Fact(90, 5)}})
    inputs = Inputs(OCTOBER, [person(1)], {1: {}})
    found = compute_month(inputs, policy(), compile_rules([], grades=["A"]), past)
    assert found.sheets[1]["review_360"].value == 10


def test_everybody_employed_has_facts_but_only_positions_with_a_template_a_scorecard() -> None:
    other = Person(2, "E2", 1, "cleaner", None, date(2020, 1, 1), None, 31)
    none = Person(3, "E3", 1, None, None, date(2020, 1, 1), None, 31)
    gone = Person(4, "E4", 1, "agent", None, date(2020, 1, 1), date(2026, 9, 30), 0)
    inputs = Inputs(OCTOBER, [person(1), other, none, gone], {})
    found = compute_month(inputs, policy(), compile_rules([], grades=["A"]), Past())
    assert [card.person.employee_id for card in found.cards] == [1]
    assert found.sheets.keys() == {1, 2, 3}


def test_a_month_in_which_all_are_exempt_has_neither_ranks_nor_means() -> None:
    chosen = policy(scoring={"min_days": 10})
    sheets = {who: {"scheduled_days": Fact(3), "qa_score": Fact(80, 1)} for who in (1, 2)}
    inputs = Inputs(OCTOBER, [person(1), person(2)], sheets)
    found = compute_month(inputs, chosen, compile_rules([], grades=["A"]), Past())
    assert {card.status for card in found.cards} == {"exempt"}
    assert {(card.team_mean, card.company_rank, card.grade) for card in found.cards} == {
        (None, None, None)
    }
    assert {str(card.total) for card in found.cards} == {"80.00"}
