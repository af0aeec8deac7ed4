"""From the answers on a checklist to a score. Pure.

Scored items share 100 points by their weights; one that does not apply leaves its share to the
others. Bonus items add their points, up to 100. A fatal item (致命项) that is violated makes it 0.
Everything is counted in whole numbers and rounded once, to hundredths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FULL = 100
KINDS = ("scored", "fatal", "bonus")
YES, PARTLY, NO, NOT_APPLICABLE = "yes", "partly", "no", "na"
ANSWERS = (YES, PARTLY, NO, NOT_APPLICABLE)
_HALVES = {YES: 2, PARTLY: 1, NO: 0}


@dataclass(frozen=True, slots=True)
class Item:
    """A question of a checklist; ``weight`` are the points of a bonus item, and 0 for a fatal one.

    ``evidence`` asks for a remark wherever the answer costs or earns something.
    """

    section: str
    text: str
    kind: str = "scored"
    weight: int = 1
    may_skip: bool = False
    evidence: bool = False

    @property
    def answers(self) -> tuple[str, ...]:
        """What may be answered, the best first."""
        if self.kind == "scored":
            return (YES, PARTLY, NO, NOT_APPLICABLE) if self.may_skip else (YES, PARTLY, NO)
        return (YES, NO, NOT_APPLICABLE) if self.may_skip and self.kind == "fatal" else (YES, NO)

    def asks_evidence(self, answer: str) -> bool:
        """Whether this answer has to be backed by a remark."""
        weighty = (YES,) if self.kind == "bonus" else (PARTLY, NO)
        return self.evidence and answer in weighty


@dataclass(frozen=True, slots=True)
class Result:
    """``score`` is None where no scored item applies; ``fatal`` are the places of violated ones.

    ``earned`` of ``possible`` are points of the scored items that apply, ``bonus`` those on top.
    """

    score: float | None
    earned: float
    possible: int
    bonus: int
    fatal: tuple[int, ...] = ()


def score(items: Sequence[Item], answers: Mapping[int, str]) -> Result:
    """The score of answers by the place of their item; items without one, or with
    one that they do not offer, are as if not there."""
    halves = possible = bonus = 0
    fatal: list[int] = []
    for place, item in enumerate(items):
        answer = answers.get(place, NOT_APPLICABLE)
        if answer == NOT_APPLICABLE or answer not in item.answers:
            continue
        if item.kind == "fatal":
            fatal += [place] if answer == NO else []
        elif item.kind == "bonus":
            bonus += item.weight if answer == YES else 0
        else:
            halves += item.weight * _HALVES[answer]
            possible += item.weight
    reached = None
    if fatal:
        reached = 0.0
    elif possible:
        reached = _hundredths(halves * FULL * 100 + bonus * 2 * possible * 100, possible * 2)
    return Result(reached, halves / 2, possible, bonus, tuple(fatal))


def _hundredths(numerator: int, denominator: int) -> float:
    """The quotient, half a hundredth rounded up, and 100 at most."""
    whole = (2 * numerator + denominator) // (2 * denominator)
    return min(whole, FULL * 100) / 100
