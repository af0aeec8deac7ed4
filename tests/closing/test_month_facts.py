"""Everybody's own facts, what is carried, and what leaders get: docs/scoring.md, Facts."""

from __future__ import annotations

from datetime import date

import pytest
from support.compare import about

from closing.facts import Person, add_team_facts, carry_review, merged, reports
from core.values import Fact


def person(who: int, supervisor: int | None = None, days: int = 30) -> Person:
    return Person(who, f"E{who}", 1, "agent", supervisor, date(2020, 1, 1), None, days)


def test_counts_that_the_product_keeps_are_nought_and_not_absent() -> None:
    assert merged([], {}) == {"complaint_count": Fact(0)}


def test_what_is_entered_wins_with_its_own_sample_or_none() -> None:
    computed = [{"csat": Fact(0.9, 30, "tickets"), "qa_score": Fact(88, 2)}]
    typed = {"csat": Fact(0.5, None, "entered")}
    assert merged(computed, typed)["csat"] == Fact(0.5, None, "entered")
    assert merged(computed, typed)["qa_score"] == Fact(88, 2)


@pytest.mark.parametrize(
    ("computed", "entered", "rate"),
    [
        ({"complaint_count": Fact(2), "contacts_handled": Fact(40)}, {}, Fact(0.05, 40)),
        ({"complaint_count": Fact(2)}, {}, None),
        ({"contacts_handled": Fact(40)}, {}, Fact(0, 40)),
        # recorded complaints over the contacts that won
        (
            {"complaint_count": Fact(2), "contacts_handled": Fact(40)},
            {"contacts_handled": Fact(80, None, "entered")},
            Fact(0.025, 80),
        ),
        (
            {"complaint_count": Fact(2), "contacts_handled": Fact(40)},
            {"complaint_count": Fact(9, None, "entered")},
            Fact(0.05, 40),
        ),
        (
            {"complaint_count": Fact(2), "contacts_handled": Fact(40)},
            {"contacts_handled": Fact(0, None, "entered")},
            None,
        ),
        (
            {"complaint_count": Fact(2), "contacts_handled": Fact(40)},
            {"complaint_rate": Fact(0.5, None, "entered")},
            Fact(0.5, None, "entered"),
        ),
    ],
)
def test_the_complaint_rate_is_of_what_was_recorded(
    computed: dict[str, Fact], entered: dict[str, Fact], rate: Fact | None
) -> None:
    assert merged([computed], entered).get("complaint_rate") == rate


def test_a_review_is_lent_by_the_nearest_month_that_has_one() -> None:
    sheet: dict[str, Fact] = {}
    carry_review(sheet, [None, Fact(70, 4), Fact(90, 9)])
    assert sheet == {"review_360": Fact(70, 4, "carried")}


def test_nothing_is_lent_to_who_has_a_review_or_by_nobody() -> None:
    sheet = {"review_360": Fact(50, 3)}
    carry_review(sheet, [Fact(70, 4)])
    assert sheet == {"review_360": Fact(50, 3)}
    empty: dict[str, Fact] = {}
    carry_review(empty, [None, None])
    carry_review(empty, [])
    assert empty == {}


def test_reports_are_direct_and_indirect() -> None:
    people = [person(1), person(2, 1), person(3, 2), person(4, 1), person(5)]
    found = {leader: sorted(members) for leader, members in reports(people).items()}
    assert found == {1: [2, 3, 4], 2: [3]}


def test_who_left_passes_the_chain_on_but_counts_for_nobody() -> None:
    people = [person(1), person(2, 1, days=0), person(3, 2)]
    found = {leader: sorted(members) for leader, members in reports(people).items()}
    assert found == {1: [3], 2: [3]}


def test_a_circle_of_supervisors_comes_to_an_end() -> None:
    people = [person(1, 2), person(2, 1), person(3, 1)]
    found = {leader: sorted(members) for leader, members in reports(people).items()}
    assert found == {1: [2, 3], 2: [1, 3]}


def test_an_unknown_supervisor_leads_all_the_same() -> None:
    assert reports([person(3, 99)]) == {99: [3]}


def test_team_facts_weigh_samples_and_else_are_plain_means() -> None:
    people = [person(1), person(2, 1), person(3, 1), person(4, 3)]
    sheets = {
        1: {"csat": Fact(0.1, 1000)},  # the leader's own do not count
        2: {"csat": Fact(1.0, 10), "late_count": Fact(4), "qa_score": Fact(50)},
        3: {"csat": Fact(0.5, 30), "late_count": Fact(0), "qa_score": Fact(80, 2)},
        4: {"late_count": Fact(2), "training_effect": Fact(1), "team_csat": Fact(0.3, 3)},
    }
    add_team_facts(people, sheets)
    led = {key: fact for key, fact in sheets[1].items() if key.startswith("team_")}
    assert led == {
        "team_csat": Fact(about(0.625), 40),
        "team_late_count": Fact(2),
        "team_qa_score": Fact(80, 2),  # only those with a sample, where one has one
    }
    assert sheets[3]["team_late_count"] == Fact(2)
    assert "team_late_count" not in sheets[2]


def test_a_team_fact_that_was_entered_stays() -> None:
    people = [person(1), person(2, 1)]
    sheets = {1: {"team_csat": Fact(0.9, None, "entered")}, 2: {"csat": Fact(0.1, 5)}}
    add_team_facts(people, sheets)
    assert sheets[1]["team_csat"] == Fact(0.9, None, "entered")
