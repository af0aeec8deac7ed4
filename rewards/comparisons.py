"""The closures that conditions are compiled to: numbers, comparisons, and, or.

Every part is evaluated, and what cannot be evaluated raises one of ``UNDECIDED``. Two sides are
compared after settling each (docs/scoring.md, Numbers). Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

from core.values import settle

Values = Mapping[str, float]
NumberOf = Callable[[Values], float]
TruthOf = Callable[[Values], bool]
Operation = Callable[[float, float], float]
# What a comparison is worth where the left side is less, equal, greater.
Outcome = tuple[bool, bool, bool]

# Below this bound doubles lie so close together that two which differ by more than _NEAR also
# differ, and in the same direction, after settling; nearer ones are settled.
_BOUND = 1e9
_NEAR = 1e-6
# From here on every double is a whole number, which settling leaves as it is.
_WHOLE = 1e16


class NotFinite(ArithmeticError):
    """A number left the range of doubles, so the condition is undecided."""


UNDECIDED = (KeyError, ZeroDivisionError, OverflowError, NotFinite)


def all_of(parts: tuple[TruthOf, ...]) -> TruthOf:
    """``and``: holds where every part does."""

    def test(values: Values) -> bool:
        holds = True
        for part in parts:  # every part, so that an absent fact anywhere shows
            if not part(values):
                holds = False
        return holds

    return test


def any_of(parts: tuple[TruthOf, ...]) -> TruthOf:
    """``or``: holds where one part does."""

    def test(values: Values) -> bool:
        holds = False
        for part in parts:
            if part(values):
                holds = True
        return holds

    return test


def constant_of(number: float) -> NumberOf:
    """A number that stands in the text."""
    return lambda values: number


def calculation(start: NumberOf, steps: tuple[tuple[Operation, NumberOf], ...]) -> NumberOf:
    """From left to right: ``start``, then each step with its operand."""

    def calculate(values: Values) -> float:
        # Doubles throughout: whole numbers would otherwise grow without bound.
        result = float(start(values))
        for apply, part in steps:
            result = apply(result, float(part(values)))
            if not math.isfinite(result):
                raise NotFinite
        return result

    return calculate


def comparison(left: NumberOf, right: NumberOf, outcome: Outcome) -> TruthOf:
    """The comparison of two expressions."""

    def test(values: Values) -> bool:
        return outcome[_order(left(values), right(values)) + 1]

    return test


def fact_comparison(name: str, constant: float, outcome: Outcome) -> TruthOf:
    """The same for a fact on the left and a number on the right: the usual case, made quick."""
    less, equal, greater = outcome
    if abs(constant) >= _BOUND:
        return comparison(lambda values: values[name], constant_of(constant), outcome)
    below, above = constant - _NEAR, constant + _NEAR

    def test(values: Values) -> bool:
        value = values[name]
        if value == constant:
            return equal
        if above < value < _BOUND:
            return greater
        if -_BOUND < value < below:
            return less
        return outcome[_order(value, constant) + 1]

    return test


def _order(left: float, right: float) -> int:
    """-1, 0 or 1 for less, equal, greater once each is settled; raises for what is not finite."""
    if -_BOUND < left < _BOUND and -_BOUND < right < _BOUND:
        difference = left - right
        if difference > _NEAR:
            return 1
        if difference < -_NEAR:
            return -1
    one, other = _settled(left), _settled(right)
    return (one > other) - (one < other)


def _settled(number: float) -> Decimal:
    double = float(number)
    if not math.isfinite(double):
        raise NotFinite
    return settle(double) if abs(double) < _WHOLE else Decimal(repr(double))
