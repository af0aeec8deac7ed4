"""One case, one consequence: which incidents of a month count, as the close would decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from closing.policy import Policy
from rewards.entries import Occurrence, PersonMonth
from rewards.rules import compile_rules, fire


def case_states(policy: Policy, rows: Sequence[Any]) -> dict[int, str]:
    """By the id of each approved incident: ``counts`` or ``superseded``.

    ``rows`` are incidents of one person; each month is judged for itself. Positions were checked
    when they were recorded.
    """
    grades = [grade.key for grade in policy.grades]
    rules = [replace(rule, positions=None) for rule in policy.rules.values() if rule.incident]
    compiled = compile_rules(rules, grades=grades)
    states: dict[int, str] = {}
    approved = [row for row in rows if row.status == "approved"]
    for month in {row.counts_in for row in approved}:
        occurrences = [
            Occurrence(row.id, row.rule, row.day, row.description, row.case)
            for row in approved
            if row.counts_in == month
        ]
        entries = fire(compiled, PersonMonth(month, "", {}, occurrences=occurrences))
        states |= {each.incident: each.state for each in entries if each.incident is not None}
    return states
