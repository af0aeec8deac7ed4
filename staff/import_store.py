"""Employees, their assignments and teams as an import reads and writes them, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from core.imports.kinds import CHANGED, NEW, Line
from core.imports.rows import Record, chunks, insert_rows, trace_changes, update_rows
from staff.assignments import Spell, Terms
from staff.attendance.services import StaleSpan, mark_stale
from staff.models import Assignment, Employee, Team
from staff.wages import opening, sealing

if TYPE_CHECKING:
    from staff.imports import Employees

PERSON = ("employee_no", "name", "email", "hire_date", "leave_date")
ASSIGNED = ("employee_id", "effective_from", "position", "team_id", "supervisor_id", "base_wage")
FOR_EVER = date.max
_EMPLOYEES: Any = Employee.__table__
_ASSIGNMENTS: Any = Assignment.__table__


@dataclass(frozen=True, slots=True)
class OnRoll:
    """A stored employee: ``record`` has the fields of the person, ``spells`` are in order."""

    id: int
    record: Record
    spells: list[Spell]


@dataclass(frozen=True, slots=True)
class Roll:
    """Everybody by employee number, and the id of every team by path."""

    people: dict[str, OnRoll]
    teams: dict[str, int]

    @classmethod
    def load(cls, session: Session) -> Roll:
        teams = {path: key for key, path in session.execute(select(Team.id, Team.path))}
        columns = [_EMPLOYEES.c[name] for name in ("id", *PERSON)]
        people = {
            row[1]: OnRoll(row[0], dict(zip(PERSON, row[1:], strict=True)), [])
            for row in session.execute(select(*columns))
        }
        numbers = {person.id: number for number, person in people.items()}
        paths = {key: path for path, key in teams.items()}
        columns = [_ASSIGNMENTS.c[name] for name in ("id", *ASSIGNED)]
        open_wage = opening(session)
        order = (_ASSIGNMENTS.c.employee_id, _ASSIGNMENTS.c.effective_from)
        for key, who, start, position, team, supervisor, wage in session.execute(
            select(*columns).order_by(*order)
        ):
            opened = open_wage(who, start, wage)
            terms = Terms(position, paths.get(team), numbers.get(supervisor), opened)
            people[numbers[who]].spells.append(Spell(start, terms, key))
        return cls(people, teams)


def store_employees(kind: Employees, lines: Sequence[Line], batch: int) -> None:
    """People first, then what they are assigned to, since supervisors may be new themselves."""
    session, roll = kind.setting.session, kind.roll
    stored = [line for line in lines if line.outcome in (NEW, CHANGED)]
    teams = _teams(session, roll.teams, {line.record["team"] for line in stored})
    _people(session, stored, batch)
    ids = {number: person.id for number, person in roll.people.items()}
    missing = [line.record["employee_no"] for line in stored if line.outcome == NEW]
    for part in chunks(missing, 500):
        query = select(Employee.employee_no, Employee.id).where(Employee.employee_no.in_(part))
        ids.update(dict(session.execute(query).all()))

    seal_wage = sealing(session)

    def row(number: str, spell: Spell) -> Record:
        terms = spell.terms
        return {
            "employee_id": ids[number],
            "effective_from": spell.start,
            "position": terms.position,
            "team_id": teams[terms.team] if terms.team is not None else None,
            "supervisor_id": ids[terms.supervisor] if terms.supervisor is not None else None,
            "base_wage": seal_wage(ids[number], spell.start, terms.base_wage),
        }

    new: list[Record] = []
    changes: list[tuple[int, Record, Record]] = []
    gone: list[tuple[int, Record, Record]] = []
    for line in stored:
        number = line.record["employee_no"]
        before = {spell.id: spell for spell in roll.people[number].spells} if line.before else {}
        after = kind.plans[number]
        kept = {spell.id for spell in after}
        new += [row(number, spell) for spell in after if spell.id is None]
        changes += [
            (spell.id, row(number, before[spell.id]), row(number, spell))
            for spell in after
            if spell.id is not None and spell != before[spell.id]
        ]
        gone += [
            (key, row(number, spell), {})
            for key, spell in before.items()
            if key and key not in kept
        ]
    for part in chunks([key for key, _, _ in gone], 500):
        session.execute(delete(Assignment).where(Assignment.id.in_(part)))
    update_rows(session, _ASSIGNMENTS, ASSIGNED, [(key, after) for key, _, after in changes])
    insert_rows(session, _ASSIGNMENTS, new, batch)
    trace_changes(session, _ASSIGNMENTS, batch, [*changes, *gone])
    mark_stale(session, _stale(kind, stored, ids))


def _people(session: Session, lines: Iterable[Line], batch: int) -> None:
    new, changes = [], []
    for line in lines:
        asked, known = line.record, line.before
        record = {name: asked[name] for name in PERSON}
        if known is None or line.known_id is None:
            new.append(record)
        elif record != (before := {name: known[name] for name in PERSON}):
            changes.append((line.known_id, before, record))
    # Two people may have swapped their addresses, which are unique at every moment.
    moved = [key for key, before, after in changes if before["email"] != after["email"]]
    for part in chunks(moved, 500):
        session.execute(update(Employee).where(Employee.id.in_(part)).values(email=None))
    update_rows(session, _EMPLOYEES, PERSON, [(key, after) for key, _, after in changes])
    trace_changes(session, _EMPLOYEES, batch, changes)
    insert_rows(session, _EMPLOYEES, new, batch)


def _teams(session: Session, known: dict[str, int], paths: Iterable[str | None]) -> dict[str, int]:
    """The ids of all teams, after those on the way to ``paths`` were made, upper ones first."""
    wanted = set()
    for path in filter(None, paths):
        parts = path.split("/")
        wanted |= {"/".join(parts[: depth + 1]) for depth in range(len(parts))}
    teams = dict(known)
    for path in sorted(wanted - set(teams), key=lambda each: (each.count("/"), each)):
        parent = teams[path.rpartition("/")[0]] if "/" in path else None
        made = session.execute(insert(Team).values(path=path, parent_id=parent).returning(Team.id))
        teams[path] = made.scalar_one()
    return teams


def _stale(kind: Employees, lines: Iterable[Line], ids: dict[str, int]) -> Iterable[StaleSpan]:
    """From the first day on which employment or team differ."""
    for line in lines:
        after, before = line.record, line.before
        who = ids[after["employee_no"]]
        if before is None:
            yield who, after["hire_date"], FOR_EVER
            continue
        first: list[date] = []
        if before["hire_date"] != after["hire_date"]:
            first.append(min(before["hire_date"], after["hire_date"]))
        if before["leave_date"] != after["leave_date"]:
            first += [each for each in (before["leave_date"], after["leave_date"]) if each]
        if before["team"] != after["team"]:
            first.append(kind.start_of(after, before))
        if first:
            yield who, min(first), FOR_EVER
