"""The draft of a round: its dates, and who is asked, drawn anew as often as HR likes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.clock import Now
from core.errors import N_, Conflict, Refused
from core.values import Month
from evaluations.rounds.models import ReviewAssignment, ReviewRound
from evaluations.rounds.proposing import Candidate, propose
from evaluations.rounds.services import (
    check_month,
    draft,
    forget,
    hold,
    moment_of,
    note,
)
from staff.models import Employee
from staff.queries import assignments_on

MOST = {"peers": 10, "cross_team": 10, "max_load": 100}


@dataclass(frozen=True, slots=True)
class Plan:
    """What HR decides of a round; both days belong to it."""

    first_day: date
    last_day: date
    peers: int = 3
    cross_team: int = 3
    max_load: int = 8


def plan_round(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    plan: Plan,
    positions: Collection[str],
    seed: str,
) -> ReviewRound:
    """Make the draft of a month's round, with reviewers drawn by ``seed``.

    ``positions`` are those whose people are reviewed. Raises ``Conflict`` where the month has a
    round, is closed, or has imported reviews; ``Refused`` for dates and numbers that cannot be.
    """
    hold(session, month)
    if session.get(ReviewRound, month) is not None:
        raise Conflict(N_("%(month)s has a round already."), month=str(month))
    check_month(session, month)
    _check_plan(plan, now)
    made = ReviewRound(
        month=month,
        first_day=plan.first_day,
        last_day=plan.last_day,
        starts_at=moment_of(plan.first_day, now),
        ends_at=moment_of(plan.last_day + timedelta(days=1), now),
        peers=plan.peers,
        cross_team=plan.cross_team,
        max_load=plan.max_load,
        seed=seed,
        state="draft",
        competencies=[],
    )
    session.add(made)
    session.flush()
    count = _draw(session, made, positions)
    note(session, actor, now, "round.planned", month, {"forms": count})
    return made


def draw_again(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    positions: Collection[str],
    seed: str,
) -> int:
    """Replace the reviewers of a draft by others; how many forms there are then."""
    held = draft(session, month)
    held.seed = seed
    session.execute(delete(ReviewAssignment).where(ReviewAssignment.month == month))
    count = _draw(session, held, positions)
    note(session, actor, now, "round.drawn", month, {"forms": count})
    return count


def discard_round(session: Session, *, actor: Actor, now: Now, month: Month) -> None:
    """Remove a draft; one that was opened stays."""
    draft(session, month)
    forget(session, month)
    note(session, actor, now, "round.discarded", month, None)


def _check_plan(plan: Plan, now: Now) -> None:
    if plan.last_day < max(plan.first_day, now.wall.date()):
        raise Refused(
            N_("The last day is neither before the first nor in the past."), field="last_day"
        )
    for name, most in MOST.items():
        least = 1 if name == "max_load" else 0
        if not least <= getattr(plan, name) <= most:
            raise Refused(
                N_("is not from %(least)s to %(most)s"), field=name, least=least, most=most
            )


def _draw(session: Session, held: ReviewRound, positions: Collection[str]) -> int:
    assigned = assignments_on(held.first_day)
    rows = session.execute(
        select(Employee.id, assigned.c.team_id, assigned.c.supervisor_id, assigned.c.position)
        .join(assigned, assigned.c.employee_id == Employee.id)
        .where(
            Employee.hire_date <= held.first_day,
            (Employee.leave_date.is_(None)) | (Employee.leave_date >= held.last_day),
        )
    )
    people = [
        Candidate(who, team, supervisor, position in positions)
        for who, team, supervisor, position in rows
    ]
    drawn = propose(
        people,
        seed=held.seed,
        peers=held.peers,
        cross_team=held.cross_team,
        max_load=held.max_load,
    )
    if not drawn:
        raise Refused(N_("Nobody is employed whose position is evaluated."))
    session.execute(
        insert(ReviewAssignment),
        [
            {
                "month": held.month,
                "ratee_id": each.ratee_id,
                "rater_id": each.rater_id,
                "relation": each.relation,
            }
            for each in drawn
        ],
    )
    return len(drawn)
