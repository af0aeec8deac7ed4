"""Which parts of a policy are edited as fields and tables, with labels in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from closing.catalogue import award_catalogue, condition_catalogue
from closing.document_edits import Kind, Path, value_at
from closing.document_tables import Column, Table
from closing.pages import words
from closing.policy import Policy
from core.i18n import language
from core.values import FactSpec

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of a draft: the parts of the document that it changes, and its tables."""

    title: str
    parts: tuple[Path, ...]
    tables: Callable[[Any], list[Table]]


def sheets() -> dict[str, Sheet]:
    return {
        "templates": Sheet(_("Scoring templates"), (("templates",),), template_tables),
        "metrics": Sheet(_("Metrics"), (("metrics",),), metric_tables),
        "pay": Sheet(_("Grades and pay"), (("grades",), ("pay",), ("scoring",)), pay_tables),
        "awards": Sheet(_("Awards"), (("awards",),), award_tables),
        "general": Sheet(
            _("Names and categories"), (("name",), ("currency",), ("categories",)), general_tables
        ),
    }


def labelled(content: Any) -> Options:
    """The keys of a mapping of the document with their labels."""
    if not isinstance(content, dict):
        return ()
    return tuple((key, _label(each) or key) for key, each in content.items())


def _label(content: Any) -> str:
    said = content.get(language()) if isinstance(content, dict) else None
    return said if isinstance(said, str) else ""


def _names() -> tuple[Column, ...]:
    return (
        Column(("zh",), "text", _("Name in Chinese")),
        Column(("en",), "text", _("Name in English")),
    )


def general_tables(document: Any) -> list[Table]:
    head = (
        Column(("name", "zh"), "text", _("Name in Chinese")),
        Column(("name", "en"), "text", _("Name in English")),
        Column(("currency",), "text", _("Currency"), help=_("Three letters, such as CNY.")),
    )
    return [
        Table((), head, _("The policy"), single=True),
        Table(("categories",), _names(), _("Categories"), keyed=True, key_label=_("Code")),
    ]


def template_tables(document: Any) -> list[Table]:
    head = (
        *_names(),
        Column(("positions",), "list", _("Positions"), help=_("Separated by commas.")),
        Column(("team_share",), "share", _("Share of the team")),
    )
    found = [Table(("templates",), head, _("Scoring templates"), keyed=True, key_label=_("Code"))]
    metrics = labelled(value_at(document, ("metrics",)))
    rates = _rates(document)

    def kind(row: Any) -> Kind:
        return "share" if isinstance(row, dict) and row.get("metric") in rates else "number"

    lines = (
        Column(("metric",), "choice", _("Metric"), options=metrics),
        Column(("weight",), "number", _("Weight")),
        Column(("floor",), "number", _("Floor"), kind_of=kind),
        Column(("target",), "number", _("Target"), kind_of=kind),
        Column(("stretch",), "number", _("Stretch"), kind_of=kind),
        Column(("prior",), "number", _("Prior")),
        Column(("ramp",), "flag", _("Eased for new hires")),
    )
    for key, name in labelled(value_at(document, ("templates",))):
        found.append(Table(("templates", key, "lines"), lines, name))
    return found


def _rates(document: Any) -> frozenset[str]:
    metrics = value_at(document, ("metrics",))
    if not isinstance(metrics, dict):
        return frozenset()
    return frozenset(key for key in metrics if value_at(metrics, (key, "kind")) == "rate")


def metric_tables(document: Any) -> list[Table]:
    better = (("higher", _("higher")), ("lower", _("lower")))
    kinds = (
        ("mean", _("average")),
        ("rate", _("rate of 0–1")),
        ("score", _("score of 0–100")),
        ("count", _("number of times")),
    )
    columns = (
        *_names(),
        Column(("unit",), "text", _("Unit of measure")),
        Column(("better",), "choice", _("Better is"), options=better),
        Column(("kind",), "choice", _("Kind"), options=kinds),
    )
    return [Table(("metrics",), columns, _("Metrics"), keyed=True, key_label=_("Code"))]


def grade_options(document: Any) -> Options:
    grades = value_at(document, ("grades",))
    keys = [value_at(each, ("key",)) for each in grades] if isinstance(grades, list) else "ABCDE"
    return tuple((key, key) for key in keys if isinstance(key, str))


def pay_tables(document: Any) -> list[Table]:
    grades = (
        Column(("key",), "text", _("Grade")),
        Column(("min",), "number", _("From total")),
        *_names(),
        Column(("coefficient",), "number", _("Coefficient")),
    )
    pay = (
        Column(("ungraded",), "choice", _("Who has no grade is paid as"), grade_options(document)),
        Column(("max_bonus_share",), "share", _("At most off the bonus")),
        Column(("wage_deductions",), "flag", _("Deductions from wages are allowed")),
        Column(("minimum_wage",), "number", _("Minimum wage")),
    )
    scoring = (
        Column(("min_days",), "number", _("Days at least for a grade")),
        Column(("min_coverage",), "share", _("Coverage at least for a grade")),
        Column(("adjust_cap",), "number", _("Points of rules at most")),
    )
    bonus = (Column((), "number", _("Bonus base")),)
    return [
        Table(("grades",), grades, _("Grades")),
        Table(("pay", "bonus_base"), bonus, _("Bonus by position"), keyed=True,
              key_label=_("Position")),
        Table(("pay",), pay, _("Pay"), single=True),
        Table(("scoring",), scoring, _("Scoring"), single=True),
    ]  # fmt: skip


def award_tables(document: Any) -> list[Table]:
    columns = (
        *_names(),
        Column(("eligible",), "long", _("Who is eligible"), help=_("A condition as text.")),
        Column(("positions",), "list", _("Positions"), help=_("Empty: everybody.")),
        Column(("rank_by",), "list", _("Ranked by"), help=_("Such as: total desc, csat desc.")),
        Column(("quota",), "number", _("Quota"), help=_("A number, or a share below 1.")),
        Column(("per_team",), "number", _("At most per team")),
        Column(("cooldown_months",), "number", _("Months before winning again")),
        Column(("notice_days",), "number", _("Days of announcement")),
        Column(("prize", "amount"), "number", _("Prize money")),
        Column(
            ("prize", "actions"), "many", _("Prize besides money"), tuple(words.actions().items())
        ),
    )
    return [Table(("awards",), columns, _("Awards"), keyed=True, key_label=_("Code"))]


def rule_columns(document: Any, facts: Mapping[str, FactSpec]) -> dict[str, Column]:
    """The fields of a rule by the name of each, besides its trigger."""
    categories = labelled(value_at(document, ("categories",)))
    listed = [
        *_names(),
        Column(("category",), "choice", _("Category"), categories),
        Column(("kind",), "choice", _("Kind"), tuple(words.kinds().items())),
        Column(("points",), "number", _("Points of the total")),
        Column(("amount",), "number", _("Money paid")),
        Column(("bonus_deduction",), "number", _("Money off the bonus")),
        Column(("bonus_share",), "share", _("Share of the bonus taken")),
        Column(("wage_deduction",), "number", _("Money off wages")),
        Column(("per", "fact"), "choice", _("Times each"), fact_options(facts)),
        Column(("per", "above"), "number", _("Above")),
        Column(("per", "max"), "number", _("At most times")),
        Column(("cap_grade",), "choice", _("Grade at most"), grade_options(document)),
        Column(("bars_awards",), "number", _("Months without awards")),
        Column(("actions",), "many", _("Follow-ups"), tuple(words.actions().items())),
        Column(("group",), "text", _("Ladder"), help=_("Of one ladder only the highest counts.")),
        Column(("level",), "number", _("Rung")),
        Column(("positions",), "list", _("Positions"),
               help=_("Separated by commas. Empty: everybody.")),
        Column(("approval",), "flag", _("Counts only if approved")),
        Column(("enabled",), "flag", _("Switched on"), absent=True),
        Column(("streak",), "number", _("Months running")),
        Column(("repeats", "rule"), "choice", _("Rule"), labelled_codes(document)),
        Column(("repeats", "times"), "number", _("Times")),
        Column(("repeats", "months"), "number", _("Within months")),
    ]  # fmt: skip
    return {".".join(each.path): each for each in listed}


def labelled_codes(document: Any) -> Options:
    return tuple(
        (code, f"{code} {name}" if name != code else code)
        for code, name in labelled(value_at(document, ("rules",)))
    )


def fact_options(facts: Mapping[str, FactSpec]) -> Options:
    return tuple((key, _fact(key, spec)) for key, spec in facts.items())


def _fact(key: str, spec: FactSpec) -> str:
    unit = words.unit(spec.unit)
    return f"{spec.names.get(language())} ({unit})" if unit else spec.names.get(language())


def facts_for_conditions(policy: Policy) -> dict[str, FactSpec]:
    return condition_catalogue(policy)


def facts_for_awards(policy: Policy) -> dict[str, FactSpec]:
    return award_catalogue(policy)
