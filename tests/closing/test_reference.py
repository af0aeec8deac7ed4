"""Random centres under random policies: the database path against the second implementation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.centres import cards, close, import_centre, opened, publish
from support.compare import differences
from support.databases import Kind
from support.made_up import Centre, made_up
from support.reference import Reference, as_json

from closing.policy import parse_policy
from core.values import Month
from staff.attendance.calendar import official_calendar

CALENDAR = official_calendar(range(2023, 2028)).days
NOT_COMPARED = ("revision", "policy_version", "as_of")

Fresh = Callable[[Kind], str]
Results = dict[str, list[dict[str, Any]]]


def results(url: str, centre: Centre, folder: Path) -> Results:
    """The scorecards of every month, by way of files, imports and closes."""
    with opened(url) as session:
        publish(session, parse_policy(centre.policy))
        import_centre(session, centre, folder)
        found = {}
        for text in centre.months:
            close(session, Month.parse(text))
            found[text] = [
                {key: value for key, value in each.items() if key not in NOT_COMPARED}
                for each in cards(session, Month.parse(text))
            ]
        return found


def wanted(centre: Centre) -> Results:
    reference = Reference(centre.all_rows(), centre.policy, CALENDAR)
    return {
        month: [as_json(month, card) for _, card in sorted(reference.close(month).items())]
        for month in centre.months
    }


# Chosen for what they tell apart: small faults put into the reference change one of them.
TELLING = (0, 3, 5, 14, 16, 17, 24, 43)


@pytest.mark.parametrize("seed", TELLING)
def test_a_random_centre_scores_as_the_reference_does(
    fresh_database_url: Fresh, tmp_path: Path, seed: int
) -> None:
    centre = made_up(seed, people=6, months=4)
    got = results(fresh_database_url("sqlite"), centre, tmp_path)
    assert list(differences(wanted(centre), got)) == []


@pytest.mark.parametrize("seed", [3, 43])
def test_a_random_centre_scores_so_on_postgresql_too(
    fresh_database_url: Fresh, tmp_path: Path, seed: int
) -> None:
    centre = made_up(seed)
    got = results(fresh_database_url("postgresql"), centre, tmp_path)
    assert list(differences(wanted(centre), got)) == []


@pytest.mark.long
@pytest.mark.parametrize("start", range(1000, 1500, 50))
def test_many_random_centres_score_as_the_reference_does(
    fresh_database_url: Fresh, tmp_path: Path, start: int
) -> None:
    for seed in range(start, start + 50):
        folder = tmp_path / str(seed)
        folder.mkdir()
        centre = made_up(seed)
        got = results(fresh_database_url("sqlite"), centre, folder)
        assert list(differences(wanted(centre), got)) == [], seed


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2000, 2020))
def test_larger_centres_over_six_months_score_as_the_reference_does(
    fresh_database_url: Fresh, tmp_path: Path, seed: int
) -> None:
    centre = made_up(seed, people=14, months=6)
    got = results(fresh_database_url("sqlite"), centre, tmp_path)
    assert list(differences(wanted(centre), got)) == []


def test_random_centres_reach_everything_that_scoring_knows() -> None:
    """What never occurs in them is not compared: a change of the generator must not lose it."""
    seen: Counter[str] = Counter()
    for seed in range(25):
        for month in wanted(made_up(seed)).values():
            for card in month:
                seen[card["status"]] += 1
                seen["ramping"] += card["ramping"]
                seen["no base"] += card["base"] is None
                seen["no team"] += card["team"] is None
                seen["tied"] += sum(card["total"] == other["total"] for other in month) > 1
                seen["wage deduction"] += card["pay"]["wage_deduction"] != "0.00"
                seen["taken off"] += card["pay"]["deducted"] != "0.00"
                for line in card["lines"]:
                    seen[line["source"] or "absent"] += 1
                    seen["adjusted"] += line["raw"] != line["value"]
                    seen["stretched"] += (line["score"] or 0) > 100
                for entry in card["rules"]:
                    seen[entry["state"]] += 1
                    seen[entry["fired_by"]] += 1
                    seen["capped"] += entry["state"] == "counts" and bool(entry["cap_grade"])
    expected = (
        *("exempt", "incomplete", "complete", "ramping", "no base", "no team", "tied"),
        *("wage deduction", "taken off", "tickets", "computed", "entered", "carried", "absent"),
        *("adjusted", "stretched", "counts", "superseded", "proposed", "undecided"),
        *("when", "incident", "repeats", "capped"),
    )
    assert [name for name in expected if not seen[name]] == []
