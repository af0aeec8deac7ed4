"""The sections `categories`, `rules` and `awards` of the policy: dataclasses only.

Numbers are kept as the document has them. Pure; the validator stands in ``policy_reader``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.values import Names

RuleKind = Literal["reward", "penalty"]
Direction = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class Category:
    """A heading of the rules matrix."""

    key: str
    names: Names


@dataclass(frozen=True, slots=True)
class Per:
    """Effects are multiplied by min(max, max(0, fact - above)); without ``max`` no upper bound."""

    fact: str
    above: float = 0
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Repeats:
    """The ladder: fires when ``rule`` fired at least ``times`` times in ``months`` months.

    The months are calendar months and end with the one that is judged.
    """

    rule: str
    times: int
    months: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the matrix; it fires by ``when``, by ``incident`` or by ``repeats``.

    ``points``, ``amount``, ``bonus_deduction`` and ``wage_deduction`` are positive numbers (points
    of the total, and money), ``bonus_share`` is 0..1, ``bars_awards`` counts months.
    ``positions`` of None means everybody. See docs/scoring.md, The rules matrix.
    """

    code: str
    category: str
    kind: RuleKind
    names: Names
    when: str | None = None
    streak: int = 1
    incident: bool = False
    repeats: Repeats | None = None
    enabled: bool = True
    positions: tuple[str, ...] | None = None
    points: float = 0
    amount: float = 0
    bonus_deduction: float = 0
    bonus_share: float = 0
    wage_deduction: float = 0
    per: Per | None = None
    cap_grade: str | None = None
    bars_awards: int = 0
    actions: tuple[str, ...] = ()
    group: str | None = None
    level: int | None = None
    approval: bool = False


@dataclass(frozen=True, slots=True)
class Prize:
    """What a winner gets: money, and follow-up tasks."""

    amount: float = 0
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Award:
    """One award; ``quota`` >= 1 is a number, < 1 a share of those eligible.

    ``rank_by`` holds keys with their direction, the weightiest first. See docs/scoring.md, Awards.
    """

    key: str
    names: Names
    eligible: str
    rank_by: tuple[tuple[str, Direction], ...]
    quota: float
    positions: tuple[str, ...] | None = None
    per_team: int | None = None
    cooldown_months: int = 0
    notice_days: int = 3
    prize: Prize = Prize()
