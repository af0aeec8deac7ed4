"""A policy that is read: defaults, round trip, hash."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closing.policy import AppealsSection, Policy, parse_policy
from closing.policy_text import default_policy, dump, load_policy
from core.documents import DocumentError
from core.values import Month, Names
from evaluations.policy import ScoringSection, ServiceClock, TicketsSection
from rewards.policy import Per, Prize, Repeats

DEFAULT = default_policy()


def without(*keys: str) -> dict[str, Any]:
    document = copy.deepcopy(DEFAULT.document)
    for key in keys:
        del document[key]
    return document


def test_the_default_policy_holds_what_its_text_says() -> None:
    assert DEFAULT.effective_from == Month(2026, 1)
    assert DEFAULT.currency == "CNY"
    assert DEFAULT.attendance.late_tiers == (15, 30, 60)
    assert DEFAULT.tickets.clock == ServiceClock(frozenset(range(1, 8)), 540, 1260)
    assert DEFAULT.leave["sick"].protected is False
    assert DEFAULT.templates["agent"].lines[1].prior == 100
    assert DEFAULT.templates["agent"].lines[3].stretch is None
    assert [grade.key for grade in DEFAULT.grades] == ["A", "B", "C", "D", "E"]
    assert DEFAULT.pay.bonus_base["manager"] == 3000
    assert DEFAULT.pay.minimum_wage is None
    assert DEFAULT.rules["LAT-P1"].per == Per("late_count", 3, 4)
    assert DEFAULT.rules["LAT-P1R"].repeats == Repeats("LAT-P1", 2, 6)
    assert DEFAULT.rules["INN-P1"].enabled is False
    assert DEFAULT.rules["ATT-R1"].positions is None
    award = DEFAULT.awards["agent_of_the_month"]
    assert award.rank_by[-1] == ("hire_date", "asc")
    assert award.prize == Prize(500, ("certificate", "promotion_nomination"))


def test_rules_keep_the_order_of_the_document() -> None:
    assert list(DEFAULT.rules) == list(DEFAULT.document["rules"])
    turned = copy.deepcopy(DEFAULT.document)
    turned["rules"] = dict(reversed(turned["rules"].items()))
    policy = parse_policy(turned)
    assert list(policy.rules) == list(reversed(DEFAULT.rules))
    assert policy.hash != DEFAULT.hash, "the order shows on scorecards"


def test_a_dumped_policy_loads_to_an_equal_one_in_readable_yaml() -> None:
    text = dump(DEFAULT)
    again = load_policy(text)
    assert again == DEFAULT
    assert list(again.rules) == list(DEFAULT.rules)
    assert dump(again) == text
    assert "年假" in text
    assert text.startswith("name:\n")
    assert "&id" not in text


@given(
    weight=st.floats(min_value=1e-9, max_value=1e9),
    label=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30).filter(
        lambda text: bool(text.strip())
    ),
    days=st.sampled_from(["1", "12345", "67"]),
)
def test_any_number_and_label_survives_the_round_trip(weight: float, label: str, days: str) -> None:
    document = copy.deepcopy(DEFAULT.document)
    document["templates"]["agent"]["lines"][0]["weight"] = weight
    document["name"]["zh"] = label
    document["tickets"]["clock"]["days"] = days
    policy = parse_policy(document)
    again = load_policy(dump(policy))
    assert again == policy
    assert again.hash == policy.hash


def test_the_hash_is_of_the_content_and_no_other_thing() -> None:
    assert parse_policy(copy.deepcopy(DEFAULT.document)).hash == DEFAULT.hash
    other = copy.deepcopy(DEFAULT.document)
    other["scoring"]["adjust_cap"] = 11
    assert parse_policy(other).hash != DEFAULT.hash


def test_a_policy_does_not_change_with_the_document_that_it_was_read_from() -> None:
    document = copy.deepcopy(DEFAULT.document)
    policy = parse_policy(document)
    document["rules"].clear()
    assert policy.document == DEFAULT.document


def test_windows_of_appeals_are_what_the_policy_says() -> None:
    assert DEFAULT.appeals == AppealsSection(window_days=5, decision_days=10)
    policy = parse_policy({**DEFAULT.document, "appeals": {"window_days": 7}})
    assert policy.appeals == AppealsSection(window_days=7, decision_days=10)
    assert load_policy(dump(policy)) == policy


ABSENT: list[tuple[str, Callable[[Policy], object], object]] = [
    ("currency", lambda policy: policy.currency, "CNY"),
    ("tickets", lambda policy: policy.tickets, TicketsSection()),
    ("scoring", lambda policy: policy.scoring, ScoringSection(10, 0.6, 10, ())),
    ("reviews", lambda policy: policy.reviews.weights, dict(DEFAULT.reviews.weights)),
    ("reviews", lambda policy: policy.reviews.competencies, {}),
    ("reviews", lambda policy: (policy.reviews.min_raters, policy.reviews.carry_months), (3, 2)),
    ("grades", lambda policy: policy.grades, DEFAULT.grades),
    ("awards", lambda policy: policy.awards, {}),
    ("leave", lambda policy: set(policy.leave), set(DEFAULT.leave)),
    (
        "leave",
        lambda policy: {key for key, kind in policy.leave.items() if not kind.protected},
        {"sick", "personal", "compensatory"},
    ),
]


@pytest.mark.parametrize(("key", "read", "expected"), ABSENT)
def test_an_absent_section_reads_as_its_default(
    key: str, read: Callable[[Policy], object], expected: object
) -> None:
    document = without(key)
    if key == "tickets":  # rules name rates that only its thresholds make, or metrics declare
        assert "resolution_rate_48h" in document["metrics"]
    assert read(parse_policy(document)) == expected


def test_rules_and_categories_may_both_be_absent() -> None:
    policy = parse_policy(without("rules", "categories"))
    assert policy.rules == {}
    assert policy.categories == {}


def test_null_reads_as_absent() -> None:
    document = copy.deepcopy(DEFAULT.document)
    document["rules"]["QUA-P1"] |= {"positions": None, "per": None, "repeats": None}
    document["awards"]["top_learner"]["per_team"] = None
    document["templates"]["agent"]["lines"][0]["prior"] = None
    document["tickets"]["clock"] = None
    policy = parse_policy(document)
    assert policy.rules["QUA-P1"] == DEFAULT.rules["QUA-P1"]
    assert policy.tickets.clock is None


@pytest.mark.parametrize(
    ("section", "key", "default"),
    [
        ("attendance", "late_tiers", ()),
        ("attendance", "repeat_minutes", DEFAULT.attendance.repeat_minutes),
        ("reviews", "weights", DEFAULT.reviews.weights),
    ],
)
def test_a_single_key_with_a_default_may_be_absent(section: str, key: str, default: Any) -> None:
    document = copy.deepcopy(DEFAULT.document)
    del document[section][key]
    assert getattr(getattr(parse_policy(document), section), key) == default


def test_hours_may_end_at_midnight_and_days_may_be_written_as_a_number() -> None:
    document = copy.deepcopy(DEFAULT.document)
    document["tickets"]["clock"] = {"days": 12345, "hours": "8:30-24:00"}
    assert parse_policy(document).tickets.clock == ServiceClock(frozenset(range(1, 6)), 510, 1440)


def test_an_entered_metric_its_sample_and_its_team_mean_stand_in_conditions() -> None:
    document = copy.deepcopy(DEFAULT.document)
    document["rules"]["QUA-P1"]["when"] = (
        "assists_n > 3 and team_assists > 1 and team_csat_n > 9 and late_over_30_count > 0 "
        "and first_response_10min_rate < 0.9 and training_effect < 0"
    )
    parse_policy(document)
    document["attendance"]["late_tiers"] = [15]
    with pytest.raises(DocumentError, match='no fact "late_over_30_count"'):
        parse_policy(document)


def test_a_redundant_approval_of_an_incident_and_a_false_incident_are_taken() -> None:
    document = copy.deepcopy(DEFAULT.document)
    document["rules"]["ATT-P1"]["approval"] = True
    document["rules"]["QUA-P1"]["incident"] = False
    assert parse_policy(document).rules["QUA-P1"].incident is False


def test_numbers_are_kept_as_they_are_written() -> None:
    line = DEFAULT.templates["agent"].lines[0]
    assert (type(line.weight), type(line.floor)) == (int, int)
    stretch = DEFAULT.templates["presales"].lines[1].stretch
    assert isinstance(stretch, float)


def test_a_policy_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT.currency = "USD"  # type: ignore[misc]
    assert DEFAULT.name == Names(
        "绩效考核与奖惩办法（默认）", "Performance, rewards and discipline rules (default)"
    )


def test_a_grade_may_be_called_a_plus() -> None:
    document = copy.deepcopy(DEFAULT.document)
    document["grades"].insert(0, {**document["grades"][0], "key": "A+", "min": 95})
    assert parse_policy(document).grades[0].key == "A+"


def test_a_team_s_mean_of_an_entered_metric_may_be_declared() -> None:
    document = copy.deepcopy(DEFAULT.document)
    document["metrics"]["team_assists"] = {**document["metrics"]["assists"], "zh": "团队互助"}
    assert parse_policy(document).metrics["team_assists"].names.zh == "团队互助"
