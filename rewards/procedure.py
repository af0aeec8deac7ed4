"""The procedure of a penalty: told, heard, decided by another, served, final.

The decision itself stands in ``rewards.services``. The person may state their view within three
working days of being told; deciding before asks for a reason. A decision that was served is final
after as many working days again, unless somebody decides otherwise until then. Whom an actor
reaches is the route's affair.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from rewards.models import Incident
from rewards.services import DECISIONS
from staff import notices
from staff.attendance.calendars import working_days_after
from staff.models import Employee

STATEMENT_DAYS = 3
FINAL_DAYS = 3
Served = Literal["received", "refused"]

TOLD = notices.kind(
    "incident.told",
    N_(
        "Something of %(day)s (%(rule)s) was recorded about you: you may make a statement until"
        " %(until)s"
    ),
)
HEARD = notices.kind(
    "incident.heard", N_("%(name)s answered what was recorded of %(day)s (%(rule)s)")
)


def tell(session: Session, *, actor: Actor, now: Now, incident_id: int) -> Incident:
    """Ask the person for a statement; the deadline runs from today.

    Raises ``Conflict`` where they were told already, or it is decided; ``Refused`` about oneself.
    """
    incident = _open(session, incident_id)
    _check_other(actor, incident)
    if incident.notified_at is not None:
        raise Conflict(N_("The person was told already."))
    if incident.status != "recorded":
        raise Conflict(N_("This is decided already."))
    due = working_days_after(session, now.wall.date(), STATEMENT_DAYS)
    incident.notified_at, incident.notified_by = now.moment, actor.label
    incident.statement_due = due
    session.flush()
    _note(session, actor, now, "incident.told", incident, {"until": str(incident.statement_due)})
    notices.notify(
        session,
        now=now.moment,
        to=[incident.employee_id],
        kind=TOLD,
        params={"day": incident.day, "rule": incident.rule, "until": due},
        endpoint="rewards.incident",
        values={"incident_id": incident.id},
    )
    return incident


def state_view(
    session: Session, *, actor: Actor, now: Now, incident_id: int, text: str, none: bool = False
) -> Incident:
    """The person's own statement, once; with ``none`` they say that they make none.

    Raises ``Refused`` (field ``statement``) without words, ``Conflict`` where there is one already
    or the time is over.
    """
    incident = _open(session, incident_id)
    if actor.employee_id != incident.employee_id or actor.behalf_id is not None:
        raise Refused(N_("Only the person concerned makes a statement."))
    if not may_state(incident, now.wall.date()):
        raise Conflict(N_("A statement is not possible here any more."))
    text = text.strip()
    if not text and not none:
        raise Refused(
            N_("Write how it was from your side, or say that you make no statement."),
            field="statement",
        )
    incident.statement, incident.statement_at = ("" if none else text), now.moment
    session.flush()
    _note(session, actor, now, "incident.heard", incident, {"statement": incident.statement})
    person = session.get_one(Employee, incident.employee_id)
    notices.notify(
        session,
        now=now.moment,
        to=[incident.recorded_by_id] if incident.recorded_by_id else [],
        kind=HEARD,
        params={"name": person.name, "day": incident.day, "rule": incident.rule},
        endpoint="rewards.incident",
        values={"incident_id": incident.id},
    )
    return incident


def may_state(incident: Any, today: date) -> bool:
    """Whether a statement is possible: once told, until the deadline, or until it is decided."""
    if incident.notified_at is None or incident.statement_at is not None:
        return False
    return bool(incident.status == "recorded" or today <= incident.statement_due)


def serve(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    incident_id: int,
    day: date,
    how: Served,
    by: str,
    note: str = "",
) -> Incident:
    """Note that the decision was handed over, or that the person refused to take it.

    Raises ``Refused`` with the field ``day``, ``by`` or ``note``; ``Conflict`` where it is not
    approved, or was served already.
    """
    incident = _open(session, incident_id)
    _check_other(actor, incident)
    if incident.status != "approved":
        raise Conflict(N_("Only what is decided and counts is served."))
    if incident.served_on is not None:
        raise Conflict(N_("This was served already."))
    if day > now.wall.date():
        raise Refused(N_("This day is still to come."), field="day")
    if incident.decided_at is not None and day < _day_of(incident.decided_at, now):
        raise Refused(N_("It was not decided yet on this day."), field="day")
    if not by.strip():
        raise Refused(N_("Say who handed it over."), field="by")
    if how == "refused" and not note.strip():
        raise Refused(N_("Say who was there when it was refused."), field="note")
    final = working_days_after(session, day, FINAL_DAYS)
    incident.served_on, incident.served_how, incident.final_from = day, how, final
    incident.served_by, incident.served_note = by.strip(), note.strip() or None
    session.flush()
    after = {"day": str(day), "how": how, "by": incident.served_by, "note": incident.served_note}
    _note(session, actor, now, "incident.served", incident, after)
    return incident


def _day_of(moment: datetime, now: Now) -> date:
    """The day of a moment by the difference that the organisation's clock has now."""
    return (now.wall + (moment - now.moment)).date()


def _open(session: Session, incident_id: int) -> Incident:
    """The incident, held against whoever decides it meanwhile."""
    one_at_a_time(session, DECISIONS)
    incident = session.get(Incident, incident_id, with_for_update=True)
    if incident is None:
        raise NotFound(N_("There is no such incident."))
    return incident


def _check_other(actor: Actor, incident: Incident) -> None:
    if actor.is_person(incident.employee_id):
        raise Refused(N_("This is about you: somebody else does it."))


def _note(
    session: Session, actor: Actor, now: Now, action: str, incident: Incident, after: Any
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=action,
        subject=f"incident:{incident.id}",
        after=after,
    )
