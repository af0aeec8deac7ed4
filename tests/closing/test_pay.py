"""Pay of one scorecard: docs/scoring.md, Pay, as tables."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.compare import about

from closing.pay import pay_of, presence_ratio
from closing.policy import PaySection
from core.values import Fact
from rewards.entries import Effects

SECTION = PaySection({"agent": 1000}, "C", 0.5, True, 2500)


def effects(**given_sums: str) -> Effects:
    names = ("amount", "bonus_deduction", "bonus_share", "wage_deduction")
    sums = {name: Decimal(given_sums.get(name, "0")) for name in names}
    return Effects(adjustment=0, cap_grade=None, bars_awards=0, **sums)


@pytest.mark.parametrize(
    ("days", "facts", "ratio"),
    [
        (31, {}, 1),
        (10, {}, 10 / 31),
        (31, {"scheduled_days": 20}, 1),
        (31, {"scheduled_days": 20, "leave_days": 5}, 15 / 20),
        (31, {"scheduled_days": 20, "leave_days": 5, "protected_leave_days": 5}, 1),
        (31, {"scheduled_days": 20, "leave_days": 5, "protected_leave_days": 2.5}, 17.5 / 20),
        (31, {"scheduled_days": 20, "absent_days": 3}, 17 / 20),
        (31, {"scheduled_days": 4, "leave_days": 3, "absent_days": 3}, 0),  # never below 0
        (31, {"scheduled_days": 0, "leave_days": 3, "absent_days": 3}, 1),
        (31, {"leave_days": 3, "absent_days": 3}, 1),
        (15, {"scheduled_days": 10, "absent_days": 5}, 15 / 31 / 2),
    ],
)
def test_the_ratio_is_presence_times_employment(
    days: int, facts: dict[str, float], ratio: float
) -> None:
    sheet = {key: Fact(value) for key, value in facts.items()}
    assert presence_ratio(days, 31, sheet) == about(ratio)


@pytest.mark.parametrize(
    ("coefficient", "ratio", "sums", "bonus", "deducted", "payout"),
    [
        (1.1, 1, {}, "1100.00", "0.00", "1100.00"),
        (1.1, 1, {"amount": "200"}, "1100.00", "0.00", "1300.00"),
        (1, 1, {"bonus_deduction": "150"}, "1000.00", "150.00", "850.00"),
        (1, 1, {"bonus_share": "0.2"}, "1000.00", "200.00", "800.00"),
        (1, 1, {"bonus_deduction": "150", "bonus_share": "0.2"}, "1000.00", "350.00", "650.00"),
        (1, 1, {"bonus_deduction": "900"}, "1000.00", "500.00", "500.00"),  # held to a half
        (1, 1, {"bonus_share": "1.7"}, "1000.00", "500.00", "500.00"),
        (0, 1, {"bonus_deduction": "50", "amount": "30"}, "0.00", "0.00", "30.00"),
        (0.7, 1 / 3, {}, "233.33", "0.00", "233.33"),
        (0.0010005, 1, {}, "1.00", "0.00", "1.00"),
        (0.001005, 1, {}, "1.01", "0.00", "1.01"),  # half up
        # from the rounded bonus: 0.5 of 233.33 is 116.665
        (0.7, 1 / 3, {"bonus_deduction": "900"}, "233.33", "116.67", "116.66"),
        (1, 1, {"amount": "33.335"}, "1000.00", "0.00", "1033.34"),
    ],
)
def test_the_bonus_and_what_is_taken_off_it(
    coefficient: float,
    ratio: float,
    sums: dict[str, str],
    bonus: str,
    deducted: str,
    payout: str,
) -> None:
    found = pay_of(
        SECTION,
        position="agent",
        coefficient=coefficient,
        ratio=ratio,
        effects=effects(**sums),
        base_wage=None,
    )
    assert (str(found.bonus), str(found.deducted), str(found.payout)) == (bonus, deducted, payout)


def test_a_position_without_a_bonus_still_gets_its_rewards() -> None:
    found = pay_of(
        SECTION,
        position="cleaner",
        coefficient=1.3,
        ratio=1,
        effects=effects(amount="100", bonus_deduction="50"),
        base_wage=None,
    )
    assert [found.bonus, found.deducted, found.payout] == [Decimal(0), Decimal(0), Decimal(100)]


@pytest.mark.parametrize(
    ("on", "wage", "least", "ratio", "asked", "taken"),
    [
        (True, "5000", 2500, 1, "300", "300.00"),
        (True, "5000", 2500, 1, "1500", "1000.00"),  # a fifth of the wage
        (True, "2600", 2500, 1, "300", "100.00"),  # down to the minimum
        (True, "2400", 2500, 1, "300", "0.00"),
        (True, "5000", 2500, 0.5, "1500", "0.00"),  # half a month is half the wage
        (True, "5000", 2500, 0.6, "1500", "500.00"),
        (False, "5000", 2500, 1, "300", "0.00"),
        (True, None, 2500, 1, "300", "0.00"),
        (True, "5000", None, 1, "300", "0.00"),
        (True, "5000", 0, 1, "300", "300.00"),
        (True, "5000", 2500, 1, "0.125", "0.13"),
    ],
)
def test_wages_are_only_touched_within_the_law(
    on: bool, wage: str | None, least: float | None, ratio: float, asked: str, taken: str
) -> None:
    found = pay_of(
        PaySection({}, "C", 0.5, on, least),
        position="agent",
        coefficient=1,
        ratio=ratio,
        effects=effects(wage_deduction=asked),
        base_wage=Decimal(wage) if wage else None,
    )
    assert str(found.wage_deduction) == taken
    assert found.wage_deduction_asked == round(Decimal(asked) + Decimal("1e-9"), 2)


money = st.decimals(0, 10_000, places=3)


@given(
    coefficient=st.floats(0, 3),
    ratio=st.floats(0, 1),
    share=st.floats(0, 1),
    sums=st.fixed_dictionaries(
        {"bonus_deduction": money, "amount": money, "wage_deduction": money}
    ),
    wage=st.none() | st.decimals(0, 50_000, places=2),
)
def test_no_more_is_taken_than_is_allowed(
    coefficient: float,
    ratio: float,
    share: float,
    sums: dict[str, Decimal],
    wage: Decimal | None,
) -> None:
    section = PaySection({"agent": 1234.56}, "C", share, True, 2500)
    asked = effects(**{name: str(value) for name, value in sums.items()})
    found = pay_of(
        section,
        position="agent",
        coefficient=coefficient,
        ratio=ratio,
        effects=asked,
        base_wage=wage,
    )
    half = Decimal("0.005")
    assert 0 <= found.deducted <= found.bonus
    assert found.deducted <= Decimal(repr(share)) * found.bonus + half
    assert 0 <= found.wage_deduction <= asked.wage_deduction + half
    if wage is not None:
        assert found.wage_deduction <= wage * Decimal("0.2") + half
