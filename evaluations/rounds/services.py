"""Opening a 360° round, changing its last day, reminding (answers: ``answering``).

What the audit trail tells of a round is who was asked. That somebody answered is written nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from core.models import MonthState
from core.seen import MEANWHILE, Meanwhile
from core.values import Month
from evaluations.models import Review, ReviewParticipant
from evaluations.rounds.models import ReviewAssignment, ReviewRound
from evaluations.rounds.queries import given
from staff import notices

ASKED = notices.kind(
    "review.asked",
    N_("Please answer the 360° round of %(month)s from %(first)s to %(last)s."),
)
REMINDED = notices.kind(
    "review.reminded",
    N_("The 360° round of %(month)s ends after %(last)s, and forms still wait for you."),
)
MINE = "reviews.mine"  # the page where somebody sees about whom they are asked


def open_round(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    competencies: Sequence[str],
    min_raters: int,
) -> None:
    """Ask everybody. What is promised to them from here on is fixed: how small a group may be."""
    held = draft(session, month)
    check_month(session, month)
    if held.ends_at <= now.moment:
        raise Refused(N_("Its last day is over: choose a later one."), field="last_day")
    asked = list(
        session.scalars(
            select(ReviewAssignment.rater_id).where(ReviewAssignment.month == month).distinct()
        )
    )
    if not asked or not competencies:
        raise Refused(N_("Nobody is asked about anybody yet."))
    held.state, held.competencies = "open", list(competencies)
    held.min_raters = max(3, min_raters)
    note(session, actor, now, "round.opened", month, {"last_day": str(held.last_day)})
    notices.notify(
        session,
        now=now.moment,
        to=asked,
        kind=ASKED,
        params={"month": month, "first": held.first_day, "last": held.last_day},
        endpoint=MINE,
        values={},
        once=f"review.asked:{month}",
    )


def change_last_day(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    last_day: date,
    seen: str | None = None,
) -> None:
    """Let a draft or a running round end on another day, not before today.

    Raises ``Meanwhile`` where its last day is not the one ``seen`` any more.
    """
    held = required(session, month)
    if seen not in (None, str(held.last_day)):
        raise Meanwhile(MEANWHILE)
    if held.state == "ended" or (held.state == "open" and held.ends_at <= now.moment):
        raise Conflict(N_("The round has ended, and stays so."))
    if last_day < held.first_day or last_day < now.wall.date():
        raise Refused(
            N_("The last day is neither before the first nor in the past."), field="last_day"
        )
    before = str(held.last_day)
    held.last_day, held.ends_at = last_day, moment_of(last_day + timedelta(days=1), now)
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="round.extended",
        subject=f"round:{month}",
        before=before,
        after=str(last_day),
    )


def remind(session: Session, *, actor: Actor, now: Now, month: Month) -> None:
    """Remind everybody whose forms wait, at most once a day. It is not told how many they are."""
    held = required(session, month)
    if not held.is_running(now.moment):
        raise Conflict(N_("The round takes no answers now."))
    note(session, actor, now, "round.reminded", month, None)
    notices.notify(
        session,
        now=now.moment,
        to=session.scalars(unanswered(month)).all(),
        kind=REMINDED,
        params={"month": month, "last": held.last_day},
        endpoint=MINE,
        values={},
        once=f"review.reminded:{month}:{now.wall.date()}",
    )


def unanswered(month: Month) -> Select[Any]:
    """Ids of those with a form that waits."""
    waits = (ReviewAssignment.month == month, ~given())
    return select(ReviewAssignment.rater_id).where(*waits).distinct()


def hold(session: Session, month: Month) -> None:
    """Whoever changes or answers the round meanwhile waits."""
    one_at_a_time(session, f"review-round:{month}")


def required(session: Session, month: Month) -> ReviewRound:
    """The round, held until the end of the transaction; raises ``NotFound``."""
    hold(session, month)
    found = session.get(ReviewRound, month)
    if found is None:
        raise NotFound(N_("There is no round of this month."))
    return found


def forget(session: Session, month: Month) -> None:
    """A draft goes, with who was to be asked."""
    session.execute(delete(ReviewAssignment).where(ReviewAssignment.month == month))
    session.execute(delete(ReviewRound).where(ReviewRound.month == month))
    session.expire_all()


def draft(session: Session, month: Month) -> ReviewRound:
    held = required(session, month)
    if held.state != "draft":
        raise Conflict(N_("The round was opened already."))
    return held


def check_month(session: Session, month: Month) -> None:
    """A month is closed once; its reviews come from files or from a round, never from both."""
    state = session.get(MonthState, month)
    sealed = select(ReviewParticipant.month).where(ReviewParticipant.month == month).limit(1)
    if (state is not None and state.state == "closed") or session.scalar(sealed) is not None:
        raise Conflict(N_("%(month)s was closed: its round is over."), month=str(month))
    if session.scalar(select(Review.id).where(Review.month == month).limit(1)) is not None:
        raise Conflict(
            N_("Reviews of %(month)s were imported: a round is not mixed with them."),
            month=str(month),
        )


def moment_of(day: date, now: Now) -> datetime:
    """The first moment of a day, by the difference that the organisation's clock has now."""
    return now.moment + (datetime.combine(day, time()) - now.wall)


def note(
    session: Session, actor: Actor, now: Now, action: str, month: Month, after: object
) -> None:
    audit.record(
        session, actor=actor, at=now.moment, action=action, subject=f"round:{month}", after=after
    )
