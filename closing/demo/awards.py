"""Awards of the demo: earlier months final, of the newest closed one some still announced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing import objections
from closing.awards import propose
from closing.demo.people import Person
from closing.winners import confirm_winners
from core.actor import Actor
from core.clock import Now
from core.values import Month
from rewards.announcements import standing
from rewards.nominations import nominate
from rewards.policy import Award
from staff.models import Employee

ANNOUNCED = "agent_of_the_month"  # of the newest closed month, when the demo is made
UNDECIDED = "most_improved"
DECIDED, NOMINATED = timedelta(days=6, hours=15), timedelta(days=3, hours=10)
WHY = (
    "大促期间主动顶班，连续两周满意度全组第一，还带教了两名新人。",
    "主动整理退换货话术，全组的重复来电明显减少。",
)
OBJECTION = "获奖人当月有一起客诉尚在复核，建议核实后再定。"


def awards(
    session: Session,
    *,
    months: Sequence[Month],
    people: Sequence[Person],
    policy: Mapping[str, Award],
    at: Callable[[Month, timedelta], Now],
    now: Now,
) -> None:
    """``months`` are the closed ones; ``at`` gives a moment after a month's end, ``now`` is real,
    so that something is announced whenever the demo is made."""
    ids: dict[str, int] = dict(session.execute(select(Employee.employee_no, Employee.id)).all())
    officer = next(person for person in people if person.position == "hr")
    hr = Actor(officer.no, ids[officer.no])
    for month in months:
        for award in policy.values():
            if month != months[-1] or award.key not in (ANNOUNCED, UNDECIDED):
                _decide(session, hr, at(month, DECIDED), month, award)
    newest = months[-1]
    for key, why in zip((ANNOUNCED, UNDECIDED), WHY):
        if key in policy:
            _nominate(session, people, ids, at(newest, NOMINATED), newest, policy[key], why)
    if ANNOUNCED in policy and _decide(session, hr, now, newest, policy[ANNOUNCED]):
        _object(session, people, ids, now, newest, hr)


def _decide(session: Session, hr: Actor, now: Now, month: Month, award: Award) -> bool:
    """As proposed; False where nobody is."""
    proposed = [each.employee_no for each in propose(session, month, award.key) if each.selected]
    if proposed:
        confirm_winners(session, actor=hr, now=now, month=month, key=award.key, numbers=proposed)
    return bool(proposed)


def _nominate(
    session: Session,
    people: Sequence[Person],
    ids: dict[str, int],
    now: Now,
    month: Month,
    award: Award,
    why: str,
) -> None:
    """The first of the list, by their supervisor."""
    leaders = {person.no: person.supervisor for person in people}
    listed = propose(session, month, award.key)
    for each in listed[:1]:
        leader = leaders.get(each.employee_no)
        if leader is not None:
            nominate(
                session,
                actor=Actor(leader, ids[leader]),
                now=now,
                month=month,
                award=award,
                employee_id=ids[each.employee_no],
                reason=why,
            )


def _object(
    session: Session,
    people: Sequence[Person],
    ids: dict[str, int],
    now: Now,
    month: Month,
    hr: Actor,
) -> None:
    decision = standing(session, month, ANNOUNCED)
    assert decision is not None
    somebody = next(
        person
        for person in people
        if person.queue and not person.story and person.no not in decision.chosen
    )
    objections.lodge(
        session,
        actor=Actor(somebody.no, ids[somebody.no]),
        now=now,
        decision_id=decision.id,
        text=OBJECTION,
        hr=[hr.employee_id or 0],
    )
