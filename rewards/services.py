"""Incidents recorded and decided, and decisions on rules that ask for approval.

Nobody decides about themselves, nor what they themselves recorded; what belongs to a closed month
is not touched. Whom an actor reaches is the route's affair. See docs/scoring.md, The rules matrix.
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
from core.errors import N_, Conflict, NotFound, Refused
from core.values import Month
from rewards.entries import Decision
from rewards.models import Incident, RuleApproval
from rewards.policy import Rule
from rewards.queries import closed_months
from staff.attendance.models import AttendanceMonth
from staff.models import Employee
from staff.queries import assignments_on

DECISIONS = "decisions"  # what deciders wait for


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
    person = _employee(session, employee_id)
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
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="incident.recorded",
        subject=f"incident:{incident.id}",
        after={
            "employee_no": person.employee_no,
            "day": str(day),
            "rule": code,
            "description": description,
            "evidence": incident.evidence,
            "case": incident.case,
        },
    )
    return incident


def approve_incident(
    session: Session, *, actor: Actor, now: Now, incident_id: int, reason: str = ""
) -> Incident:
    """It counts: in the month of its date, or where that is closed in the open month of now.

    Raises ``Refused`` for one's own and what one recorded, ``Conflict`` where it is decided so
    already, was voided, or counts in a closed month.
    """
    return _decide_incident(session, actor, now, incident_id, "approved", reason.strip())


def decline_incident(
    session: Session, *, actor: Actor, now: Now, incident_id: int, reason: str
) -> Incident:
    """It does not count; the reason is shown with it. Raises like ``approve_incident``."""
    if not reason.strip():
        raise Refused(N_("Say why it is declined."), field="reason")
    return _decide_incident(session, actor, now, incident_id, "declined", reason.strip())


def decide_rule(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    employee_id: int,
    rule: Rule,
    decision: Decision,
    reason: str = "",
) -> RuleApproval:
    """Approve or decline what a rule with ``approval`` asks for one employee in an open month.

    An approval lapses where the rule does not fire at the close. A decision may be replaced by the
    other one until then. Raises ``Refused`` for oneself, for a rule that asks for no approval and
    for declining without a reason; ``Conflict`` in a closed month and for the same decision again.
    """
    person = _employee(session, employee_id)
    if rule.incident or not rule.approval:
        raise Refused(N_("%(rule)s asks for no approval."), rule=rule.code)
    if decision == "declined" and not reason.strip():
        raise Refused(N_("Say why it is declined."), field="reason")
    _check_not_self(actor, person)
    _hold(session, month)
    if month in closed_months(session):
        raise Conflict(N_("%(month)s is closed; its decisions stay."), month=str(month))
    row = session.scalar(
        select(RuleApproval).where(
            RuleApproval.month == month,
            RuleApproval.employee_id == employee_id,
            RuleApproval.rule == rule.code,
        )
    )
    if row is not None and row.decision in (decision, "voided"):
        raise _decided_already(person, rule.code)
    before = None if row is None else {"decision": row.decision, "reason": row.reason}
    row = row or RuleApproval(month=month, employee_id=employee_id, rule=rule.code)
    row.decision, row.reason = decision, reason.strip() or None
    row.decided_by, row.decided_at = actor.label, now.moment
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=f"rule.{decision}",
        subject=f"rule:{month}:{person.employee_no}:{rule.code}",
        before=before,
        after={"decision": decision, "reason": row.reason},
    )
    return row


def counts_in(day: date, now: Now, closed: frozenset[Month]) -> Month:
    """The month of the date, or where that is closed the open one in which it is decided."""
    month = Month.of(day)
    if month not in closed:
        return month
    return max(Month.of(now.wall.date()), max(closed).plus(1))


def _decide_incident(
    session: Session, actor: Actor, now: Now, incident_id: int, decision: Decision, reason: str
) -> Incident:
    one_at_a_time(session, DECISIONS)
    incident = session.get(Incident, incident_id, with_for_update=True)
    if incident is None:
        raise NotFound(N_("There is no such incident."))
    person = _employee(session, incident.employee_id)
    _check_not_self(actor, person)
    if actor.is_person(incident.recorded_by_id) or actor.has_part_in(incident.recorded_by):
        raise Refused(
            N_("You recorded %(rule)s of %(number)s yourself: somebody else decides it."),
            rule=incident.rule,
            number=person.employee_no,
        )
    if incident.status in (decision, "voided"):
        raise _decided_already(person, incident.rule)
    month = incident.counts_in or counts_in(incident.day, now, closed_months(session))
    _hold(session, month)
    if month in closed_months(session):
        raise Conflict(N_("%(month)s is closed; its decisions stay."), month=str(month))
    before = {"status": incident.status, "reason": incident.reason}
    incident.status, incident.counts_in, incident.reason = decision, month, reason or None
    incident.approved_by_id = actor.employee_id if decision == "approved" else None
    incident.decided_by, incident.decided_at = actor.label, now.moment
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=f"incident.{decision}",
        subject=f"incident:{incident.id}",
        before=before,
        after={"status": decision, "reason": incident.reason, "counts_in": str(month)},
    )
    return incident


def _hold(session: Session, month: Month) -> None:
    """Wait for a close that is under way, and let none begin until this transaction ends.

    Others who decide wait too. A close locks these rows on PostgreSQL.
    """
    one_at_a_time(session, DECISIONS)
    statement = select(AttendanceMonth.month).where(AttendanceMonth.month == month)
    session.execute(statement.with_for_update())


def _employee(session: Session, employee_id: int) -> Employee:
    person = session.get(Employee, employee_id)
    if person is None:
        raise NotFound(N_("There is no such person."))
    return person


def _check_not_self(actor: Actor, person: Employee) -> None:
    if actor.is_person(person.id):
        raise Refused(N_("Nobody decides about themselves."))


def _decided_already(person: Employee, code: str) -> Conflict:
    return Conflict(
        N_("%(rule)s of %(number)s is decided already."), rule=code, number=person.employee_no
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
