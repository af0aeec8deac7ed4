"""The facts that a policy knows, with their names, kinds and units."""

from __future__ import annotations

import keyword

import pytest

from closing.catalogue import award_catalogue, condition_catalogue, fact_catalogue
from closing.policy_text import default_policy
from core.values import Names

POLICY = default_policy()
FACTS = fact_catalogue(POLICY)

# docs/scoring.md, Facts, and docs/attendance.md and docs/training.md, with the default policy.
REFERENCE = """
    contacts_handled first_response_minutes first_response_minutes_median
    first_response_3min_rate first_response_10min_rate first_response_30min_rate
    resolution_rate_24h resolution_rate_48h reopen_rate csat callback_rate complaint_count
    complaint_rate complaint_sla_rate qa_score review_360 scheduled_days worked_days leave_days
    protected_leave_days late_count late_minutes early_leave_count early_leave_minutes absent_days
    missing_punch_count overtime_hours late_over_15_count late_over_30_count late_over_60_count
    attendance_score training_hours training_score mandatory_missed mandatory_overdue
    training_effect ideas_adopted assists feedback_collected
"""
OWN = set(REFERENCE.split())


def test_the_facts_are_those_of_the_reference_and_of_the_policy() -> None:
    assert {key for key in FACTS if not key.startswith("team_")} == OWN
    teams = {key.removeprefix("team_") for key in FACTS if key.startswith("team_")}
    assert teams == OWN - {"training_effect"}


def test_every_fact_has_a_name_in_both_languages_and_no_two_the_same() -> None:
    specs = award_catalogue(POLICY).values()
    assert all(spec.names.zh.strip() and spec.names.en.strip() for spec in specs)
    for language in ("zh", "en"):
        names = [spec.names.get(language) for spec in specs]
        assert sorted(names) == sorted(set(names))


def test_every_key_can_stand_in_a_condition() -> None:
    assert all(
        key.isidentifier() and key.isascii() and not keyword.iskeyword(key)
        for key in award_catalogue(POLICY)
    )
    assert all(key == spec.key for key, spec in award_catalogue(POLICY).items())


@pytest.mark.parametrize(
    ("key", "kind", "unit", "names"),
    [
        ("csat", "rate", "%", Names("客户满意度", "Customer satisfaction")),
        ("team_csat", "rate", "%", Names("团队客户满意度", "Team satisfaction")),
        ("team_complaint_count", "mean", "", Names("团队有责投诉数", "Team upheld complaints")),
        ("team_review_360", "score", "pts", Names("团队360度评估", "Team 360° feedback")),
        ("assists", "count", "", Names("协助同事", "Colleagues helped")),
        ("overtime_hours", "hours", "h", Names("加班时数", "Overtime hours")),
    ],
)
def test_names_and_units_come_from_the_policy_where_it_declares_the_fact(
    key: str, kind: str, unit: str, names: Names
) -> None:
    spec = FACTS[key]
    assert (spec.kind, spec.unit, spec.names) == (kind, unit, names)


def test_sample_sizes_are_facts_of_everything_but_the_training_effect() -> None:
    known = condition_catalogue(POLICY)
    assert known["csat_n"].names == Names("客户满意度样本数", "Customer satisfaction (sample size)")
    assert known["team_csat_n"].kind == "count"
    assert "assists_n" in known
    assert "training_effect_n" not in known


def test_only_awards_see_the_total_and_the_ranks() -> None:
    added = set(award_catalogue(POLICY)) - set(condition_catalogue(POLICY))
    assert added == {
        "total",
        "total_change",
        "coverage",
        "tenure_months",
        "team_rank",
        "company_rank",
    }
