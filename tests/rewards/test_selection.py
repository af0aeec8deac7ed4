"""Who is proposed for an award, sentence by sentence of docs/scoring.md, Award selection."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values import Month, Names
from rewards.policy import Award
from rewards.selection import (
    Candidate,
    Proposal,
    candidate_values,
    is_barred,
    quota_of,
    select,
)

OCTOBER = Month(2026, 10)


def award(**fields: Any) -> Award:
    defaults: dict[str, Any] = {
        "key": "best",
        "names": Names("优", "best"),
        "eligible": "total >= 50",
        "rank_by": (("total", "desc"),),
        "quota": 1,
    }
    return Award(**{**defaults, **fields})


def one(number: int, **fields: Any) -> Candidate:
    defaults: dict[str, Any] = {
        "employee_no": f"E{number:04d}",
        "position": "agent",
        "team": "centre/one",
        "hire_date": date(2024, 1, 1),
        "complete": True,
        "ramping": False,
        "facts": {},
        "total": 60.0,
    }
    return Candidate(**{**defaults, **fields})


def reasons(candidate: Candidate, **fields: Any) -> tuple[str, ...]:
    (proposal,) = select(award(**fields), OCTOBER, [candidate])
    assert proposal.eligible is not bool(proposal.reasons)
    return proposal.reasons


def order(candidates: list[Candidate], **fields: Any) -> list[int]:
    proposals = select(award(**fields), OCTOBER, candidates)
    assert [p.rank for p in proposals] == list(range(1, len(candidates) + 1))
    return [int(p.employee_no[1:]) for p in proposals]


# --------------------------------------------------------------------------- eligibility


@pytest.mark.parametrize(
    ("eligible", "expected"),
    [
        ("total >= 60 and total_change == 1.5", ()),
        ("coverage == 0.85 and tenure_months == 7", ()),
        ("team_rank == 2 and company_rank == 9", ()),
        ("csat > 0.9 and csat_n >= 30", ()),
        ("total > 60", ("condition",)),
        ("missing > 0", ("undecided",)),
        ("missing > 0 or total > 1", ("undecided",)),
    ],
)
def test_eligible_is_a_condition_over_facts_and_the_scorecard(
    eligible: str, expected: tuple[str, ...]
) -> None:
    candidate = one(
        1,
        facts={"csat": 0.95, "csat_n": 30},
        total_before=58.5,
        coverage=0.85,
        tenure_months=7,
        team_rank=2,
        company_rank=9,
    )
    assert reasons(candidate, eligible=eligible) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"complete": False}, ("status",)),
        ({"ramping": True}, ("status",)),
        ({"complete": False, "total": None}, ("status", "undecided")),
        ({"complete": False, "total": 3}, ("condition", "status")),
        ({"bars": [(OCTOBER, 1)]}, ("barred",)),
        ({"wins": [Month(2026, 9)]}, ("cooldown",)),
        (
            {"bars": [(OCTOBER, 1)], "wins": [Month(2026, 9)], "ramping": True, "total": 1},
            ("barred", "condition", "cooldown", "status"),
        ),
        (
            {"bars": [(OCTOBER, 1)], "wins": [Month(2026, 9)], "ramping": True, "total": None},
            ("barred", "cooldown", "status", "undecided"),
        ),
    ],
)
def test_every_reason_is_named_in_its_place(
    fields: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert reasons(one(1, **fields), cooldown_months=2) == expected


@pytest.mark.parametrize(
    ("month", "length", "barred"),
    [
        (OCTOBER, 1, True),
        (OCTOBER, 0, False),
        (Month(2026, 9), 1, False),
        (Month(2026, 9), 2, True),
        (Month(2025, 11), 12, True),
        (Month(2025, 10), 12, False),
        (Month(2026, 11), 3, False),
    ],
)
def test_a_bar_holds_for_its_months_the_first_included(
    month: Month, length: int, barred: bool
) -> None:
    assert is_barred(OCTOBER, [(month, length)]) is barred


@pytest.mark.parametrize(
    ("won", "cools"),
    [
        (Month(2026, 9), True),
        (Month(2026, 8), True),
        (Month(2026, 7), False),
        (OCTOBER, False),
        (Month(2026, 11), False),
    ],
)
def test_a_winner_cools_down_for_the_months_after(won: Month, cools: bool) -> None:
    assert reasons(one(1, wins=[won]), cooldown_months=2) == (("cooldown",) if cools else ())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"total": 60.3, "total_before": 60.1}, Decimal("0.2")),
        ({"total": Decimal("60.30"), "total_before": Decimal("61.30")}, Decimal(-1)),
        ({"total": 60.3}, None),
        ({"total": None, "total_before": 60.1}, None),
        ({"total": 60.3, "total_before": 60.1, "complete": False}, None),
    ],
)
def test_total_change_is_settled_and_absent_without_two_complete_scorecards(
    fields: dict[str, Any], expected: Decimal | None
) -> None:
    value = candidate_values(one(1, **fields)).get("total_change")
    assert value == (None if expected is None else float(expected))


def test_no_fact_passes_for_a_number_of_the_scorecard() -> None:
    assert candidate_values(one(1, total=None, facts={"total": 99, "csat": 1})) == {"csat": 1}


def test_scorecards_of_other_positions_are_not_listed() -> None:
    staff = [one(1), one(2, position="supervisor"), one(3, position="supervisor", complete=False)]
    listed = select(award(positions=("agent",)), OCTOBER, staff)
    assert [p.employee_no for p in listed] == ["E0001"]
    assert len(select(award(), OCTOBER, staff)) == 3


# ------------------------------------------------------------------------------- ranking


def test_keys_rank_in_their_direction_the_first_weighing_most() -> None:
    staff = [
        one(1, total=70, facts={"late": 5}),
        one(2, total=80, facts={"late": 5}),
        one(3, total=80, facts={"late": 1}),
    ]
    assert order(staff, rank_by=(("total", "desc"), ("late", "asc"))) == [3, 2, 1]
    assert order(staff, rank_by=(("late", "asc"), ("total", "desc"))) == [3, 2, 1]
    assert order(staff, rank_by=(("total", "asc"), ("late", "desc"))) == [1, 2, 3]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_an_absent_fact_ranks_last_in_either_direction(direction: str) -> None:
    staff = [one(1), one(2, facts={"csat": 0.5}), one(3, facts={"csat": 0.5})]
    assert order(staff, rank_by=(("csat", direction),)) == [2, 3, 1]


def test_what_ties_after_settling_is_ordered_by_employee_number() -> None:
    staff = [one(3, facts={"csat": 0.3}), one(1, facts={"csat": 0.1 + 0.2}), one(2)]
    assert order(staff, rank_by=(("csat", "desc"),)) == [1, 3, 2]


def test_the_hire_date_ranks_by_seniority() -> None:
    staff = [one(1, hire_date=date(2025, 3, 2)), one(2, hire_date=date(2025, 3, 1))]
    assert order(staff, rank_by=(("hire_date", "asc"),)) == [2, 1]
    assert order(staff, rank_by=(("hire_date", "desc"),)) == [1, 2]


def test_those_not_eligible_follow_by_employee_number_without_a_rank() -> None:
    staff = [one(9, total=70), one(3, total=10), one(1, complete=False), one(5, total=90)]
    assert select(award(), OCTOBER, staff) == [
        Proposal("E0005", True, 1, True, ()),
        Proposal("E0009", True, 2, False, ()),
        Proposal("E0001", False, None, False, ("status",)),
        Proposal("E0003", False, None, False, ("condition",)),
    ]


# --------------------------------------------------------------------------------- quota


@pytest.mark.parametrize(
    ("quota", "eligible", "expected"),
    [
        (3, 10, 3),
        (3, 2, 3),
        (1, 0, 1),
        (0.05, 10, 1),
        (0.05, 29, 1),
        (0.05, 30, 2),
        (0.05, 49, 2),
        (0.05, 50, 3),
        (0.29, 50, 15),
        (0.05, 1, 1),
        (0.05, 0, 0),
        (0.145, 100, 15),
    ],
)
def test_a_quota_is_a_number_or_a_share_rounded_half_up(
    quota: float, eligible: int, expected: int
) -> None:
    assert quota_of(award(quota=quota), eligible) == expected


def test_whoever_would_exceed_the_limit_of_their_team_is_passed_over() -> None:
    teams = ["a", "a", "b", None, None, "c", "d"]
    staff = [one(n, total=90 - n, team=team) for n, team in enumerate(teams)]
    proposals = select(award(quota=5, per_team=1), OCTOBER, staff)
    assert [p.selected for p in proposals] == [True, False, True, True, True, True, False]
    assert all(p.eligible for p in proposals)


def test_a_proposal_as_json_has_the_promised_shape() -> None:
    (proposal,) = select(award(), OCTOBER, [one(7, complete=False, total=None)])
    assert list(proposal.as_json().items()) == [
        ("employee_no", "E0007"),
        ("eligible", False),
        ("rank", None),
        ("selected", False),
        ("reasons", ["status", "undecided"]),
    ]


candidates = st.builds(
    one,
    st.integers(1, 400),
    team=st.sampled_from(["a", "b", "c"]),
    total=st.sampled_from([40.0, 60.0, 60.0 + 1e-12, 75.5, None]),
    complete=st.booleans(),
    facts=st.sampled_from([{}, {"csat": 0.9}, {"csat": 0.3}, {"csat": 0.1 + 0.2}]),
)


@given(
    st.lists(candidates, max_size=15, unique_by=lambda c: c.employee_no),
    st.randoms(),
    st.sampled_from([1, 4, 0.25, 0.05]),
)
def test_the_proposal_is_the_same_in_whatever_order_scorecards_come(
    staff: list[Candidate], random: Any, quota: float
) -> None:
    chosen = award(quota=quota, per_team=2, rank_by=(("csat", "desc"), ("total", "desc")))
    proposals = select(chosen, OCTOBER, staff)
    shuffled = list(staff)
    random.shuffle(shuffled)
    assert select(chosen, OCTOBER, shuffled) == proposals
    eligible = sum(p.eligible for p in proposals)
    assert sum(p.selected for p in proposals) <= quota_of(chosen, eligible)
    assert any(p.selected for p in proposals) is bool(eligible)
