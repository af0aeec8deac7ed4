"""From what a page sends to what is stored: cells by employee number and metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from closing.evaluation.grid import figures_of, given, shown, spec_of
from closing.evaluation.listing import EvaluationMonth, people
from closing.evaluation.live import Live, live
from core.actor import Actor, people_in
from core.clock import Now
from core.errors import N_, Forbidden, NotFound, Refused
from core.imports.cells import Bad
from core.pages import filters as written
from core.permissions import Permission
from core.values import FactSpec
from core.viewer import Viewer
from evaluations.monthly import services
from evaluations.monthly.cells import read, typed, version_of
from evaluations.monthly.services import Entry, Outcome
from staff.models import Employee
from staff.queries import visible_employees

MOST = 2000  # cells at once: more than anybody pastes


@dataclass(frozen=True, slots=True)
class Sent:
    """A cell as the page sends it."""

    employee_no: str
    metric: str
    text: str
    version: str


def sent_cells(value: Any) -> list[Sent]:
    """Cells from JSON; raises ``Refused`` where it is something else."""
    if not isinstance(value, list) or len(value) > MOST:
        raise Refused(N_("The page sent something that cannot be read."))
    found = []
    for each in value:
        parts = [each.get(name) for name in Sent.__slots__] if isinstance(each, dict) else [None]
        if not all(isinstance(part, str) for part in parts):
            raise Refused(N_("The page sent something that cannot be read."))
        found.append(Sent(*parts))
    return found


def form_cells(form: Mapping[str, str]) -> list[Sent]:
    """Cells from a form without a script: fields ``cell:E0007:csat`` and ``version:…``."""
    found = []
    for name, text in form.items():
        kind, _colon, place = name.partition(":")
        number, colon, metric = place.rpartition(":")
        if kind == "cell" and colon:
            found.append(Sent(number, metric, text, form.get(f"version:{place}", "")))
    return found[:MOST]


class Saving:
    """Whoever writes, in a month: loads whom it is about, stores, and tells what came of it."""

    def __init__(self, session: Session, viewer: Viewer, now: Now, month: EvaluationMonth) -> None:
        self.session, self.viewer, self.now, self.month = session, viewer, now, month

    def rows(self, numbers: Sequence[str]) -> dict[str, Any]:
        """Those of the month, by number, whose evaluation the viewer may see."""
        query = people(self.viewer, self.now.wall.date(), self.month)
        query = query.where(Employee.employee_no.in_(sorted(set(numbers))[:MOST]))
        return {row.employee_no: row for row in self.session.execute(query)}

    def everybody(self) -> list[Any]:
        """All of the month about whom the viewer may write."""
        day = self.now.wall.date()
        ids = visible_employees(self.viewer, Permission.EVALUATIONS_WRITE, day=day)
        may = set(self.session.scalars(ids))
        rows = self.session.execute(people(self.viewer, day, self.month))
        return [row for row in rows if row.id in may]

    def check_return(self, row: Any) -> None:
        """Raises ``Forbidden`` where the viewer may not give back this person's evaluation."""
        ids = visible_employees(
            self.viewer, Permission.EVALUATIONS_RETURN, day=self.now.wall.date()
        )
        if self.session.scalar(ids.where(Employee.id == row.id)) is None:
            raise Forbidden(N_("Somebody above gives an evaluation back."))

    def writable(self, numbers: Sequence[str]) -> dict[str, Any]:
        """``rows``, if the viewer may write about each; raises ``NotFound``, ``Forbidden``."""
        if self.viewer.people and not people_in(self.viewer.label).isdisjoint(numbers):
            raise Forbidden(N_("Nobody evaluates themselves."))
        found = self.rows(numbers)
        ids = visible_employees(
            self.viewer, Permission.EVALUATIONS_WRITE, day=self.now.wall.date()
        ).where(Employee.id.in_([row.id for row in found.values()]))
        may = set(self.session.scalars(ids))
        if any(number not in found or found[number].id not in may for number in numbers):
            raise NotFound(N_("There is no such person."))
        return found

    def store(self, actor: Actor, cells: Sequence[Sent], reason: str) -> list[Outcome]:
        """Store cells; raises ``NotFound`` for people and metrics that are not the writer's."""
        rows = self.writable([cell.employee_no for cell in cells])
        found = self._live(rows)
        entries = [self._entry(cell, rows[cell.employee_no], found) for cell in cells]
        return services.enter_values(
            self.session,
            actor=actor,
            now=self.now,
            month=self.month.month,
            entries=entries,
            reason=reason,
        )

    def _live(self, rows: Mapping[str, Any]) -> Live:
        people = {row.id for row in rows.values()}
        return live(self.session, self.month.month, people, self.now.moment)

    def _entry(self, cell: Sent, row: Any, found: Live) -> Entry:
        template = self.month.positions[row.position]
        if cell.metric not in {line.metric for line in template.lines}:
            raise NotFound(N_("There is no such metric."))
        spec = spec_of(self.month, cell.metric)
        fact = given(found, row.id, cell.metric)
        declared = self.month.declared(cell.metric)
        # What says the same as the cell's own hint is no value of somebody's.
        copied = (
            not cell.version
            and fact is not None
            and _says(spec, cell.text, declared) == shown(spec, fact.value)
        )
        text = "" if copied else cell.text
        return Entry(row.id, spec, text, cell.version, fact is not None, declared)

    def figures(self, numbers: Sequence[str]) -> dict[str, Any]:
        """What follows from the values of these people, by number."""
        rows = self.rows(numbers)
        found = self._live(rows)
        positions = self.month.positions
        return {
            number: figures_of(self.month, positions[row.position], row.id, found)
            for number, row in rows.items()
        }


def _says(spec: FactSpec, text: str, declared: bool) -> str:
    """What was typed, as records are shown: ``0`` says the same as ``0.0%``."""
    try:
        found = read(spec, text, declared=declared)
    except Bad:
        return text.strip()
    if found is None or found.sample_size is not None:
        return text.strip()
    return shown(spec, found.value)


def told(cells: Sequence[Sent], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What became of each cell, for the page: ``text`` and ``version`` are what it holds now."""
    return [
        {
            "employee_no": cell.employee_no,
            "metric": cell.metric,
            "state": outcome.state,
            "text": _text(outcome),
            "shown": _text(outcome) or written.DASH,
            "version": _version(outcome),
            "message": outcome.message.render(_) if outcome.message else "",
        }
        for cell, outcome in zip(cells, outcomes, strict=True)
    ]


def _text(outcome: Outcome) -> str:
    held = outcome.held
    return typed(outcome.entry.spec, held.value, held.sample_size) if held else ""


def _version(outcome: Outcome) -> str:
    held = outcome.held
    return version_of(held.value, held.sample_size) if held else ""


def status(outcomes: Sequence[Outcome]) -> int:
    """409 where something was stale, 422 where something could not be taken, else 200."""
    found = {outcome.state for outcome in outcomes}
    if "stale" in found:
        return 409
    return 422 if found & {"refused", "reason"} else 200
