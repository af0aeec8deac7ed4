"""All facts of a scorecard's month, in groups, and the groups of its 360° round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from closing.policy import Policy
from core.i18n import language
from core.values import Fact, FactSpec, Month
from evaluations.catalogue import evaluation_facts
from evaluations.reviews import ReviewSum
from reports import words
from reports.scorecards.lines import records_of
from staff.attendance.catalogue import attendance_facts
from training.catalogue import training_facts


@dataclass(frozen=True, slots=True)
class FactView:
    label: str
    value: str
    sample_size: int | None
    source: str | None


@dataclass(frozen=True, slots=True)
class FactGroup:
    """``endpoint`` is the page of the records behind them, None where there is no single one."""

    label: str
    endpoint: str | None
    facts: tuple[FactView, ...]


def fact_groups(
    facts: Mapping[str, Fact], policy: Policy, catalogue: Mapping[str, FactSpec]
) -> list[FactGroup]:
    """Groups without a fact are left out; facts stand in the order of the catalogue."""
    service = evaluation_facts(policy.tickets)
    tickets = [key for key in service if records_of(key, None) == "tickets"]
    quality = [key for key in service if key not in tickets]
    attendance, training = list(attendance_facts(policy.attendance)), list(training_facts())
    known = {*service, *attendance, *training}
    team = [key for key in catalogue if key.startswith("team_")]
    others = [key for key in facts if key not in known and key not in team]
    groups = (
        (_("Tickets"), "tickets", tickets),
        (_("Quality, complaints, feedback"), None, quality),
        (_("Attendance"), "attendance", attendance),
        (_("Training"), "training", training),
        (_("The team led"), None, team),
        (_("Entered in the evaluation"), "metrics", sorted(others)),
    )
    return [
        FactGroup(label, endpoint, tuple(_view(key, facts[key], catalogue) for key in present))
        for label, endpoint, keys in groups
        if (present := [key for key in keys if key in facts])
    ]


def _view(key: str, fact: Fact, catalogue: Mapping[str, FactSpec]) -> FactView:
    spec = catalogue.get(key)
    return FactView(
        label=spec.names.get(language()) if spec else key,
        value=words.figure(fact.value, spec or words.UNKNOWN),
        sample_size=fact.n,
        source=words.sources().get(fact.source),
    )


@dataclass(frozen=True, slots=True)
class ReviewGroupView:
    """``weight`` is None for oneself, who never counts; ratings are 1 to 5 by competency."""

    label: str
    reviews: int
    score: float
    weight: float | None
    ratings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A closed round: of ``month``, which is an earlier one where its result was carried over."""

    month: Month
    groups: tuple[ReviewGroupView, ...]
    competencies: Mapping[str, str]


def review_view(
    rounds: Mapping[Month, list[ReviewSum]], policy: Policy, month: Month
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
    return ReviewView(newest, groups, competencies)


def _group(one: ReviewSum, policy: Policy) -> ReviewGroupView:
    labels = words.relations()
    weights = [policy.reviews.weights.get(relation, 0) for relation in one.relations]
    return ReviewGroupView(
        label=" + ".join(labels[relation] for relation in one.relations),
        reviews=one.n,
        score=one.score,
        weight=None if "self" in one.relations else sum(weights),
        ratings={key: total / count for key, (count, total) in one.competencies.items() if count},
    )
