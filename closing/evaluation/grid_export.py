"""The grid of a month's evaluation as a file: everybody whom its filters show, a row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import Select
from sqlalchemy.orm import Session

from closing.evaluation.grid import given, heads, spec_of
from closing.evaluation.listing import EvaluationMonth, states
from closing.evaluation.live import Live, live
from closing.month import Card
from core import tables, web
from core.columns import Column
from core.i18n import language
from core.tables import Listing
from core.values import FactSpec, half_up
from evaluations.monthly import queries
from evaluations.monthly.queries import Value
from evaluations.policy import Template


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A person with what counts in each cell: what was entered, else what the records give.

    ``place`` is where they stand on the grid, ``scores`` are those of the lines.
    """

    place: int
    person: Any
    template: Template
    card: Card | None
    values: Mapping[str, float]
    scores: Mapping[str, float]


def respond(
    session: Session, month: EvaluationMonth, listing: Listing, query: Select[Any]
) -> Response:
    """The file that the address asks for; that it was taken goes into the audit trail."""
    people = session.execute(tables.asked(listing, query).query).all()
    ids = [person.id for person in people]
    found = None if month.closed else live(session, month.month, ids, web.now().moment)
    entered = queries.values(session, month.month, ids)
    rows = [
        _row(at, month, person, entered.get(person.id, {}), found)
        for at, person in enumerate(people)
    ]
    columns = [*_of_people(), *_of_metrics(month, rows)]
    file = tables.respond(
        Listing(columns=columns, order=["place"]), rows, "", filename=f"evaluations-{month.month}"
    )
    assert isinstance(file, Response)  # the address asks for one
    return file


def _row(
    at: int,
    month: EvaluationMonth,
    person: Any,
    entered: Mapping[str, Value],
    found: Live | None,
) -> ExportRow:
    template = month.positions[person.position]
    card = found.cards.get(person.id) if found else None
    values = {}
    for line in template.lines:
        fact = given(found, person.id, line.metric) if found else None
        if line.metric in entered:
            values[line.metric] = entered[line.metric].value
        elif fact is not None:
            values[line.metric] = fact.value
    lines = card.lines if card else ()
    scores = {line.metric: line.score for line in lines if line.score is not None}
    return ExportRow(at, person, template, card, values, scores)


def _of_people() -> list[Column]:
    words = states()
    return [
        Column("employee_no", _("Number"), value=lambda row: row.person.employee_no),
        Column("name", _("Name"), value=lambda row: row.person.name),
        Column("team", _("Team"), value=lambda row: row.person.team),
        Column("template", _("Template"), value=lambda row: row.template.names.get(language())),
        Column("state", _("State"), value=lambda row: words[row.person.state or "draft"]),
        Column("base", _("Base"), "number", value=_of_card("base")),
        Column("total", _("Total"), "number", value=_of_card("total")),
        Column("grade", _("Grade"), value=_of_card("grade")),
    ]


def _of_card(name: str) -> Callable[[ExportRow], Any]:
    def of(row: ExportRow) -> Any:
        value = getattr(row.card, name) if row.card else None
        return half_up(value, 2) if isinstance(value, float) else value

    return of


def _of_metrics(month: EvaluationMonth, rows: list[ExportRow]) -> list[Column]:
    """Two for each metric by which somebody of the rows is measured, in the policy's order."""
    wanted = {row.template.key for row in rows}
    labels: dict[str, str] = {}
    for template in month.policy.templates.values():
        if template.key in wanted:
            labels |= {each.metric: each.label for each in heads(month, template)}
    found = []
    for metric, label in labels.items():
        spec = spec_of(month, metric)
        unit = "%" if spec.kind == "rate" else spec.unit
        name = f"{label} ({unit})" if unit else label
        found.append(Column(metric, name, "number", value=_value(metric, spec)))
        found.append(
            Column(
                f"{metric}:score",
                _("%(metric)s: score", metric=label),
                "number",
                value=_score(metric),
            )
        )
    return found


def _value(metric: str, spec: FactSpec) -> Callable[[ExportRow], Any]:
    scale = 100 if spec.kind == "rate" else 1

    def of(row: ExportRow) -> Any:
        value = row.values.get(metric)
        return None if value is None else half_up(value * scale, 2)

    return of


def _score(metric: str) -> Callable[[ExportRow], Any]:
    def of(row: ExportRow) -> Any:
        score = row.scores.get(metric)
        return None if score is None else half_up(score, 2)

    return of
