"""Complaints entered by hand, and the words they are described in. Their steps: ``steps``.

What files brought is worked on the same way. Nobody touches a complaint about themselves; whom an
actor reaches is the route's affair. Who is responsible: ``deciding``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import wall_seconds, wall_time
from core.errors import N_, Conflict, NotFound, Refused
from core.seen import Meanwhile
from core.values import Month
from evaluations.complaints.clocks import CLASSES, SEVERITIES, number
from evaluations.complaints.models import ComplaintCase
from evaluations.holding import employed, hold_records, not_oneself, short_enough
from evaluations.models import Complaint
from staff.people import person_of

LONGEST = 4000
LONGEST_REFERENCE = 120
CHANNEL = re.compile(r"[A-Z0-9]{2,8}")


@dataclass(frozen=True, slots=True)
class Described:
    """What a complaint is about; ``subclass`` belongs to ``category``.

    ``reason`` says why it is graver, or less grave, than was thought before.
    """

    category: str
    subclass: str | None
    severity: str
    handler_id: int | None
    description: str
    reference: str = ""
    details_missing: bool = False
    reason: str = ""


def enter_complaint(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    received: datetime,
    channel: str,
    employee_id: int | None,
    about: Described,
) -> Complaint:
    """Register a complaint under the next number of its day and channel.

    ``received`` is by the wall clock. Raises ``Conflict`` in a closed month and for what the actor
    registered before (a form that was sent twice), ``Forbidden`` where it is about the actor,
    ``Refused`` for a time to come or somebody who was not employed.
    """
    about = _checked(about)
    if received > now.wall:
        raise Refused(N_("This time is still to come."), field="received")
    if not CHANNEL.fullmatch(channel):
        raise Refused(N_("Choose a channel."), field="channel")
    month = Month.of(received)
    hold_records(session, month)
    _check_people(session, actor, received, employee_id, about.handler_id)
    _check_once(session, actor, received, channel, employee_id, about.description)
    complaint = Complaint(
        complaint_no=_next_number(session, received, channel),
        month=month,
        received_at=wall_seconds(received),
        channel=channel,
        category=about.category,
        severity=about.severity,
        employee_id=employee_id,
        handler_id=about.handler_id,
    )
    session.add(complaint)
    session.flush()
    case = ComplaintCase(
        complaint_id=complaint.id,
        version=1,
        handlers=[],
        recorded_by=actor.label,
        recorded_by_id=actor.employee_id,
        recorded_at=now.moment,
    )
    _describe(complaint, case, about)
    session.add(case)
    session.flush()
    trace(session, actor, now, "entered", complaint, None, kept(session, complaint, case))
    return complaint


def describe_complaint(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    complaint_id: int,
    seen: int,
    about: Described,
) -> Complaint:
    """Put right what it is about, how grave it is and who handles it.

    Raises ``Conflict`` in a closed month and where somebody else changed it since version
    ``seen``, ``Forbidden`` where it is about the actor, ``Refused`` for another severity without a
    reason, or after responsibility was decided.
    """
    about = _checked(about)
    complaint, case = held(session, actor, complaint_id, seen)
    if about.handler_id is not None and about.handler_id != complaint.handler_id:
        employed(
            person_of(session, about.handler_id), wall_time(complaint.received_at).date(), "handler"
        )
    if case.details_asked_at is not None and not about.details_missing:
        raise Refused(N_("Details were asked for already."), field="details_missing")
    _check_severity(complaint, case, about)
    before = kept(session, complaint, case)
    _describe(complaint, case, about)
    case.version += 1
    session.flush()
    after = kept(session, complaint, case)
    if before["severity"] != after["severity"]:
        after["reason"] = about.reason
    trace(session, actor, now, "described", complaint, before, after)
    return complaint


def handlers_of(complaint: Complaint, case: ComplaintCase | None) -> set[int]:
    """Everybody who handles the complaint, or did."""
    now = {complaint.handler_id} if complaint.handler_id is not None else set()
    return now | set(case.handlers if case is not None else ())


def held(
    session: Session, actor: Actor, complaint_id: int, seen: int | None
) -> tuple[Complaint, ComplaintCase]:
    """The complaint of an open month with its case, made where there is none yet.

    Nobody else works on one until the transaction ends. ``seen`` is the version that was shown, 0
    where there was no case.
    """
    found = session.get(Complaint, complaint_id)
    if found is None:
        raise NotFound(N_("There is no such complaint."))
    hold_records(session, found.month)
    complaint = session.get(Complaint, complaint_id)
    if complaint is None:
        raise NotFound(N_("There is no such complaint."))
    not_oneself(actor, complaint.employee_id)
    case = session.get(ComplaintCase, complaint_id)
    if seen is not None and seen != (case.version if case else 0):
        raise Meanwhile(N_("Somebody else changed this complaint meanwhile."))
    if case is None:
        case = ComplaintCase(complaint_id=complaint_id, version=1)
        case.description, case.reference, case.details_missing = "", "", False
        case.handlers = []
        session.add(case)
    case.handlers = sorted(handlers_of(complaint, case))  # a page or a file may name another then
    return complaint, case


def kept(session: Session, complaint: Complaint, case: ComplaintCase) -> dict[str, object]:
    """What the audit trail tells of a complaint."""
    people = (complaint.employee_id, complaint.handler_id)
    numbers = [person_of(session, each).employee_no if each else None for each in people]
    return {
        "received": wall_time(complaint.received_at).isoformat(sep=" "),
        "category": complaint.category,
        "subclass": case.subclass,
        "severity": complaint.severity,
        "employee": numbers[0],
        "handler": numbers[1],
        "attributable": complaint.attributable,
        "description": case.description,
        "reference": case.reference,
        "details_missing": case.details_missing,
    }


def trace(
    session: Session,
    actor: Actor,
    now: Now,
    what: str,
    complaint: Complaint,
    before: object,
    after: object,
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=f"complaint.{what}",
        subject=f"complaint:{complaint.complaint_no}",
        before=before,
        after=after,
    )


def _checked(about: Described) -> Described:
    if about.category not in CLASSES:
        raise Refused(N_("Choose a class."), field="category")
    if about.subclass is not None and about.subclass not in CLASSES[about.category]:
        raise Refused(N_("Choose one of this class."), field="category")
    if about.severity not in SEVERITIES:
        raise Refused(N_("Choose how grave it is."), field="severity")
    description = short_enough(about.description, "description", LONGEST)
    if not description:
        raise Refused(N_("Say what the customer complains about."), field="description")
    return Described(
        about.category,
        about.subclass,
        about.severity,
        about.handler_id,
        description,
        short_enough(about.reference, "reference", LONGEST_REFERENCE),
        about.details_missing,
        short_enough(about.reason, "reason", LONGEST),
    )


def _check_people(
    session: Session,
    actor: Actor,
    received: datetime,
    employee_id: int | None,
    handler_id: int | None,
) -> None:
    not_oneself(actor, employee_id)
    for who, field in ((employee_id, "employee"), (handler_id, "handler")):
        if who is not None:
            employed(person_of(session, who), received.date(), field)


def _check_once(
    session: Session,
    actor: Actor,
    received: datetime,
    channel: str,
    employee_id: int | None,
    description: str,
) -> None:
    same = session.scalar(
        select(Complaint.complaint_no)
        .join(ComplaintCase, ComplaintCase.complaint_id == Complaint.id)
        .where(
            Complaint.received_at == wall_seconds(received),
            Complaint.channel == channel,
            Complaint.employee_id == employee_id,
            ComplaintCase.description == description,
            ComplaintCase.recorded_by == actor.label,
        )
        .limit(1)
    )
    if same is not None and description:
        raise Conflict(N_("This is registered already as %(number)s."), number=same)


def _next_number(session: Session, received: datetime, channel: str) -> str:
    day = f"{received:%Y%m%d}"
    used = session.scalars(
        select(Complaint.complaint_no).where(
            Complaint.complaint_no.startswith(f"{day}-{channel}-", autoescape=True)
        )
    ).all()
    return number(day, channel, used)


def _describe(complaint: Complaint, case: ComplaintCase, about: Described) -> None:
    complaint.category, complaint.severity = about.category, about.severity
    complaint.handler_id = about.handler_id
    case.subclass, case.description = about.subclass, about.description
    case.reference, case.details_missing = about.reference, about.details_missing


def _check_severity(complaint: Complaint, case: ComplaintCase, about: Described) -> None:
    """The clocks hang on it: nobody changes it in silence, or once it was decided by it."""
    if about.severity == complaint.severity:
        return
    if case.decided_at is not None:
        raise Refused(
            N_("Responsibility is decided on these grounds: the severity stays."), field="severity"
        )
    if not about.reason:
        raise Refused(N_("Say why it is graver, or less grave."), field="reason")
