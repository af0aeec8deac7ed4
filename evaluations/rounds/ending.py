"""The end of a round: what was written stays, who wrote it goes from the comments.

The ratings follow at the close (``evaluations.review_queries.seal_round``), which needs them.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core import audit
from core.actor import SYSTEM, Actor
from core.clock import Now
from core.erasing import rewrite
from core.errors import N_, Conflict
from core.values import Month
from evaluations.review_queries import review_groups
from evaluations.reviews_seal import reviews_of
from evaluations.rounds.models import ReviewAssignment, ReviewComment, ReviewNote, ReviewRound
from evaluations.rounds.proposing import shuffled
from evaluations.rounds.queries import answered_share
from evaluations.rounds.services import REMINDED, forget, hold, required
from staff import notices


def end_round(session: Session, *, actor: Actor, now: Now, month: Month) -> None:
    """End it before its last day is over. It cannot be opened again."""
    held = required(session, month)
    if held.state != "open":
        raise Conflict(N_("The round does not run."))
    _end(session, held, actor, now.moment)


def end_due(session: Session, *, now: datetime) -> int:
    """End every round whose last day is over; how many there were."""
    due = select(ReviewRound.month).where(ReviewRound.state == "open", ReviewRound.ends_at <= now)
    ended = 0
    for month in session.scalars(due.order_by(ReviewRound.month)).all():
        held = required(session, month)
        if held.state == "open":
            _end(session, held, SYSTEM, now)
            ended += 1
    return ended


def settle_for_close(session: Session, *, now: datetime, month: Month) -> None:
    """Before the month is closed: its round has ended, and no draft of one is left.

    Raises ``Conflict`` while the round runs.
    """
    hold(session, month)
    held = session.get(ReviewRound, month)
    if held is None:
        return
    if held.state == "draft":
        forget(session, month)
    elif held.state == "open" and held.ends_at <= now:
        _end(session, held, SYSTEM, now)
    elif held.state == "open":
        raise Conflict(
            N_("The 360° round of %(month)s runs until %(day)s: end it, or close later."),
            month=str(month),
            day=str(held.last_day),
        )


def _end(session: Session, held: ReviewRound, actor: Actor, now: datetime) -> None:
    share = answered_share(session, held.month)
    held.state, held.answered = "ended", share
    session.flush()
    _loosen_comments(session, held)
    notices.forget(session, f"{REMINDED}:{held.month}:")  # to whom tells who had not answered
    audit.record(
        session,
        actor=actor,
        at=now,
        action="round.ended",
        subject=f"round:{held.month}",
        after=None if share is None else {"answered": f"{share}%"},
    )


def _loosen_comments(session: Session, held: ReviewRound) -> None:
    """Comments by group, in an order that only the texts decide; those of groups left out go."""
    single = reviews_of(session, held.month)
    groups = review_groups(session, held.month, held.min_raters or 3, single)
    rows = session.execute(
        select(ReviewNote.ratee_id, ReviewNote.text, ReviewAssignment.relation)
        .join(
            ReviewAssignment,
            (ReviewAssignment.month == ReviewNote.month)
            & (ReviewAssignment.ratee_id == ReviewNote.ratee_id)
            & (ReviewAssignment.rater_id == ReviewNote.rater_id),
        )
        .where(ReviewNote.month == held.month)
    )
    texts: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for ratee_id, text, relation in rows:
        for group in groups.get(ratee_id, ()):
            if relation in group.relations:
                texts[ratee_id, ";".join(group.relations)].append(text)
    made = [
        {
            "month": held.month,
            "ratee_id": ratee_id,
            "relations": relations,
            "place": place,
            "text": text,
        }
        for (ratee_id, relations), each in sorted(texts.items())
        for place, text in enumerate(sorted(each, key=shuffled))
    ]
    rewrite(session, ReviewNote.__tablename__, f"month <> '{held.month}'")
    if made:
        session.execute(insert(ReviewComment), made)
