"""What the demo's people do about incidents: ask, answer, serve, and follow up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing import follow_up
from closing.demo.people import Person
from core.actor import Actor
from core.clock import Now
from core.values import Month
from rewards import procedure, tasks
from rewards.models import Incident, Task
from rewards.policy import Rule
from rewards.recording import record_incident
from staff.models import Employee

PHONE = "当班时间使用私人手机，经提醒改正"
STATEMENT = "当时家中老人住院，正在等医院电话，事后已向主管说明，今后会先请假再处理。"
OUTCOMES = {
    "praise": "已在班前会上表扬。",
    "team_reward": "已发放团队活动经费。",
    "certificate": "证书已颁发。",
    "reminder": "已当面提醒，本人表示今后注意。",
    "retraining": "已安排再培训，考核合格。",
}
OUTCOME = "已面谈，确认问题原因，约定两周后复查。"
RECORDED, ANSWERED = timedelta(days=6, hours=9), timedelta(days=6, hours=17)


def procedures(
    session: Session,
    *,
    month: Month,
    people: Sequence[Person],
    rules: Mapping[str, Rule],
    at: Callable[[Month, timedelta], Now],
) -> None:
    """Of the open ``month``, and of the closed one before it; ``at`` gives a moment after a month's
    end."""
    officer = next(person for person in people if person.position == "hr")
    hr = _actor(session, officer.no)
    _follow_up(session, hr, month.plus(-1), at)
    struggler = next((person for person in people if person.story == "struggler"), None)
    if struggler is not None and struggler.supervisor:
        _record(session, struggler, month, rules, at(month, RECORDED))
    penalties = [code for code, rule in rules.items() if rule.kind == "penalty"]
    _ask(session, month, penalties, at)
    _serve(session, hr, month.plus(-1), penalties, at)


def _ask(
    session: Session,
    month: Month,
    penalties: Sequence[str],
    at: Callable[[Month, timedelta], Now],
) -> None:
    """Everybody whose penalty waits is asked for a statement; one has made it."""
    waiting = select(Incident).where(Incident.status == "recorded", Incident.rule.in_(penalties))
    for each in session.scalars(waiting.order_by(Incident.id)).all():
        leader = session.get_one(Employee, each.recorded_by_id)
        who = _actor(session, leader.employee_no)
        procedure.tell(session, actor=who, now=at(month, RECORDED), incident_id=each.id)
    first = session.scalar(
        waiting.where(Incident.description != PHONE).order_by(Incident.id).limit(1)
    )
    if first is not None:
        own = _actor(session, session.get_one(Employee, first.employee_id).employee_no)
        procedure.state_view(
            session, actor=own, now=at(month, ANSWERED), incident_id=first.id, text=STATEMENT
        )


def _serve(
    session: Session,
    hr: Actor,
    month: Month,
    penalties: Sequence[str],
    at: Callable[[Month, timedelta], Now],
) -> None:
    """What was decided up to the closed month."""
    now = at(month, RECORDED)
    decided = select(Incident).where(
        Incident.status == "approved", Incident.counts_in <= month, Incident.rule.in_(penalties)
    )
    for each in session.scalars(decided.order_by(Incident.id)).all():
        if each.employee_id != hr.employee_id:
            procedure.serve(
                session,
                actor=hr,
                now=now,
                incident_id=each.id,
                day=now.wall.date(),
                how="received",
                by=hr.label,
            )


def _record(
    session: Session, person: Person, month: Month, rules: Mapping[str, Rule], now: Now
) -> None:
    assert person.supervisor is not None
    record_incident(
        session,
        actor=_actor(session, person.supervisor),
        now=now,
        employee_id=_actor(session, person.no).employee_id or 0,
        day=month.last_day,
        code="CON-P1",
        description=PHONE,
        rules=rules,
        evidence="当班质检巡视记录",
    )


def _follow_up(
    session: Session, hr: Actor, month: Month, at: Callable[[Month, timedelta], Now]
) -> None:
    """Tasks of the closed month: four of five are done."""
    now = at(month, RECORDED)
    follow_up.take_up(session, actor=hr, now=now, month=month, reach=select(Employee.id))
    made = session.scalars(select(Task).where(Task.state == "open").order_by(Task.id)).all()
    for number, task in enumerate(made):
        if number % 5:
            owner = _actor(session, session.get_one(Employee, task.owner_id).employee_no)
            tasks.end_task(
                session,
                actor=owner,
                now=at(month, timedelta(days=12, hours=10)),
                task_id=task.id,
                outcome=OUTCOMES.get(task.action, OUTCOME),
            )


def _actor(session: Session, number: str) -> Actor:
    return Actor(number, session.scalar(select(Employee.id).where(Employee.employee_no == number)))
