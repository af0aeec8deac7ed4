"""The arithmetic of checklists: weights, what does not apply, fatal and bonus items."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.checks.scoring import KINDS, Item, score


def scored(weight: int = 10) -> Item:
    return Item("s", f"w{weight}", weight=weight, may_skip=True)


FATAL = Item("s", "fatal", "fatal", 0, may_skip=True)
BONUS = Item("s", "bonus", "bonus", 5)


@pytest.mark.parametrize(
    ("items", "answers", "expected"),
    [
        ([scored(), scored()], ["yes", "yes"], 100.0),
        ([scored(), scored()], ["yes", "no"], 50.0),
        ([scored(), scored()], ["yes", "partly"], 75.0),
        ([scored(10), scored(30)], ["yes", "no"], 25.0),
        ([scored(10), scored(30)], ["yes", "na"], 100.0),
        ([scored(), scored(), scored()], ["yes", "no", "no"], 33.33),
        ([scored(), scored(), scored()], ["yes", "yes", "no"], 66.67),
        ([scored(1), scored(7)], ["partly", "no"], 6.25),
        ([scored(), FATAL], ["yes", "yes"], 100.0),
        ([scored(), FATAL], ["yes", "no"], 0.0),
        ([scored(), FATAL], ["yes", "na"], 100.0),
        ([scored(), FATAL, BONUS], ["yes", "no", "yes"], 0.0),
        ([scored(), scored(), BONUS], ["yes", "no", "yes"], 55.0),
        ([scored(), BONUS], ["yes", "yes"], 100.0),
        ([scored(), BONUS], ["na", "yes"], None),
        ([scored(), FATAL], ["na", "no"], 0.0),
        ([], [], None),
    ],
)
def test_answers_make_a_score(
    items: list[Item], answers: list[str], expected: float | None
) -> None:
    assert score(items, dict(enumerate(answers))).score == expected


def test_what_is_not_answered_counts_like_what_does_not_apply() -> None:
    items = [scored(10), scored(30)]
    assert score(items, {0: "partly"}) == score(items, {0: "partly", 1: "na"})


@st.composite
def checked(draw: st.DrawFn) -> tuple[list[Item], dict[int, str]]:
    """A checklist with answers, all of them allowed."""
    items = [
        Item("s", str(at), draw(st.sampled_from(KINDS)), draw(st.integers(1, 100)), may_skip=True)
        for at in range(draw(st.integers(1, 8)))
    ]
    return items, {at: draw(st.sampled_from(each.answers)) for at, each in enumerate(items)}


@given(checked())
def test_a_score_lies_between_nothing_and_a_hundred(
    made: tuple[list[Item], dict[int, str]],
) -> None:
    found = score(*made).score
    assert found is None or 0 <= found <= 100


@given(checked(), st.data())
def test_a_better_answer_never_lowers_the_score(
    made: tuple[list[Item], dict[int, str]], data: st.DataObject
) -> None:
    items, answers = made
    place = data.draw(st.sampled_from(sorted(answers)))
    order = [each for each in items[place].answers if each != "na"]
    better = {**answers, place: order[0]}
    worse = {**answers, place: data.draw(st.sampled_from(order))}
    before, after = score(items, worse).score, score(items, better).score
    assert (after or 0) >= (before or 0)


@given(checked(), st.data())
def test_what_does_not_apply_is_as_if_it_were_not_on_the_list(
    made: tuple[list[Item], dict[int, str]], data: st.DataObject
) -> None:
    items, answers = made
    place = data.draw(st.sampled_from(sorted(answers)))
    left = [each for at, each in enumerate(items) if at != place]
    kept = [answers[at] for at in sorted(answers) if at != place]
    without = score(left, dict(enumerate(kept)))
    assert score(items, {**answers, place: "na"}).score == without.score
