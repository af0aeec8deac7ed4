"""The facts of a month from tickets, complaints, spot checks and reviews, for everybody at once.

SQL adds up integers only (seconds and counts); the means are taken here, by ``math.fsum`` where
numbers are not whole. Each function takes a number of statements that does not grow with people.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from core.values import Fact, Month, mean
from evaluations.models import Complaint, MetricValue, SpotCheck, Ticket
from evaluations.policy import TicketsSection
from evaluations.service_clock import service_seconds

HOUR = 3600
Facts = dict[int, dict[str, Fact]]


def latest_ticket_time(session: Session) -> int | None:
    """``as_of``: the latest time that any imported ticket bears, in wall seconds."""
    latest = session.execute(
        select(
            func.max(Ticket.created_at),
            func.max(Ticket.first_response_at),
            func.max(Ticket.resolved_at),
        )
    ).one()
    return max((each for each in latest if each is not None), default=None)


def ticket_facts(
    session: Session, month: Month, section: TicketsSection, as_of: int | None
) -> Facts:
    """Every fact that tickets give, by employee id; source ``tickets``. One pass over them.

    A person's waits come as one text, from which their median, sum and shares are taken here.
    """
    wait = service_seconds(section.clock, _not_null(Ticket.created_at), _responded())
    resolved = Ticket.resolved_at.is_not(None)
    timed = Ticket.days_only.is_not(True)
    columns: dict[str, ColumnElement[Any]] = {
        "handled": func.count(),
        "waits": func.aggregate_strings(
            case((and_(Ticket.first_response_at.is_not(None), timed), cast(wait, String))), ","
        ),
        "resolved": func.count(Ticket.resolved_at),
        "reopened": func.count().filter(resolved, Ticket.reopened.is_(True)),
        "rated": func.count(Ticket.positive),
        "positive": func.count().filter(Ticket.positive.is_(True)),
    }
    for hours in section.resolution_hours:
        deadline = Ticket.created_at + hours * HOUR
        columns[f"inside_{hours}"] = func.count().filter(timed, Ticket.resolved_at <= deadline)
        due = or_(resolved, Ticket.created_at <= (as_of or 0) - hours * HOUR)
        columns[f"due_{hours}"] = func.count().filter(timed, due)
    statement = (
        select(Ticket.employee_id, *(column.label(name) for name, column in columns.items()))
        .where(Ticket.month == month)
        .group_by(Ticket.employee_id)
    )
    return {
        employee_id: _from_counts(dict(zip(columns, counts, strict=True)), section)
        for employee_id, *counts in session.execute(statement)
    }


def _from_counts(row: Mapping[str, Any], section: TicketsSection) -> dict[str, Fact]:
    facts = {"contacts_handled": Fact(row["handled"], None, "tickets")}

    def share(key: str, part: int, whole: int) -> None:
        if whole:
            facts[key] = Fact(part / whole, whole, "tickets")

    waits = sorted(orjson.loads(f"[{row['waits'] or ''}]"))  # quicker than one by one
    responded = len(waits)
    if responded:
        minutes = sum(waits) / 60 / responded
        facts["first_response_minutes"] = Fact(minutes, responded, "tickets")
        median = _median(waits) / 60
        facts["first_response_minutes_median"] = Fact(median, responded, "tickets")
    for limit in section.response_minutes:
        share(f"first_response_{limit}min_rate", bisect_right(waits, limit * 60), responded)
    for hours in section.resolution_hours:
        share(f"resolution_rate_{hours}h", row[f"inside_{hours}"], row[f"due_{hours}"])
    share("reopen_rate", row["reopened"], row["resolved"])
    share("csat", row["positive"], row["rated"])
    return facts


def _median(ordered: list[int]) -> float:
    """The mean of the middle one or two, in seconds."""
    middle = ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1]
    return sum(middle) / len(middle)


def complaint_facts(session: Session, month: Month) -> Facts:
    """``complaint_count`` of the responsible, ``complaint_sla_rate`` of the handlers."""
    facts: Facts = defaultdict(dict)
    upheld = (
        select(Complaint.employee_id, func.count())
        .where(
            Complaint.month == month,
            Complaint.attributable.is_(True),
            Complaint.employee_id.is_not(None),
        )
        .group_by(Complaint.employee_id)
    )
    for employee_id, count in session.execute(upheld):
        if employee_id is not None:
            facts[employee_id]["complaint_count"] = Fact(count)
    handled = (
        select(Complaint.handler_id, func.count(), _count(_inside_deadlines()))
        .where(Complaint.month == month, Complaint.handler_id.is_not(None))
        .group_by(Complaint.handler_id)
    )
    for handler_id, count, inside in session.execute(handled):
        if handler_id is not None:
            facts[handler_id]["complaint_sla_rate"] = Fact(inside / count, count)
    return facts


def spot_check_facts(session: Session, month: Month) -> Facts:
    """``qa_score``: the mean of the month's checks."""
    rows = session.execute(
        select(SpotCheck.employee_id, SpotCheck.score).where(
            SpotCheck.day.between(month.first_day, month.last_day)
        )
    )
    scores: dict[int, list[float]] = defaultdict(list)
    for employee_id, score in rows:
        scores[employee_id].append(score)
    return {who: {"qa_score": Fact(mean(each), len(each))} for who, each in scores.items()}


def entered_facts(session: Session, month: Month) -> Facts:
    """What was typed or imported for the month; it wins over what is computed."""
    rows = session.execute(
        select(
            MetricValue.employee_id, MetricValue.metric, MetricValue.value, MetricValue.sample_size
        ).where(MetricValue.month == month)
    )
    facts: Facts = defaultdict(dict)
    for employee_id, metric, value, size in rows:
        facts[employee_id][metric] = Fact(value, size, "entered")
    return facts


def _inside_deadlines() -> ColumnElement[bool]:
    """Every deadline of its severity met; a missing time is missed (NULL is not true)."""

    def within(column: Any, hours: int) -> Any:
        return column <= Complaint.received_at + hours * HOUR

    ordinary = and_(
        Complaint.severity == "ordinary",
        within(Complaint.contacted_at, 2),
        within(Complaint.plan_at, 24),
    )
    major = and_(
        Complaint.severity == "major",
        within(Complaint.escalated_at, 1),
        within(Complaint.started_at, 4),
        within(Complaint.progress_at, 24),
    )
    return or_(ordinary, major)


def _count(condition: Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _not_null(column: Any) -> ColumnElement[int]:
    return column  # type: ignore[no-any-return]


def _responded() -> ColumnElement[int]:
    return Ticket.first_response_at  # type: ignore[return-value]
