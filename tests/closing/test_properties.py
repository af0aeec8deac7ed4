"""What holds for every centre and policy, by way of files, imports and the database."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from support.centres import cards, close, import_centre, opened, publish, reopen
from support.databases import Databases, Kind
from support.made_up import Centre, made_up
from support.rows import derived, latest_closings

from closing.policy import parse_policy
from closing.verification import verify
from core.values import Month

Results = dict[str, list[dict[str, Any]]]

few = settings(max_examples=3, deadline=None, derandomize=True)
many = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32)


@contextmanager
def imported(databases: Databases, centre: Centre, kind: Kind = "sqlite") -> Iterator[Session]:
    """The centre in a database of its own, nothing closed."""
    url = databases.fresh(kind)
    try:
        with opened(url) as session, tempfile.TemporaryDirectory() as folder:
            publish(session, parse_policy(centre.policy))
            import_centre(session, centre, Path(folder))
            yield session
    finally:
        databases.drop(url)


def closed(session: Session, centre: Centre) -> Results:
    found = {}
    for text in centre.months:
        close(session, Month.parse(text))
        found[text] = cards(session, Month.parse(text))
    return found


def results(databases: Databases, centre: Centre) -> Results:
    with imported(databases, centre) as session:
        return closed(session, centre)


# The order of rows


def check_order(databases: Databases, seed: int) -> None:
    """To the last bit: no tolerance."""
    centre = made_up(seed)
    other = copy.deepcopy(centre)
    for rows in other.rows.values():
        Random(seed + 1).shuffle(rows)
    assert results(databases, other) == results(databases, centre)


@few
@given(seed=seeds)
def test_the_order_of_rows_is_irrelevant(databases: Databases, seed: int) -> None:
    check_order(databases, seed)


@pytest.mark.long
@many
@given(seed=seeds)
def test_the_order_of_rows_is_irrelevant_in_many_centres(databases: Databases, seed: int) -> None:
    check_order(databases, seed)


# Closing twice, and on either database


def check_twice(databases: Databases, seed: int) -> None:
    centre = made_up(seed)
    months = [Month.parse(text) for text in centre.months]
    held = []
    kinds: tuple[Kind, ...] = ("sqlite", "postgresql")
    for kind in kinds:
        with imported(databases, centre, kind) as session:
            first = closed(session, centre)
            once = {m: derived(session, each) for m, each in latest_closings(session).items()}
            reopen(session, months[0], cascade=True)
            second = closed(session, centre)
            twice = {m: derived(session, each) for m, each in latest_closings(session).items()}
            assert twice == once
            assert list(verify(session)) == []
            held.append((once, first))
            for each in (*first.values(), *second.values()):
                for card in each:
                    del card["revision"]
            assert first == second
    assert held[0] == held[1]


@settings(max_examples=2, deadline=None, derandomize=True)
@given(seed=seeds)
def test_closing_twice_gives_the_same_rows_on_both_databases(
    databases: Databases, seed: int
) -> None:
    check_twice(databases, seed)


@pytest.mark.long
@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_closing_twice_gives_the_same_in_many_centres(databases: Databases, seed: int) -> None:
    check_twice(databases, seed)


# Whose records reach whom

OWN = ("punches", "leave", "overtime", "tickets", "metrics", "spotchecks", "training", "incidents")


def without_records_of(centre: Centre, who: str) -> Centre:
    """The person stays, as do the reviews that they gave, and complaints."""
    other = copy.deepcopy(centre)
    for kind in OWN:
        column = "agent" if kind == "tickets" else "employee_no"
        other.rows[kind] = [row for row in other.rows[kind] if row[column] != who]
    return other


def with_anchored_time(centre: Centre, anchor: str) -> None:
    """Every centre is judged as of the same moment, whoever's tickets are gone."""
    centre.rows["tickets"].append(
        {
            "ticket_id": "anchor",
            "agent": anchor,
            "created_at": "2026-10-31 12:00",
            "resolved_at": "2026-11-01 12:00",
        }
    )


def leaders_of(centre: Centre, who: str) -> set[str]:
    """Whoever was ever above the person."""
    above: set[str] = set()
    waiting = [who]
    while waiting:
        at = waiting.pop()
        for row in (*centre.rows["employees"], *centre.moves):
            boss = row["supervisor_no"]
            if row["employee_no"] == at and boss and boss not in above:
                above.add(boss)
                waiting.append(boss)
    return above


def others(found: Results, who: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (month, card["employee_no"]): card
        for month, each in found.items()
        for card in each
        if card["employee_no"] != who
    }


def own_facts(card: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in card["facts"].items() if not key.startswith("team_")}


def check_influence(databases: Databases, seed: int) -> None:
    """By team facts to leaders, by priors, team means and ranks to colleagues, and no more."""
    centre = made_up(seed)
    who = Random(seed).choice([row["employee_no"] for row in centre.rows["employees"][1:]])
    with_anchored_time(centre, "P00")
    full = others(results(databases, centre), who)
    less = others(results(databases, without_records_of(centre, who)), who)
    leaders = leaders_of(centre, who)
    assert full.keys() == less.keys()
    for key, card in full.items():
        other = less[key]
        assert own_facts(card) == own_facts(other)
        if key[1] not in leaders:
            assert card["facts"] == other["facts"]
        template = centre.policy["templates"][card["template"]]
        for line, one, two in zip(template["lines"], card["lines"], other["lines"]):
            if not line["metric"].startswith("team_"):
                assert one["raw"] == two["raw"]
                if not line.get("prior"):
                    assert one == two
        if key[1] not in leaders:
            assert card["rules"] == other["rules"]
            assert card["status"] == other["status"]
            if not template["team_share"] and not any(
                line.get("prior") for line in template["lines"]
            ):
                for name in ("base", "total", "grade", "coefficient", "pay"):
                    assert card[name] == other[name]


@few
@given(seed=seeds)
def test_records_reach_others_through_known_channels_only(databases: Databases, seed: int) -> None:
    check_influence(databases, seed)


@pytest.mark.long
@many
@given(seed=seeds)
def test_records_reach_others_through_known_channels_only_in_many_centres(
    databases: Databases, seed: int
) -> None:
    check_influence(databases, seed)


# Bounds


def check_bounds(databases: Databases, seed: int) -> None:
    centre = made_up(seed)
    cap = centre.policy.get("scoring", {}).get("adjust_cap", 10)
    grades = centre.policy["grades"]
    keys = [grade["key"] for grade in grades]
    for month, each in results(databases, centre).items():
        assert [card["employee_no"] for card in each] == sorted(c["employee_no"] for c in each)
        for card in each:
            assert -cap <= card["adjustment"] <= cap, month
            assert card["total"] is None or 0 <= card["total"] <= 120
            assert (card["grade"] is None) == (
                card["status"] != "complete" or not card["lines"] or card["total"] is None
            )
            assert (card["company_rank"] is None) == (
                card["status"] != "complete" or card["ramping"] or card["total"] is None
            )
            assert card["team_rank"] is None or card["company_rank"] is not None
            assert 0 <= card["coverage"] <= 1
            for entry in card["rules"]:
                if entry["state"] == "counts" and entry["cap_grade"] and card["grade"]:
                    assert keys.index(card["grade"]) >= keys.index(entry["cap_grade"])
            assert float(card["pay"]["deducted"]) <= float(card["pay"]["bonus"])


@few
@given(seed=seeds)
def test_totals_adjustments_and_caps_hold(databases: Databases, seed: int) -> None:
    check_bounds(databases, seed)


@pytest.mark.long
@many
@given(seed=seeds)
def test_totals_adjustments_and_caps_hold_in_many_centres(databases: Databases, seed: int) -> None:
    check_bounds(databases, seed)


# What can only help

DAYS = sqlalchemy.text(
    "SELECT d.day, d.arrival, d.departure FROM person_days d"
    " JOIN employees e ON e.id = d.employee_id WHERE e.employee_no = :who ORDER BY d.day"
)


def lines_of(found: Results, month: str, who: str) -> dict[str, dict[str, Any]]:
    return {
        line["metric"]: line
        for card in found[month]
        if card["employee_no"] == who
        for line in card["lines"]
    }


def with_values(centre: Centre, who: str, month: str, values: dict[str, float]) -> None:
    """Entered in place of whatever there was, with a sample of twelve."""
    kept = [
        row
        for row in centre.rows["metrics"]
        if (row["employee_no"], row["month"]) != (who, month) and row["metric"] not in values
    ]
    centre.rows["metrics"] = kept + [
        {
            "employee_no": who,
            "month": month,
            "metric": metric,
            "value": repr(value),
            "sample_size": "12",
        }
        for metric, value in values.items()
    ]


def better_and_worse(centre: Centre, random: Random) -> dict[str, tuple[float, float]]:
    """Of every metric that a template uses and that can be entered: a worse value, a better one."""
    pairs = {}
    for template in centre.policy["templates"].values():
        for line in template["lines"]:
            metric = centre.policy["metrics"][line["metric"]]
            if line["metric"].startswith("team_") or line["metric"] == "attendance_score":
                continue
            top = {"rate": 1, "score": 100, "count": 9, "mean": 200}[metric["kind"]]
            low, high = sorted((line["floor"], line["target"]))
            around = (low - (high - low) / 2, high + (high - low) / 2)
            drawn = sorted(min(top, max(0, random.uniform(*around))) for _ in range(2))
            if metric["kind"] == "count":
                drawn = [round(each) for each in drawn]
            worse, better = drawn if metric["better"] == "higher" else reversed(drawn)
            pairs[line["metric"]] = (worse, better)
    return pairs


def check_improvement(databases: Databases, seed: int) -> None:
    """Better values, one more punch, and an approved leave: of three people, by way of files."""
    random = Random(seed)
    centre = made_up(seed, people=6)
    centre.policy["attendance"]["repeat_minutes"] = 0
    month = centre.months[-1]
    numbers = [row["employee_no"] for row in centre.rows["employees"]]
    valued, puncher, absentee = random.sample(numbers[1:], 3)
    pairs = better_and_worse(centre, random)
    for row in [row for row in centre.rows["leave"] if row["employee_no"] == absentee]:
        centre.rows["leave"].remove(row)
    for who in (puncher, absentee):
        shift = {"employee_no": who, "from": f"{month}-02", "to": "", "shift": "09:00-18:00"}
        centre.rows["rosters"] = [r for r in centre.rows["rosters"] if r.get("employee_no") != who]
        centre.rows["rosters"].append(shift)
    days_off = [f"{month}-{day:02}" for day in random.sample(range(2, 29), 9)]
    leaves = [
        {"employee_no": absentee, "type": "sick", "from": f"{day} 10:30", "to": f"{day} {end}"}
        for day, end in zip(days_off, ("12:00", "18:00", "21:00") * 3)
    ]
    centre.rows["metrics"] = [
        row for row in centre.rows["metrics"] if row["metric"] != "attendance_score"
    ]
    with_anchored_time(centre, "P00")
    helped = copy.deepcopy(centre)
    with_values(centre, valued, month, {key: pair[0] for key, pair in pairs.items()})
    with_values(helped, valued, month, {key: pair[1] for key, pair in pairs.items()})
    centre.rows["leave"] += [{**leave, "status": "requested"} for leave in leaves]
    helped.rows["leave"] += [{**leave, "status": "approved"} for leave in leaves]
    helped.rows["punches"] += [
        {"employee_no": puncher, "timestamp": f"{day} {random.randint(7, 20):02}:31:07"}
        for day in days_off
    ]
    found, days = [], []
    for each in (centre, helped):
        with imported(databases, each) as session:
            found.append(closed(session, each))
            days.append(session.execute(DAYS, {"who": puncher}).all())
    before, after = (lines_of(each, month, valued) for each in found)
    assert before.keys() == after.keys()
    for metric in before.keys() & pairs.keys():
        assert before[metric]["raw"] == pairs[metric][0]
        assert before[metric]["score"] <= after[metric]["score"] + 1e-9, metric
    for (one, arrival, departure), (other, sooner, later) in zip(*days, strict=True):
        assert one == other
        assert arrival is None or sooner <= arrival
        assert departure is None or later >= departure
    scores = [
        [
            card["facts"].get("attendance_score")
            for card in each[month]
            if card["employee_no"] == absentee
        ]
        for each in found
    ]
    assert len(scores[0]) == len(scores[1])
    assert all(one is None or one <= other for one, other in zip(*scores))


@pytest.mark.parametrize("seed", [3, 13])
def test_what_is_better_lowers_nothing(databases: Databases, seed: int) -> None:
    check_improvement(databases, seed)


@pytest.mark.long
@settings(max_examples=12, deadline=None)
@given(seed=seeds)
def test_what_is_better_lowers_nothing_in_many_centres(databases: Databases, seed: int) -> None:
    check_improvement(databases, seed)
