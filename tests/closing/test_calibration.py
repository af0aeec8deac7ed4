"""Comparing groups before the close: the statistics as tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from closing.calibration import Change, Entry, Leniency, Spread, changes, leniency, spreads

AT = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("totals", "mean", "sd"),
    [
        ([80, 80, 80, 80, 80], 80, 0),
        ([70, 75, 80, 85, 90], 80, 7.905694150420948),
        ([0.1] * 10, 0.1, 0),
        ([60, 100, 60, 100, 80, 80], 80, 17.88854381999832),
    ],
)
def test_a_group_has_a_mean_and_the_deviation_of_a_sample(
    totals: list[float], mean: float, sd: float
) -> None:
    found = spreads(("one", "B", total) for total in totals)["one"]
    assert found.n == len(totals)
    assert found.mean == pytest.approx(mean)
    assert found.sd == pytest.approx(sd, abs=1e-12)
    assert found.grades == {"B": len(totals)}


def test_of_fewer_than_five_only_their_number_is_said() -> None:
    few = [("few", "A", 90.0)] * 4
    enough = [("enough", "A", 90.0)] * 4 + [("enough", "E", 40.0)]
    found = spreads([*few, *enough])
    assert found["few"] == Spread(4)
    assert found["enough"].grades == {"A": 4, "E": 1}


def test_a_scorecard_without_a_total_does_not_count() -> None:
    found = spreads([("one", None, None)] * 3 + [("one", "A", 90.0)] * 5)
    assert found["one"].n == 5
    assert spreads([("one", None, None)]) == {}


def test_one_whose_grade_is_missing_counts_for_the_mean_alone() -> None:
    found = spreads([("one", None, 50.0)] + [("one", "A", 90.0)] * 4)
    assert (found["one"].n, found["one"].grades) == (5, {"A": 4})


@pytest.mark.parametrize(
    ("mine", "others", "expected"),
    [
        ([90] * 5, [80] * 5, Leniency(5, 5, 10)),
        ([70] * 5, [80] * 5, Leniency(5, 5, -10)),
        ([90] * 4, [80] * 5, Leniency(4, 5, None)),  # too few of one's own
        ([90] * 5, [80] * 4, Leniency(0, 0, None)),  # too few to compare with
        ([90, 90, 90, 90, 50], [60, 70, 80, 90, 100], Leniency(5, 5, 2)),
    ],
)
def test_leniency_is_the_distance_from_the_others(
    mine: list[float], others: list[float], expected: Leniency
) -> None:
    given = [("me", "", each) for each in mine] + [("other", "", each) for each in others]
    assert leniency(given)["me"] == expected


def test_only_what_is_about_the_same_is_compared() -> None:
    easy = [("me", "easy", 95.0)] * 5 + [("other", "easy", 95.0)] * 5
    hard = [("me", "hard", 60.0)] * 5 + [("third", "hard", 50.0)] * 5
    found = leniency([*easy, *hard])
    assert found["me"] == Leniency(10, 10, 5)
    assert found["other"].difference == 0
    assert found["third"].difference == -10


def test_nobody_is_compared_with_themselves() -> None:
    assert leniency([("me", "", 90.0)] * 20) == {"me": Leniency(0, 0, None)}


def entry(action: str, subject: str, before: object = None, after: object = None) -> Entry:
    payload = json.dumps({"before": before, "after": after})
    return Entry(AT, "E0002", f"evaluation.{action}", f"evaluation:2026-10:{subject}", payload)


def test_what_changed_after_an_evaluation_was_given_back_is_told_with_before_and_after() -> None:
    value = {"value": 0.9, "sample_size": None, "reason": None}
    entries = [
        entry("value", "E0004:csat", None, value),  # before: it was never calibrated
        entry("returned", "E0004", {"state": "submitted"}, {"reason": "too kind"}),
        entry("value", "E0004:csat", value, value | {"value": 0.8}),
        entry("value", "E0004:csat", value | {"value": 0.8}, value | {"reason": "own"}),
        entry("value", "E0004:qa_score", value, None),
        entry("value", "E0005:csat", value, value | {"value": 0.5}),  # of somebody else
    ]
    assert changes(entries) == [
        Change(AT, "E0002", "E0004", "qa_score", 0.9, None, "too kind"),
        Change(AT, "E0002", "E0004", "csat", 0.8, 0.9, "own"),
        Change(AT, "E0002", "E0004", "csat", 0.9, 0.8, "too kind"),
        Change(AT, "E0002", "E0004", None, None, None, "too kind"),
    ]


def test_contents_that_were_blanked_do_not_break_the_list() -> None:
    blanked = Entry(AT, "E0002", "evaluation.returned", "evaluation:2026-10:E0004", None)
    assert [each.reason for each in changes([blanked])] == [""]
