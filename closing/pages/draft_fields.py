"""Which parts of a policy are edited as fields and tables, with labels in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from closing.document_edits import Kind, Path, copied, lend, value_at
from closing.document_tables import Column, Table
from closing.pages import words
from closing.pages.draft_labels import (
    action_options,
    fact_options,
    grade_options,
    labelled,
    labelled_codes,
    ladder_options,
    name_columns,
    position_options,
)
from closing.pages.draft_sections import (
    attendance_tables,
    ramp_table,
    reviews_tables,
    tickets_tables,
    usual_grades,
    usual_leave,
    usual_weights,
)
from core.values import FactSpec


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of a draft: the parts of the document that it changes, and its tables.

    ``usual`` is what holds where the document has nothing at a place: shown, and written down once
    it is changed.
    """

    title: str
    parts: tuple[Path, ...]
    tables: Callable[[Any], list[Table]]
    usual: Mapping[Path, Any] = field(default_factory=dict)

    def complete(self, document: Any) -> Any:
        """A copy with what is usual where nothing stands."""
        made = copied(document)
        if isinstance(made, dict):
            lend(made, self.usual)
        return made


def sheets() -> dict[str, Sheet]:
    return {
        "templates": Sheet(_("Scoring templates"), (("templates",),), template_tables),
        "metrics": Sheet(_("Metrics"), (("metrics",),), metric_tables),
        "pay": Sheet(
            _("Grades and pay"),
            (("grades",), ("pay",), ("scoring",)),
            pay_tables,
            usual_grades(),
        ),
        "attendance": Sheet(
            _("Attendance and leave"),
            (("attendance",), ("leave",)),
            attendance_tables,
            usual_leave(),
        ),
        "tickets": Sheet(_("Tickets"), (("tickets",),), tickets_tables),
        "reviews": Sheet(_("360° reviews"), (("reviews",),), reviews_tables, usual_weights()),
        "awards": Sheet(_("Awards"), (("awards",),), award_tables),
        "general": Sheet(
            _("Names, categories, appeals"),
            (("name",), ("currency",), ("categories",), ("appeals",)),
            general_tables,
        ),
    }


def general_tables(document: Any) -> list[Table]:
    head = (
        Column(("name", "zh"), "text", _("Name in Chinese")),
        Column(("name", "en"), "text", _("Name in English")),
        Column(("currency",), "text", _("Currency"), help=_("Three letters, such as CNY.")),
    )
    appeals = (
        Column(("window_days",), "number", _("Days to appeal"), unit=_("working days"),
               help=_("From publication on. Empty: 5.")),
        Column(("decision_days",), "number", _("Days to decide an appeal"), unit=_("working days"),
               help=_("From the appeal on. Empty: 10.")),
    )  # fmt: skip
    return [
        Table((), head, _("The policy"), single=True),
        Table(("categories",), name_columns(), _("Categories"), keyed=True, key_label=_("Code")),
        Table(("appeals",), appeals, _("Appeals"), single=True),
    ]


def template_tables(document: Any) -> list[Table]:
    head = (
        *name_columns(),
        Column(
            ("positions",),
            "list",
            _("Positions"),
            position_options(document),
            help=_("Separated by commas."),
        ),
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


def _rates(document: Any) -> tuple[str, ...]:
    metrics = value_at(document, ("metrics",))
    if not isinstance(metrics, dict):
        return ()
    return tuple(key for key in metrics if value_at(metrics, (key, "kind")) == "rate")


def metric_tables(document: Any) -> list[Table]:
    better = (("higher", _("higher")), ("lower", _("lower")))
    kinds = (
        ("mean", _("average")),
        ("rate", _("rate of 0–1")),
        ("score", _("score of 0–100")),
        ("count", _("number of times")),
    )
    columns = (
        *name_columns(),
        Column(("unit",), "text", _("Unit of measure")),
        Column(("better",), "choice", _("Better is"), options=better),
        Column(("kind",), "choice", _("Kind"), options=kinds),
    )
    return [Table(("metrics",), columns, _("Metrics"), keyed=True, key_label=_("Code"))]


def pay_tables(document: Any) -> list[Table]:
    grades = (
        Column(("key",), "text", _("Grade")),
        Column(("min",), "number", _("From total")),
        *name_columns(),
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
    positions = dict(position_options(document))
    return [
        Table(("grades",), grades, _("Grades")),
        Table(("pay", "bonus_base"), bonus, _("Bonus by position"), keyed=True,
              key_label=_("Position"), names=positions),
        Table(("pay",), pay, _("Pay"), single=True),
        Table(("scoring",), scoring, _("Scoring"), single=True),
        ramp_table(),
    ]  # fmt: skip


def award_tables(document: Any) -> list[Table]:
    """The list alone: each award has a page of its own."""
    names = dict(labelled(value_at(document, ("awards",))))
    return [
        Table(("awards",), name_columns(), _("Awards"), keyed=True, key_label=_("Award"),
              names=names, help=_("Open an award for who is eligible, the ranking and the prize."))
    ]  # fmt: skip


def award_columns(document: Any) -> dict[str, Column]:
    """The fields of an award by the name of each, besides who is eligible and the ranking."""

    def quota(row: Any) -> Kind:
        value = value_at(row, ("quota",))
        return "share" if isinstance(value, float) and value < 1 else "number"

    listed = [
        *name_columns(),
        Column(("positions",), "many", _("Positions"), position_options(document),
               help=_("None ticked: everybody.")),
        Column(("quota",), "number", _("Quota"), kind_of=quota,
               help=_("So many win; a share of those eligible, such as 5%, if below 1.")),
        Column(("per_team",), "number", _("At most per team"), unit=_("people"),
               help=_("Whoever would exceed it is passed over. Empty: any number.")),
        Column(("cooldown_months",), "number", _("Until it may be won again"),
               unit=words.unit("mon"), help=_("Winners of these months before are left out.")),
        Column(("notice_days",), "number", _("Announced for"), unit=_("working days"),
               help=_("It is final after them. Empty: 3.")),
        Column(("prize", "amount"), "number", _("Prize money"), unit=_("each"),
               help=_("A line of payroll of its own for each winner.")),
        Column(("prize", "actions"), "many", _("Prize besides money"), action_options()),
    ]  # fmt: skip
    return {".".join(each.path): each for each in listed}


def rule_columns(document: Any, facts: Mapping[str, FactSpec]) -> dict[str, Column]:
    """The fields of a rule by the name of each, besides its trigger."""
    categories = labelled(value_at(document, ("categories",)))
    listed = [
        *name_columns(),
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
        Column(("actions",), "many", _("Follow-ups"), action_options()),
        Column(("group",), "choice", _("Ladder"), ladder_options(document),
               help=_("Of one ladder only the highest counts.")),
        Column(("level",), "number", _("Rung")),
        Column(("positions",), "many", _("Positions"), position_options(document),
               help=_("None ticked: everybody.")),
        Column(("approval",), "flag", _("Counts only if approved")),
        Column(("enabled",), "flag", _("Switched on"), absent=True),
        Column(("streak",), "number", _("Months running")),
        Column(("repeats", "rule"), "choice", _("Rule"), labelled_codes(document)),
        Column(("repeats", "times"), "number", _("Times")),
        Column(("repeats", "months"), "number", _("Within months")),
    ]  # fmt: skip
    return {".".join(each.path): each for each in listed}
