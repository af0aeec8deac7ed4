"""The steps of a complaint, noted as they are done: in their order, and not by whom they judge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.actor import Actor
from core.clock import Now
from core.db import wall_seconds, wall_time
from core.errors import N_, Conflict, Forbidden, Refused
from evaluations.complaints.clocks import CLOSED, DETAILS, limits
from evaluations.complaints.models import ComplaintCase
from evaluations.complaints.services import handlers_of, held, trace
from evaluations.models import Complaint


def take_step(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    complaint_id: int,
    step: str,
    at: datetime | None = None,
) -> Complaint:
    """Note that a step was done: now, or ``at`` an earlier time by the wall clock.

    Who handles the complaint, or did, notes steps as they happen; an earlier time is somebody
    else's to note. Raises ``Forbidden`` for that, ``Refused`` for a time before the receipt or to
    come, or out of the order of the steps, ``Conflict`` where it is done already or the month is
    closed.
    """
    complaint, case = held(session, actor, complaint_id, None)
    _check_step(complaint, case, step)
    if at is not None and any(actor.is_person(who) for who in handlers_of(complaint, case)):
        raise Forbidden(
            N_("Who handles it notes steps as they happen: an earlier time is noted by others.")
        )
    done = wall_seconds(at if at is not None else now.wall)
    if done > wall_seconds(now.wall):
        raise Refused(N_("This time is still to come."), field="at")
    if done < complaint.received_at:
        raise Refused(N_("This lies before the complaint came in."), field="at")
    row: Any = case if step == DETAILS[0] else complaint
    if getattr(row, step) is not None:
        raise Conflict(N_("Somebody else has noted this step already."))
    _check_order(complaint, case, step, done)
    setattr(row, step, done)
    case.version += 1
    session.flush()
    after = {step: wall_time(done).isoformat(sep=" ")}
    trace(session, actor, now, "step", complaint, None, after)
    return complaint


def take_step_back(
    session: Session, *, actor: Actor, now: Now, complaint_id: int, step: str
) -> Complaint:
    """A step was noted by mistake. ``Conflict`` where it is not noted."""
    complaint, case = held(session, actor, complaint_id, None)
    _check_step(complaint, case, step)
    row: Any = case if step == DETAILS[0] else complaint
    done = getattr(row, step)
    if done is None:
        raise Conflict(N_("Somebody else has taken this step back already."))
    setattr(row, step, None)
    case.version += 1
    session.flush()
    before = {step: wall_time(done).isoformat(sep=" ")}
    trace(session, actor, now, "step_back", complaint, before, {step: None})
    return complaint


def _check_step(complaint: Complaint, case: ComplaintCase, step: str) -> None:
    known = {name for name, _ in limits(complaint.severity, case.details_missing)} | {CLOSED}
    if step not in known:
        raise Refused(N_("This complaint has no such step."))


def _check_order(complaint: Complaint, case: ComplaintCase, step: str, done: int) -> None:
    """Steps follow each other, and the end all of them; asking for details may come anywhere."""
    order = [name for name, _ in limits(complaint.severity, False)]
    place = order.index(step) if step in order else None
    for name in (*order, CLOSED, DETAILS[0]):
        at = getattr(case if name == DETAILS[0] else complaint, name)
        if at is None or name == step:
            continue
        before = step == CLOSED or (place is not None and name in order[:place])
        after = name == CLOSED or (place is not None and name in order[place:])
        if before and done < at:
            raise Refused(N_("This lies before a step that comes first."), field="at")
        if after and done > at:
            raise Refused(N_("This lies after a step that comes later."), field="at")
