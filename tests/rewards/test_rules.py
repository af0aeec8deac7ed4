"""Which rules fire, sentence by sentence of docs/scoring.md, The rules matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values import Month, Names
from rewards.conditions import ConditionError
from rewards.entries import (
    Decision,
    Occurrence,
    OccurrenceState,
    PastMonth,
    PersonMonth,
    RuleEntry,
    effects,
    ladder_counts,
)
from rewards.policy import Per, Repeats, Rule
from rewards.rules import compile_rules, fire

GRADES = ("A", "B", "C", "D", "E")
OCTOBER = Month(2026, 10)


def rule(code: str, **fields: Any) -> Rule:
    if not {"when", "incident", "repeats"} & set(fields):
        fields["when"] = "x >= 1"
    names = Names(code, code)
    return Rule(**{"code": code, "category": "c", "kind": "penalty", "names": names, **fields})


def person(**fields: Any) -> PersonMonth:
    return PersonMonth(**{"month": OCTOBER, "position": "agent", "facts": {"x": 1}, **fields})


def incident(
    code: str, day: int = 5, *, id: int = 1, case: str | None = None, **more: Any
) -> Occurrence:
    return Occurrence(id, code, date(2026, 10, day), case=case, **more)


def past(x: float | None, *, exempt: bool = False, **fired: int) -> PastMonth:
    return PastMonth(exempt, {} if x is None else {"x": x}, fired)


def months(*before: PastMonth | None) -> dict[Month, PastMonth]:
    """The months before October, the latest first; None was not closed, or had no scorecard."""
    return {OCTOBER.plus(-1 - back): one for back, one in enumerate(before) if one is not None}


def run(rules: list[Rule], **fields: Any) -> list[RuleEntry]:
    return fire(compile_rules(rules, grades=GRADES), person(**fields))


def states(entries: list[RuleEntry]) -> list[tuple[str, str]]:
    return [(entry.rule, entry.state) for entry in entries]


# ---------------------------------------------------------------------------- conditions


def test_a_rule_counts_when_its_condition_holds_and_is_silent_when_it_does_not() -> None:
    assert states(run([rule("P1")])) == [("P1", "counts")]
    assert run([rule("P1")], facts={"x": 0}) == []


def test_an_undecided_rule_is_listed_and_brings_its_effects_after_per() -> None:
    rules = [rule("P1", points=2), rule("P2", amount=100, per=Per("x", 0))]
    first, second = run(rules, facts={})
    assert (first.state, first.points) == ("undecided", 2)
    assert (second.state, second.amount, second.factor) == ("undecided", 0, 0)


def test_a_rule_switched_off_does_not_fire_in_any_way() -> None:
    off = [
        rule("P1", enabled=False),
        rule("P2", incident=True, enabled=False),
        rule("P3", repeats=Repeats("P4", 1, 1), enabled=False),
    ]
    fired = run([*off, rule("P4")], occurrences=[incident("P2")])
    assert states(fired) == [("P4", "counts")]


def test_a_rule_limited_to_positions_does_not_fire_for_others_in_any_way() -> None:
    rules = [
        rule("P1", positions=("agent",)),
        rule("P2", incident=True, positions=("agent",)),
        rule("P3", repeats=Repeats("P4", 1, 1), positions=("agent",)),
        rule("P4"),
    ]
    compiled = compile_rules(rules, grades=GRADES)
    seen = {
        position: [e.rule for e in fire(compiled, person(position=position, occurrences=[
            incident("P2")
        ]))]
        for position in ("agent", "supervisor")
    }  # fmt: skip
    assert seen == {"agent": ["P1", "P2", "P3", "P4"], "supervisor": ["P4"]}


def test_entries_stand_in_the_order_of_the_policy_whatever_fired_them() -> None:
    rules = [
        rule("R3", repeats=Repeats("R1", 1, 1)),
        rule("R2", incident=True),
        rule("R1"),
        rule("R0", when="absent > 1"),
    ]
    entries = run(rules, occurrences=[incident("R2")])
    assert [(e.rule, e.fired_by) for e in entries] == [
        ("R3", "repeats"),
        ("R2", "incident"),
        ("R1", "when"),
        ("R0", "when"),
    ]


def test_a_condition_that_cannot_be_used_or_a_cap_that_is_no_grade_is_refused() -> None:
    with pytest.raises(ConditionError):
        compile_rules([rule("P1", when="y > 1")], grades=GRADES, known={"x"})
    with pytest.raises(ValueError, match="no such grade"):
        compile_rules([rule("P1", cap_grade="Z")], grades=GRADES)


# ------------------------------------------------------------------------------- streaks


@pytest.mark.parametrize(
    ("history", "fires"),
    [
        (months(past(1), past(1)), True),
        (months(past(1), past(0)), False),
        (months(past(0), past(1), past(1)), False),
        (months(past(1)), False),
        (months(past(1), None, past(1)), False),
        (months(past(1), past(None), past(1)), False),
        (months(past(1, exempt=True), past(1), past(1)), True),
        (months(past(0, exempt=True), past(1), past(None, exempt=True), past(1)), True),
        (months(past(1, exempt=True), past(1)), False),
        (months(past(1), past(1, exempt=True), past(0)), False),
    ],
)
def test_a_streak_asks_the_months_before_and_passes_over_exempt_ones(
    history: Mapping[Month, PastMonth], fires: bool
) -> None:
    entries = run([rule("P1", streak=3)], history=history)
    assert states(entries) == ([("P1", "counts")] if fires else [])


def test_a_streak_looks_over_the_turn_of_the_year() -> None:
    january = person(month=Month(2026, 1), history={Month(2025, 12): past(1)})
    assert fire(compile_rules([rule("P1", streak=2)], grades=GRADES), january)


def test_a_streak_does_not_fire_in_an_exempt_month_but_is_listed_where_undecided() -> None:
    history = months(past(1), past(1))
    streak = [rule("P1", streak=2)]
    assert run(streak, exempt=True, history=history) == []
    assert states(run(streak, exempt=True, facts={}, history=history)) == [("P1", "undecided")]
    assert states(run([rule("P1")], exempt=True)) == [("P1", "counts")]


def test_a_streak_undecided_this_month_is_listed_even_where_an_earlier_month_broke_it() -> None:
    entries = run([rule("P1", streak=2)], facts={}, history=months(past(0)))
    assert states(entries) == [("P1", "undecided")]


# ----------------------------------------------------------------------------- incidents


def test_incidents_of_one_rule_stand_by_date_each_for_itself() -> None:
    entries = run(
        [rule("P1", incident=True, points=1)],
        occurrences=[incident("P1", 9, id=1), incident("P1", 2, id=2, state="proposed")],
    )
    assert [(e.incident, e.day, e.state, e.points) for e in entries] == [
        (2, date(2026, 10, 2), "proposed", 1),
        (1, date(2026, 10, 9), "counts", 1),
    ]


def test_an_incident_shows_its_own_date_in_the_month_in_which_it_counts() -> None:
    late = Occurrence(7, "P1", date(2026, 9, 30))
    assert run([rule("P1", incident=True)], occurrences=[late])[0].day == date(2026, 9, 30)


def test_an_incident_needs_no_second_approval_by_the_rule() -> None:
    entries = run([rule("P1", incident=True, approval=True)], occurrences=[incident("P1")])
    assert states(entries) == [("P1", "counts")]


@given(st.permutations([(1, 3), (2, 3), (3, 1), (4, 9), (5, 9)]))
def test_the_order_in_which_incidents_come_does_not_matter(order: list[tuple[int, int]]) -> None:
    rules = [
        rule("P1", incident=True, points=2),
        rule("P2", incident=True, group="g", level=1, points=3),
        rule("P3", repeats=Repeats("P1", 2, 3)),
    ]
    occurrences = [
        incident("P1" if id % 2 else "P2", day, id=id, case="K" if id > 2 else None)
        for id, day in order
    ]
    ordered = sorted(occurrences, key=lambda one: one.id)
    assert run(rules, occurrences=occurrences) == run(rules, occurrences=ordered)


# ------------------------------------------------------------------------------- ladders


@pytest.mark.parametrize(
    ("history", "fires"),
    [
        (months(past(1, P1=1)), True),
        (months(past(1)), False),
        (months(past(1), None, past(1, P1=1)), False),
        (months(past(1), past(1, P1=1)), True),
        (months(None, past(1, exempt=True, P1=1)), True),
        (months(past(1, P2=1)), False),
    ],
)
def test_a_ladder_counts_firings_in_the_months_that_end_with_this_one(
    history: Mapping[Month, PastMonth], fires: bool
) -> None:
    entries = run([rule("P1"), rule("P1R", repeats=Repeats("P1", 2, 3))], history=history)
    assert ("P1R" in [entry.rule for entry in entries]) is fires


def test_a_ladder_does_not_fire_in_a_month_in_which_its_rule_did_not() -> None:
    rules = [rule("P1"), rule("P1R", repeats=Repeats("P1", 2, 6))]
    history = months(past(1, P1=1), past(1, P1=1))
    assert run(rules, facts={"x": 0}, history=history) == []
    assert states(run(rules, facts={}, history=history)) == [("P1", "undecided")]


def test_several_incidents_of_one_month_count_each_but_the_ladder_fires_once() -> None:
    rules = [rule("P1", incident=True), rule("P1R", repeats=Repeats("P1", 3, 1))]
    two = [incident("P1", id=1), incident("P1", id=2)]
    assert [e.rule for e in run(rules, occurrences=two)] == ["P1", "P1"]
    four = [*two, incident("P1", id=3), incident("P1", id=4)]
    assert [e.rule for e in run(rules, occurrences=four)] == ["P1"] * 4 + ["P1R"]


@pytest.mark.parametrize("state", ["proposed", "declined", "voided"])
def test_a_ladder_does_not_count_what_was_not_approved_or_was_voided(
    state: OccurrenceState,
) -> None:
    rules = [rule("P1", incident=True), rule("P1R", repeats=Repeats("P1", 1, 1))]
    entries = run(rules, occurrences=[incident("P1", state=state)])
    assert states(entries) == [("P1", state)]
    assert ladder_counts(entries) == {}


def test_a_ladder_counts_firings_that_were_superseded() -> None:
    rules = [
        rule("P1", group="g", level=1),
        rule("P2", group="g", level=2),
        rule("P1R", repeats=Repeats("P1", 1, 1)),
    ]
    entries = run(rules)
    assert states(entries) == [("P1", "superseded"), ("P2", "counts"), ("P1R", "counts")]
    assert ladder_counts(entries) == {"P1": 1, "P2": 1, "P1R": 1}


# ----------------------------------------------------------------------------- approvals


@pytest.mark.parametrize(
    ("approvals", "state"),
    [({}, "proposed"), ({"P1": "approved"}, "counts"), ({"P1": "declined"}, "declined")],
)
def test_a_rule_with_approval_is_a_proposal_until_somebody_decides(
    approvals: dict[str, Decision], state: str
) -> None:
    entries = run([rule("P1", approval=True)], approvals=approvals)
    assert states(entries) == [("P1", state)]


def test_an_approval_lapses_where_the_rule_does_not_fire() -> None:
    assert run([rule("P1", approval=True)], facts={"x": 0}, approvals={"P1": "approved"}) == []
    undecided = run([rule("P1", approval=True)], facts={}, approvals={"P1": "approved"})
    assert states(undecided) == [("P1", "undecided")]


def test_a_ladder_with_approval_is_a_proposal_too() -> None:
    rules = [rule("P1"), rule("P1R", repeats=Repeats("P1", 1, 1), approval=True)]
    assert states(run(rules)) == [("P1", "counts"), ("P1R", "proposed")]
    assert states(run(rules, approvals={"P1R": "approved"}))[1] == ("P1R", "counts")


def test_what_was_voided_stays_voided_and_nothing_climbs_on_it() -> None:
    rules = [rule("P1", approval=True), rule("P1R", repeats=Repeats("P1", 1, 1))]
    entries = run(rules, approvals={"P1": "approved"}, voided={"P1"})
    assert states(entries) == [("P1", "voided")]


# -------------------------------------------------------------------------------- groups


def test_of_a_group_only_the_highest_level_counts_across_all_ways_of_firing() -> None:
    rules = [
        rule("P1", group="g", level=1),
        rule("P2", incident=True, group="g", level=2),
        rule("P3", repeats=Repeats("P1", 1, 1), group="g", level=3),
        rule("P4", group="other", level=1),
    ]
    entries = run(rules, occurrences=[incident("P2")])
    assert states(entries) == [
        ("P1", "superseded"),
        ("P2", "superseded"),
        ("P3", "counts"),
        ("P4", "counts"),
    ]
    assert [e.superseded_by for e in entries] == ["P3", "P3", None, None]


def test_two_firings_of_the_highest_level_both_count() -> None:
    rules = [rule("P1", group="g", level=1), rule("P2", incident=True, group="g", level=2)]
    entries = run(rules, occurrences=[incident("P2", id=1), incident("P2", id=2)])
    assert [entry.state for entry in entries] == ["superseded", "counts", "counts"]


@pytest.mark.parametrize("state", ["proposed", "declined", "voided"])
def test_a_proposal_supersedes_nothing(state: OccurrenceState) -> None:
    rules = [rule("P1", group="g", level=1), rule("P2", incident=True, group="g", level=2)]
    entries = run(rules, occurrences=[incident("P2", state=state)])
    assert states(entries) == [("P1", "counts"), ("P2", state)]


# --------------------------------------------------------------------------------- cases


def counted(*rules: Rule, case: str | None = "K1") -> list[str]:
    """The codes that count where every rule fired once, in one case."""
    occurrences = [incident(r.code, id=n, case=case) for n, r in enumerate(rules)]
    return [e.rule for e in run(list(rules), occurrences=occurrences) if e.state == "counts"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"cap_grade": "E"}, {"cap_grade": "D", "points": 9, "bars_awards": 12}),
        ({"cap_grade": "B"}, {"points": 9}),
        ({"points": 5}, {"points": 4, "bars_awards": 12}),
        ({"points": 5}, {"cap_grade": "A", "points": 4}),
        ({"points": 2, "per": Per("x", -2)}, {"points": 5}),
        ({"points": 5, "bars_awards": 2}, {"points": 5, "bars_awards": 1}),
        ({"cap_grade": "D", "points": 1}, {"cap_grade": "D", "bars_awards": 12}),
    ],
)
def test_of_one_case_only_the_gravest_penalty_counts(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    grave = rule("P9", incident=True, **first)
    light = rule("P1", incident=True, **second)
    assert counted(grave, light) == ["P9"]
    assert counted(light, grave) == ["P9"]


def test_equally_grave_penalties_of_one_case_are_decided_by_code() -> None:
    assert counted(rule("P2", incident=True), rule("P1", incident=True)) == ["P1"]


def test_one_rule_twice_in_one_case_counts_once() -> None:
    entries = run(
        [rule("P1", incident=True)],
        occurrences=[incident("P1", 9, id=1, case="K1"), incident("P1", 3, id=2, case="K1")],
    )
    assert [(e.incident, e.state) for e in entries] == [(2, "counts"), (1, "superseded")]


@pytest.mark.parametrize("case", [None, "", " "])
def test_without_a_case_every_penalty_counts(case: str | None) -> None:
    both = counted(rule("P1", incident=True), rule("P2", incident=True), case=case)
    assert both == ["P1", "P2"]


def test_rewards_and_proposals_and_other_cases_take_no_part_in_a_case() -> None:
    rules = [
        rule("P1", incident=True, points=1),
        rule("P2", incident=True, points=2),
        rule("P3", incident=True, points=3),
        rule("R1", incident=True, points=9, kind="reward"),
    ]
    entries = run(
        rules,
        occurrences=[
            incident("P1", id=1, case="K1"),
            incident("P2", id=2, case="K1", state="proposed"),
            incident("P3", id=3, case="K2"),
            incident("R1", id=4, case="K1"),
        ],
    )
    assert [e.state for e in entries] == ["counts", "proposed", "counts", "counts"]
    assert [e.case for e in entries] == ["K1", "K1", "K2", "K1"]


def test_groups_are_settled_first_and_cases_after() -> None:
    rules = [
        rule("P1", incident=True, group="g", level=1, points=9),
        rule("P2", incident=True, group="g", level=2, points=1),
        rule("P3", incident=True, points=5),
    ]
    occurrences = [incident(code, id=n, case="K1") for n, code in enumerate(("P1", "P2", "P3"))]
    entries = run(rules, occurrences=occurrences)
    assert [(e.rule, e.state, e.superseded_by) for e in entries] == [
        ("P1", "superseded", "P2"),
        ("P2", "superseded", "P3"),
        ("P3", "counts", None),
    ]


# ------------------------------------------------------------------------------- effects


@pytest.mark.parametrize(
    ("per", "factor"),
    [
        (Per("late", 3), 4),
        (Per("late", 3, 2), 2),
        (Per("late", 9), 0),
        (Per("late", 0, 0.5), 0.5),
        (Per("missing", 0), 0),
    ],
)
def test_per_multiplies_points_and_money_within_its_bounds(per: Per, factor: float) -> None:
    fields = {
        "points": 1.5,
        "amount": 10,
        "bonus_deduction": 50,
        "bonus_share": 0.1,
        "wage_deduction": 7,
    }
    (entry,) = run([rule("P1", per=per, bars_awards=2, **fields)], facts={"x": 1, "late": 7})
    assert {key: getattr(entry, key) for key in fields} == {
        key: value * factor for key, value in fields.items()
    }
    assert (entry.factor, entry.bars_awards) == (factor, 2)


def test_only_what_counts_enters_the_sums() -> None:
    base = RuleEntry("P1", "penalty", "when", "counts", points=0.1, bonus_share=0.2, bars_awards=3)
    entries = [
        base,
        replace(base, points=0.2, bonus_deduction=33.33, wage_deduction=120.5, cap_grade="B"),
        replace(base, kind="reward", points=1, amount=12.345, cap_grade="A", bars_awards=0),
        replace(base, kind="reward", points=0, amount=88.88),
    ]
    others: list[Any] = ["superseded", "proposed", "declined", "voided", "undecided"]
    entries += [
        replace(base, state=state, points=50, amount=50, cap_grade="E", bars_awards=9)
        for state in others
    ]
    sums = effects(entries, GRADES)
    assert sums.adjustment == pytest.approx(0.7, abs=1e-15)
    assert sums.amount == Decimal("101.225")
    assert (sums.bonus_deduction, sums.wage_deduction) == (Decimal("33.33"), Decimal("120.5"))
    assert (sums.bonus_share, sums.cap_grade, sums.bars_awards) == (Decimal("0.8"), "B", 3)


def test_the_lowest_grade_caps_and_the_top_one_does_not() -> None:
    base = RuleEntry("P1", "penalty", "when", "counts")
    low = [replace(base, cap_grade=key) for key in ("C", "A", "D", "B")]
    assert effects(low, GRADES).cap_grade == "D"
    assert effects([replace(base, cap_grade="A")], GRADES).cap_grade is None
    assert effects([], GRADES).adjustment == 0


def test_an_entry_as_json_has_the_promised_fields_in_their_order() -> None:
    fields = {"points": 5, "cap_grade": "D", "actions": ("interview",), "group": "g", "level": 2}
    (entry,) = run([rule("P1", incident=True, **fields)], occurrences=[incident("P1", case="K30")])
    assert list(entry.as_json().items()) == [
        ("rule", "P1"),
        ("kind", "penalty"),
        ("fired_by", "incident"),
        ("state", "counts"),
        ("group", "g"),
        ("level", 2),
        ("points", 5),
        ("amount", 0),
        ("bonus_deduction", 0),
        ("bonus_share", 0),
        ("wage_deduction", 0),
        ("cap_grade", "D"),
        ("case", "K30"),
        ("actions", ["interview"]),
    ]
