"""What the rules of a closed month ask somebody to do, and which of it nobody has taken up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.models import MonthState
from core.values import Month
from evaluations.scorecards.models import Scorecard
from rewards import tasks
from rewards.models import RuleEntry
from rewards.task_queries import known_sources
from rewards.voiding import still_counts
from staff.models import Employee


@dataclass(frozen=True, slots=True)
class Waiting:
    """One rule of one person with the actions that no task was made of."""

    employee_id: int
    employee_no: str
    name: str
    rule: str
    incident_id: int | None
    source: str
    actions: tuple[str, ...]


def waiting(session: Session, month: Month, reach: Select[Any]) -> list[Waiting]:
    """Of those in ``reach`` (ids), by employee number and rule; of an open month nothing."""
    rows = session.execute(
        select(
            Scorecard.employee_id,
            Employee.employee_no,
            Employee.name,
            RuleEntry.rule,
            RuleEntry.incident_id,
            RuleEntry.actions,
        )
        .join(Scorecard, Scorecard.id == RuleEntry.scorecard_id)
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .join(Employee, Employee.id == Scorecard.employee_id)
        .where(
            MonthState.month == month,
            RuleEntry.state == "counts",
            RuleEntry.actions != "",
            still_counts(Scorecard.employee_id, Scorecard.month),
            Scorecard.employee_id.in_(reach),
        )
        .order_by(Employee.employee_no, RuleEntry.ordinal)
    ).all()
    sources = [_source(month, row) for row in rows]
    known = known_sources(session, sorted(set(sources)))
    found = []
    for source, row in zip(sources, rows, strict=True):
        missing = tuple(
            action for action in row.actions.split(";") if (source, action) not in known
        )
        if missing:
            found.append(Waiting(*row[:5], source=source, actions=missing))
    return found


def take_up(session: Session, *, actor: Actor, now: Now, month: Month, reach: Select[Any]) -> int:
    """Make the tasks of all that waits, but not of what is about the actor; how many."""
    one_at_a_time(session, tasks.TASKS)
    made = 0
    who: dict[str, Any] = {"actor": actor, "now": now}
    for each in waiting(session, month, reach):
        if actor.is_person(each.employee_id):
            continue
        if each.incident_id is not None:
            new = tasks.follow_incident(
                session, **who, incident_id=each.incident_id, actions=each.actions
            )
        else:
            new = tasks.follow_rule(
                session,
                **who,
                month=month,
                employee_id=each.employee_id,
                code=each.rule,
                actions=each.actions,
            )
        made += len(new)
    return made


def _source(month: Month, row: Any) -> str:
    if row.incident_id is not None:
        return f"incident:{row.incident_id}"
    return tasks.rule_source(month, row.employee_no, row.rule)
