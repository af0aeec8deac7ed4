"""What is taken off wages, encrypted and bound to its row: sums of a scorecard, and each rule's.

The rows are locked after the close. The keys are those of ``core.keyring``, which stay the same
when the master key is replaced.
"""

from __future__ import annotations

from decimal import Decimal

from closing.models import Pay
from core.keyring import Box
from rewards.models import RuleEntry

SUMS = ("wage_deduction", "wage_deduction_asked")


def seal_sums(box: Box, card_id: int, allowed: Decimal, asked: Decimal) -> dict[str, str]:
    """The two columns of ``pays``."""
    values = zip(SUMS, (allowed, asked), strict=True)
    return {name: box.seal_money(_sum(card_id, name), value) for name, value in values}


def open_sums(box: Box, pay: Pay) -> dict[str, Decimal]:
    """What ``seal_sums`` was given, by column."""
    return {name: box.open_money(_sum(pay.scorecard_id, name), getattr(pay, name)) for name in SUMS}


def seal_entry(box: Box, card_id: int, ordinal: int, asked: float) -> str:
    """The column of ``rule_entries``: what a rule asks to take off; a float, to its last bit."""
    return box.seal(_entry(card_id, ordinal), repr(asked).rjust(24))


def open_entry(box: Box, entry: RuleEntry) -> float:
    return float(box.open(_entry(entry.scorecard_id, entry.ordinal), entry.wage_deduction).strip())


def _sum(card_id: int, name: str) -> str:
    return f"pays:{card_id}:{name}"


def _entry(card_id: int, ordinal: int) -> str:
    return f"rule_entries:{card_id}:{ordinal}:wage_deduction"
