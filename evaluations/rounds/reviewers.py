"""Reviewers changed by hand, before a round opens and while it runs."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.clock import Now
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.values import Month
from evaluations.models import RELATIONS, Review
from evaluations.rounds.models import ReviewAssignment, ReviewNote, ReviewRound
from evaluations.rounds.services import (
    ASKED,
    MINE,
    note,
    required,
)
from staff import notices
from staff.models import Employee
from staff.people import person_of

RELEASED = notices.kind(
    "review.released",
    N_("You are no longer asked about somebody in the 360° round of %(month)s."),
)


def add_reviewer(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    ratee_id: int,
    rater_id: int,
    relation: str,
) -> None:
    """Ask somebody more, before the round ends; nobody about more than its load."""
    held = _changeable(session, actor, now, month, ratee_id, rater_id)
    if relation not in RELATIONS or (relation == "self") != (ratee_id == rater_id):
        raise Refused(N_("This relation does not fit these two people."), field="relation")
    _check_employed(session, held, now, ratee_id, rater_id)
    if session.get(ReviewAssignment, (month, rater_id, ratee_id)) is not None:
        raise Conflict(N_("They are asked about this person already."), field="rater")
    if relation != "self" and load_of(session, month, rater_id) >= held.max_load:
        raise Refused(
            N_("They are asked about %(load)s people already, which is the most of this round."),
            field="rater",
            load=held.max_load,
        )
    session.add(
        ReviewAssignment(month=month, ratee_id=ratee_id, rater_id=rater_id, relation=relation)
    )
    session.flush()
    _note_change(session, actor, now, "round.reviewer_added", month, ratee_id)
    if held.state == "open":
        notices.notify(
            session,
            now=now.moment,
            to=[rater_id],
            kind=ASKED,
            params={"month": month, "first": held.first_day, "last": held.last_day},
            endpoint=MINE,
            values={},
        )


def _check_employed(
    session: Session, held: ReviewRound, now: Now, ratee_id: int, rater_id: int
) -> None:
    """Who is reviewed was there in the month, and who is asked is while the round runs."""
    ratee, rater = person_of(session, ratee_id), person_of(session, rater_id)
    if ratee.hire_date > held.month.last_day or _left_by(ratee, held.month.first_day):
        raise Refused(
            N_("%(number)s was not employed in %(month)s."),
            field="ratee",
            number=ratee.employee_no,
            month=str(held.month),
        )
    first = max(held.first_day, now.wall.date())
    if rater.hire_date > first or _left_by(rater, held.last_day):
        raise Refused(
            N_("%(number)s is not employed while the round runs."),
            field="rater",
            number=rater.employee_no,
        )


def _left_by(person: Employee, day: date) -> bool:
    return person.leave_date is not None and person.leave_date < day


def remove_reviewer(
    session: Session, *, actor: Actor, now: Now, month: Month, ratee_id: int, rater_id: int
) -> None:
    """Ask somebody less. An answer that they gave goes too, and nobody is told if there was one.

    To refuse it where there is an answer would tell HR who has answered.
    """
    held = _changeable(session, actor, now, month, ratee_id, rater_id)
    asked = session.get(ReviewAssignment, (month, rater_id, ratee_id))
    if asked is None:
        raise NotFound(N_("They are not asked about this person."))
    session.delete(asked)
    for table in (Review, ReviewNote):
        session.execute(
            delete(table).where(
                table.month == month, table.ratee_id == ratee_id, table.rater_id == rater_id
            )
        )
    _note_change(session, actor, now, "round.reviewer_removed", month, ratee_id)
    if held.state == "open":
        notices.notify(
            session,
            now=now.moment,
            to=[rater_id],
            kind=RELEASED,
            params={"month": month},
            endpoint=MINE,
            values={},
        )


def _note_change(
    session: Session, actor: Actor, now: Now, action: str, month: Month, ratee_id: int
) -> None:
    """Never who is asked, nor how they relate: somebody of HR may read it about themselves."""
    count = session.scalar(
        select(func.count())
        .select_from(ReviewAssignment)
        .where(ReviewAssignment.month == month, ReviewAssignment.ratee_id == ratee_id)
    )
    note(session, actor, now, action, month, {"about": ratee_id, "reviewers": count or 0})


def load_of(session: Session, month: Month, rater_id: int) -> int:
    """About how many others somebody is asked."""
    count = session.scalar(
        select(func.count())
        .select_from(ReviewAssignment)
        .where(
            ReviewAssignment.month == month,
            ReviewAssignment.rater_id == rater_id,
            ReviewAssignment.relation != "self",
        )
    )
    return count or 0


def _changeable(
    session: Session, actor: Actor, now: Now, month: Month, ratee_id: int, rater_id: int
) -> ReviewRound:
    held = required(session, month)
    if actor.is_person(ratee_id) or actor.is_person(rater_id):
        raise Forbidden(N_("Nobody chooses their own reviewers, or whom they review."))
    if held.state == "ended" or (held.state == "open" and held.ends_at <= now.moment):
        raise Conflict(N_("The round has ended, and stays so."))
    return held
