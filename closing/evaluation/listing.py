"""Which evaluations a page of the grid shows: filters, order, and the month they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, case
from sqlalchemy.orm import Session

from closing.catalogue import fact_catalogue
from closing.policy import Policy
from closing.versions import policy_of_month
from core import kept
from core.i18n import language
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import FactSpec, Month
from core.viewer import Viewer
from evaluations.monthly.queries import Tally, evaluated, tally, tally_and_ids
from evaluations.policy import Template
from staff.listing import inside_team

ROWS = 25


@dataclass(frozen=True, slots=True)
class EvaluationMonth:
    """A month with its policy, open or closed."""

    month: Month
    closed: bool
    policy: Policy
    catalogue: Mapping[str, FactSpec]

    @property
    def positions(self) -> dict[str, Template]:
        return {each: one for one in self.policy.templates.values() for each in one.positions}

    def declared(self, metric: str) -> bool:
        """Whether only the policy knows the metric."""
        return metric in self.policy.metrics


def evaluation_month(session: Session, month: Month) -> EvaluationMonth | None:
    """None where no policy is in force. One statement."""
    found = policy_of_month(session, month)
    if found is None:
        return None
    version, closed = found
    return EvaluationMonth(month, closed, version.policy, fact_catalogue(version.policy))


def people(viewer: Viewer, day: Any, month: EvaluationMonth) -> Select[Any]:
    """``evaluated``, with the template's place in the policy as ``template``."""
    query = evaluated(viewer, day, month.month, month.positions, closed=month.closed)
    order = {key: at for at, key in enumerate(month.policy.templates)}
    position = query.selected_columns["position"]
    places = {each: order[template.key] for each, template in month.positions.items()}
    return query.add_columns(case(places, value=position, else_=-1).label("template"))


ORDER = ("template", "employee_no")


def tally_of(
    session: Session, viewer: Viewer, month: EvaluationMonth, query: Select[Any]
) -> tuple[Tally, list[int] | None]:
    """Counts over ``people``; of viewers who see everybody, also the ids in their order.

    These are kept until something changes.
    """
    if not viewer.reaches_all(Permission.EVALUATIONS_READ, closed=month.closed):
        return tally(session, query), None
    positions = tuple(sorted(month.positions))
    what = ("evaluations", month.month, month.closed, positions, viewer.employee_id)
    return kept.until_changed(session, what, lambda: tally_and_ids(session, query, ORDER))


def listing(month: EvaluationMonth, found: Tally) -> Listing:
    templates = list(month.policy.templates.values())
    present = {month.positions[each].key for each in found.positions if each in month.positions}
    return Listing(
        columns=[Column("employee_no", "", sortable=False)],
        order=ORDER,
        search=["employee_no", "name"],
        rows=ROWS,
        filters=[
            Filter("team", _("Team"), [(path, path) for path in found.teams], where=inside_team),
            Filter(
                "template",
                _("Template"),
                [
                    (str(at), each.names.get(language()))
                    for at, each in enumerate(templates)
                    if each.key in present
                ],
                read=int,
            ),
            Filter("state", _("State"), list(states().items()), where=_in_state),
        ],
    )


def states() -> dict[str, str]:
    return {
        "draft": _("Not submitted"),
        "submitted": _("Submitted"),
        "returned": _("Returned"),
        "reopened": _("Reopened"),
    }


def _in_state(fields: Any, value: str) -> Any:
    return fields.state.is_(None) if value == "draft" else fields.state == value
