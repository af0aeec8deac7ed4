"""The grid of a month's evaluation as a page shows it: people, metrics, and what follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.evaluation.listing import EvaluationMonth
from closing.evaluation.live import Live
from closing.history import facts_from_json
from closing.month import Card
from core.i18n import language
from core.models import MonthState
from core.pages import filters as written
from core.values import Fact, FactSpec, Month
from evaluations.monthly.cells import typed, version_of
from evaluations.monthly.queries import Note, Value
from evaluations.policy import Line, Template
from evaluations.scorecards.models import FactSheet


@dataclass(frozen=True, slots=True)
class Head:
    """A column: what is measured, and what it is measured against."""

    metric: str
    label: str
    unit: str
    target: str
    weight: float
    rising: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` is what is entered, as one types it; ``given`` what the records give.

    ``overwritten`` says that both are there. ``now`` is what stands there where somebody else
    changed it while this was typed; ``problem`` why it could not be taken.
    """

    metric: str
    text: str = ""
    version: str = ""
    given: str = ""
    overwritten: bool = False
    reason: str = ""
    last: str = ""
    score: str = ""
    imported: bool = False
    now: str | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A person with their cells in the order of the section's heads; ``done`` is handed in."""

    id: int
    employee_no: str
    name: str
    team: str | None
    state: str
    reason: str | None
    by: str | None
    at: Any
    written: bool
    editable: bool
    done: bool
    cells: tuple[Cell, ...]
    base: str = ""
    total: str = ""
    grade: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    template: Template
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed without a script and not taken, by employee number and metric."""

    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    problems: Mapping[tuple[str, str], str] = field(default_factory=dict)
    stale: Collection[tuple[str, str]] = ()


def shown(spec: FactSpec, value: float | None) -> str:
    """A value as it is read beside a cell; rates below one per cent with two decimals."""
    if value is None:
        return ""
    if spec.kind == "rate":
        return written.percent(value, 2 if 0 < value < 0.01 else 1)
    return written.fact(value, spec.kind)


def heads(month: EvaluationMonth, template: Template) -> tuple[Head, ...]:
    return tuple(_head(month, line) for line in template.lines)


def _head(month: EvaluationMonth, line: Line) -> Head:
    spec = spec_of(month, line.metric)
    metric = month.policy.metrics.get(line.metric)
    names = metric.names if metric else spec.names
    return Head(
        line.metric,
        names.get(language()),
        _unit(spec),
        shown(spec, line.target),
        line.weight,
        line.target > line.floor,
    )


def spec_of(month: EvaluationMonth, metric: str) -> FactSpec:
    return month.catalogue[metric]


def _unit(spec: FactSpec) -> str:
    known = {"min": _("min"), "h": _("h"), "d": _("days"), "mon": _("months"), "pts": ""}
    return str(known.get(spec.unit, spec.unit))


def sections(
    month: EvaluationMonth,
    people: Sequence[Any],
    *,
    entered: Mapping[int, Mapping[str, Value]],
    before: Mapping[int, Mapping[str, Fact]],
    found: Live | None,
    notes: Sequence[Note],
    writable: bool,
    refused: Typed | None = None,
) -> list[Section]:
    """People of a page by template, in the order in which they come."""
    by_template: dict[str, list[Row]] = {}
    for person in people:
        template = month.positions[person.position]
        row = _row(
            month,
            template,
            person,
            entered.get(person.id, {}),
            before.get(person.id, {}),
            found,
            tuple(note for note in notes if note.employee_id == person.id),
            writable,
            refused or Typed(),
        )
        by_template.setdefault(template.key, []).append(row)
    templates = month.policy.templates
    return [
        Section(templates[key], heads(month, templates[key]), tuple(rows))
        for key, rows in by_template.items()
    ]


def _row(
    month: EvaluationMonth,
    template: Template,
    person: Any,
    entered: Mapping[str, Value],
    before: Mapping[str, Fact],
    found: Live | None,
    notes: tuple[Note, ...],
    writable: bool,
    refused: Typed,
) -> Row:
    figures = figures_of(month, template, person.id, found) if found else None
    state = person.state or "draft"
    return Row(
        id=person.id,
        employee_no=person.employee_no,
        name=person.name,
        team=person.team,
        state=state,
        reason=person.reason,
        by=person.by,
        at=person.at,
        written=bool(person.written),
        editable=writable and not month.closed and state != "submitted",
        done=not month.closed and state == "submitted",
        cells=tuple(
            _cell(
                spec_of(month, line.metric),
                entered.get(line.metric),
                before.get(line.metric),
                figures["lines"][line.metric] if figures else {},
                (person.employee_no, line.metric),
                refused,
            )
            for line in template.lines
        ),
        base=figures["base"] if figures else "",
        total=figures["total"] if figures else "",
        grade=figures["grade"] if figures else "",
        notes=notes,
    )


def _cell(
    spec: FactSpec,
    value: Value | None,
    last: Fact | None,
    figures: Mapping[str, str],
    place: tuple[str, str],
    refused: Typed,
) -> Cell:
    text = typed(spec, value.value, value.sample_size) if value else ""
    beneath = figures.get("given", "")
    stale = place in refused.stale
    return Cell(
        metric=spec.key,
        text=refused.texts.get(place, text),
        version=version_of(value.value, value.sample_size) if value else "",
        given=beneath,
        overwritten=value is not None and bool(beneath),
        reason=(value.reason or "") if value else "",
        last=shown(spec, last.value) if last else "",
        score=figures.get("score", ""),
        imported=value is not None and value.imported,
        now=(text or written.DASH) if stale else None,
        problem=refused.problems.get(place, ""),
    )


def figures_of(
    month: EvaluationMonth, template: Template, employee_id: int, found: Live
) -> dict[str, Any]:
    """What follows from a row's values, in words: line scores, base, total, grade."""
    card = found.cards.get(employee_id)
    scores = {line.metric: line for line in card.lines} if card else {}
    lines = {}
    for line in template.lines:
        result, spec = scores.get(line.metric), spec_of(month, line.metric)
        fact = given(found, employee_id, line.metric)
        score = result.score if result else None
        lines[line.metric] = {
            "given": shown(spec, fact.value) if fact else "",
            "score": written.number(score, 1) if score is not None else "",
        }
    return {"lines": lines, **_totals(card)}


def _totals(card: Card | None) -> dict[str, str]:
    if card is None or all(line.score is None for line in card.lines):
        return {"base": "", "total": "", "grade": ""}  # nothing yet, which is not zero points
    return {
        "base": written.number(card.base),
        "total": written.number(card.total),
        "grade": card.grade or "",
    }


def given(found: Live, employee_id: int, metric: str) -> Fact | None:
    """What the records give for a cell, whatever is entered in it."""
    beneath = found.beneath.get(employee_id, {}).get(metric)
    if beneath is not None:
        return beneath
    card = found.cards.get(employee_id)
    for line in card.lines if card else ():
        if line.metric == metric and line.raw is not None and line.source != "entered":
            return Fact(line.raw, line.sample_size, line.source or "")
    return None


def values_before(
    session: Session, month: Month, people: Collection[int]
) -> dict[int, dict[str, Fact]]:
    """Facts of the month before by employee id, where it is closed. One statement."""
    rows = session.execute(
        select(FactSheet.employee_id, FactSheet.facts)
        .join(MonthState, MonthState.closing_id == FactSheet.closing_id)
        .where(MonthState.month == month.plus(-1), FactSheet.employee_id.in_(sorted(people)))
    )
    return {who: facts_from_json(facts) for who, facts in rows}
