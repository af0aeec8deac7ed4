"""Groups, pooling and the score of 360° reviews: docs/scoring.md, 360° reviews."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from support.centres import Examples, cards, close, opened, reopen
from support.compare import about
from support.databases import KINDS, Kind

from core.values import Month
from evaluations.models import Review, ReviewGroup, ReviewParticipant
from evaluations.reviews import (
    REVIEW_UNIT,
    ReviewSum,
    review_score,
    settle_groups,
    unit_rating,
)

WEIGHTS = {"supervisor": 40, "peer": 30, "subordinate": 15, "cross_team": 15}


def group(relation: str, *ratings: float) -> ReviewSum:
    """A group whose reviews have these mean ratings, all of one competency."""
    total = sum(int(rating * REVIEW_UNIT) for rating in ratings)
    shown = {"teamwork": (len(ratings), round(sum(ratings)))}
    return ReviewSum((relation,), len(ratings), total, shown)


@pytest.mark.parametrize(("rating", "score"), [(1, 0), (3, 50), (5, 100), (4, 75), (4.5, 87.5)])
def test_a_review_is_worth_nought_to_a_hundred(rating: float, score: float) -> None:
    assert group("supervisor", rating).score == about(score)


@pytest.mark.parametrize(
    ("groups", "remaining"),
    [
        ([("supervisor", 1)], ["supervisor:1"]),
        ([("peer", 3)], ["peer:3"]),
        ([("peer", 2)], []),
        ([("peer", 2), ("subordinate", 1)], ["peer+subordinate:3"]),
        ([("peer", 1), ("subordinate", 1)], []),
        ([("peer", 3), ("subordinate", 2)], ["peer:3"]),  # a pool of two is left out
        (
            [("peer", 2), ("subordinate", 2), ("cross_team", 5)],
            ["cross_team:5", "peer+subordinate:4"],
        ),
        ([("peer", 1), ("subordinate", 1), ("cross_team", 1)], ["peer+subordinate+cross_team:3"]),
        ([("supervisor", 1), ("peer", 2)], ["supervisor:1"]),
        ([("self", 1), ("peer", 3)], ["peer:3", "self:1"]),
    ],
)
def test_groups_that_are_too_small_are_pooled_or_left_out(
    groups: list[tuple[str, int]], remaining: list[str]
) -> None:
    sums = [group(relation, *[4] * count) for relation, count in groups]
    found = [f"{'+'.join(one.relations)}:{one.n}" for one in settle_groups(sums, 3)]
    assert sorted(found) == sorted(remaining)


def test_at_least_three_raters_hide_each_other_whatever_is_asked_for() -> None:
    assert settle_groups([group("peer", 4, 4)], 1) == []
    assert settle_groups([group("peer", 4, 4, 4)], 4) == []
    assert [one.n for one in settle_groups([group("peer", 4, 4, 4)], 0)] == [3]


@pytest.mark.parametrize(
    ("groups", "value", "n"),
    [
        ([group("supervisor", 5), group("peer", 3, 3, 3)], (40 * 100 + 30 * 50) / 70, 4),
        # a pool weighs what its groups weigh together, and is the mean of all its reviews
        (
            [group("supervisor", 1), group("peer", 5, 5), group("subordinate", 1)],
            (40 * 0 + 45 * (200 / 3)) / 85,
            4,
        ),
        ([group("peer", 5, 5, 3)], 250 / 3, 3),
        ([group("supervisor", 5)], None, 0),
        ([group("supervisor", 5), group("self", 1)], None, 0),
        ([group("supervisor", 5), group("peer", 5, 5)], None, 0),
        ([group("self", 5)], None, 0),
        ([], None, 0),
        ([group("self", 1), group("peer", 5, 5, 5)], 100, 3),
    ],
)
def test_the_score_is_the_weighted_mean_of_what_remains(
    groups: list[ReviewSum], value: float | None, n: int
) -> None:
    fact = review_score(settle_groups(groups, 3), WEIGHTS)
    if value is None:
        assert fact is None
    else:
        assert fact is not None
        assert (fact.value, fact.n) == (about(value), n)


def test_weights_that_sum_to_nothing_give_no_score() -> None:
    groups = settle_groups([group("peer", 5, 5, 5), group("supervisor", 4)], 3)
    assert review_score(groups, {"supervisor": 0, "peer": 0}) is None
    assert review_score(groups, {}) is None


def test_a_competency_with_few_ratings_is_hidden_in_groups_that_hide() -> None:
    shown = {"teamwork": (5, 12), "expertise": (2, 9), "attitude": (2, 9)}
    peers = ReviewSum(("peer",), 5, 5 * REVIEW_UNIT, shown)
    boss = ReviewSum(("supervisor",), 1, REVIEW_UNIT, {"attitude": (1, 4)})
    found = {one.relations: one.competencies for one in settle_groups([peers, boss], 3)}
    assert found == {("peer",): {"teamwork": (5, 12)}, ("supervisor",): {"attitude": (1, 4)}}


@pytest.mark.parametrize(
    ("n", "ratings", "shown"),
    [
        (4, {"a": 4, "b": 4}, "ab"),
        (4, {"a": 4, "b": 3}, "a"),  # the one who did not rate b would show
        (6, {"a": 6, "b": 3}, "ab"),
        (4, {"a": 4, "b": 1}, ""),  # the score less a is that one rating of b
        (4, {"a": 4, "b": 4, "c": 1}, "b"),  # hidden together with a, it does not show
        (8, {"a": 8, "b": 5, "c": 1}, "a"),
        (4, {"a": 4, "b": 2, "c": 1}, "a"),
        (2, {"a": 2}, ""),
    ],
)
def test_no_rating_of_few_is_left_over_when_what_is_shown_is_taken_off(
    n: int, ratings: dict[str, int], shown: str
) -> None:
    pairs = {key: (count, 3 * count) for key, count in ratings.items()}
    for one in settle_groups([ReviewSum(("peer",), n, 3 * n * REVIEW_UNIT, pairs)], 3):
        assert "".join(one.competencies) == shown
        assert settle_groups([one], 3) == [one]


def test_a_pool_adds_up_what_its_groups_say_of_a_competency() -> None:
    one = ReviewSum(("peer",), 2, 0, {"teamwork": (2, 9), "attitude": (2, 2)})
    two = ReviewSum(("cross_team",), 2, 0, {"teamwork": (2, 6), "attitude": (1, 1)})
    (pool,) = settle_groups([one, two], 3)
    assert pool.competencies == {"teamwork": (4, 15)}


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20))
def test_the_mean_of_up_to_twenty_ratings_is_kept_exactly(ratings: list[int]) -> None:
    kept = unit_rating(sum(ratings), len(ratings))
    assert Fraction(kept, REVIEW_UNIT) == Fraction(sum(ratings), len(ratings))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("supervisor", "peer", "subordinate", "cross_team", "self")),
            st.lists(st.integers(1, 5), min_size=1, max_size=5),
        ),
        max_size=5,
        unique_by=lambda pair: pair[0],
    ),
)
def test_order_decides_nothing_and_settling_twice_changes_nothing(
    given_groups: list[tuple[str, list[int]]],
) -> None:
    sums = [group(relation, *ratings) for relation, ratings in given_groups]
    settled = settle_groups(sums, 3)
    assert settle_groups(sums[::-1], 3) == settled
    assert settle_groups(settled, 3) == settled
    fact = review_score(settled, WEIGHTS)
    assert fact == review_score(settled[::-1], WEIGHTS)
    assert fact is None or 0 <= fact.value <= 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_round_keeps_sums_and_who_took_part_and_gives_the_same_again(
    examples: Examples, kind: Kind
) -> None:
    month = Month(2026, 8)
    with opened(examples.imported(kind, "centre-b")) as session:
        raters = set(session.scalars(select(Review.rater_id).where(Review.month == month)))
        assert raters
        close(session, month)
        before = cards(session, month)
        assert list(session.scalars(select(Review.id).where(Review.month == month))) == []
        took = select(ReviewParticipant.rater_id).where(ReviewParticipant.month == month)
        assert set(session.scalars(took)) == raters
        for row in session.scalars(select(ReviewGroup)):
            hidden = set(row.relations.split(";")) & {"peer", "subordinate", "cross_team"}
            assert not hidden or row.n >= 3
            assert not hidden or all(count >= 3 for count, _ in row.competencies.values())
        reopen(session, month)
        close(session, month)
        again = cards(session, month)
        assert {each.pop("revision") for each in again} == {2}
        assert {each.pop("revision") for each in before} == {1}
        assert again == before
