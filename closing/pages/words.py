"""Rules, conditions and what a close leaves out, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext, ngettext

from closing.catalogue import condition_catalogue
from closing.policy import Policy
from core.i18n import language
from core.pages import filters as written
from core.values import FactSpec, Month
from rewards.conditions import compile_condition
from rewards.policy import Rule
from rewards.wording import Finding, Piece, phrase
from staff import positions


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def statuses() -> dict[str, str]:
    return {
        "complete": _("Complete"),
        "incomplete": _("Too little data"),
        "exempt": _("Exempt"),
    }


def incident_states() -> dict[str, tuple[str, str]]:
    """A state in words, and the kind of its badge."""
    return {
        "recorded": (_("Waiting for a decision"), "warn"),
        "approved": (_("Approved"), "good"),
        "declined": (_("Declined"), "plain"),
        "voided": (_("Voided"), "plain"),
    }


def kinds() -> dict[str, str]:
    return {"reward": _("Reward"), "penalty": _("Penalty")}


def actions() -> dict[str, str]:
    """Follow-ups of rules, by the names that a policy gives them."""
    return {
        "praise": _("praise"),
        "certificate": _("certificate of honour"),
        "promotion_nomination": _("nomination for promotion"),
        "team_reward": _("team reward"),
        "reminder": _("reminder"),
        "criticism": _("criticism"),
        "written_warning": _("written warning"),
        "interview": _("interview"),
        "retraining": _("retraining"),
        "position_review": _("review of the position"),
        "demotion_review": _("review for demotion"),
        "pay_review": _("review of pay"),
        "suspension_review": _("review for suspension"),
        "dismissal_review": _("review for dismissal"),
    }


def ladder(group: str, categories: Mapping[str, str] | None = None) -> str:
    """What a group of rules is called: known ones, else a category of that key, else as written."""
    known = {
        "complaint": _("Upheld complaints"),
        "customer": _("Conduct towards customers"),
        "leak": _("Leaked information"),
        "targets": _("Missed targets"),
    }
    return known.get(group) or (categories or {}).get(group) or group


def weekdays() -> tuple[tuple[str, str], ...]:
    days = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
            _("Sunday"))  # fmt: skip
    return tuple((str(number), name) for number, name in enumerate(days, 1))


def label(spec: FactSpec | None, key: str) -> str:
    return spec.names.get(language()) if spec else key


def unit(text: str) -> str:
    """A unit of the policy in the reader's language; points have none."""
    known = {"min": _("min"), "h": _("h"), "d": _("days"), "mon": _("months"), "pts": ""}
    return known.get(text, text)


def figure(value: float | None, spec: FactSpec | None) -> str:
    """A value with its unit: ``94.0%``, ``3.2 min``."""
    if value is None:
        return _("no value")
    if spec is None:
        return written.short(value)
    if spec.kind == "rate":
        text = written.number(value * 100, 2).rstrip("0").rstrip(".")
        return f"{text}%"
    suffix = "" if spec.unit == "%" else unit(spec.unit)
    return f"{written.short(value)} {suffix}".rstrip()


def say(pieces: Iterable[Piece]) -> str:
    """A condition as a line of text."""
    joining = {"and": _("and"), "or": _("or"), "not": _("not")}
    parts = []
    for piece in pieces:
        if piece.kind == "fact":
            parts.append(label(piece.spec, piece.text))
        elif piece.kind == "value":
            parts.append(figure(piece.number, piece.spec))
        elif piece.kind == "word":
            parts.append(joining[piece.text])
        else:
            parts.append(piece.text)
    return " ".join(parts).replace("( ", "(").replace(" )", ")")


def say_condition(text: str, facts: Mapping[str, FactSpec]) -> str:
    return say(phrase(compile_condition(text, None).tokens, facts))


def say_finding(finding: Finding) -> str:
    """A comparison and the facts as they were: ``Total ≥ 90 (Total: 88.9)``."""
    values = _("; ").join(
        _("%(fact)s: %(value)s", fact=label(spec, key), value=figure(value, spec))
        for spec, key, value in finding.facts
    )
    return f"{say(finding.pieces)} ({values})"


def trigger(rule: Rule, facts: Mapping[str, FactSpec], policy: Policy) -> str:
    """How the rule fires, in words."""
    if rule.incident:
        return _("When it happens, is recorded and approved")
    if rule.repeats is not None:
        again = rule.repeats
        return _(
            "%(rule)s fired %(times)d times within %(months)d months",
            rule=_rule_name(again.rule, policy),
            times=again.times,
            months=again.months,
        )
    said = say_condition(rule.when or "", facts)
    if rule.streak > 1:
        return _("%(condition)s, %(months)d months running", condition=said, months=rule.streak)
    return said


def _rule_name(code: str, policy: Policy) -> str:
    rule = policy.rules.get(code)
    return f"{rule.names.get(language())} ({code})" if rule else code


def effects(rule: Rule, facts: Mapping[str, FactSpec], currency: str) -> list[str]:
    """What one firing does, each effect a text."""

    def money(value: float) -> str:
        return written.money(value, currency)

    sign = "+" if rule.kind == "reward" else "−"
    found = []
    if rule.points:
        found.append(_("%(points)s points", points=sign + written.short(rule.points)))
    if rule.amount:
        found.append(_("%(money)s paid", money=money(rule.amount)))
    if rule.bonus_deduction:
        found.append(_("%(money)s off the bonus", money=money(rule.bonus_deduction)))
    if rule.bonus_share:
        share = written.percent(rule.bonus_share, 0)
        found.append(_("%(share)s of the bonus taken", share=share))
    if rule.wage_deduction:
        found.append(_("%(money)s off wages asked", money=money(rule.wage_deduction)))
    if rule.per is not None:
        found.append(_per(rule, facts))
    if rule.cap_grade:
        found.append(_("grade %(grade)s at most", grade=rule.cap_grade))
    if rule.bars_awards:
        found.append(
            str(ngettext("no award this month", "no award for %(num)d months", rule.bars_awards))
        )
    known = actions()
    found += [known.get(each, each) for each in rule.actions]
    return found


def _per(rule: Rule, facts: Mapping[str, FactSpec]) -> str:
    assert rule.per is not None
    fact = label(facts.get(rule.per.fact), rule.per.fact)
    if rule.per.max is None:
        return _(
            "times each %(fact)s above %(above)s", fact=fact, above=written.short(rule.per.above)
        )
    return _(
        "times each %(fact)s above %(above)s, at most %(max)s times",
        fact=fact,
        above=written.short(rule.per.above),
        max=written.short(rule.per.max),
    )


def notes(rule: Rule, policy: Policy) -> list[str]:
    """What else decides whether it counts."""
    found = []
    if rule.approval and not rule.incident:
        found.append(_("Counts only if approved"))
    if rule.positions is not None:
        said = _(", ").join(positions.name(each) for each in rule.positions)
        found.append(_("Only for %(positions)s", positions=said))
    if rule.group and rule.level is not None:
        categories = {key: each.names.get(language()) for key, each in policy.categories.items()}
        found.append(
            _("Ladder “%(group)s”, rung %(level)d: the highest counts",
              group=ladder(rule.group, categories), level=rule.level)
        )  # fmt: skip
    return found


def month_text(month: Month) -> str:
    return written.month(month)


def effects_of(policy: Policy) -> dict[str, list[str]]:
    """The effects of every rule by code."""
    facts = condition_catalogue(policy)
    return {code: effects(rule, facts, policy.currency) for code, rule in policy.rules.items()}
