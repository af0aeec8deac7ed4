"""One evaluation of the demo's open month that HR gave back, and what was corrected in it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.catalogue import fact_catalogue
from closing.demo.people import Person
from closing.versions import policy_in_force
from core.actor import Actor
from core.clock import Now
from core.values import Month
from evaluations.models import MetricValue
from evaluations.monthly import services
from evaluations.monthly.cells import typed, version_of
from evaluations.monthly.models import EvaluationState
from staff.models import Employee

REASON = "评分明显高于同模板的其他组，请对照录音复核。"
LOWER = 0.97


def calibrate(session: Session, month: Month, now: Now, *, officer: Person) -> None:
    """Nothing where nobody whose evaluation is submitted has a value that was entered."""
    version = policy_in_force(session, month)
    specs = fact_catalogue(version.policy) if version else {}
    rates = [key for key, spec in specs.items() if spec.kind == "rate"]
    found = session.execute(
        select(MetricValue, EvaluationState.submitted_by)
        .join(
            EvaluationState,
            (EvaluationState.employee_id == MetricValue.employee_id)
            & (EvaluationState.month == MetricValue.month),
        )
        .where(
            MetricValue.month == month,
            MetricValue.metric.in_(rates),
            EvaluationState.state == "submitted",
        )
        .order_by(MetricValue.value.desc(), MetricValue.employee_id, MetricValue.metric)
        .limit(1)
    ).first()
    if found is None:
        return
    row, label = found
    who, metric, size = row.employee_id, row.metric, row.sample_size
    held, lower = row.value, round(row.value * LOWER, 4)
    ids: dict[str, int] = dict(
        session.execute(
            select(Employee.employee_no, Employee.id).where(
                Employee.employee_no.in_((officer.no, label))
            )
        ).all()
    )
    services.give_back(
        session,
        actor=Actor(officer.no, ids[officer.no]),
        now=now,
        month=month,
        employee_id=who,
        reason=REASON,
    )
    entry = services.Entry(
        who, specs[metric], typed(specs[metric], lower, size), version_of(held, size)
    )
    supervisor = Actor(label, ids.get(label))
    services.enter_values(session, actor=supervisor, now=now, month=month, entries=[entry])
    services.submit(session, actor=supervisor, now=now, month=month, people={who})
