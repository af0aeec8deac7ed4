"""Who has a part in the scorecards of some people: whom a month has to score for them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from closing.facts import Person
from closing.policy import Policy
from core.values import Month
from evaluations.policy import Template
from training.effect import VERDICT_AFTER, Completion


@dataclass(frozen=True, slots=True)
class Part:
    """``people`` are to be scored; ``leaders`` get facts of their teams, all or those named.

    ``judged`` says that verdicts on training are due for some of those wanted.
    """

    people: Collection[int]
    leaders: Mapping[int, Collection[str] | None]
    judged: bool


def part_in(
    month: Month,
    people: Sequence[Person],
    completions: Sequence[Completion],
    policy: Policy,
    wanted: Collection[int],
) -> Part:
    """Themselves, and for the means their teams; for a verdict on training all on the template.

    Leaders on one of these templates need what its means are taken over.
    """
    by_position = templates_by_position(policy)
    start = month.plus(-VERDICT_AFTER)
    trained = {one.employee_id for one in completions if one.month == start} & set(wanted)
    places = {one.position for one in people if one.employee_id in trained}
    alike = {by_position[place].key for place in places if place in by_position}
    teams = {one.team_id for one in people if one.employee_id in wanted} - {None}
    scored, leaders = set[int](), dict[int, Collection[str] | None]()
    keys = set(alike)
    for one in people:
        template = by_position.get(one.position)
        near = one.employee_id in wanted or one.team_id in teams
        if template is not None and (near or template.key in alike):
            scored.add(one.employee_id)
            keys.add(template.key)
    for one in people:
        template = by_position.get(one.position)
        if template is not None and template.key in keys:
            metrics = [line.metric for line in template.lines]
            named = [each for each in metrics if each.startswith("team_")]
            if named:
                leaders[one.employee_id] = named
    return Part(scored, leaders | dict.fromkeys(wanted), bool(trained))


def templates_by_position(policy: Policy) -> dict[str | None, Template]:
    return {p: each for each in policy.templates.values() for p in each.positions}
