"""What the parts of the demo share: rows of files, streams of random numbers, times as text."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache

Row = dict[str, object]
Rows = list[Row]
Files = Mapping[str, Sequence[Row]]

ONE_DAY = timedelta(days=1)


def stream(seed: int, *parts: object) -> random.Random:
    """Random numbers of one part: what another part draws does not shift them."""
    return random.Random("/".join(str(part) for part in (seed, *parts)))


def at(day: date, seconds: float) -> str:
    """Wall-clock text of so many seconds after midnight; beyond a day it is the next one's."""
    days, rest = divmod(int(seconds), 86400)
    return f"{_text(day, days)} {_clock(rest)}"


@cache
def _text(day: date, offset: int) -> str:
    return (day + timedelta(days=offset)).isoformat()


@cache
def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def between(value: float, least: float, most: float) -> float:
    return min(most, max(least, value))


def happenings(rng: random.Random, expected: float) -> int:
    """How often something rare happens: a Poisson number by Knuth's product."""
    limit, product, count = math.exp(-expected), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
