"""The validator of ``categories``, ``rules`` and ``awards``. Pure.

See docs/scoring.md, The rules matrix and Award selection. Every function reads one section of the
document and notes what is wrong in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Final, cast

from core.documents import N_, Section
from rewards.conditions import MAX_LENGTH, MAX_NESTING, ConditionError, compile_condition
from rewards.policy import Award, Category, Direction, Per, Prize, Repeats, Rule, RuleKind

ACTIONS: Final = (
    "praise",
    "certificate",
    "promotion_nomination",
    "team_reward",
    "reminder",
    "criticism",
    "written_warning",
    "interview",
    "retraining",
    "position_review",
    "demotion_review",
    "pay_review",
    "suspension_review",
    "dismissal_review",
)
_TRIGGERS: Final = ("when", "incident", "repeats")
_ONLY_REWARDS: Final = ("amount",)
_ONLY_PENALTIES: Final = ("bonus_deduction", "bonus_share", "wage_deduction", "bars_awards")
_LONGEST_LADDER: Final = 120  # months

_CONDITION_ERRORS: Mapping[str, str] = {
    "empty": N_("is an empty condition"),
    "length": N_("is longer than %(limit)s characters"),
    "nesting": N_("column %(column)s: is nested deeper than %(depth)s"),
    "character": N_('column %(column)s: "%(part)s" does not belong in a condition'),
    "syntax": N_('column %(column)s: cannot be understood from "%(part)s" on'),
    "number": N_('column %(column)s: "%(part)s" is not a number'),
    "chained": N_('column %(column)s: write "%(part)s" as two comparisons joined by and'),
    "forbidden": N_('column %(column)s: "%(part)s" is not allowed in a condition'),
    "type": N_(
        'column %(column)s: "%(part)s" does not fit here: compare numbers, and join comparisons '
        "by and, or, not"
    ),
    "unknown": N_('column %(column)s: there is no fact "%(part)s"'),
}


def read_categories(document: Section) -> dict[str, Category]:
    """Read ``categories``; there may be none."""
    categories = {}
    for key, section in document.entries("categories", optional=True):
        categories[key] = Category(key, section.names())
        section.done()
    return categories


def read_rules(
    document: Section,
    *,
    categories: Collection[str],
    grades: Collection[str],
    facts: Collection[str],
) -> dict[str, Rule]:
    """Read ``rules`` in their order; ``facts`` are the names that conditions may use."""
    rules: dict[str, Rule] = {}
    sections: dict[str, Section] = {}
    for code, section in document.entries("rules", optional=True):
        rules[code] = _rule(code, section, categories, grades, facts)
        sections[code] = section
    for code, rule in rules.items():
        if rule.repeats is not None and rule.repeats.rule:
            _check_ladder(sections[code], rule.repeats, rules)
    return rules


def read_awards(document: Section, *, facts: Collection[str]) -> dict[str, Award]:
    """Read ``awards``; ``facts`` are the names that their conditions and rankings may use."""
    awards = {}
    for key, section in document.entries("awards", optional=True):
        awards[key] = Award(
            key=key,
            names=section.names(),
            eligible=_condition(section, "eligible", facts),
            rank_by=_ranking(section, facts),
            quota=_quota(section),
            positions=_positions(section),
            per_team=section.whole("per_team", low=1) if section.has("per_team") else None,
            cooldown_months=section.whole("cooldown_months", high=_LONGEST_LADDER, default=0),
            notice_days=section.whole("notice_days", high=365, default=3),
            prize=_prize(section),
        )
        section.raw("per_team", None)
        section.done()
    return awards


def _rule(
    code: str,
    section: Section,
    categories: Collection[str],
    grades: Collection[str],
    facts: Collection[str],
) -> Rule:
    kind = cast(RuleKind, section.choice("kind", ("reward", "penalty")))
    category = section.text("category")
    if section.fine("category"):
        section.one_of("category", category, categories, N_('there is no category "%(value)s"'))
    has_when = section.has("when")
    rule = Rule(
        code=code,
        category=category,
        kind=kind,
        names=section.names(),
        when=_condition(section, "when", facts) if has_when else None,
        streak=section.whole("streak", low=1, high=_LONGEST_LADDER, default=1),
        incident=section.flag("incident", default=False),
        repeats=_repeats(section),
        enabled=section.flag("enabled", default=True),
        positions=_positions(section),
        points=section.number("points", low=0, default=0),
        amount=section.number("amount", low=0, default=0),
        bonus_deduction=section.number("bonus_deduction", low=0, default=0),
        bonus_share=section.number("bonus_share", low=0, high=1, default=0),
        wage_deduction=section.number("wage_deduction", low=0, default=0),
        per=_per(section, facts),
        cap_grade=_optional_choice(section, "cap_grade", grades),
        bars_awards=section.whole("bars_awards", high=_LONGEST_LADDER, default=0),
        actions=section.choices("actions", ACTIONS, default=()),
        group=section.text("group") if section.has("group") else None,
        level=section.whole("level") if section.has("level") else None,
        approval=section.flag("approval", default=False),
    )
    for key in ("when", "group", "level"):
        section.raw(key, None)
    section.done()
    _check_trigger(section, rule)
    _check_effects(section, rule)
    return rule


def _check_trigger(section: Section, rule: Rule) -> None:
    triggers = [key for key in _TRIGGERS if section.has(key)]
    if not rule.incident and "incident" in triggers and section.fine("incident"):
        triggers.remove("incident")
    if len(triggers) != 1:
        section.problem("", N_("must have exactly one of when, incident and repeats"))
        return
    if rule.streak != 1 and triggers != ["when"]:
        section.problem("streak", N_("goes only with when"))
    if triggers == ["incident"] and section.has("approval") and not rule.approval:
        section.problem("approval", N_("cannot be false: incidents always need approval"))


def _check_effects(section: Section, rule: Rule) -> None:
    """What a kind of rule cannot do, and what only goes together."""
    if rule.group is not None and rule.level is None:
        section.problem("level", N_("is missing: a rule with a group needs a level"))
    if rule.level is not None and rule.group is None:
        section.problem("group", N_("is missing: a rule with a level needs a group"))
    if rule.kind == "penalty":
        for key in _ONLY_REWARDS:
            if getattr(rule, key):
                section.problem(key, N_("goes only with rewards"))
    elif rule.kind == "reward":
        for key in _ONLY_PENALTIES:
            if getattr(rule, key):
                section.problem(key, N_("goes only with penalties"))
        if rule.cap_grade is not None:
            section.problem("cap_grade", N_("goes only with penalties"))


def _check_ladder(section: Section, repeats: Repeats, rules: Mapping[str, Rule]) -> None:
    other = rules.get(repeats.rule)
    if other is None:
        message = N_('there is no rule "%(value)s"')
        section.one_of("repeats.rule", repeats.rule, rules, message)
    elif other.repeats is not None:
        message = N_("names %(rule)s, which is itself a repeats rule")
        section.problem("repeats.rule", message, rule=repeats.rule)


def _repeats(section: Section) -> Repeats | None:
    below = section.section("repeats", optional=True)
    if not section.has("repeats"):
        return None
    repeats = Repeats(
        rule=below.text("rule"),
        times=below.whole("times", low=1, high=1000),
        months=below.whole("months", low=1, high=_LONGEST_LADDER),
    )
    below.done()
    return repeats


def _per(section: Section, facts: Collection[str]) -> Per | None:
    below = section.section("per", optional=True)
    if not section.has("per"):
        return None
    fact = below.text("fact")
    if below.fine("fact"):
        below.one_of("fact", fact, facts, N_('there is no fact "%(value)s"'))
    per = Per(
        fact=fact,
        above=below.number("above", default=0),
        max=below.number("max", above=0) if below.has("max") else None,
    )
    below.raw("max", None)
    below.done()
    return per


def _positions(section: Section) -> tuple[str, ...] | None:
    """None, meaning every position, where the key is absent."""
    if section.has("positions"):
        return section.texts("positions")
    section.raw("positions", None)
    return None


def _optional_choice(section: Section, key: str, options: Collection[str]) -> str | None:
    if section.has(key):
        return section.choice(key, options)
    section.raw(key, None)
    return None


def _condition(section: Section, key: str, facts: Collection[str]) -> str:
    text = section.text(key)
    if not section.fine(key):
        return text
    try:
        compile_condition(text, facts)
    except ConditionError as error:
        guess = get_close_matches(error.part, facts, 1) if error.code == "unknown" else []
        if guess:
            message = N_(
                'column %(column)s: there is no fact "%(part)s"; did you mean "%(guess)s"?'
            )
        else:
            message = _CONDITION_ERRORS[error.code]
        section.problem(
            key,
            message,
            column=error.column,
            part=error.part,
            guess=guess[0] if guess else "",
            limit=MAX_LENGTH,
            depth=MAX_NESTING,
        )
    return text


def _ranking(section: Section, facts: Collection[str]) -> tuple[tuple[str, Direction], ...]:
    ranking: list[tuple[str, Direction]] = []
    for index, text in enumerate(section.texts("rank_by")):
        place = f"rank_by[{index}]"
        name, _, direction = " ".join(text.split()).partition(" ")
        if direction not in ("asc", "desc"):
            if section.fine(place):
                message = N_("must be a name and asc or desc, such as: total desc")
                section.problem(place, message)
            continue
        if name != "hire_date":
            section.one_of(place, name, facts, N_('there is no fact "%(value)s"'))
        if name in (other for other, _ in ranking):
            section.problem(place, N_('ranks by "%(name)s" a second time'), name=name)
        ranking.append((name, cast(Direction, direction)))
    return tuple(ranking)


def _quota(section: Section) -> float:
    quota = section.number("quota", above=0)
    if section.fine("quota") and quota >= 1 and quota != int(quota):
        message = N_("must be a whole number of winners, or a share between 0 and 1")
        section.problem("quota", message)
    return quota


def _prize(section: Section) -> Prize:
    below = section.section("prize", optional=True)
    prize = Prize(
        amount=below.number("amount", low=0, default=0),
        actions=below.choices("actions", ACTIONS, default=()),
    )
    below.done()
    return prize
