"""What an accepted appeal voids: an incident, or a rule that fired for somebody in a month.

It never counts, in later ladders and bars neither: not even where its month stays closed, because
its payroll was exported. What was still to be done because of it is dropped.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from core.values import Month
from rewards.models import Incident, RuleApproval, RuleEntry
from rewards.services import DECISIONS
from rewards.tasks import drop_tasks, incident_source, rule_source
from staff.people import person_of


def void_incident(
    session: Session, *, actor: Actor, now: Now, incident_id: int, reason: str
) -> None:
    """Raises ``Refused`` about oneself, ``Conflict`` where it is voided already."""
    one_at_a_time(session, DECISIONS)
    incident = session.get(Incident, incident_id, with_for_update=True)
    if incident is None:
        raise NotFound(N_("There is no such incident."))
    _check_not_self(actor, incident.employee_id)
    if incident.status == "voided":
        raise Conflict(N_("This incident is voided already."))
    before = {"status": incident.status, "reason": incident.reason}
    incident.status, incident.reason = "voided", reason
    incident.counts_in = incident.counts_in or Month.of(incident.day)
    incident.decided_by, incident.decided_at = actor.label, now.moment
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="incident.voided",
        subject=f"incident:{incident.id}",
        before=before,
        after={"status": "voided", "reason": reason},
    )
    source = incident_source(incident_id)
    drop_tasks(session, actor=actor, now=now, source=source, reason=reason)


def void_rule(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    employee_id: int,
    code: str,
    reason: str,
) -> None:
    """Raises ``Refused`` about oneself, ``Conflict`` where it is voided already."""
    one_at_a_time(session, DECISIONS)
    person = person_of(session, employee_id)
    _check_not_self(actor, employee_id)
    row = session.scalar(
        select(RuleApproval).where(
            RuleApproval.month == month,
            RuleApproval.employee_id == employee_id,
            RuleApproval.rule == code,
        )
    )
    if row is not None and row.decision == "voided":
        raise Conflict(N_("This rule is voided already."))
    before = None if row is None else {"decision": row.decision, "reason": row.reason}
    row = row or RuleApproval(month=month, employee_id=employee_id, rule=code)
    row.decision, row.reason = "voided", reason
    row.decided_by, row.decided_at = actor.label, now.moment
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="rule.voided",
        subject=f"rule:{month}:{person.employee_no}:{code}",
        before=before,
        after={"decision": "voided", "reason": reason},
    )
    source = rule_source(month, person.employee_no, code)
    drop_tasks(session, actor=actor, now=now, source=source, reason=reason)


def still_counts(
    employee_id: Any, month: Any, until: datetime | None = None
) -> ColumnElement[bool]:
    """Condition on ``RuleEntry`` of a closed month: nothing voided it since (or by ``until``).

    ``employee_id`` and ``month`` are columns of its scorecard.
    """
    incidents = exists().where(
        Incident.id == RuleEntry.incident_id,
        Incident.status == "voided",
        *(() if until is None else (Incident.decided_at <= until,)),
    ).correlate(RuleEntry)  # fmt: skip
    rules = exists().where(
        RuleEntry.incident_id.is_(None),
        RuleApproval.employee_id == employee_id,
        RuleApproval.month == month,
        RuleApproval.rule == RuleEntry.rule,
        RuleApproval.decision == "voided",
        *(() if until is None else (RuleApproval.decided_at <= until,)),
    )
    return ~incidents & ~rules


def _check_not_self(actor: Actor, employee_id: int) -> None:
    if actor.is_person(employee_id):
        raise Refused(N_("Nobody decides about themselves."))
