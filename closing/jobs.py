"""The close as a job: a large centre's takes longer than a request should."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from closing import services
from core import clock, jobs
from core.cli import seal
from core.models import Job
from core.values import Month
from evaluations.scorecards.models import Scorecard
from staff.models import Employee

AT_ONCE = 500  # a close of so many people takes about a second


def is_large(session: Session, month: Month) -> bool:
    """Whether the month has more people than are closed within a request."""
    people = select(func.count()).where(
        Employee.hire_date <= month.last_day,
        or_(Employee.leave_date.is_(None), Employee.leave_date >= month.first_day),
    )
    return (session.scalar(people) or 0) > AT_ONCE


def subject(month: Month) -> str:
    return f"month:{month}"


def month_of(job: Job) -> Month:
    return Month.parse(job.subject.removeprefix("month:"))


def _close(task: jobs.Task) -> dict[str, Any]:
    closing = services.close_month(
        task.session,
        actor=task.actor,
        now=clock.now(current_app.config["TIMEZONE"]).moment,
        month=Month.parse(task.subject.removeprefix("month:")),
        seal=seal(),
        told=task.told,
    )
    cards = select(func.count()).select_from(Scorecard).where(Scorecard.closing_id == closing.id)
    return {"revision": closing.revision, "scorecards": task.session.scalar(cards)}


CLOSE = jobs.kind("close", _close)
