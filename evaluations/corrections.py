"""Records of an open month put right by somebody who is not the person: values, spot checks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound
from core.models import MonthState
from core.values import Month
from evaluations.models import MetricValue, SpotCheck
from staff.models import Employee


def correct_metric(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    employee_id: int,
    month: Month,
    metric: str,
    value: float,
    sample_size: int | None,
    reason: str,
) -> None:
    """Enter a value, which wins over what is computed. Raises ``Conflict`` in a closed month."""
    person = _correctable(session, actor, employee_id, month)
    row = session.scalar(
        select(MetricValue).where(
            MetricValue.employee_id == employee_id,
            MetricValue.month == month,
            MetricValue.metric == metric,
        )
    )
    before = None if row is None else {"value": row.value, "sample_size": row.sample_size}
    row = row or MetricValue(employee_id=employee_id, month=month, metric=metric)
    row.value, row.sample_size = value, sample_size
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now,
        action="metric.corrected",
        subject=f"metric:{month}:{person.employee_no}:{metric}",
        before=before,
        after={"value": value, "sample_size": sample_size, "reason": reason},
    )


def correct_check(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    check_id: int,
    score: float | None,
    reason: str,
) -> None:
    """Give a spot check another score, or with None take it away.

    Raises ``Conflict`` in a closed month, ``NotFound`` where there is no such check any more.
    """
    check = session.get(SpotCheck, check_id)
    if check is None:
        raise NotFound(N_("There is no such spot check."))
    person = _correctable(session, actor, check.employee_id, Month.of(check.day))
    before = {"day": check.day.isoformat(), "score": check.score, "comment": check.comment}
    if score is None:
        session.delete(check)
    else:
        check.score = score
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now,
        action="spotcheck.removed" if score is None else "spotcheck.corrected",
        subject=f"spotcheck:{person.employee_no}:{before['day']}",
        before=before,
        after={"score": score, "reason": reason},
    )


def _correctable(session: Session, actor: Actor, employee_id: int, month: Month) -> Employee:
    one_at_a_time(session, "months")  # a close under way has ended
    person = session.get(Employee, employee_id)
    if person is None:
        raise NotFound(N_("There is no such person."))
    if actor.is_person(employee_id):
        raise Forbidden(N_("Nobody decides about themselves."))
    state = session.scalar(select(MonthState.state).where(MonthState.month == month))
    if state == "closed":
        raise Conflict(N_("%(month)s is closed."), month=str(month))
    return person
