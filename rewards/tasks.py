"""Follow-up tasks: what a rule's actions ask somebody to do, by when, and what came of it.

Nobody owns or ends a task about themselves. From one source each action follows once, however
often it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from core.seen import check_seen, state_of
from core.values import Month
from rewards.models import Incident, Task
from staff import notices
from staff.attendance.calendars import working_days_after
from staff.models import Employee
from staff.people import person_of
from staff.queries import assignments_on

TASKS = "tasks"  # what those wait for who make or end them
DAYS = 10  # working days, where nobody says another date
ASSIGNED = notices.kind(
    "task.assigned", N_("A follow-up task about %(name)s is yours until %(until)s")
)
ABOUT = notices.kind("task.about", N_("A follow-up task about you is due until %(until)s"))


def follow_incident(
    session: Session, *, actor: Actor, now: Now, incident_id: int, actions: Collection[str]
) -> list[Task]:
    """Tasks for the actions of an approved incident; those of one that counts no more are dropped.

    Returns the new ones.
    """
    one_at_a_time(session, TASKS)
    incident = session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(N_("There is no such incident."))
    if incident.status != "approved":
        drop_tasks(session, actor=actor, now=now, source=incident_source(incident.id))
        return []
    return _add(
        session,
        actor,
        now,
        source=incident_source(incident.id),
        actions=actions,
        employee_id=incident.employee_id,
        incident_id=incident.id,
        month=incident.counts_in,
        rule=incident.rule,
    )


def follow_rule(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    employee_id: int,
    code: str,
    actions: Collection[str],
) -> list[Task]:
    """Tasks for the actions of a rule that counted in a closed month; the new ones."""
    one_at_a_time(session, TASKS)
    person = person_of(session, employee_id)
    return _add(
        session,
        actor,
        now,
        source=rule_source(month, person.employee_no, code),
        actions=actions,
        employee_id=employee_id,
        incident_id=None,
        month=month,
        rule=code,
    )


def incident_source(incident_id: int) -> str:
    return f"incident:{incident_id}"


def rule_source(month: Month, employee_no: str, code: str) -> str:
    return f"rule:{month}:{employee_no}:{code}"


def change_task(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    task_id: int,
    owner_id: int,
    due: date,
    seen: str | None = None,
) -> Task:
    """Another owner or day. Raises ``Refused`` (field ``owner``) for the person concerned, and
    ``Meanwhile`` where ``seen`` is not its ``seen_of`` any more."""
    task = _open(session, actor, task_id)
    check_seen(seen, _contents(task))
    if owner_id == task.employee_id:
        raise Refused(N_("Nobody owns a task about themselves."), field="owner")
    owner = person_of(session, owner_id)
    if owner.leave_date is not None and owner.leave_date < now.wall.date():
        raise Refused(N_("%(name)s has left."), field="owner", name=owner.name)
    before = {"owner": person_of(session, task.owner_id).employee_no, "due": str(task.due)}
    moved = owner_id != task.owner_id
    task.owner_id, task.due = owner_id, due
    session.flush()
    after = {"owner": owner.employee_no, "due": str(due)}
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="task.changed",
        subject=f"task:{task.id}",
        before=before,
        after=after,
    )
    if moved:
        _tell_owner(session, now, task)
    return task


def seen_of(task: Any) -> str:
    """Tells apart two states of owner and day."""
    return state_of(_contents(task))


def _contents(task: Any) -> dict[str, object]:
    return {"owner": task.owner_id, "due": task.due}


def end_task(
    session: Session, *, actor: Actor, now: Now, task_id: int, outcome: str, dropped: bool = False
) -> Task:
    """Done, or dropped, with what came of it. Raises ``Refused`` (field ``outcome``) without."""
    task = _open(session, actor, task_id)
    if not outcome.strip():
        raise Refused(N_("Say what came of it."), field="outcome")
    _end(session, actor, now, task, "dropped" if dropped else "done", outcome.strip())
    return task


def _open(session: Session, actor: Actor, task_id: int) -> Task:
    one_at_a_time(session, TASKS)
    task = session.get(Task, task_id, with_for_update=True)
    if task is None:
        raise NotFound(N_("There is no such task."))
    if actor.is_person(task.employee_id):
        raise Refused(N_("This is about you: somebody else does it."))
    if task.state != "open":
        raise Conflict(N_("This task is ended already."))
    return task


def _end(session: Session, actor: Actor, now: Now, task: Task, state: str, outcome: str) -> None:
    task.state, task.outcome = state, outcome
    task.ended_at, task.ended_by = now.moment, actor.label
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=f"task.{state}",
        subject=f"task:{task.id}",
        after={"outcome": outcome},
    )


def drop_tasks(session: Session, *, actor: Actor, now: Now, source: str, reason: str = "—") -> None:
    """Drop what is still open of a source that counts no more."""
    one_at_a_time(session, TASKS)
    rows = select(Task).where(Task.source == source, Task.state == "open").order_by(Task.id)
    for task in session.scalars(rows):
        _end(session, actor, now, task, "dropped", reason)


def _add(
    session: Session,
    actor: Actor,
    now: Now,
    *,
    source: str,
    actions: Iterable[str],
    employee_id: int,
    incident_id: int | None,
    month: Month | None,
    rule: str,
) -> list[Task]:
    known = {
        each.action: each for each in session.scalars(select(Task).where(Task.source == source))
    }
    owner = _owner(session, actor, employee_id, now.wall.date())
    if owner is None:
        return []
    due = working_days_after(session, now.wall.date(), DAYS)
    made = []
    for action in dict.fromkeys(actions):
        task = known.get(action)
        if task is not None and task.state != "dropped":
            continue
        if task is None:
            task = Task(source=source, action=action, employee_id=employee_id, rule=rule)
        task.incident_id, task.month, task.owner_id, task.due = incident_id, month, owner, due
        task.state, task.outcome, task.ended_at, task.ended_by = "open", None, None, None
        task.created_at, task.created_by = now.moment, actor.label
        session.add(task)
        made.append(task)
    session.flush()
    for task in made:
        _note_made(session, actor, now, task)
    return made


def _note_made(session: Session, actor: Actor, now: Now, task: Task) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="task.made",
        subject=f"task:{task.id}",
        after={"source": task.source, "action": task.action, "due": str(task.due)},
    )
    _tell_owner(session, now, task)
    notices.notify(
        session,
        now=now.moment,
        to=[task.employee_id],
        kind=ABOUT,
        params={"until": task.due},
        endpoint="rewards.task",
        values={"task_id": task.id},
    )


def _tell_owner(session: Session, now: Now, task: Task) -> None:
    notices.notify(
        session,
        now=now.moment,
        to=[task.owner_id],
        kind=ASSIGNED,
        params={"name": person_of(session, task.employee_id).name, "until": task.due},
        endpoint="rewards.task",
        values={"task_id": task.id},
    )


def _owner(session: Session, actor: Actor, employee_id: int, day: date) -> int | None:
    """The person's supervisor of that day who is still there, else whoever acts.

    None where that is nobody.
    """
    assigned = assignments_on(day)
    supervisor = session.scalar(
        select(assigned.c.supervisor_id)
        .join(Employee, Employee.id == assigned.c.supervisor_id)
        .where(
            assigned.c.employee_id == employee_id,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= day),
        )
    )
    owner = supervisor or actor.employee_id
    return None if owner is None or owner == employee_id else int(owner)
