"""All facts of a scorecard's month, in groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from closing.policy import Policy
from core.i18n import language
from core.values import Fact, FactSpec
from evaluations.catalogue import evaluation_facts
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
