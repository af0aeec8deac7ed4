"""Did training help? docs/training.md, as tables."""

from __future__ import annotations

import math
import statistics

import pytest
from support.compare import about

from core.values import Month
from training.effect import Completion, MonthScores, Verdict, verdicts, worst

NOW = Month(2026, 10)
COURSE = Completion(1, Month(2026, 8), ("csat",))
WINDOW = [NOW.plus(back) for back in (-4, -3, -1, 0)]
CHANGES = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 0.0)  # of eight colleagues, mean 0


def month(
    scores: dict[int, float], template: str = "agent", ramping: tuple[int, ...] = ()
) -> MonthScores:
    return MonthScores(
        dict.fromkeys(scores, template), ramping, {who: {"csat": x} for who, x in scores.items()}
    )


def centre(own: float, changes: tuple[float, ...] = CHANGES) -> dict[Month, MonthScores]:
    """Person 1 gains ``own``, the colleagues 2, 3... theirs."""
    gains = dict(enumerate((own, *changes), 1))
    before = month(dict.fromkeys(gains, 50.0))
    after = month({who: 50 + gain for who, gain in gains.items()})
    return {WINDOW[0]: before, WINDOW[1]: before, WINDOW[2]: after, WINDOW[3]: after}


def value(scores: dict[Month, MonthScores], *completions: Completion) -> int | None:
    found = verdicts(NOW, completions or [COURSE], scores)
    return worst(found).get(1)


@pytest.mark.parametrize(
    ("own", "verdict"),
    [(5.0, 1), (4.99, 0), (4.9999999999, 1), (0, 0), (-4.99, 0), (-5.0, -1), (60, 1)],
)
def test_the_bar_is_at_least_five_points(own: float, verdict: int) -> None:
    assert value(centre(own)) == verdict


def test_the_bar_grows_with_the_spread_of_the_colleagues() -> None:
    changes = (20.0, -20.0, 10.0, -10.0, 5.0, -5.0, 0.0, 0.0)
    bar = 1.64 * statistics.stdev(changes) * math.sqrt(1 + 1 / 8)
    assert bar > 5
    assert value(centre(bar + 0.01, changes)) == 1
    assert value(centre(bar - 0.01, changes)) == 0
    (found,) = verdicts(NOW, [COURSE], centre(3, changes))
    assert found == Verdict(1, "csat", about(3), about(bar), 8, 0)


def test_the_change_is_measured_against_the_colleagues() -> None:
    moved = tuple(change + 30 for change in CHANGES)
    assert value(centre(30, moved)) == 0
    assert value(centre(36, moved)) == 1
    assert value(centre(20, moved)) == -1


def test_with_seven_colleagues_there_is_no_verdict() -> None:
    assert value(centre(50, CHANGES[:7])) is None
    assert value(centre(50, CHANGES[:8])) == 1


def test_a_trained_colleague_does_not_count() -> None:
    for back in (-4, -2, 0):
        other = Completion(9, NOW.plus(back), ("qa_score", "csat"))
        assert value(centre(50), COURSE, other) is None
    # Another metric, or before the five months, does.
    assert value(centre(50), COURSE, Completion(9, NOW, ("qa_score",))) == 1
    assert value(centre(50), COURSE, Completion(9, NOW.plus(-5), ("csat",))) == 1


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("who", [1, 9])
@pytest.mark.parametrize("way", ["absent", "other template", "ramping", "no data"])
def test_all_four_months_have_to_be_there(place: int, who: int, way: str) -> None:
    scores = centre(50)
    at = WINDOW[place]
    old = scores[at]
    template = dict(old.template)
    points = {key: dict(each) for key, each in old.scores.items()}
    ramping: tuple[int, ...] = ()
    if way == "absent":
        del template[who], points[who]
    elif way == "other template":
        template[who] = "technical"
    elif way == "ramping":
        ramping = (who,)
    else:
        del points[who]["csat"]
    scores[at] = MonthScores(template, ramping, points)
    assert value(scores) is None  # without nine people on the template nothing is decided


@pytest.mark.parametrize("place", range(4))
def test_a_month_that_was_not_closed_decides_nothing(place: int) -> None:
    scores = centre(50)
    del scores[WINDOW[place]]
    assert value(scores) is None


def test_only_a_completion_two_months_ago_becomes_decidable() -> None:
    for back in (-4, -3, -1, 0):
        assert value(centre(50), Completion(1, NOW.plus(back), ("csat",))) is None
    assert value(centre(50), Completion(1, NOW.plus(-2), ("qa_score",))) is None


def test_the_worst_verdict_of_a_month_stands() -> None:
    found = [
        Verdict(1, "csat", 9, 5, 8, 1),
        Verdict(1, "qa_score", -9, 5, 8, -1),
        Verdict(2, "csat", 9, 5, 8, 1),
    ]
    assert worst(found) == {1: -1, 2: 1}
    assert worst([]) == {}


def test_before_and_after_are_means_of_two_months() -> None:
    scores = centre(0)
    for place, points in enumerate((40.0, 60.0, 50.0, 62.0)):
        old = scores[WINDOW[place]]
        moved = {**old.scores, 1: {"csat": points}}
        scores[WINDOW[place]] = MonthScores(old.template, old.ramping, moved)
    (found,) = verdicts(NOW, [COURSE], scores)
    assert found.change == about((50 + 62) / 2 - (40 + 60) / 2)
