"""A total as a sum that a reader can do on paper: contributions of lines, then the ledger.

What is shown has two decimals, and every column adds up exactly to the figure below it: the
hundredths that rounding leaves over go where the remainders are largest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Literal, Protocol

from core.values import half_up, settle

HUNDREDTH = Decimal("0.01")


class ScoredLine(Protocol):
    @property
    def metric(self) -> str: ...
    @property
    def weight(self) -> float: ...
    @property
    def score(self) -> float | None: ...


class Scored(Protocol):
    """As much of a scorecard as its sum needs."""

    @property
    def base(self) -> float | None: ...
    @property
    def team_mean(self) -> float | None: ...
    @property
    def team_share(self) -> float: ...
    @property
    def blended(self) -> float | None: ...
    @property
    def adjustment(self) -> float: ...
    @property
    def total(self) -> float | None: ...


def apportion(parts: Sequence[float], whole: Decimal) -> list[Decimal]:
    """Each part to two decimals so that they add up to ``whole``, none off by a hundredth.

    ``whole`` is the rounded sum of the parts; a difference larger than rounding stays in no part.
    """
    exact = [settle(part) for part in parts]
    found = [part.quantize(HUNDREDTH, ROUND_FLOOR) for part in exact]
    missing = int((whole - sum(found, Decimal(0))) / HUNDREDTH)
    by_remainder = sorted(range(len(parts)), key=lambda at: (found[at] - exact[at], at))
    for at in by_remainder[: max(0, missing)]:
        found[at] += HUNDREDTH
    return found


def shares(lines: Iterable[ScoredLine]) -> dict[str, float]:
    """The effective weight (0..1) of every line that has data, missing ones redistributed."""
    known = [line for line in lines if line.score is not None]
    whole = math.fsum(line.weight for line in known)
    return {line.metric: line.weight / whole for line in known}


def contributions(lines: Sequence[ScoredLine], base: float | None) -> dict[str, Decimal]:
    """Points of the base by metric; they add up to the base as it is shown."""
    if base is None:
        return {}
    share = shares(lines)
    known = [line for line in lines if line.score is not None]
    parts = [share[line.metric] * (line.score or 0) for line in known]
    return dict(zip((line.metric for line in known), apportion(parts, half_up(base, 2))))


def own_share(card: Scored) -> float:
    return 1.0 if card.team_mean is None else 1 - card.team_share


Kind = Literal["own", "team", "rule", "held", "range", "cap", "rounding"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount of the ledger; ``rule`` is a code; ``share`` and ``of`` say 90 % of what."""

    kind: Kind
    amount: Decimal
    rule: str = ""
    share: float | None = None
    of: float | None = None


def ledger(card: Scored, points: Sequence[tuple[str, float]], capped: bool) -> list[Entry]:
    """From the base to the total; the amounts add up to ``card.total``. Empty without a total.

    ``points`` are the rules that count with their signed points; ``capped``: one of them caps.
    """
    if card.base is None or card.blended is None or card.total is None:
        return []
    share = own_share(card)
    blended = half_up(card.blended, 2)
    parts = [(share, card.base)]
    if card.team_mean is not None and card.team_share:
        parts.append((card.team_share, card.team_mean))
    amounts = apportion([part * of for part, of in parts], blended)
    kinds: tuple[Kind, ...] = ("own", "team")
    found = [
        Entry(kind, amount, share=part, of=of)
        for kind, amount, (part, of) in zip(kinds, amounts, parts)
    ]
    found += [Entry("rule", half_up(each, 2), rule=code) for code, each in points if each]
    asked = settle(math.fsum(each for _, each in points))
    _add(found, "held", half_up(settle(card.adjustment) - asked, 2))
    reached = sum((entry.amount for entry in found), Decimal(0))
    within = min(Decimal(120), max(Decimal(0), reached))
    _add(found, "range", within - reached)
    total = half_up(card.total, 2)
    _add(found, "cap" if capped else "rounding", total - within)
    return found


def _add(entries: list[Entry], kind: Kind, amount: Decimal) -> None:
    if amount:
        entries.append(Entry(kind, amount))


@dataclass(frozen=True, slots=True)
class Move:
    """What one part moved the total by; ``key`` is a metric, or team, rules, limits, others."""

    key: str
    amount: Decimal
    before: float | None = None
    after: float | None = None


def moves(
    now: Scored,
    lines: Sequence[ScoredLine],
    then: Scored,
    lines_then: Sequence[ScoredLine],
) -> list[Move]:
    """All parts by which the total moved, largest first; the amounts add up to the change.

    ``before`` and ``after`` are the scores of a line.
    """
    if now.total is None or then.total is None:
        return []
    after, before = _parts(now, lines), _parts(then, lines_then)
    keys = list(dict.fromkeys([*after, *before]))
    change = half_up(now.total, 2) - half_up(then.total, 2)
    amounts = apportion([after.get(key, 0) - before.get(key, 0) for key in keys], change)
    new = {line.metric: line.score for line in lines}
    old = {line.metric: line.score for line in lines_then}
    found = [
        Move(key, amount, old.get(key), new.get(key))
        for key, amount in zip(keys, amounts)
        if amount
    ]
    return sorted(found, key=lambda move: -abs(move.amount))


def _parts(card: Scored, lines: Iterable[ScoredLine]) -> dict[str, float]:
    """Points of the total by what gives them."""
    lines = list(lines)
    own = own_share(card)
    parts = {
        metric: own * share * score
        for metric, share in shares(lines).items()
        for score in [next(line.score or 0 for line in lines if line.metric == metric)]
    }
    if card.team_mean is not None:
        parts["team"] = card.team_share * card.team_mean
    parts["rules"] = card.adjustment
    parts["limits"] = (card.total or 0) - (card.blended or 0) - card.adjustment
    return parts
