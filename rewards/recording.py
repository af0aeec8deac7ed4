"""Incidents recorded: by somebody else than the person, under a rule in force, once.

Whom an actor reaches is the route's affair. See docs/scoring.md, The rules matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Refused
from rewards.models import Incident
from rewards.policy import Rule
from staff.models import Employee
from staff.people import person_of
from staff.queries import assignments_on

RECORDS = "incidents"  # what recorders wait for: the same is recorded once


def record_incident(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    employee_id: int,
    day: date,
    code: str,
    description: str,
    rules: Mapping[str, Rule],
    evidence: str = "",
    case: str = "",
) -> Incident:
    """Note that something happened. It counts once somebody else has approved it.

    ``rules`` are those of the policy in force in the month of ``day``. Raises ``Refused`` with the
    field ``employee``, ``day``, ``rule`` or ``description``.
    """
    one_at_a_time(session, RECORDS)
    person = person_of(session, employee_id)
    if actor.is_person(employee_id):
        raise Refused(N_("Nobody records about themselves."), field="employee")
    _check_day(person, day, now)
    _check_rule(session, person, day, rules.get(code), code)
    description = " ".join(description.split())
    if not description:
        raise Refused(N_("Say what happened."), field="description")
    _check_new(session, person, day, code, description)
    incident = Incident(
        employee_id=employee_id,
        day=day,
        rule=code,
        description=description,
        evidence=evidence.strip() or None,
        case=case.strip() or None,
        recorded_by=actor.label,
        recorded_by_id=actor.employee_id,
        status="recorded",
    )
    session.add(incident)
    session.flush()
    _audit_recorded(session, actor, now, incident, person)
    return incident


def _audit_recorded(
    session: Session, actor: Actor, now: Now, incident: Incident, person: Employee
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="incident.recorded",
        subject=f"incident:{incident.id}",
        after={
            "employee_no": person.employee_no,
            "day": str(incident.day),
            "rule": incident.rule,
            "description": incident.description,
            "evidence": incident.evidence,
            "case": incident.case,
        },
    )


def _check_day(person: Employee, day: date, now: Now) -> None:
    if day > now.wall.date():
        raise Refused(N_("This day is still to come."), field="day")
    if day < person.hire_date or (person.leave_date is not None and day > person.leave_date):
        raise Refused(
            N_("%(number)s was not employed on this day."), field="day", number=person.employee_no
        )


def _check_rule(
    session: Session, person: Employee, day: date, rule: Rule | None, code: str
) -> None:
    if rule is None or not rule.incident or not rule.enabled:
        raise Refused(
            N_("%(rule)s cannot be recorded under the policy in force on this day."),
            field="rule",
            rule=code,
        )
    assigned = assignments_on(day)
    position: Any = session.scalar(
        select(assigned.c.position).where(assigned.c.employee_id == person.id)
    )
    if rule.positions is not None and position not in rule.positions:
        raise Refused(
            N_("%(rule)s is not meant for the position of %(number)s."),
            field="rule",
            rule=code,
            number=person.employee_no,
        )


def _check_new(session: Session, person: Employee, day: date, code: str, description: str) -> None:
    same = select(Incident.id).where(
        Incident.employee_id == person.id,
        Incident.day == day,
        Incident.rule == code,
        Incident.description == description,
    )
    if session.scalar(same) is not None:
        raise Refused(N_("This is recorded already, in the same words."), field="description")
