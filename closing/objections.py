"""Objections to an announced award: lodged by anybody in time, decided by HR with a reason.

One that is upheld takes the decision back, so that it is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from sqlalchemy.orm import Session

from closing.winners import check_decider, subject, take_back
from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.values import Names
from rewards.announcements import objection_of
from rewards.models import AwardDecision, AwardObjection
from rewards.nominations import AWARDS
from staff import notices

LODGED = notices.kind("award.objected", N_("Somebody objects to the award %(award)s of %(month)s"))
ANSWERED = notices.kind(
    "award.answered", N_("Your objection to the award %(award)s of %(month)s is decided")
)


def lodge(
    session: Session, *, actor: Actor, now: Now, decision_id: int, text: str, hr: Iterable[int]
) -> AwardObjection:
    """Object in one's own name while the award is announced; ``hr`` are told.

    Raises ``Forbidden`` for a deputy and for who is no employee, ``Conflict`` outside of the days
    of the announcement and for a second one, ``Refused`` with the field ``text``.
    """
    one_at_a_time(session, AWARDS)
    decision = session.get(AwardDecision, decision_id)
    today = now.wall.date()
    if decision is None or today < decision.announced_on:
        raise NotFound(N_("There is no such announcement."))
    if actor.employee_id is None or actor.behalf_id is not None:
        raise Forbidden(N_("An objection is lodged by employees, in their own name."))
    if decision.taken_back_at is not None or today > decision.objections_until:
        raise Conflict(N_("The time for objections is over."))
    if objection_of(session, decision.id, actor.employee_id) is not None:
        raise Conflict(N_("You objected already."))
    if not text.strip():
        raise Refused(N_("Say what you object to."), field="text")
    row = AwardObjection(
        decision_id=decision.id,
        employee_id=actor.employee_id,
        text=text.strip(),
        lodged_at=now.moment,
        state="open",
    )
    session.add(row)
    session.flush()
    _note(session, actor, now, "award.objected", decision, {"objection": row.id})
    _tell(session, now, LODGED, set(hr) - {actor.employee_id}, decision, "rewards.award")
    return row


def decide(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    objection_id: int,
    decision: Literal["upheld", "declined"],
    reason: str,
) -> AwardObjection:
    """Uphold or decline an objection; whoever lodged it is told.

    Raises ``NotFound``, ``Forbidden`` for a candidate and for one's own, ``Conflict`` where it is
    decided, or upheld after the prizes were paid, ``Refused`` (field ``reason``) without a reason.
    """
    one_at_a_time(session, AWARDS)
    row = session.get(AwardObjection, objection_id)
    if row is None:
        raise NotFound(N_("There is no such objection."))
    about = session.get_one(AwardDecision, row.decision_id)
    check_decider(session, actor, about)
    if actor.is_person(row.employee_id):
        raise Forbidden(N_("Nobody decides on their own objection."))
    if row.state != "open":
        raise Conflict(N_("This is decided already."))
    reason = reason.strip()
    if not reason:
        raise Refused(N_("Give a reason."), field="reason")
    row.state, row.reason = decision, reason
    row.decided_by, row.decided_at = actor.label, now.moment
    session.flush()
    after = {"objection": row.id, "decision": decision, "reason": reason}
    _note(session, actor, now, "award.objection_decided", about, after)
    _tell(session, now, ANSWERED, {row.employee_id}, about, "rewards.announcement")
    if decision == "upheld":
        take_back(session, actor=actor, now=now, decision=about, reason=reason)
    return row


def _note(
    session: Session,
    actor: Actor,
    now: Now,
    action: str,
    decision: AwardDecision,
    after: Mapping[str, object],
) -> None:
    """The text of an objection is not in the trail: who objected is known to those who decide."""
    audit.record(
        session, actor=actor, at=now.moment, action=action, subject=subject(decision), after=after
    )


def _tell(
    session: Session, now: Now, kind: str, to: set[int], decision: AwardDecision, endpoint: str
) -> None:
    notices.notify(
        session,
        now=now.moment,
        to=to,
        kind=kind,
        params={"award": Names(**decision.names), "month": decision.month},
        endpoint=endpoint,
        values={"month": decision.month, "award": decision.award},
    )
