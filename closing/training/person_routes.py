"""One person's training, how it enters the scorecard, and the records of everybody in a month."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response
from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select

from closing.pages.common import policy_or_none
from closing.policy import Policy
from closing.training import words
from closing.training.blueprint import training
from closing.training.common import session
from core import tables, web
from core.i18n import language
from core.models import MonthState
from core.permissions import Permission, Scope
from core.tables import Column, Filter, Listing
from core.values import Month
from evaluations.scorecards.models import Scorecard
from staff.guard import person_or_abort
from staff.listing import inside_team, team_paths
from staff.models import Employee
from staff.queries import assignments_on, is_visible
from training.catalogue import training_facts
from training.lists import of_one
from training.lists import records as records_query
from training.queries import all_courses, facts_of_training
from training.results import is_closed
from training.standing import standings

P = Permission
NAME = re.compile(r"\b(?:training_\w+|mandatory_\w+)\b")


@dataclass(frozen=True, slots=True)
class Person:
    """What facts of training ask of somebody."""

    employee_id: int
    position: str | None
    hire_date: Any
    leave_date: Any


@training.get("/people/<employee_no>")
@web.requires(P.TRAINING_READ)
def person(employee_no: str) -> str | Response:
    """Auditors see what belongs to closed months."""
    who = person_or_abort(employee_no, P.TRAINING_READ, closed=True)
    viewer, month = web.viewer(), web.selected_month()
    whole = Scope.CLOSED not in viewer.scopes(P.TRAINING_READ) or is_visible(
        session(), viewer, P.TRAINING_READ, who.id, day=web.today()
    )
    mine = viewer.employee_id == who.id
    position, has_card, closed = _in_month(who, month, mine=mine)
    policy = policy_or_none(session(), month)
    known = all_courses(session())
    me = select(Employee.id).where(Employee.id == who.id)
    standing = standings(session(), me, web.today(), known) if whole else []
    shown = Person(who.id, position, who.hire_date, who.leave_date)
    counts = whole or closed
    return tables.respond(
        _listing(),
        session().execute(of_one(who.id, closed_only=not whole)).all(),
        "training/person.html",
        filename=f"training-{who.employee_no}",
        person=who,
        mine=mine,
        month=month,
        standing=standing,
        states=words.states(),
        facts=facts_of_training(session(), month, [shown], who.id, known)[who.id]
        if counts
        else None,
        lines=_lines(policy, position),
        rules=_rules(policy, position),
        has_card=has_card,
        words=words,
    )


def _listing(*first: Column, more: Sequence[Filter] = ()) -> Listing:
    statuses = words.statuses()
    return Listing(
        columns=[
            Column("day", _l("Date"), "date"),
            *first,
            Column("course_code", _l("Code")),
            Column("course", _l("Course")),
            Column("mandatory", _l("Mandatory"), value=lambda row: words.yes_no(row.mandatory)),
            Column("status", _l("Status"), value=lambda row: statuses[row.status]),
            Column("hours", _l("Hours"), "short"),
            Column("score", _l("Score"), "short"),
            Column("passed", _l("Passed"), value=lambda row: words.yes_no(row.passed)),
        ],
        order=["day", "id"],
        default="day",
        descending=True,
        search=["course_code", "course", *(each.key for each in first if each.key != "team")],
        filters=[Filter("status", _l("Status"), list(statuses.items())), *more],
    )


@training.get("/<month:month>")
@web.requires(P.TRAINING_READ)
def records(month: Month) -> str | Response:
    """Every record of a month of whoever is in reach."""
    teams = [(path, path) for path in team_paths(session())]
    listing = _listing(
        Column("employee_no", _l("Number")),
        Column("name", _l("Name")),
        Column("team", _l("Team")),
        more=[Filter("team", _l("Team"), teams, where=inside_team)],
    )
    closed = is_closed(session(), month)
    return tables.respond(
        listing,
        records_query(web.viewer(), web.today(), month, closed=closed),
        "training/records.html",
        filename=f"training-{month}",
        month=month,
        words=words,
    )


def _in_month(who: Employee, month: Month, *, mine: bool) -> tuple[str | None, bool, bool]:
    """What they held on the month's last day, or on their own; whether its scorecard can be opened,
    one's own once it is published; whether the month is closed."""
    last = min(month.last_day, who.leave_date or month.last_day)
    assigned = assignments_on(max(last, who.hire_date))
    card = (
        exists()
        .where(Scorecard.employee_id == who.id, MonthState.month == month)
        .where(MonthState.closing_id == Scorecard.closing_id)
    )
    if mine:
        card = card.where(MonthState.published_at.is_not(None))
    held = select(assigned.c.position).where(assigned.c.employee_id == who.id).scalar_subquery()
    state = select(MonthState.state).where(MonthState.month == month).scalar_subquery()
    row = session().execute(select(held, card, state)).one()
    return row[0], bool(row[1]), row[2] == "closed"


def _lines(policy: Policy | None, position: str | None) -> list[tuple[str, float, float]]:
    """The lines of the position's template that are facts of training: name, weight, of all."""
    if policy is None:
        return []
    keys = {*training_facts(), *(f"team_{key}" for key in training_facts())}
    for template in policy.templates.values():
        if position in template.positions:
            whole = sum(line.weight for line in template.lines)
            return [
                (policy.metrics[line.metric].names.get(language()), line.weight, whole)
                for line in template.lines
                if line.metric in keys
            ]
    return []


def _rules(policy: Policy | None, position: str | None) -> list[tuple[str, str, str]]:
    """Rules in force that look at training and may meet the position: code, name, kind."""
    return [
        (rule.code, rule.names.get(language()), rule.kind)
        for rule in (policy.rules.values() if policy else ())
        if rule.enabled
        and rule.when
        and NAME.search(rule.when)
        and (rule.positions is None or position in rule.positions)
    ]
