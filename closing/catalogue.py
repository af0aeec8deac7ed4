"""Every fact that a policy knows: what the packages give, what it declares, teams, sample sizes.

Pure. The keys are the names that conditions may use (docs/scoring.md, Facts).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from core.values import FactSpec, Names
from evaluations.catalogue import evaluation_facts
from evaluations.policy import Metric, TicketsSection
from staff.attendance.catalogue import attendance_facts
from staff.attendance.policy import AttendanceSection
from training.catalogue import TRAINING_EFFECT, training_facts

# What an award sees beside the facts. They belong to the scorecard.
SCORECARD_FACTS: Mapping[str, FactSpec] = {
    spec.key: spec
    for spec in (
        FactSpec("total", "mean", Names("总分", "Total"), "pts"),
        FactSpec("total_change", "mean", Names("总分较上月变化", "Change of the total"), "pts"),
        FactSpec("coverage", "rate", Names("数据覆盖率", "Coverage"), "%"),
        FactSpec("tenure_months", "count", Names("司龄（月）", "Months of service"), "mon"),
        FactSpec("team_rank", "count", Names("团队排名", "Rank in the team")),
        FactSpec("company_rank", "count", Names("公司排名", "Rank in the company")),
    )
}


class HasFacts(Protocol):
    """The sections of a policy that decide which facts there are."""

    @property
    def attendance(self) -> AttendanceSection: ...
    @property
    def tickets(self) -> TicketsSection: ...
    @property
    def metrics(self) -> Mapping[str, Metric]: ...


def product_facts(attendance: AttendanceSection, tickets: TicketsSection) -> dict[str, FactSpec]:
    """The facts that the product computes for a person: no teams, no sample sizes."""
    return {**evaluation_facts(tickets), **attendance_facts(attendance), **training_facts()}


def fact_catalogue(policy: HasFacts) -> dict[str, FactSpec]:
    """The facts of a fact sheet by key, ``team_`` variants among them, without sample sizes.

    What the policy declares has its names and unit; a fact of the product keeps its kind.
    """
    own = product_facts(policy.attendance, policy.tickets)
    declared = policy.metrics.values()
    own |= {
        metric.key: _declared(metric, own.get(metric.key))
        for metric in declared
        if not metric.key.startswith("team_")
    }
    teams = {
        spec.key: spec for spec in (_team(each) for each in own.values() if each.kind != "verdict")
    }
    teams |= {
        metric.key: _declared(metric, teams.get(metric.key))
        for metric in declared
        if metric.key.startswith("team_")
    }
    return own | teams


def condition_catalogue(policy: HasFacts) -> dict[str, FactSpec]:
    """What a rule's condition may name: every fact, and the sample size of each as ``<fact>_n``.

    Any fact may be entered with a sample size, so each has one here, except ``training_effect``.
    """
    facts = fact_catalogue(policy)
    return facts | {
        f"{key}_n": _sample(spec) for key, spec in facts.items() if key != TRAINING_EFFECT
    }


def award_catalogue(policy: HasFacts) -> dict[str, FactSpec]:
    """What an award's condition may name and (besides ``hire_date``) rank by."""
    return condition_catalogue(policy) | dict(SCORECARD_FACTS)


def _declared(metric: Metric, fact: FactSpec | None) -> FactSpec:
    if fact is None:
        return FactSpec(metric.key, metric.kind, metric.names, metric.unit)
    return FactSpec(metric.key, fact.kind, metric.names, metric.unit, fact.sampled)


def _team(spec: FactSpec) -> FactSpec:
    """A mean over the team: of counts, days, hours and minutes no whole number is left."""
    kind = spec.kind if spec.kind in ("rate", "score") else "mean"
    english = spec.names.en
    if not english[:2].isupper():  # QA stays QA
        english = english[:1].lower() + english[1:]
    names = Names(f"团队{spec.names.zh}", f"Team {english}")
    return FactSpec(f"team_{spec.key}", kind, names, spec.unit, spec.sampled)


def _sample(spec: FactSpec) -> FactSpec:
    names = Names(f"{spec.names.zh}样本数", f"{spec.names.en} (sample size)")
    return FactSpec(f"{spec.key}_n", "count", names)
