"""360° reviews: groups, pooling, the score (docs/scoring.md, 360° reviews).

Pure. Sums are exact integers, so that a closed round, of which only sums remain, gives the same
score to the last bit as the reviews did.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.values import Fact

REVIEW_UNIT = math.lcm(*range(1, 21))
"""A mean rating is kept in units of 1/REVIEW_UNIT: exact for up to 20 competencies."""

HIDING = ("peer", "subordinate", "cross_team")
GROUPS = ("supervisor", *HIDING)
_HIDING = frozenset(HIDING)
_PLACES = {name: place for place, name in enumerate((*GROUPS, "self"))}


@dataclass(frozen=True, slots=True)
class ReviewSum:
    """Reviews of one ratee by one group, or by several pooled (``relations``).

    ``total`` is the sum of the reviews' mean ratings in units of 1/REVIEW_UNIT; ``competencies``
    maps a competency to (ratings, their sum).
    """

    relations: tuple[str, ...]
    n: int
    total: int
    competencies: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """0..100: (mean rating - 1) / 4 * 100."""
        return 25 * (self.total / REVIEW_UNIT / self.n - 1)


def unit_rating(total: int, ratings: int) -> int:
    """The mean of one review's ratings in units of 1/REVIEW_UNIT; up to 20 ratings are exact."""
    return total * REVIEW_UNIT // ratings


def settle_groups(sums: Iterable[ReviewSum], min_raters: int) -> list[ReviewSum]:
    """The groups that may be seen, in a fixed order: too small ones pooled, or left out.

    ``min_raters`` is never below 3, whatever a policy says. Competencies that tell of too few
    raters are taken out of each group that hides its raters.
    """
    least = max(3, min_raters)
    by_relations = sorted(sums, key=_order)
    alone = [one for one in by_relations if not _hides(one) or one.n >= least]
    pooled = [one for one in by_relations if _hides(one) and one.n < least]
    if pooled:
        pool = _pool(pooled)
        if pool.n >= least:
            alone.append(pool)
    return sorted((_thin(one, least) for one in alone), key=_order)


def review_score(groups: Iterable[ReviewSum], weights: Mapping[str, float]) -> Fact | None:
    """``review_360``: the weighted mean of the settled groups; n counts their reviews.

    Absent with no group but the supervisor's, and where the weights sum to 0. ``self`` never
    enters.
    """
    counted = [one for one in groups if "self" not in one.relations]
    weighed = [(math.fsum(weights.get(r, 0) for r in one.relations), one) for one in counted]
    whole = math.fsum(weight for weight, _ in weighed)
    if whole == 0 or all(one.relations == ("supervisor",) for one in counted):
        return None
    value = math.fsum(weight * one.score for weight, one in weighed) / whole
    return Fact(value, sum(one.n for one in counted), "computed")


def _hides(one: ReviewSum) -> bool:
    return not _HIDING.isdisjoint(one.relations)


def _order(one: ReviewSum) -> tuple[int, ...]:
    return tuple([_PLACES[relation] for relation in one.relations])


def _pool(sums: list[ReviewSum]) -> ReviewSum:
    competencies: dict[str, tuple[int, int]] = {}
    for one in sums:
        for key, (count, total) in one.competencies.items():
            before = competencies.get(key, (0, 0))
            competencies[key] = (before[0] + count, before[1] + total)
    relations = tuple(relation for one in sums for relation in one.relations)
    return ReviewSum(relations, sum(o.n for o in sums), sum(o.total for o in sums), competencies)


def _thin(one: ReviewSum, least: int) -> ReviewSum:
    """Without the competencies that tell of fewer than ``least`` raters.

    Either by themselves, or by subtraction: from the score of the group, which counts every rating,
    the competencies shown can be taken off. So one is hidden too that nearly everybody rated, and
    where fewer than ``least`` ratings would be hidden in all, the next smallest goes with them.
    """
    if not _hides(one):
        return one
    kept, hidden = {}, 0
    for key, (count, total) in sorted(one.competencies.items()):
        if count < least or 0 < one.n - count < least:
            hidden += count
        else:
            kept[key] = (count, total)
    if hidden < least and len(kept) < len(one.competencies) and kept:
        del kept[min(kept, key=lambda key: (kept[key][0], key))]
    return ReviewSum(one.relations, one.n, one.total, kept)
