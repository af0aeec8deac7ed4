"""What its owner says to a scorecard: receipt, comment, appeal; and what they may still do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from closing.appeals import queries
from closing.appeals.queries import Standing
from closing.appeals.windows import deadlines_of
from core.clock import Now
from core.permissions import Permission
from reports.reach import ClosedMonth, Subject
from reports.scorecards.past import Past


@dataclass(frozen=True, slots=True)
class Answers:
    """``until`` is the last day for an appeal, ``over`` whether it has passed."""

    standing: Standing
    until: date
    over: bool
    mine: bool
    sees_appeal: bool


def answers(
    session: Session, person: Subject, closed: ClosedMonth, chosen: Past, now: Now
) -> Answers | None:
    """None before the results are published. One statement."""
    if closed.published_at is None:
        return None
    standing = queries.standing(session, chosen.id)
    since = standing.since or closed.published_at
    until = deadlines_of(chosen.closing, closed.policy.appeals, since, now)
    return Answers(
        standing=standing,
        until=until.lodge,
        over=until.over(now.wall.date()) or not chosen.current,
        mine=person.is_me and chosen.current and person.viewer.may(Permission.APPEALS_LODGE),
        sees_appeal=person.may(Permission.APPEALS_READ),
    )
