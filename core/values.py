"""Numbers, months and facts: the values that the whole house shares.

Pure: standard library only. The rules for numbers are those of docs/scoring.md, Numbers.
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import NamedTuple

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_YEARS = range(1900, 2201)  # far from where the calendar of Python begins and ends
_NINE_PLACES = Decimal("1e-9")
_WIDE = Context(prec=400)  # any double with nine decimals; the default holds 28 digits

Number = int | float | Decimal


def settle(value: Number) -> Decimal:
    """Round to nine decimals, half up, so that the last bits of a double decide nothing.

    0.29 * 100 settles to 29. Everything that is rounded further, graded, ranked or compared is
    settled first. Raises ``decimal.InvalidOperation`` for infinities and NaN.
    """
    return _settled(value)


@lru_cache(maxsize=4096, typed=True)
def _settled(value: Number) -> Decimal:
    """A month asks for few values over and over: points, limits, coverages.

    Zero comes without a sign: -0.0 is found here under the same key.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return _WIDE.plus(exact.quantize(_NINE_PLACES, ROUND_HALF_UP, _WIDE))


def half_up(value: Number, places: int) -> Decimal:
    """Settle, then round half up to ``places`` decimals."""
    return settle(value).quantize(_unit(places), ROUND_HALF_UP, _WIDE)


@lru_cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def half_up_to_half(value: Number) -> float:
    """Settle, then round half up to a multiple of 0.5 (leave days)."""
    return float((settle(value) * 2).quantize(Decimal(1), ROUND_HALF_UP) / 2)


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean by ``math.fsum``; raises ``ZeroDivisionError`` when empty."""
    items = list(values)
    return math.fsum(items) / len(items)


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month; written ``2026-10``."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``YYYY-MM``; raises ``ValueError`` for anything else, and for far away years."""
        return _month(text)

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.number, self.length)

    @property
    def length(self) -> int:
        """Days of the month."""
        return calendar.monthrange(self.year, self.number)[1]

    def plus(self, months: int) -> Month:
        index = self.index + months
        return Month(index // 12, index % 12 + 1)

    @property
    def index(self) -> int:
        """Months since year 0: differences of indexes are differences in months."""
        return self.year * 12 + self.number - 1

    def days(self) -> list[date]:
        first = self.first_day
        return [first + timedelta(days=offset) for offset in range(self.length)]

    def __contains__(self, day: date) -> bool:
        return day.year == self.year and day.month == self.number

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@lru_cache(maxsize=1000)
def _month(text: str) -> Month:
    match = _MONTH.fullmatch(text.strip())
    if match is None or int(match[1]) not in _YEARS:
        raise ValueError(f"not a month (YYYY-MM): {text!r}")
    return Month(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class Names:
    """A label of the policy in both languages."""

    zh: str
    en: str

    def get(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


class Fact(NamedTuple):
    """A number of one employee and month: ``n`` is its sample size where it has one.

    ``source`` is ``tickets``, ``computed``, ``entered`` or ``carried``.
    """

    value: float
    n: int | None = None
    source: str = "computed"


@dataclass(frozen=True, slots=True)
class FactSpec:
    """What is known of a fact before any value: its kind gives unit and range.

    ``kind`` is mean, rate (0..1), score (0..100), count, days, hours, minutes or verdict (-1, 0,
    1); ``sampled`` says that the product gives it a sample size.
    """

    key: str
    kind: str
    names: Names
    unit: str = ""
    sampled: bool = False


def flat(facts: dict[str, Fact]) -> dict[str, float]:
    """The fact sheet as conditions see it: values by key, sample sizes as ``<key>_n``."""
    values: dict[str, float] = {key: fact.value for key, fact in facts.items()}
    values.update({f"{key}_n": fact.n for key, fact in facts.items() if fact.n is not None})
    return values
