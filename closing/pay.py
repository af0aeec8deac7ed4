"""Pay of one scorecard (docs/scoring.md, Pay). Pure; money in Decimal, rounded half up to 0.01."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from closing.facts import Sheet
from closing.policy import PaySection
from core.values import Number, half_up, settle
from rewards.entries import Effects

NOTHING = Decimal("0.00")
LAWFUL_SHARE = Decimal("0.2")  # of the month's wage


@dataclass(frozen=True, slots=True)
class PayResult:
    """``ratio`` and ``amount`` unrounded; ``wage_deduction_asked`` is what the rules asked for."""

    bonus_base: float
    ratio: float
    amount: Decimal
    bonus: Decimal
    deducted: Decimal
    payout: Decimal
    wage_deduction: Decimal
    wage_deduction_asked: Decimal


def presence_ratio(employed_days: int, month_length: int, sheet: Sheet) -> float:
    """The share of the month that is paid: employment, less unprotected leave and absence."""

    def value(key: str) -> float:
        fact = sheet.get(key)
        return fact.value if fact else 0

    ratio = employed_days / month_length
    scheduled = value("scheduled_days")
    if not scheduled:
        return ratio
    unprotected = value("leave_days") - value("protected_leave_days")
    return ratio * max(0, (scheduled - unprotected - value("absent_days")) / scheduled)


def pay_of(
    section: PaySection,
    *,
    position: str,
    coefficient: float,
    ratio: float,
    effects: Effects,
    base_wage: Decimal | None,
) -> PayResult:
    bonus_base = section.bonus_base.get(position, 0)
    bonus = half_up(bonus_base * coefficient * ratio, 2)
    asked = effects.bonus_deduction + bonus * effects.bonus_share
    deducted = half_up(min(settle(section.max_bonus_share) * bonus, asked), 2)
    payout = half_up(bonus - deducted + effects.amount, 2)
    return PayResult(
        bonus_base=bonus_base,
        ratio=ratio,
        amount=effects.amount,
        bonus=bonus,
        deducted=deducted,
        payout=payout,
        wage_deduction=_wage_deduction(section, effects.wage_deduction, base_wage, ratio),
        wage_deduction_asked=half_up(effects.wage_deduction, 2),
    )


def _wage_deduction(
    section: PaySection, asked: Decimal, base_wage: Decimal | None, ratio: float
) -> Decimal:
    """What may be taken off: never without a known wage and minimum wage."""
    if not section.wage_deductions or base_wage is None or section.minimum_wage is None:
        return NOTHING
    wage = base_wage * exact(ratio)
    spare = max(Decimal(0), wage - exact(section.minimum_wage))
    return half_up(min(asked, LAWFUL_SHARE * wage, spare), 2)


def exact(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value))
