"""What if: the policy in force gives what was closed; another, what a close under it gives."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from support.centres import (
    CENTRES,
    NOW,
    Examples,
    cards,
    close,
    expected_months,
    import_centre,
    import_one,
    opened,
    policy_of,
    publish,
)
from support.compare import differences
from support.databases import KINDS, Databases, Kind
from support.made_up import COLUMNS, made_up, write_rows
from support.rows import everything

from closing import services
from closing.awards import propose
from closing.effect import effect_of
from closing.months import current_closing
from closing.policy import Policy, parse_policy
from closing.simulation import Difference, simulate
from core.db import db
from core.values import Month

OCTOBER = Month(2026, 10)
Document = dict[str, Any]
Change = Callable[[Document], None]


def simulated(session: Session, month: Month, policy: Policy) -> list[Difference]:
    """As the command does it."""
    found = simulate(session, month, policy)
    session.rollback()
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CENTRES)
def test_the_policy_in_force_gives_what_was_closed(
    examples: Examples, kind: Kind, name: str
) -> None:
    with opened(examples.to_read(kind, name)) as session:
        for month in expected_months(name)[-2 if kind == "sqlite" else -1 :]:
            found = simulated(session, month, policy_of(name))
            assert found != []
            assert [each.employee_no for each in found if each.differs] == []
            assert {each.money for each in found} == {0}


def grades(document: Document) -> None:
    document["grades"] = [
        {"key": "top", "min": 88.5, "zh": "上", "en": "Top", "coefficient": 2},
        {"key": "rest", "min": 0, "zh": "余", "en": "Rest", "coefficient": 0.5},
    ]
    document["pay"]["ungraded"] = "rest"
    for rule in document["rules"].values():
        rule.pop("cap_grade", None)


def rules(document: Document) -> None:
    for code in list(document["rules"])[::2]:
        rule = document["rules"][code]
        if "when" in rule and "repeats" not in rule:
            rule["points"] = 4
            rule["enabled"] = True
    document["scoring"]["adjust_cap"] = 3


def templates(document: Document) -> None:
    for template in document["templates"].values():
        template["team_share"] = 0.4
        for place, line in enumerate(template["lines"]):
            line["weight"] = place + 1.5
            line["prior"] = 25
        template["lines"].reverse()


def thresholds(document: Document) -> None:
    document["tickets"] = {
        "clock": {"days": "123456", "hours": "08:00-19:30"},
        "response_minutes": [7],
        "resolution_hours": [48],
    }
    for rule in document["rules"].values():
        if "resolution_rate_24h" in rule.get("when", "") or "min_rate" in rule.get("when", ""):
            rule["enabled"] = False
            rule["when"] = "csat > 2"


def attendance(document: Document) -> None:
    document["attendance"] |= {"late": 7, "absent": 11.5, "repeat_minutes": 20}


def leave(document: Document) -> None:
    for each in document["leave"].values():
        each["protected"] = not each["protected"]


def pay(document: Document) -> None:
    document["pay"]["max_bonus_share"] = 0.1
    document["pay"]["bonus_base"] = dict.fromkeys(document["pay"]["bonus_base"], 1234.5)


def review_weights(document: Document) -> None:
    document["reviews"]["weights"] = {
        "supervisor": 1,
        "peer": 2,
        "subordinate": 0,
        "cross_team": 7.5,
    }


def awards(document: Document) -> None:
    first, second, third = document["awards"].values()
    first |= {"eligible": "total >= 40 and late_count <= 2", "rank_by": ["csat asc"], "quota": 0.2}
    first["prize"] = {"amount": 333.5}
    del document["awards"]["most_improved"]
    document["awards"]["new"] = {**third, **second, "eligible": "not total < 10", "quota": 5}


CHANGES = (grades, rules, templates, thresholds, attendance, leave, pay, review_weights, awards)


def changed(policy: Policy, change: Change) -> Policy:
    document = copy.deepcopy(policy.document)
    change(document)
    return parse_policy(document)


def proposed(session: Session, month: Month, award: str) -> list[str]:
    return [each.employee_no for each in propose(session, month, award) if each.selected]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_another_policy_gives_what_a_close_under_it_gives(
    examples: Examples, change: Change
) -> None:
    """The first month has no history, which would hang on the policy as well."""
    name = "centre-a"
    first = expected_months(name)[0]
    other = changed(policy_of(name), change)
    with opened(examples.to_read("sqlite", name)) as session:
        found = simulated(session, first, other)
        closing = current_closing(session, first)
        assert closing is not None
        effect = effect_of(session, closing, other)
        session.rollback()
        was = {key: proposed(session, first, key) for key in policy_of(name).awards}
    with opened(examples.imported("sqlite", name)) as session:
        publish(session, other)
        close(session, first)
        want = cards(session, first)
        now = {key: proposed(session, first, key) for key in other.awards}
    got = [each.after.as_json() for each in found if each.after is not None]
    assert any(each.differs for each in found) or any(each.differs for each in effect.awards)
    assert {each.key for each in effect.awards} == {*was, *now}
    for award in effect.awards:
        winners = {number: then for (number, _name), _rank, then in award.winners}
        before, after = was.get(award.key, []), now.get(award.key, [])
        assert list(winners) == after, award.key
        assert [number for number, then in winners.items() if then] == [
            number for number in after if number in before
        ]
        assert [number for number, _ in award.gone] == [no for no in before if no not in after]
        prize = other.awards[award.key].prize.amount if award.key in other.awards else 0
        assert award.after == Decimal(str(prize)) * len(after)
    for each in (*want, *got):
        del each["policy_version"], each["revision"]
    assert list(differences(want, got)) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", [grades, thresholds], ids=lambda change: change.__name__)
def test_a_simulation_stores_nothing(examples: Examples, kind: Kind, change: Change) -> None:
    name = "centre-a"
    with opened(examples.to_read(kind, name)) as session:
        before = everything(session)
        simulated(session, OCTOBER, changed(policy_of(name), change))
        db.session.commit()
        assert everything(session) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_simulation_of_an_open_month_stores_nothing_either(
    examples: Examples, kind: Kind
) -> None:
    name = "centre-a"
    first = expected_months(name)[0]
    with opened(examples.imported(kind, name)) as session:
        before = everything(session)
        found = simulated(session, first, policy_of(name))
        db.session.commit()
        assert everything(session) == before
        assert [each.employee_no for each in found if each.differs] == []
        close(session, first)
        want = cards(session, first)
    got = [each.after.as_json() for each in found if each.after is not None]
    for each in (*want, *got):
        del each["revision"], each["policy_version"]
    assert list(differences(want, got)) == []


@pytest.mark.parametrize("seed", range(300, 306))
def test_random_centres_simulate_as_they_were_closed(
    databases: Databases, tmp_path: Path, seed: int
) -> None:
    centre = made_up(seed)
    url = databases.fresh("sqlite")
    policy = parse_policy(centre.policy)
    with opened(url) as session:
        publish(session, policy)
        import_centre(session, centre, tmp_path)
        for month in map(Month.parse, centre.months):
            close(session, month)
        for month in map(Month.parse, centre.months):
            found = simulated(session, month, policy)
            assert [each.employee_no for each in found if each.differs] == []
    databases.drop(url)


INCIDENT = {"employee_no": "E0010", "date": "2026-10-12", "rule": "CON-P4", "description": "领带"}


def test_what_is_decided_after_the_close_does_not_change_the_month(
    examples: Examples, tmp_path: Path
) -> None:
    """An incident that was only recorded then stays a proposal of the closed month."""
    name = "centre-a"
    path = tmp_path / "incidents.csv"
    columns = COLUMNS["incidents"].split()
    with opened(examples.imported("sqlite", name)) as session:
        write_rows(path, columns, [INCIDENT])
        import_one(session, "incidents", path)
        close(session, *expected_months(name))
        write_rows(path, columns, [{**INCIDENT, "approved_by_no": "E0001"}])
        import_one(session, "incidents", path, clock=NOW.replace(tzinfo=None, day=20))
        found = simulated(session, OCTOBER, policy_of(name))
        assert [each.employee_no for each in found if each.differs] == []


def test_what_comes_after_the_close_does_not_change_the_month(
    examples: Examples, tmp_path: Path
) -> None:
    """Neither incidents of its days, which count later, nor new people hired in it."""
    name = "centre-a"
    with opened(examples.closed("sqlite", name)) as session:
        path = tmp_path / "employees.csv"
        row = {"employee_no": "E9999", "name": "某", "hire_date": "2026-10-02", "position": "agent"}
        write_rows(path, COLUMNS["employees"].split(), [row])
        import_one(session, "employees", path)
        path = tmp_path / "incidents.csv"
        rows = [INCIDENT, {**INCIDENT, "description": "帽", "approved_by_no": "E0001"}]
        write_rows(path, COLUMNS["incidents"].split(), rows)
        import_one(session, "incidents", path)
        found = simulated(session, OCTOBER, policy_of(name))
        assert [each.employee_no for each in found if each.differs] == []


def test_both_sides_are_told_with_the_money_between_them(examples: Examples) -> None:
    name = "centre-a"
    with opened(examples.to_read("sqlite", name)) as session:
        found = simulated(session, OCTOBER, changed(policy_of(name), pay))
        numbers = [view.employee_no for view in services.views_of(session, OCTOBER)]
    assert [each.employee_no for each in found] == numbers
    moved = [each for each in found if each.money]
    assert moved != []
    for each in moved:
        assert each.before is not None
        assert each.after is not None
        assert each.money == (each.after.pay.payout - each.after.pay.wage_deduction) - (
            each.before.pay.payout - each.before.pay.wage_deduction
        )


def test_who_loses_the_template_stands_on_one_side_only(examples: Examples) -> None:
    def without(document: Document) -> None:
        template = next(iter(document["templates"].values()))
        template["positions"] = ["somebody_else"]

    name = "centre-a"
    with opened(examples.to_read("sqlite", name)) as session:
        found = simulated(session, OCTOBER, changed(policy_of(name), without))
    gone = [each for each in found if each.after is None]
    assert gone != []
    assert all(each.differs and each.before is not None for each in gone)
