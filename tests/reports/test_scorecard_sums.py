"""The sum of a scorecard, to the hundredth."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.centres import Examples, expected_months, opened

from closing.cards import stored_views
from closing.months import current_closing
from closing.versions import policy_of_closing
from core.values import half_up
from reports.scorecards.sums import apportion, contributions, ledger, moves, shares
from rewards.entries import effects

PARTS = st.lists(st.floats(-120, 120, allow_nan=False), min_size=1, max_size=12)


@given(PARTS)
def test_rounded_parts_add_up_to_the_rounded_whole(parts: list[float]) -> None:
    whole = half_up(math.fsum(parts), 2)
    found = apportion(parts, whole)
    assert sum(found) == whole
    assert all(abs(float(one) - part) < 0.011 for one, part in zip(found, parts))


def test_a_part_that_is_exact_stays_as_it_is() -> None:
    assert apportion([1.5, 2.25], Decimal("3.75")) == [Decimal("1.50"), Decimal("2.25")]


def test_leftover_hundredths_go_where_the_remainders_are_largest() -> None:
    assert apportion([0.333, 0.333, 0.334], Decimal("1.00")) == [
        Decimal("0.33"),
        Decimal("0.33"),
        Decimal("0.34"),
    ]


@pytest.mark.parametrize("name", ["centre-a", "centre-b", "centre-c"])
def test_every_scorecard_adds_up(examples: Examples, name: str) -> None:
    seen = 0
    with opened(examples.to_read("sqlite", name)) as session:
        for month in expected_months(name):
            closing = current_closing(session, month)
            assert closing is not None
            policy = policy_of_closing(session, closing.document_version_id).policy
            grades = [grade.key for grade in policy.grades]
            for card in stored_views(session, closing):
                counting = [entry for entry in card.rules if entry.state == "counts"]
                points = [(e.rule, e.points if e.kind == "reward" else -e.points) for e in counting]
                capped = effects(card.rules, grades).cap_grade is not None
                if card.base is None:
                    assert contributions(card.lines, card.base) == {}
                    continue
                assert sum(contributions(card.lines, card.base).values()) == half_up(card.base, 2)
                assert math.isclose(math.fsum(shares(card.lines).values()), 1)
                entries = ledger(card, points, capped)
                assert card.total is not None
                assert sum(entry.amount for entry in entries) == half_up(card.total, 2)
                assert all(entry.kind != "cap" or entry.amount < 0 for entry in entries)
                seen += 1
    assert seen > 20


def test_what_moved_adds_up_to_the_change(examples: Examples) -> None:
    first, second = expected_months("centre-b")[:2]
    with opened(examples.to_read("sqlite", "centre-b")) as session:
        closings = [current_closing(session, month) for month in (first, second)]
        old, new = (
            {card.employee_no: card for card in stored_views(session, closing)}
            for closing in closings
            if closing is not None
        )
    compared = 0
    for number, card in new.items():
        before = old.get(number)
        if before is None or before.total is None or card.total is None:
            continue
        found = moves(card, card.lines, before, before.lines)
        change = half_up(card.total, 2) - half_up(before.total, 2)
        assert sum(move.amount for move in found) == change
        sizes = [abs(move.amount) for move in found]
        assert all(sizes)
        assert sizes == sorted(sizes, reverse=True)
        compared += 1
    assert compared > 20
