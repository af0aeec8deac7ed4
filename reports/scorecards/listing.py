"""The list of a month's scorecards: its columns, filters and order."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.i18n import language
from core.tables import Column, Filter, Listing
from core.values import half_up
from evaluations.policy import Grade
from reports import words
from reports.reach import ClosedMonth
from reports.scorecards.queries import Overview
from staff.listing import inside_team


def listing(month: ClosedMonth, found: Overview) -> Listing:
    """Choices of the filters are what there is in the month, named by its policy."""
    return Listing(
        columns=[
            Column("company_rank", _l("Rank"), "short"),
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("template", _l("Template"), value=lambda row: template_name(month, row)),
            Column("grade", _l("Grade")),
            Column("total", _l("Total"), "number"),
            Column("change", _l("Change"), "number", value=change),
            Column("team_rank", _l("Team rank"), "short"),
            Column("base", _l("Base"), "number"),
            Column("adjustment", _l("Adjustment"), "short"),
            Column("status", _l("Status"), value=lambda row: words.statuses()[row.status]),
        ],
        order=["employee_no"],
        default="company_rank",
        search=["employee_no", "name"],
        filters=_filters(month, found),
    )


def _filters(month: ClosedMonth, found: Overview) -> list[Filter]:
    templates = [
        (key, template.names.get(language()))
        for key, template in month.policy.templates.items()
        if key in found.templates
    ]
    grades = [(grade.key, grade_name(grade)) for grade in month.policy.grades]
    statuses = list(words.statuses().items())
    return [
        Filter("team", _("Team"), [(path, path) for path in found.teams], where=inside_team),
        Filter("template", _("Template"), templates),
        Filter("grade", _("Grade"), grades),
        Filter("status", _("Status"), statuses, where=_has_status),
    ]


def _has_status(fields: Any, value: str) -> Any:
    return fields.ramping.is_(True) if value == "ramping" else fields.status == value


def template_name(month: ClosedMonth, row: Any) -> str:
    template = month.policy.templates.get(row.template)
    return template.names.get(language()) if template else str(row.template)


def grade_name(grade: Grade) -> str:
    return f"{grade.key} {grade.names.get(language())}"


def change(row: Any) -> float | None:
    """Settled, as awards see it: 0.1 + 0.2 is 0.3."""
    return None if row.change is None else float(half_up(row.change, 2))
