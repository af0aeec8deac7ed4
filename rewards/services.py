"""Decisions on incidents, and on rules that ask for approval.

Nobody decides about themselves, nor what they themselves recorded; what belongs to a closed month
is not touched. Whom an actor reaches is the route's affair. See docs/scoring.md, The rules matrix.
"""

from __future__ import annotations

from datetime import date

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
from staff import notices
from staff.attendance.models import AttendanceMonth
from staff.models import Employee
from staff.people import person_of
from staff.second_decider import ABOUT_SELF

DECISIONS = "decisions"  # what deciders wait for
DECIDED = notices.kind(
    "incident.decided", N_("It is decided what was recorded of %(day)s (%(rule)s)")
)


def approve_incident(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    incident_id: int,
    reason: str = "",
    hearing: bool = False,
    seen: str | None = None,
) -> Incident:
    """It counts: in the month of its date, or where that is closed in the open month of now.

    With ``hearing``, which a penalty has, and wherever the person was asked for a statement, a
    reason is asked for while there is none and its deadline is not over.
    Raises ``Refused`` for one's own and what one recorded, ``Conflict`` where it is decided so
    already, was voided, is final, counts in a closed month, or its status is not the one ``seen``.
    """
    return _decide_incident(
        session, actor, now, incident_id, "approved", reason.strip(), seen, hearing=hearing
    )


def decline_incident(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    incident_id: int,
    reason: str,
    seen: str | None = None,
) -> Incident:
    """It does not count; the reason is shown with it. Raises like ``approve_incident``."""
    if not reason.strip():
        raise Refused(N_("Say why it is declined."), field="reason")
    return _decide_incident(session, actor, now, incident_id, "declined", reason.strip(), seen)


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
    seen: str | None = None,
) -> RuleApproval:
    """Approve or decline what a rule with ``approval`` asks for one employee in an open month.

    An approval lapses where the rule does not fire at the close. A decision may be replaced by the
    other one until then, by whoever has ``seen`` it ("" is none). Raises ``Refused`` for oneself,
    for a rule that asks for no approval and for declining without a reason; ``Conflict`` in a
    closed month, for the same decision again, and where somebody else was first.
    """
    person = person_of(session, employee_id)
    if rule.incident or not rule.approval:
        raise Refused(N_("%(rule)s asks for no approval."), rule=rule.code)
    if decision == "declined" and not reason.strip():
        raise Refused(N_("Say why it is declined."), field="reason")
    _check_not_self(actor, person)
    _hold(session, month)
    if month in closed_months(session):
        raise Conflict(N_("%(month)s is closed; its decisions stay."), month=str(month))
    row = _rule_decision(session, month, employee_id, rule.code)
    there = row.decision if row is not None else ""
    if there in (decision, "voided") or seen not in (None, there):
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
    session: Session,
    actor: Actor,
    now: Now,
    incident_id: int,
    decision: Decision,
    reason: str,
    seen: str | None,
    *,
    hearing: bool = False,
) -> Incident:
    one_at_a_time(session, DECISIONS)
    incident = session.get(Incident, incident_id, with_for_update=True)
    if incident is None:
        raise NotFound(N_("There is no such incident."))
    person = person_of(session, incident.employee_id)
    _check_decider(actor, incident, person)
    if incident.status in (decision, "voided") or seen not in (None, incident.status):
        raise _decided_already(person, incident.rule)
    _check_final(incident, person, now)
    if decision == "approved" and not reason:
        _check_heard(incident, person, now, hearing)
    month = incident.counts_in or counts_in(incident.day, now, closed_months(session))
    _hold(session, month)
    if month in closed_months(session):
        raise Conflict(N_("%(month)s is closed; its decisions stay."), month=str(month))
    before = {"status": incident.status, "reason": incident.reason, **_served(incident)}
    incident.status, incident.counts_in, incident.reason = decision, month, reason or None
    incident.approved_by_id = actor.employee_id if decision == "approved" else None
    incident.decided_by, incident.decided_at = actor.label, now.moment
    # What was served before is another decision now.
    incident.served_on = incident.served_how = incident.served_by = None
    incident.served_note = incident.final_from = None
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
    _tell_decided(session, now, incident)
    return incident


def _check_decider(actor: Actor, incident: Incident, person: Employee) -> None:
    _check_not_self(actor, person)
    if actor.is_person(incident.recorded_by_id) or actor.has_part_in(incident.recorded_by):
        raise Refused(
            N_(
                "You recorded %(rule)s of %(number)s yourself: somebody else decides it. Where HR "
                "has nobody else, the second decider does, whom an administrator appoints."
            ),
            rule=incident.rule,
            number=person.employee_no,
        )


def _check_final(incident: Incident, person: Employee, now: Now) -> None:
    if incident.final_from is not None and now.wall.date() >= incident.final_from:
        raise Conflict(
            N_("%(rule)s of %(number)s is final since %(day)s."),
            rule=incident.rule,
            number=person.employee_no,
            day=str(incident.final_from),
        )


def _check_heard(incident: Incident, person: Employee, now: Now, hearing: bool) -> None:
    """Raises ``Refused`` while the person may still state their view, and has not."""
    if incident.statement_at is not None:
        return
    if incident.statement_due is None:
        waiting = hearing
    else:
        waiting = now.wall.date() <= incident.statement_due
    if waiting:
        raise Refused(
            N_("%(number)s was not heard yet on %(rule)s: say why it is decided all the same."),
            field="reason",
            number=person.employee_no,
            rule=incident.rule,
        )


def _served(incident: Incident) -> dict[str, str]:
    if incident.served_on is None:
        return {}
    return {"served_on": str(incident.served_on), "served_how": incident.served_how or ""}


def _tell_decided(session: Session, now: Now, incident: Incident) -> None:
    notices.notify(
        session,
        now=now.moment,
        to={incident.employee_id, incident.recorded_by_id or incident.employee_id},
        kind=DECIDED,
        params={"day": incident.day, "rule": incident.rule},
        endpoint="rewards.incident",
        values={"incident_id": incident.id},
    )


def _rule_decision(
    session: Session, month: Month, employee_id: int, code: str
) -> RuleApproval | None:
    return session.scalar(
        select(RuleApproval).where(
            RuleApproval.month == month,
            RuleApproval.employee_id == employee_id,
            RuleApproval.rule == code,
        )
    )


def _hold(session: Session, month: Month) -> None:
    """Wait for a close that is under way, and let none begin until this transaction ends.

    Others who decide wait too. A close locks these rows on PostgreSQL.
    """
    one_at_a_time(session, DECISIONS)
    statement = select(AttendanceMonth.month).where(AttendanceMonth.month == month)
    session.execute(statement.with_for_update())


def _check_not_self(actor: Actor, person: Employee) -> None:
    if actor.is_person(person.id):
        raise Refused(ABOUT_SELF)


def _decided_already(person: Employee, code: str) -> Conflict:
    return Conflict(
        N_("%(rule)s of %(number)s is decided already."), rule=code, number=person.employee_no
    )
