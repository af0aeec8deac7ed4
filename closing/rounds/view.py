"""The groups of a 360° round as pages show them: no rater, no single review."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from closing.policy import Policy
from core.i18n import language
from core.values import Month
from evaluations.reviews import ReviewSum


@dataclass(frozen=True, slots=True)
class ReviewGroupView:
    """``weight`` is None for oneself, who never counts; ratings are 1 to 5 by competency."""

    relations: tuple[str, ...]
    label: str
    reviews: int
    score: float
    weight: float | None
    ratings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A round: of ``month``, which is an earlier one where its result was carried over.

    ``in_browser`` says that nobody had the reviews with their authors: they came from no file.
    """

    month: Month
    groups: tuple[ReviewGroupView, ...]
    competencies: Mapping[str, str]
    in_browser: bool


def relations() -> dict[str, str]:
    return {
        "supervisor": _("Supervisor"),
        "peer": _("Peers"),
        "subordinate": _("Subordinates"),
        "cross_team": _("Other teams"),
        "self": _("Oneself"),
    }


def roles() -> dict[str, str]:
    """As what somebody is asked, from their own side."""
    return {
        "supervisor": _("their supervisor"),
        "peer": _("a colleague of the same team"),
        "subordinate": _("one of those who report to them"),
        "cross_team": _("a colleague of another team"),
        "self": _("yourself"),
    }


def review_view(
    rounds: Mapping[Month, list[ReviewSum]],
    policy: Policy,
    month: Month,
    in_browser: Collection[Month],
) -> ReviewView | None:
    """The newest round up to ``month`` that has groups to be seen; no rater is ever named."""
    present = [each for each, groups in rounds.items() if groups and each <= month]
    if not present:
        return None
    newest = max(present)
    groups = tuple(_group(each, policy) for each in rounds[newest])
    shown = {key for group in groups for key in group.ratings}
    competencies = {
        key: names.get(language())
        for key, names in policy.reviews.competencies.items()
        if key in shown
    }
    return ReviewView(newest, groups, competencies, newest in in_browser)


def _group(one: ReviewSum, policy: Policy) -> ReviewGroupView:
    labels = relations()
    weights = [policy.reviews.weights.get(relation, 0) for relation in one.relations]
    return ReviewGroupView(
        relations=one.relations,
        label=" + ".join(labels[relation] for relation in one.relations),
        reviews=one.n,
        score=one.score,
        weight=None if "self" in one.relations else sum(weights),
        ratings={key: total / count for key, (count, total) in one.competencies.items() if count},
    )
