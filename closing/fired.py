"""Rules that wait for an approval: about whom they fired, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from closing.cards import CardView
from closing.catalogue import condition_catalogue
from closing.policy import Policy
from core.values import flat
from rewards.conditions import compile_condition
from rewards.wording import Finding, findings

REVIEW = "review_360"


@dataclass(frozen=True, slots=True)
class Fired:
    """``findings`` explain the rule's condition, if it has one."""

    employee_id: int
    code: str
    findings: tuple[Finding, ...]


def fired(views: Iterable[CardView], policy: Policy, *, is_open: bool) -> Iterator[Fired]:
    """A 360° result is not told while the round runs: from day to day the difference would be one
    person's review."""
    facts = condition_catalogue(policy)
    for view in views:
        for entry in view.rules:
            rule = policy.rules.get(entry.rule)
            if rule is None or not rule.approval or rule.incident or entry.state == "undecided":
                continue
            explained: list[Finding] = []
            if rule.when is not None:
                values = flat(dict(view.facts))
                if is_open:
                    values = {key: each for key, each in values.items() if REVIEW not in key}
                explained = findings(compile_condition(rule.when, None), values, facts)
            yield Fired(view.employee_id, rule.code, tuple(explained))
