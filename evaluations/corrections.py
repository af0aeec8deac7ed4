"""Records of an open month put right by somebody who is not the person: values, spot checks."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import attachments, audit
from core.actor import Actor
from core.errors import N_, Forbidden, NotFound
from core.values import Month
from evaluations.checks.services import subject
from evaluations.holding import hold_records
from evaluations.models import MetricValue, SpotCheck
from staff.models import Employee
from staff.people import person_of


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
    """Enter a value, which wins over what is computed, with who did and why.

    Raises ``Conflict`` in a closed month.
    """
    person = _correctable(session, actor, employee_id, month)
    row = session.scalar(
        select(MetricValue).where(
            MetricValue.employee_id == employee_id,
            MetricValue.month == month,
            MetricValue.metric == metric,
        )
    )
    before = None if row is None else _told(row)
    row = row or MetricValue(employee_id=employee_id, month=month, metric=metric)
    row.value, row.sample_size = value, sample_size
    row.reason, row.entered_by = reason, actor.label
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now,
        action="metric.corrected",
        subject=f"metric:{month}:{person.employee_no}:{metric}",
        before=before,
        after=_told(row),
    )


def _told(row: MetricValue) -> dict[str, object]:
    return {"value": row.value, "sample_size": row.sample_size, "reason": row.reason}


def correct_check(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    check_id: int,
    employee_id: int,
    day: date,
    score: float | None,
    reason: str,
) -> None:
    """Give a spot check another score, or with None take it away, with its files.

    Raises ``Conflict`` in a closed month, ``NotFound`` where there is no such check of this person
    and day any more.
    """
    person = _correctable(session, actor, employee_id, Month.of(day))
    check = check_of(session, check_id, employee_id, day)
    if check is None:
        raise NotFound(N_("There is no such spot check."))
    before = {"day": check.day.isoformat(), "score": check.score, "comment": check.comment}
    if score is None:
        attachments.drop(session, actor=actor, now=now, subject=subject(check_id))
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


def check_of(session: Session, check_id: int, employee_id: int, day: date) -> SpotCheck | None:
    """The check with this id, if it is one of this person on this day."""
    check = session.get(SpotCheck, check_id)
    known = check is not None and (check.employee_id, check.day) == (employee_id, day)
    return check if known else None


def _correctable(session: Session, actor: Actor, employee_id: int, month: Month) -> Employee:
    hold_records(session, month)  # a close under way has ended
    person = person_of(session, employee_id)
    if actor.is_person(employee_id):
        raise Forbidden(N_("Nobody decides about themselves."))
    return person
