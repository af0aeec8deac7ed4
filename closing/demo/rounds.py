"""A running 360° round of the month after the demo's last, answered in part."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.demo.reviews import COMPETENCIES, LENIENCE
from closing.demo.rows import stream
from closing.policy import Policy
from core.actor import Actor
from core.clock import Now
from core.values import Month
from evaluations.rounds import answering, planning, services
from evaluations.rounds.models import ReviewAssignment
from staff.models import Account, Employee

ANSWERED = 0.55  # of those who have no sign-in; the others find all their forms waiting
COMMENTS = (
    "交接清楚，遇到急单会主动补位。",
    "对产品很熟，讲解时可以再慢一点。",
    "愿意分享经验，开会时可以多说一些自己的想法。",
    "忙的时候语气有点急，平时很好合作。",
    "答应的事都会按时做完。",
    "跨组协作时回复很快，给的信息也完整。",
)


def running_round(
    session: Session, *, actor: Actor, now: Now, month: Month, policy: Policy, seed: int
) -> None:
    """Begun with the real month and open to the end of the next, whenever the demo is made."""
    begun = Month.of(now.wall)
    plan = planning.Plan(begun.first_day, begun.plus(1).last_day, max_load=16)
    positions = {each for template in policy.templates.values() for each in template.positions}

    planning.plan_round(
        session,
        actor=actor,
        now=now,
        month=month,
        plan=plan,
        positions=positions,
        seed=f"demo {seed}",
    )
    services.open_round(
        session,
        actor=actor,
        now=now,
        month=month,
        competencies=[key for key in COMPETENCIES if key in policy.reviews.competencies],
        min_raters=policy.reviews.min_raters,
    )
    _answers(session, now, month, seed)


def _answers(session: Session, now: Now, month: Month, seed: int) -> None:
    signs_in = set(session.scalars(select(Account.employee_id)))
    numbers = dict(session.execute(select(Employee.id, Employee.employee_no)).all())
    asked = defaultdict(list)
    for each in session.scalars(
        select(ReviewAssignment).where(ReviewAssignment.month == month)
    ).all():
        if each.rater_id not in signs_in:
            asked[each.rater_id].append((numbers[each.ratee_id], each.relation))
    for rater_id in sorted(asked):
        rng = stream(seed, "round", numbers[rater_id])
        if rng.random() > ANSWERED:
            continue
        who = Actor(numbers[rater_id], rater_id)
        for number, relation in sorted(asked[rater_id]):
            likely = 3.8 + LENIENCE[relation]
            ratings = {key: min(5, max(1, round(rng.gauss(likely, 0.8)))) for key in COMPETENCIES}
            answering.answer(
                session,
                actor=who,
                now=now,
                month=month,
                employee_no=number,
                ratings=ratings,
                comment=rng.choice(COMMENTS) if rng.random() < 0.3 else "",
            )
