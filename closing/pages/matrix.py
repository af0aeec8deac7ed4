"""The rules that apply, as the table of a handbook: categories by rewards and penalties."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from werkzeug.wrappers import Response

from closing.catalogue import condition_catalogue
from closing.pages import words
from closing.pages.blueprints import rewards
from closing.pages.common import session
from closing.policy import Policy
from closing.versions import PolicyVersion, policy_in_force, policy_version, versions
from core import web
from core.errors import NotFound
from core.permissions import Permission
from core.values import FactSpec, Names
from rewards.policy import Rule


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule in words."""

    code: str
    names: Names
    trigger: str
    effects: list[str]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class CategoryView:
    names: Names
    rewards: list[RuleView]
    penalties: list[RuleView]


@rewards.get("/matrix")
@web.requires(Permission.RULES_READ)
def matrix() -> str | Response:
    version = _chosen()
    listed = versions(session())
    if version is None:
        return render_template("rewards/no_policy.html")
    policy = version.policy
    return render_template(
        "rewards/matrix.html",
        version=version,
        versions=listed,
        categories=categories_of(policy),
        disabled=sum(not rule.enabled for rule in policy.rules.values()),
        adjust_cap=policy.scoring.adjust_cap,
    )


def _chosen() -> PolicyVersion | None:
    """The version that the address names, else the one in force in the month looked at."""
    given = request.args.get("version", "")
    if given.isdecimal() and len(given) < 7:
        return policy_version(session(), int(given))
    found = policy_in_force(session(), web.selected_month())
    try:
        return found or policy_version(session())
    except NotFound:
        return None


def categories_of(policy: Policy, position: str | None = None) -> list[CategoryView]:
    """Categories with rules that are switched on, in the order of the policy.

    With a ``position`` those that apply to it.
    """
    facts = condition_catalogue(policy)
    found = []
    for key, category in policy.categories.items():
        rules = [
            rule
            for rule in policy.rules.values()
            if rule.category == key and rule.enabled and _applies(rule, position)
        ]
        if rules:
            found.append(
                CategoryView(
                    category.names,
                    [rule_view(rule, facts, policy) for rule in rules if rule.kind == "reward"],
                    [rule_view(rule, facts, policy) for rule in rules if rule.kind == "penalty"],
                )
            )
    return found


def _applies(rule: Rule, position: str | None) -> bool:
    return position is None or rule.positions is None or position in rule.positions


def rule_view(rule: Rule, facts: dict[str, FactSpec], policy: Policy) -> RuleView:
    return RuleView(
        code=rule.code,
        names=rule.names,
        trigger=words.trigger(rule, facts, policy),
        effects=words.effects(rule, facts, policy.currency),
        notes=words.notes(rule, policy),
    )
