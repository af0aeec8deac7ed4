"""Whose a complaint is: first the cause with its evidence, then who is responsible.

It is decided by somebody who neither recorded the complaint nor is the person. What a file says
about it stays until somebody decides otherwise.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.actor import Actor
from core.clock import Now
from core.db import wall_time
from core.errors import N_, Conflict, Forbidden, Refused
from evaluations.complaints.models import ComplaintCase
from evaluations.complaints.services import LONGEST, held, trace
from evaluations.holding import employed, not_oneself, short_enough
from evaluations.models import Complaint
from staff import notices
from staff.people import person_of

ATTRIBUTED = notices.kind(
    "complaint.attributed", N_("It is decided that the complaint %(number)s is counted as yours")
)
CLEARED = notices.kind(
    "complaint.cleared", N_("It is decided that the complaint %(number)s is not counted as yours")
)


def establish_cause(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    complaint_id: int,
    seen: int,
    cause: str,
    evidence: str,
) -> ComplaintCase:
    """What caused the complaint, and what shows it. Nobody is responsible yet.

    Raises ``Refused`` where one of them is missing, ``Conflict`` where responsibility is decided
    already, somebody else changed the complaint since ``seen`` or its month is closed, and
    ``Forbidden`` where it is about the actor.
    """
    cause = short_enough(cause, "cause", LONGEST)
    evidence = short_enough(evidence, "evidence", LONGEST)
    if not cause:
        raise Refused(N_("Say what caused it."), field="cause")
    if not evidence:
        raise Refused(N_("Say what shows it: recording, screen, statement."), field="evidence")
    complaint, case = held(session, actor, complaint_id, seen)
    if case.decided_at is not None:
        raise Conflict(N_("Responsibility is decided on these grounds: they stay."))
    before = {"cause": case.cause, "evidence": case.evidence}
    case.cause, case.evidence = cause, evidence
    case.established_by, case.established_at = actor.label, now.moment
    case.version += 1
    session.flush()
    after = {"cause": cause, "evidence": evidence}
    trace(session, actor, now, "cause", complaint, before, after)
    return case


def decide_responsibility(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    complaint_id: int,
    seen: int,
    employee_id: int | None,
    attributable: bool,
    reason: str,
) -> ComplaintCase:
    """Count the complaint as somebody's, or as nobody's; it may be decided anew until the close.

    Raises ``Forbidden`` for who recorded it and for the person, ``Refused`` without cause,
    evidence, reason or person, ``Conflict`` as ``establish_cause`` does.
    """
    reason = short_enough(reason, "reason", LONGEST)
    if not reason:
        raise Refused(N_("Say why."), field="reason")
    if attributable and employee_id is None:
        raise Refused(N_("Say who is responsible."), field="employee")
    complaint, case = held(session, actor, complaint_id, seen)
    if case.established_at is None:
        raise Refused(N_("First the cause and the evidence, then who is responsible."))
    not_oneself(actor, employee_id)
    if bars_recorder(actor, case):
        raise Forbidden(N_("You recorded this complaint: somebody else decides whose it is."))
    if attributable and employee_id is not None:
        person = person_of(session, employee_id)
        employed(person, wall_time(complaint.received_at).date(), "employee")
    before = _decided(session, complaint, case)
    was = complaint.employee_id if complaint.attributable else None
    complaint.attributable = attributable
    complaint.employee_id = employee_id if attributable else complaint.employee_id
    case.reason, case.decided_by, case.decided_at = reason, actor.label, now.moment
    case.version += 1
    session.flush()
    trace(session, actor, now, "decided", complaint, before, _decided(session, complaint, case))
    _tell(session, now, complaint, was)
    return case


def bars_recorder(actor: Actor, case: ComplaintCase) -> bool:
    """Whether the actor recorded it, or acts for who did."""
    return actor.is_person(case.recorded_by_id) or actor.has_part_in(case.recorded_by)


def _decided(session: Session, complaint: Complaint, case: ComplaintCase) -> dict[str, object]:
    who = complaint.employee_id
    return {
        "employee": person_of(session, who).employee_no if who is not None else None,
        "attributable": complaint.attributable,
        "reason": case.reason,
    }


def _tell(session: Session, now: Now, complaint: Complaint, was: int | None) -> None:
    told = complaint.employee_id if complaint.attributable else None
    for who, kind in ((told, ATTRIBUTED), (was if was != told else None, CLEARED)):
        if who is not None:
            notices.notify(
                session,
                now=now.moment,
                to=[who],
                kind=kind,
                params={"number": complaint.complaint_no},
                endpoint="evaluations.complaint",
                values={"complaint_id": complaint.id},
            )
