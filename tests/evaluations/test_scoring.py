"""Lines, base score, status, total, grade and rank: docs/scoring.md, Lines and Total, as tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.compare import about

from core.values import Fact, Month, Names
from evaluations.policy import Grade, Line, ScoringSection, Template
from evaluations.scorecards import scoring

NAMES = Names("名", "name")
GRADES = tuple(
    Grade(key, low, NAMES, worth)
    for key, low, worth in (
        ("A", 90, 1.3),
        ("B", 80, 1.1),
        ("C", 70, 1.0),
        ("D", 60, 0.7),
        ("E", 0, 0),
    )
)


def template(*lines: Line) -> Template:
    return Template("t", NAMES, ("agent",), 0.1, lines)


@pytest.mark.parametrize(
    ("x", "anchors", "points"),
    [
        # higher is better
        (0.7, (0.7, 0.9, None), 0),
        (0.69, (0.7, 0.9, None), 0),
        (0.8, (0.7, 0.9, None), 50),
        (0.9, (0.7, 0.9, None), 100),
        (0.99, (0.7, 0.9, None), 100),
        (0.95, (0.7, 0.9, 1.0), 110),
        (1.0, (0.7, 0.9, 1.0), 120),
        (1.5, (0.7, 0.9, 1.0), 120),
        # lower is better
        (60, (60, 20, 8), 0),
        (61, (60, 20, 8), 0),
        (40, (60, 20, 8), 50),
        (20, (60, 20, 8), 100),
        (14, (60, 20, 8), 110),
        (8, (60, 20, 8), 120),
        (0, (60, 20, 8), 120),
        (0, (60, 20, None), 100),
        # anchors below zero and around it
        (-5, (-10, 0, None), 50),
        (1e12, (0, 1, 2), 120),
        (-1e12, (0, 1, 2), 0),
    ],
)
def test_a_value_between_the_anchors_scores(
    x: float, anchors: tuple[float, float, float | None], points: float
) -> None:
    assert scoring.score(x, *anchors) == pytest.approx(points, abs=1e-9)


@st.composite
def anchors_of(draw: st.DrawFn) -> tuple[float, float, float | None]:
    places = draw(st.lists(st.integers(-1000, 1000), min_size=3, max_size=3, unique=True))
    places.sort(reverse=draw(st.booleans()))
    return places[0] / 8, places[1] / 8, draw(st.sampled_from((places[2] / 8, None)))


@given(
    anchors=anchors_of(),
    pair=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
    prior=st.sampled_from((0, 1, 50.5)),
    mean=st.floats(-200, 200),
    n=st.sampled_from((None, 1, 7, 100_000)),
    factor=st.sampled_from((None, 0.01, 0.7, 1.0)),
    ramp=st.booleans(),
)
def test_a_better_value_never_lowers_a_line(
    anchors: tuple[float, float, float | None],
    pair: tuple[float, float],
    prior: float,
    mean: float,
    n: int | None,
    factor: float | None,
    ramp: bool,
) -> None:
    floor, target, stretch = anchors
    line = Line("m", 1, floor, target, stretch, prior, ramp)
    worse, better = sorted(pair, reverse=floor > target)
    points = []
    for value in (worse, better):
        facts = {"m": Fact(value, n)}
        found = scoring.base_score(template(line), facts, {"m": mean}, factor).lines[0].score
        assert found is not None
        assert 0 <= found <= (120 if stretch is not None else 100)
        points.append(found)
    assert points[0] <= points[1] + 1e-9


@pytest.mark.parametrize(
    ("hired", "month", "months"),
    [
        ("2026-08-31", "2026-09", 1),
        ("2026-10-19", "2026-10", 0),
        ("2026-10-31", "2026-10", 0),
        ("2026-09-30", "2026-10", 1),
        ("2026-09-01", "2026-10", 1),
        ("2026-01-31", "2026-02", 1),  # the last day of a shorter month
        ("2026-01-29", "2026-02", 1),
        ("2026-01-28", "2026-02", 1),
        ("2024-01-30", "2024-02", 1),  # 29 days
        ("2024-02-29", "2025-02", 12),
        ("2024-02-29", "2024-03", 1),
        ("2024-02-29", "2024-02", 0),
        ("2025-10-31", "2026-10", 12),
        ("2026-10-01", "2026-10", 0),
        ("2026-11-05", "2026-10", 0),  # never below nothing
    ],
)
def test_months_of_tenure_are_whole(hired: str, month: str, months: int) -> None:
    assert scoring.tenure_months(date.fromisoformat(hired), Month.parse(month)) == months


@pytest.mark.parametrize(
    ("ramp", "tenure", "factor"),
    [
        ((0.7, 0.85, 0.95), 0, 0.7),
        ((0.7, 0.85, 0.95), 2, 0.95),
        ((0.7, 0.85, 0.95), 3, None),
        ((), 0, None),
        ((1,), 0, 1),
    ],
)
def test_the_ramp_ends_with_its_last_month(
    ramp: tuple[float, ...], tenure: int, factor: float | None
) -> None:
    assert scoring.ramp_factor(ramp, tenure) == factor


def test_a_ramp_moves_target_and_stretch_towards_the_floor_and_only_on_its_lines() -> None:
    on = Line("m", 1, 60, 20, 10, ramp=True)
    off = Line("m", 1, 60, 20, 10)
    assert scoring.anchors(on, 0.75) == (60, 30, 22.5)
    assert scoring.anchors(off, 0.75) == (60, 20, 10)
    assert scoring.anchors(on, None) == (60, 20, 10)
    assert scoring.anchors(Line("m", 1, 0.5, 0.9, ramp=True), 0.5) == (0.5, 0.7, None)


def test_a_small_sample_is_drawn_towards_the_mean_of_the_template() -> None:
    line = Line("csat", 1, 0.5, 1.0, prior=100)
    sheets = [
        {"csat": Fact(1.0, 10)},
        {"csat": Fact(0.6, 30)},
        {"csat": Fact(0.1)},  # no sample: not in the mean
        {"csat": Fact(0.1, 0)},
        {},
    ]
    means = scoring.prior_means(template(line), sheets)
    assert means == {"csat": about(0.7)}
    found = scoring.base_score(template(line), sheets[0], means, None).lines[0]
    assert found.raw == 1.0
    assert found.value == about((10 * 1.0 + 100 * 0.7) / 110)
    assert found.sample_size == 10
    assert found.prior_mean == about(0.7)
    # Without a sample size the value stands as it is.
    for sheet in sheets[2:4]:
        plain = scoring.base_score(template(line), sheet, means, None).lines[0]
        assert (plain.value, plain.prior_mean) == (0.1, None)


def test_without_a_prior_no_value_is_drawn_anywhere() -> None:
    line = Line("csat", 1, 0.5, 1.0)
    assert scoring.prior_means(template(line), [{"csat": Fact(1.0, 10)}]) == {}
    found = scoring.base_score(template(line), {"csat": Fact(0.75, 1)}, {}, None).lines[0]
    assert (found.value, found.score) == (0.75, 50)


def test_the_weight_of_an_absent_fact_goes_to_the_others() -> None:
    lines = (
        Line("a", 10, 0, 100),
        Line("b", 30, 0, 100),
        Line("c", 60, 0, 100),
    )
    facts = {"a": Fact(100), "b": Fact(20)}
    found = scoring.base_score(template(*lines), facts, {}, None)
    assert found.coverage == about(0.4)
    assert found.base == about((10 * 100 + 30 * 20) / 40)
    absent = found.lines[2]
    assert (absent.raw, absent.value, absent.score, absent.source) == (None, None, None, None)
    assert absent.weight == 60


def test_without_any_data_there_is_no_base() -> None:
    found = scoring.base_score(template(Line("a", 1, 0, 1)), {}, {}, None)
    assert (found.base, found.coverage) == (None, 0)


def test_a_zero_is_a_value_and_not_an_absence() -> None:
    found = scoring.base_score(template(Line("a", 1, 0, 1)), {"a": Fact(0)}, {}, None)
    assert (found.base, found.coverage) == (0, 1)


SECTION = ScoringSection(min_days=10, min_coverage=0.6)


@pytest.mark.parametrize(
    ("facts", "coverage", "status"),
    [
        ({}, 0.6, "complete"),
        ({}, 0.3 + 0.3, "complete"),
        ({}, 0.1 + 0.2 + 0.3 - 1e-12, "complete"),  # settled first
        ({}, 0.59, "incomplete"),
        ({"scheduled_days": 20, "leave_days": 10}, 1, "complete"),
        ({"scheduled_days": 20, "leave_days": 10.5}, 1, "exempt"),
        ({"scheduled_days": 9}, 1, "exempt"),
        ({"scheduled_days": 0}, 0, "exempt"),  # before incomplete
        ({"scheduled_days": 10}, 0, "incomplete"),
        ({"leave_days": 30}, 1, "complete"),  # no roster: nobody is exempt
    ],
)
def test_status_is_the_first_that_applies(
    facts: dict[str, float], coverage: float, status: str
) -> None:
    sheet = {key: Fact(value) for key, value in facts.items()}
    assert scoring.status_of(sheet, coverage, SECTION) == status


def test_with_nothing_asked_for_an_empty_scorecard_is_complete() -> None:
    section = ScoringSection(min_days=0, min_coverage=0)
    assert scoring.status_of({"scheduled_days": Fact(0)}, 0, section) == "complete"


@pytest.mark.parametrize(
    ("base", "mean", "share", "blended"),
    [
        (80, 60, 0.1, 78),
        (80, None, 0.5, 80),
        (None, 60, 0.5, None),
        (80, 60, 1, 60),
        (80, 6, 0, 80),
    ],
)
def test_the_team_has_its_share(
    base: float | None, mean: float | None, share: float, blended: float | None
) -> None:
    assert scoring.blend(base, mean, share) == (None if blended is None else about(blended))


@pytest.mark.parametrize(
    ("points", "cap", "held"),
    [(3, 10, 3), (10, 10, 10), (11, 10, 10), (-11, 10, -10), (-3.5, 10, -3.5), (5, 0, 0)],
)
def test_the_adjustment_is_held_within_the_cap(points: float, cap: float, held: float) -> None:
    assert scoring.held_adjustment(points, cap) == held


@pytest.mark.parametrize(
    ("blended", "adjustment", "ceiling", "total"),
    [
        (None, 5, None, None),
        (80, 0, None, "80.00"),
        (119, 5, None, "120.00"),
        (3, -10, None, "0.00"),
        (79.994999, 0, None, "79.99"),
        (79.995, 0, None, "80.00"),
        (79.99499999999999, 0, None, "80.00"),  # the last bits decide nothing
        (0.285, 0, None, "0.29"),
        (95, 0, "69.99", "69.99"),
        (119, 10, "69.99", "69.99"),
        (50, 0, "69.99", "50.00"),
        (95, 0, "33.325", "33.33"),  # caps before rounding
    ],
)
def test_the_total_is_held_capped_and_rounded(
    blended: float | None, adjustment: float, ceiling: str | None, total: str | None
) -> None:
    found = scoring.total_of(blended, adjustment, Decimal(ceiling) if ceiling else None)
    assert found == (None if total is None else Decimal(total))


@pytest.mark.parametrize(
    ("capped", "ceiling"),
    [(None, None), ("A", None), ("B", "89.99"), ("D", "69.99"), ("E", "59.99")],
)
def test_a_cap_lies_a_hundredth_under_the_band_above(
    capped: str | None, ceiling: str | None
) -> None:
    found = scoring.cap_ceiling(GRADES, capped)
    assert found == (None if ceiling is None else Decimal(ceiling))


@pytest.mark.parametrize(
    ("total", "ramping", "capped", "grade"),
    [
        ("90.00", False, None, "A"),
        ("89.99", False, None, "B"),
        ("60.00", False, None, "D"),
        ("59.99", False, None, "E"),
        ("0", False, None, "E"),
        ("120", False, None, "A"),
        ("59.99", True, None, "D"),  # a new hire is spared the last band
        ("59.99", True, "D", "D"),
        ("59.99", True, "E", "E"),  # unless capped to it
        ("75", True, None, "C"),
    ],
)
def test_the_grade_is_the_first_band_that_is_reached(
    total: str, ramping: bool, capped: str | None, grade: str
) -> None:
    found = scoring.grade_of(GRADES, Decimal(total), ramping=ramping, capped=capped)
    assert found.key == grade


def test_a_single_band_is_every_grade() -> None:
    only = (Grade("X", 0, NAMES, 1),)
    assert scoring.grade_of(only, Decimal(0), ramping=True, capped=None).key == "X"
    assert scoring.cap_ceiling(only, "X") is None


@given(
    blended=st.none() | st.floats(-500, 500),
    points=st.floats(-500, 500),
    cap=st.floats(0, 200),
    capped=st.none() | st.sampled_from("ABCDE"),
    ramping=st.booleans(),
)
def test_totals_stay_in_range_and_under_their_caps(
    blended: float | None, points: float, cap: float, capped: str | None, ramping: bool
) -> None:
    adjustment = scoring.held_adjustment(points, cap)
    assert -cap <= adjustment <= cap
    total = scoring.total_of(blended, adjustment, scoring.cap_ceiling(GRADES, capped))
    assert (total is None) == (blended is None)
    if total is None:
        return
    assert 0 <= total <= 120
    assert total == round(total, 2)
    grade = scoring.grade_of(GRADES, total, ramping=ramping, capped=capped)
    keys = [each.key for each in GRADES]
    if capped is not None:
        assert keys.index(grade.key) >= keys.index(capped)


@pytest.mark.parametrize(
    ("totals", "ranks"),
    [
        ((), []),
        ((80,), [1]),
        ((90, 80, 80, 70), [1, 2, 2, 4]),
        ((70, 80, 80, 90), [4, 2, 2, 1]),
        ((80, 80, 80), [1, 1, 1]),
    ],
)
def test_ranks_are_shared_and_then_skipped(totals: tuple[int, ...], ranks: list[int]) -> None:
    items = [[Decimal(total)] for total in totals]
    found = scoring.competition_ranks(items, lambda item: item[0])
    assert [found[id(item)] for item in items] == ranks
