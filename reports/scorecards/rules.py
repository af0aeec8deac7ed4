"""The rules that fired on a scorecard, each with its reason and its effects in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from closing.catalogue import condition_catalogue
from closing.pages import words as closing_words
from closing.policy import Policy
from core.i18n import language
from core.pages.filters import DASH, money, percent, short
from core.values import FactSpec
from reports import words
from rewards.conditions import Clause, compile_condition
from rewards.entries import RuleEntry
from rewards.policy import Rule

SIGNS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠", "*": "×", "/": "÷", "-": "−"}


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One comparison with its values; ``held`` is None where a fact was absent."""

    text: str
    held: bool | None


@dataclass(frozen=True, slots=True)
class RuleView:
    code: str
    name: str
    category: str
    reward: bool
    state: str
    state_label: str
    state_kind: str
    reasons: tuple[str, ...]
    clauses: tuple[ClauseView, ...]
    effects: tuple[str, ...]
    day: date | None
    incident: int | None

    @property
    def undecided(self) -> bool:
        return self.state == "undecided"


def rule_views(
    entries: Iterable[RuleEntry], policy: Policy, facts: Mapping[str, float]
) -> list[RuleView]:
    """In the policy's order. ``facts`` are flat, with the sample sizes in them."""
    entries = tuple(entries)
    catalogue = condition_catalogue(policy)
    return [_view(entry, entries, policy, catalogue, facts) for entry in entries]


def _view(
    entry: RuleEntry,
    entries: tuple[RuleEntry, ...],
    policy: Policy,
    catalogue: Mapping[str, FactSpec],
    facts: Mapping[str, float],
) -> RuleView:
    rule = policy.rules[entry.rule]
    label, kind = words.states()[entry.state]
    clauses: tuple[ClauseView, ...] = ()
    if rule.when is not None:
        condition = compile_condition(rule.when, None)
        clauses = tuple(
            ClauseView(clause_text(clause, catalogue), clause.held)
            for clause in condition.explain(facts)
        )
    return RuleView(
        code=entry.rule,
        name=rule.names.get(language()),
        category=policy.categories[rule.category].names.get(language()),
        reward=entry.kind == "reward",
        state=entry.state,
        state_label=label,
        state_kind=kind,
        reasons=tuple(_reasons(entry, entries, rule, policy, catalogue, facts)),
        clauses=clauses,
        effects=tuple(effect_texts(entry, policy.currency)),
        day=entry.day,
        incident=entry.incident,
    )


def _reasons(
    entry: RuleEntry,
    entries: tuple[RuleEntry, ...],
    rule: Rule,
    policy: Policy,
    catalogue: Mapping[str, FactSpec],
    facts: Mapping[str, float],
) -> Iterable[str]:
    if rule.when is not None and rule.streak > 1:
        yield _("It has to hold in %(months)d months running.", months=rule.streak)
    if rule.repeats is not None:
        other = policy.rules[rule.repeats.rule]
        yield _(
            "%(rule)s (%(name)s) counted at least %(times)d times in %(months)d months.",
            rule=other.code,
            name=other.names.get(language()),
            times=rule.repeats.times,
            months=rule.repeats.months,
        )
    if rule.per is not None:
        yield _per(entry, rule, catalogue, facts)
    if entry.case:
        yield _("Case %(case)s", case=entry.case)
    if entry.state == "superseded":
        winner = _winner(entry, entries)
        if winner:
            yield _("%(rule)s counts in its place.", rule=winner.rule)


def _per(
    entry: RuleEntry, rule: Rule, catalogue: Mapping[str, FactSpec], facts: Mapping[str, float]
) -> str:
    """How often the effects count: they are stored multiplied, so the factor is their ratio."""
    assert rule.per is not None
    names = ("points", "amount", "bonus_deduction", "bonus_share", "wage_deduction")
    ratios = [getattr(entry, name) / getattr(rule, name) for name in names if getattr(rule, name)]
    spec = catalogue.get(rule.per.fact, words.UNKNOWN)
    values = {
        "fact": spec.names.get(language()),
        "value": words.figure(facts.get(rule.per.fact), spec),
        "above": short(rule.per.above),
        "times": short(ratios[0]) if ratios else DASH,
    }
    if rule.per.max is None:
        return str(_("%(fact)s %(value)s, counted above %(above)s: × %(times)s", **values))
    return str(
        _(
            "%(fact)s %(value)s, counted above %(above)s, at most %(most)s times: × %(times)s",
            most=short(rule.per.max),
            **values,
        )
    )


def _winner(entry: RuleEntry, entries: Iterable[RuleEntry]) -> RuleEntry | None:
    """What counts instead: of the same group the highest level, else of the same case."""
    counting = [other for other in entries if other.state == "counts"]
    grouped = (other for other in counting if entry.group and other.group == entry.group)
    cased = (other for other in counting if entry.case and other.case == entry.case)
    return next(grouped, None) or next(cased, None)


def clause_text(clause: Clause, catalogue: Mapping[str, FactSpec]) -> str:
    """``Customer satisfaction 98.6% ≥ 97.0%``; other shapes keep their text and add the values."""
    sign = SIGNS.get(clause.operator, clause.operator)
    if (
        len(clause.facts) == 1
        and clause.tokens[0] == clause.facts[0][0]
        and len(clause.tokens) == 3
    ):
        name, value = clause.facts[0]
        spec = catalogue.get(name, words.UNKNOWN)
        shown = _("no data") if value is None else words.figure(value, spec)
        limit = words.figure(clause.right, spec)
        return f"{_label(name, catalogue)} {shown} {sign} {limit}"
    text = " ".join(
        _label(token, catalogue) if token in dict(clause.facts) else SIGNS.get(token, token)
        for token in clause.tokens
    )
    values = ", ".join(
        f"{_label(name, catalogue)} "
        + (
            _("no data")
            if value is None
            else words.figure(value, catalogue.get(name, words.UNKNOWN))
        )
        for name, value in clause.facts
    )
    return f"{text} ({values})"


def _label(name: str, catalogue: Mapping[str, FactSpec]) -> str:
    spec = catalogue.get(name)
    return spec.names.get(language()) if spec else name


def effect_texts(entry: RuleEntry, currency: str) -> Iterable[str]:
    sign = "+" if entry.kind == "reward" else "−"
    if entry.points:
        points = f"{sign}{short(entry.points)}"
        yield _("%(points)s points", points=points)
    if entry.amount:
        yield _("%(money)s bonus", money=money(entry.amount, currency))
    if entry.bonus_deduction:
        yield _("%(money)s off the bonus", money=money(entry.bonus_deduction, currency))
    if entry.bonus_share:
        yield _("%(share)s off the bonus", share=percent(entry.bonus_share))
    if entry.wage_deduction:
        yield _("%(money)s off wages", money=money(entry.wage_deduction, currency))
    if entry.cap_grade:
        yield _("grade %(grade)s at most", grade=entry.cap_grade)
    if entry.bars_awards:
        yield ngettext(
            "no award for %(num)d month", "no award for %(num)d months", entry.bars_awards
        )
    known = closing_words.actions()
    yield from (known.get(action, action) for action in entry.actions)
