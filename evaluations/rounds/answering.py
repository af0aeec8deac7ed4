"""Answering a form of a round: as the person asked, whole, until the end.

Nothing is recorded but the answer itself: no time, no entry in the audit trail. A second answer
replaces the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.clock import Now
from core.errors import N_, NotFound, Refused
from core.values import Month
from evaluations.models import Review
from evaluations.rounds.models import (
    LONGEST_COMMENT,
    ReviewAssignment,
    ReviewNote,
    ReviewRound,
)
from evaluations.rounds.services import hold
from staff.models import Employee


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a running round: about whom, as what, and what its own rater wrote before."""

    round: ReviewRound
    ratee_id: int
    employee_no: str
    name: str
    relation: str
    ratings: Mapping[str, int]
    comment: str


def form_of(session: Session, *, actor: Actor, now: Now, month: Month, employee_no: str) -> Form:
    """The form of who acts about somebody. Raises ``NotFound`` for whoever is not asked.

    Nobody answers for somebody away.
    """
    missing = NotFound(N_("You are not asked about this person now."))
    held = session.get(ReviewRound, month)
    if held is None or not held.is_running(now.moment) or actor.behalf_id is not None:
        raise missing
    found = session.execute(
        select(Employee.id, Employee.name, ReviewAssignment.relation)
        .join(ReviewAssignment, ReviewAssignment.ratee_id == Employee.id)
        .where(
            ReviewAssignment.month == month,
            ReviewAssignment.rater_id == (actor.employee_id or -1),
            Employee.employee_no == employee_no,
        )
    ).first()
    if found is None:
        raise missing
    ratings = session.execute(
        select(Review.competency, Review.rating).where(
            Review.month == month,
            Review.ratee_id == found.id,
            Review.rater_id == actor.employee_id,
        )
    )
    note = session.get(ReviewNote, (month, found.id, actor.employee_id))
    return Form(
        held,
        found.id,
        employee_no,
        found.name,
        found.relation,
        dict(ratings.all()),
        note.text if note else "",
    )


def answer(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    employee_no: str,
    ratings: Mapping[str, int],
    comment: str,
) -> None:
    """Store one whole answer in place of the one before, if there was one."""
    hold(session, month)
    form = form_of(session, actor=actor, now=now, month=month, employee_no=employee_no)
    if set(ratings) != set(form.round.competencies):
        raise Refused(N_("Every competency needs a rating."))
    if not all(1 <= each <= 5 for each in ratings.values()):
        raise Refused(N_("Ratings are from 1 to 5."))
    comment = comment.strip()
    if len(comment) > LONGEST_COMMENT:
        raise Refused(
            N_("is longer than %(limit)s characters"), field="comment", limit=LONGEST_COMMENT
        )
    for table in (Review, ReviewNote):
        session.execute(
            delete(table).where(
                table.month == month,
                table.ratee_id == form.ratee_id,
                table.rater_id == actor.employee_id,
            )
        )
    pair = {"month": month, "ratee_id": form.ratee_id, "rater_id": actor.employee_id}
    session.execute(
        insert(Review),
        [
            {**pair, "relation": form.relation, "competency": key, "rating": ratings[key]}
            for key in form.round.competencies
        ],
    )
    if comment:
        session.execute(insert(ReviewNote), [{**pair, "text": comment}])
