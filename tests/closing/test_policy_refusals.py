"""What is not a policy, and how it is told: one change of the default policy each."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closing.policy import parse_policy
from closing.policy_text import default_policy
from core.documents import DocumentError

GONE = object()
LINE = "templates.agent.lines"
DEFAULT = default_policy().document


def changed(changes: dict[str, object]) -> dict[str, Any]:
    """The default document with values put (or GONE) at slash-separated paths."""
    document = copy.deepcopy(DEFAULT)
    for path, value in changes.items():
        *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        target: Any = document
        for part in above:
            target = target[part]
        if value is GONE:
            del target[last]
        else:
            target[last] = value
    return document


def problems(document: object) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse_policy(document)
    return [problem.render() for problem in caught.value.problems]


ZH_EN = {"zh": "甲", "en": "A"}
RULE = {"category": "quality", "kind": "penalty", **ZH_EN}
METRIC = {**ZH_EN, "unit": "", "better": "higher", "kind": "count"}

BROKEN: list[tuple[str, object, str]] = [
    # The frame
    ("nmae", ZH_EN, 'nmae: is not a known key; did you mean "name"?'),
    ("zebra", 1, "zebra: is not a known key"),
    ("name", GONE, "name: is missing"),
    ("name", "Policy", "name: must be a mapping of keys to values"),
    ("name/zh", "  ", "name.zh: must not be empty"),
    ("name/en", 7, "name.en: must be a text; a number must stand in quotes"),
    ("name/en", "x" * 501, "name.en: must have at most 500 characters"),
    ("name/en", "a\x00b", "name.en: must not contain control characters"),
    ("name/en", "\ud800", "name.en: must not contain control characters"),
    ("effective_from", GONE, "effective_from: is missing"),
    (
        "effective_from",
        datetime.date(2026, 1, 1),
        "effective_from: must be a month such as 2026-10, not 2026-01-01",
    ),
    ("effective_from", 202601, "effective_from: must be a month such as 2026-10, not 202601"),
    ("effective_from", "2026-13", "effective_from: must be a month such as 2026-10, not 2026-13"),
    ("currency", "yuan", "currency: must be three capital letters such as CNY"),
    # Attendance and leave
    ("attendance", GONE, "attendance: is missing"),
    ("attendance/late", GONE, "attendance.late: is missing"),
    ("attendance/late", -1, "attendance.late: must be at least 0"),
    ("attendance/late", True, "attendance.late: must be a number, not true or false"),
    ("attendance/late", "3", 'attendance.late: must be a number; "3" is a text'),
    ("attendance/late", float("nan"), "attendance.late: must be a finite number"),
    ("attendance/late", float("inf"), "attendance.late: must be a finite number"),
    ("attendance/late", 10**400, "attendance.late: is too large a number"),
    ("attendance/late", [3], "attendance.late: must be a number"),
    ("attendance/late_tiers", [15, 15], 'attendance.late_tiers[1]: "15" stands here twice'),
    (
        "attendance/late_tiers",
        [0],
        "attendance.late_tiers[0]: must lie between 1 and 1440",
    ),
    ("attendance/late_tiers", [1.5], "attendance.late_tiers[0]: must be a whole number"),
    ("attendance/late_tiers", 15, "attendance.late_tiers: must be a list"),
    ("attendance/repeat_minutes", 2.5, "attendance.repeat_minutes: must be a whole number"),
    ("leave/annual/protected", "yes", "leave.annual.protected: must be true or false"),
    (
        "leave/study",
        ZH_EN,
        "leave.study.protected: is missing: say whether this leave is protected",
    ),
    ("leave/sick/en", GONE, "leave.sick.en: is missing"),
    ("leave", {}, "leave: must not be empty"),
    # Tickets, scoring, reviews, appeals
    (
        "appeals",
        {"window_days": 0},
        "appeals.window_days: must lie between 1 and 60",
    ),
    ("appeals", {"decision_days": 2.5}, "appeals.decision_days: must be a whole number"),
    (
        "tickets/clock/hours",
        "21:00-09:00",
        "tickets.clock.hours: must end after they begin, and at 24:00 at the latest",
    ),
    (
        "tickets/clock/hours",
        "09:00-24:01",
        "tickets.clock.hours: must end after they begin, and at 24:00 at the latest",
    ),
    ("tickets/clock/hours", "9 to 5", "tickets.clock.hours: must be hours such as 09:00-21:00"),
    (
        "tickets/clock/days",
        "1128",
        "tickets.clock.days: must name each weekday once, from 1 (Monday) to 7 (Sunday)",
    ),
    ("tickets/clock/days", GONE, "tickets.clock.days: is missing"),
    (
        "tickets/resolution_hours",
        [24, 0],
        "tickets.resolution_hours[1]: must lie between 1 and 10000",
    ),
    ("scoring/min_coverage", 60, "scoring.min_coverage: must lie between 0 and 1"),
    ("scoring/ramp", [0.5, 0], "scoring.ramp[1]: must be more than 0 and at most 1"),
    ("scoring/adjust_cap", -1, "scoring.adjust_cap: must be at least 0"),
    ("reviews/min_raters", 0, "reviews.min_raters: must lie between 1 and 100"),
    ("reviews/carry_months", -1, "reviews.carry_months: must lie between 0 and 36"),
    ("reviews/weights/peer", GONE, "reviews.weights.peer: is missing"),
    (
        "reviews/weights/self",
        5,
        "reviews.weights.self: has no weight: a self review never enters the score",
    ),
    (
        "reviews/competencies",
        {f"c{number}": ZH_EN for number in range(21)},
        "reviews.competencies: must be at most 20",
    ),
    # Metrics
    ("metrics/csat/better", "more", "metrics.csat.better"),
    ("metrics/csat/kind", "score", "metrics.csat.kind: must be rate for this fact"),
    ("metrics/late_count", {**METRIC, "kind": "rate"}, "metrics.late_count.kind: must be count"),
    ("metrics/total", METRIC, "metrics.total: is a name of the product and cannot be a metric"),
    (
        "metrics/training_effect",
        METRIC,
        "metrics.training_effect: is a name of the product and cannot be a metric",
    ),
    ("metrics/and", METRIC, "metrics.and: is a word of conditions and cannot be a metric"),
    ("metrics/calls_n", METRIC, "metrics.calls_n: ends in _n, which is kept for sample sizes"),
    (
        "metrics/team_spirit",
        METRIC,
        "metrics.team_spirit: starts with team_, but there is neither a fact nor a metric spirit",
    ),
    (
        "metrics/team_team_csat",
        METRIC,
        "metrics.team_team_csat: is a team's mean of something that has none",
    ),
    (
        "metrics/满意度",
        METRIC,
        "metrics.满意度: as a key, must be up to 60 letters a-z, digits and underscores",
    ),
    ("metrics/csat/colour", 1, "metrics.csat.colour: is not a known key"),
    # Templates
    ("templates", GONE, "templates: is missing"),
    ("templates", {}, "templates: must not be empty"),
    ("templates/agent/lines", [], "templates.agent.lines: must not be empty"),
    ("templates/agent/positions", [], "templates.agent.positions: must not be empty"),
    ("templates/agent/team_share", 1.1, "templates.agent.team_share: must lie between 0 and 1"),
    (
        "templates/agent/positions",
        ["agent", "presales_agent"],
        'templates.agent.positions[1]: the position "presales_agent" already has the template '
        "presales",
    ),
    ("templates/agent/lines/0/weight", 0, f"{LINE}[0].weight: must be more than 0"),
    ("templates/agent/lines/0/weight", GONE, f"{LINE}[0].weight: is missing"),
    ("templates/agent/lines/1/prior", -1, f"{LINE}[1].prior: must be at least 0"),
    (
        "templates/agent/lines/2/target",
        0.99,
        f"{LINE}[2].target: must lie between floor and stretch",
    ),
    (
        "templates/agent/lines/2/target",
        0.70,
        f"{LINE}[2].target: must lie between floor and stretch",
    ),
    (
        "templates/agent/lines/2/stretch",
        0.5,
        f"{LINE}[2].stretch: must be more than target: higher is better",
    ),
    (
        "templates/agent/lines/0/target",
        60,
        f"{LINE}[0].target: must lie between floor and stretch",
    ),
    (
        "templates/agent/lines/2/floor",
        70,
        f"{LINE}[2].floor: must lie between 0 and 1, as csat does",
    ),
    (
        "templates/agent/lines/5/stretch",
        101,
        f"{LINE}[5].stretch: must lie between 0 and 100, as qa_score does",
    ),
    (
        "templates/agent/lines/2/metric",
        "cast",
        f'{LINE}[2].metric: "cast" is not known here; did you mean "csat"?',
    ),
    (
        "templates/agent/lines/2/metric",
        "overtime_hours",
        f'{LINE}[2].metric: "overtime_hours" is not declared under metrics',
    ),
    (
        "templates/agent/lines/2/metric",
        "training_effect",
        f"{LINE}[2].metric: training_effect may stand in conditions, not in templates",
    ),
    (
        "templates/agent/lines/5/metric",
        "review_360",
        f'{LINE}[6].metric: "review_360" already has a line in this template',
    ),
    ("templates/agent/lines/2/strech", 1, 'lines[2].strech: is not a known key; did you mean "st'),
    # Grades and pay
    ("grades/1/min", 90, "grades[1].min: must be less than the 90 of the grade above"),
    ("grades/4/min", 1, "grades[4].min: must be 0, so that every total has a grade"),
    ("grades/0/min", 121, "grades[0].min: must lie between 0 and 120"),
    ("grades/1/key", "A", 'grades[1].key: two grades have the key "A"'),
    ("grades/1/key", False, "grades[1].key: must be a text; yes, no, on, off, true and false"),
    ("grades/0/coefficient", -0.1, "grades[0].coefficient: must be at least 0"),
    (
        "pay/ungraded",
        "F",
        'pay.ungraded: "F" is not known here; it must be one of: A, B, C, D, E',
    ),
    ("pay/max_bonus_share", 1.5, "pay.max_bonus_share: must lie between 0 and 1"),
    ("pay/bonus_base/agent", "lots", 'pay.bonus_base.agent: must be a number; "lots" is a text'),
    ("pay/minimum_wage", -1, "pay.minimum_wage: must be at least 0"),
    # Rules
    ("rules/QUA-P1/category", "qualty", 'category: "qualty" is not known here; did you mean "q'),
    ("rules/QUA-P1/kind", "fine", 'kind: "fine" is not known here; it must be one of: reward, pe'),
    ("rules/QUA-P1/incident", True, "rules.QUA-P1: must have exactly one of when, incident and"),
    ("rules/QUA-P1/when", GONE, "rules.QUA-P1: must have exactly one of when, incident and repea"),
    (
        "rules/QUA-P1/when",
        "complaint_cout >= 1",
        'rules.QUA-P1.when: column 1: there is no fact "complaint_cout"; did you mean '
        '"complaint_count"?',
    ),
    ("rules/QUA-P1/when", "1 < csat < 2", 'column 1: write "1 < csat < 2" as two comparisons'),
    ("rules/QUA-P1/when", "csat >", "rules.QUA-P1.when: column "),
    ("rules/QUA-P1/when", "total > 50", 'when: column 1: there is no fact "total"'),
    ("rules/QUA-P1/when", "training_effect_n > 0", 'there is no fact "training_effect_n"'),
    ("rules/QUA-P1/when", True, "rules.QUA-P1.when: must be a text; yes, no"),
    ("rules/TAR-P1/streak", 0, "rules.TAR-P1.streak: must lie between 1 and 120"),
    ("rules/ATT-P1/streak", 2, "rules.ATT-P1.streak: goes only with when"),
    ("rules/ATT-P1/approval", False, "approval: cannot be false: incidents always need approval"),
    ("rules/QUA-P1/points", -2, "rules.QUA-P1.points: must be at least 0"),
    ("rules/QUA-P1/amount", 10, "rules.QUA-P1.amount: goes only with rewards"),
    ("rules/QUA-R1/bonus_share", 0.5, "rules.QUA-R1.bonus_share: goes only with penalties"),
    ("rules/QUA-R1/cap_grade", "E", "rules.QUA-R1.cap_grade: goes only with penalties"),
    ("rules/QUA-P1/bonus_share", 1.2, "rules.QUA-P1.bonus_share: must lie between 0 and 1"),
    ("rules/QUA-P1/cap_grade", "X", 'cap_grade: "X" is not known here; it must be one of: A, B'),
    ("rules/QUA-P1/level", GONE, "level: is missing: a rule with a group needs a level"),
    ("rules/QUA-P1/group", GONE, "group: is missing: a rule with a level needs a group"),
    ("rules/QUA-P1/actions", ["remind"], 'actions[0]: "remind" is not known here; did you mean'),
    ("rules/QUA-P1/positions", [], "rules.QUA-P1.positions: must not be empty"),
    ("rules/LAT-P1/per/fact", "lateness", 'rules.LAT-P1.per.fact: "lateness" is not known here'),
    ("rules/LAT-P1/per/max", 0, "rules.LAT-P1.per.max: must be more than 0"),
    ("rules/LAT-P1R/repeats/rule", "LAT-P9", 'repeats.rule: "LAT-P9" is not known here; did'),
    (
        "rules/LAT-P1R/repeats/rule",
        "CON-P1R",
        "rules.LAT-P1R.repeats.rule: names CON-P1R, which is itself a repeats rule",
    ),
    ("rules/LAT-P1R/repeats/times", 0, "repeats.times: must lie between 1 and 1000"),
    ("rules/LAT-P1R/repeats/months", GONE, "rules.LAT-P1R.repeats.months: is missing"),
    ("rules/NEW 1", {**RULE, "incident": True}, "rules.NEW 1: as a key, must be up to 60 letters"),
    # Awards
    ("awards/top_learner/eligible", GONE, "awards.top_learner.eligible: is missing"),
    ("awards/top_learner/eligible", "totl > 1", 'no fact "totl"; did you mean "total"?'),
    (
        "awards/top_learner/rank_by",
        ["total"],
        "rank_by[0]: must be a name and asc or desc, such as: total desc",
    ),
    ("awards/top_learner/rank_by", ["totl desc"], 'rank_by[0]: "totl" is not known here; did you'),
    (
        "awards/top_learner/rank_by",
        ["total desc", "total asc"],
        'awards.top_learner.rank_by[1]: ranks by "total" a second time',
    ),
    ("awards/top_learner/rank_by", [], "awards.top_learner.rank_by: must not be empty"),
    ("awards/top_learner/quota", 0, "awards.top_learner.quota: must be more than 0"),
    (
        "awards/top_learner/quota",
        2.5,
        "quota: must be a whole number of winners, or a share between 0 and 1",
    ),
    ("awards/top_learner/per_team", 0, "awards.top_learner.per_team: must be at least 1"),
    ("awards/top_learner/prize/amount", "500", 'prize.amount: must be a number; "500" is a text'),
    ("awards/top_learner/prize/actions", ["cash"], "awards.top_learner.prize.actions[0]: "),
]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    BROKEN,
    ids=[f"{number}-{path.replace('/', '.')}" for number, (path, _, _) in enumerate(BROKEN)],
)
def test_a_broken_policy_is_refused_with_the_place_and_the_reason(
    path: str, value: object, expected: str
) -> None:
    found = problems(changed({path: value}))
    assert len([line for line in found if expected in line]) == 1, found
    place = found[0].split(":")[0]
    assert place.replace("[", ".").replace("]", "").startswith(path.split("/")[0]), found


@pytest.mark.parametrize(
    ("path", "value"),
    [(path, value) for path, value, _ in BROKEN if path.count("/") > 1],
)
def test_one_mistake_makes_one_problem(path: str, value: object) -> None:
    assert len(problems(changed({path: value}))) == 1


def test_every_problem_is_found_in_one_reading() -> None:
    found = problems(
        changed(
            {
                "attendance/late": -1,
                "templates/agent/lines/2/weight": 0,
                "rules/QUA-P1/points": "2",
                "awards/top_learner/quota": 2.5,
            }
        )
    )
    assert [line.split(":")[0] for line in found] == [
        "attendance.late",
        "templates.agent.lines[2].weight",
        "rules.QUA-P1.points",
        "awards.top_learner.quota",
    ]


@pytest.mark.parametrize("document", [None, [], "policy", 7])
def test_what_is_not_a_mapping_is_refused_in_one_line(document: object) -> None:
    assert problems(document) == ["must be a mapping of keys to values"]


def test_a_message_is_translated_before_its_numbers_are_put_in() -> None:
    with pytest.raises(DocumentError) as caught:
        parse_policy(changed({"scoring/min_coverage": 60}))
    chinese = {"must lie between %(low)s and %(high)s": "必须在 %(low)s 与 %(high)s 之间"}
    [problem] = caught.value.problems
    assert problem.render(chinese.__getitem__) == "scoring.min_coverage: 必须在 0 与 1 之间"


def paths(value: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value of a document but the whole."""
    items: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, below in items:
        yield (*above, key)
        yield from paths(below, (*above, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.dates(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.booleans()), st.integers()),
)


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(list(paths(DEFAULT))), junk=JUNK)
def test_whatever_stands_somewhere_is_read_or_refused_and_never_breaks_the_reader(
    path: tuple[str | int, ...], junk: object
) -> None:
    document = copy.deepcopy(DEFAULT)
    target: Any = document
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = junk
    found: list[str] = []
    try:
        assert parse_policy(document).document == document
    except DocumentError as error:
        found = [problem.render() for problem in error.problems]
    assert all(found)
