"""Rounds and forms as pages list them. Whether somebody answered, only they themselves are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from core.values import Month
from core.viewer import Viewer
from evaluations.models import Review
from evaluations.rounds.models import ReviewAssignment, ReviewComment, ReviewRound
from evaluations.rounds.proposing import share_in_tens, shuffled
from staff.models import Employee, Team
from staff.queries import Ids, assignments_on

FEWEST, CROWD = 30, 6  # forms, and people asked, below which no progress is told
_select: Callable[..., Any] = select


@dataclass(frozen=True, slots=True)
class Waiting:
    """A form of somebody: ``answered`` is for their own eyes."""

    month: Month
    employee_no: str
    name: str
    team: str | None
    relation: str
    answered: bool
    last_day: date


@dataclass(frozen=True, slots=True)
class Progress:
    """``share`` in tens of percent, None where there are too few forms to tell."""

    team: str | None
    asked: int
    share: int | None


@dataclass(frozen=True, slots=True)
class Shape:
    """What a draw came to. ``alone`` are people with fewer than the least number of peers,
    subordinates and people of other teams together: nobody else's review of them is shown."""

    forms: int
    ratees: int
    raters: int
    busiest: int
    without_supervisor: int
    alone: int


def rounds(session: Session) -> list[ReviewRound]:
    """The newest month first."""
    return list(session.scalars(select(ReviewRound).order_by(ReviewRound.month.desc())))


def given() -> ColumnElement[bool]:
    """Condition: the form of this row of ``ReviewAssignment`` is answered."""
    return exists().where(
        Review.month == ReviewAssignment.month,
        Review.ratee_id == ReviewAssignment.ratee_id,
        Review.rater_id == ReviewAssignment.rater_id,
    )


def ends_at(session: Session, month: Month, now: datetime) -> datetime | None:
    """When the month's round will be over; None where none is open, or it is over already."""
    return session.scalar(
        select(ReviewRound.ends_at).where(
            ReviewRound.month == month, ReviewRound.state == "open", ReviewRound.ends_at > now
        )
    )


def forms_of(session: Session, rater_id: int | None, day: date, now: datetime) -> list[Waiting]:
    """The forms of one person in running rounds, those that wait first."""
    assigned = assignments_on(day)
    answered = given().label("given")
    rows = session.execute(
        select(
            ReviewRound.month,
            Employee.employee_no,
            Employee.name,
            Team.path,
            ReviewAssignment.relation,
            answered,
            ReviewRound.last_day,
        )
        .join(ReviewAssignment, ReviewAssignment.month == ReviewRound.month)
        .join(Employee, Employee.id == ReviewAssignment.ratee_id)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .where(
            ReviewAssignment.rater_id == (rater_id if rater_id is not None else -1),
            ReviewRound.state == "open",
            ReviewRound.starts_at <= now,
            ReviewRound.ends_at > now,
        )
        .order_by(ReviewRound.month, answered, Employee.employee_no)
    )
    made: Callable[..., Waiting] = Waiting
    return [made(*row[:5], bool(row[5]), row[6]) for row in rows]


def reviewers(month: Month, viewer: Viewer) -> Select[Any]:
    """Who is asked about whom, for HR: nothing of whether they answered.

    Nor of who is asked about the viewer, who could else draw again until it suits them.
    """
    ratee, rater = aliased(Employee), aliased(Employee)
    found: Select[Any] = (
        _select(
            ratee.employee_no.label("ratee_no"),
            ratee.name.label("ratee"),
            rater.employee_no.label("rater_no"),
            rater.name.label("rater"),
            ReviewAssignment.relation,
            ReviewAssignment.ratee_id,
            ReviewAssignment.rater_id,
        )
        .join(ratee, ratee.id == ReviewAssignment.ratee_id)
        .join(rater, rater.id == ReviewAssignment.rater_id)
        .where(ReviewAssignment.month == month, ReviewAssignment.ratee_id.not_in(viewer.people))
    )
    return found


def answered_share(session: Session, month: Month) -> int | None:
    """How much of the whole round is answered, as ``Progress`` tells it."""
    asked, answered, crowd = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((given(), 1), else_=0)), 0),
            func.count(ReviewAssignment.rater_id.distinct()),
        ).where(ReviewAssignment.month == month)
    ).one()
    return _told(None, asked, int(answered), crowd).share


def progress(session: Session, month: Month, day: date) -> list[Progress]:
    """Of the whole round (no team) and of the teams of those asked, where forms are enough."""
    assigned = assignments_on(day)
    rows = session.execute(
        select(
            Team.path,
            func.count(),
            func.sum(case((given(), 1), else_=0)),
            func.count(ReviewAssignment.rater_id.distinct()),
        )
        .select_from(ReviewAssignment)
        .outerjoin(assigned, assigned.c.employee_id == ReviewAssignment.rater_id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .where(ReviewAssignment.month == month)
        .group_by(Team.path)
    ).all()
    asked, crowd = sum(row[1] for row in rows), sum(row[3] for row in rows)
    found = [_told(None, asked, sum(int(row[2]) for row in rows), crowd)]
    named = sorted(tuple(row) for row in rows if row[0] is not None)
    teams = [_told(path, count, int(done), people) for path, count, done, people in named]
    return found + [each for each in teams if each.share is not None]


def _told(team: str | None, asked: int, answered: int, crowd: int) -> Progress:
    enough = asked >= FEWEST and crowd >= CROWD
    return Progress(team, asked, share_in_tens(answered, asked) if enough else None)


def shape(session: Session, month: Month, least: int) -> Shape:
    rows = session.execute(
        select(
            ReviewAssignment.ratee_id, ReviewAssignment.rater_id, ReviewAssignment.relation
        ).where(ReviewAssignment.month == month)
    ).all()
    loads: defaultdict[int, int] = defaultdict(int)
    hiding: defaultdict[int, int] = defaultdict(int)
    led: set[int] = set()
    for ratee, rater, relation in rows:
        hiding[ratee] += relation in ("peer", "subordinate", "cross_team")
        loads[rater] += relation != "self"
        if relation == "supervisor":
            led.add(ratee)
    return Shape(
        forms=len(rows),
        ratees=len(hiding),
        raters=len(loads),
        busiest=max(loads.values(), default=0),
        without_supervisor=len(hiding.keys() - led),
        alone=sum(1 for count in hiding.values() if count < least),
    )


def reviewed(ids: Ids) -> Select[Any]:
    """Those reviewed in rounds that have ended, as far as ``ids`` go."""
    pairs = (
        select(ReviewAssignment.month, ReviewAssignment.ratee_id)
        .join(ReviewRound, ReviewRound.month == ReviewAssignment.month)
        .where(ReviewRound.state == "ended", ReviewAssignment.ratee_id.in_(ids))
        .distinct()
        .subquery()
    )
    found: Select[Any] = _select(pairs.c.month, Employee.employee_no, Employee.name).join(
        Employee, Employee.id == pairs.c.ratee_id
    )
    return found


def comments(
    session: Session, month: Month, ratee_id: int, groups: Iterable[tuple[str, ...]]
) -> dict[tuple[str, ...], list[str]]:
    """Comments by the group that may be seen; of groups left out there are none.

    ``groups`` are told by their relations.
    """
    shown = list(groups)
    rows = session.execute(
        select(ReviewComment.relations, ReviewComment.text)
        .where(ReviewComment.month == month, ReviewComment.ratee_id == ratee_id)
        .order_by(ReviewComment.relations, ReviewComment.place)
    )
    found: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for relations, text in rows:
        for group in shown:
            if set(relations.split(";")) <= set(group):
                found[group].append(text)
    return {group: sorted(texts, key=shuffled) for group, texts in found.items()}


def was_reviewed(session: Session, month: Month, ratee_id: int) -> bool:
    """Whether anybody was asked about this person."""
    asked = select(ReviewAssignment.ratee_id).where(
        ReviewAssignment.month == month, ReviewAssignment.ratee_id == ratee_id
    )
    return session.scalar(asked.limit(1)) is not None
