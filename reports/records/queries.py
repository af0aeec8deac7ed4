"""The records of one person and month, family by family, as lists select them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, and_, case, literal, or_, select
from sqlalchemy.orm import aliased

from core.values import Month
from evaluations.models import Complaint, MetricValue, SpotCheck, Ticket
from evaluations.policy import ServiceClock
from evaluations.service_clock import service_seconds
from rewards.models import Incident
from staff.models import Employee
from training.models import Course, TrainingRecord

# Columns by label, whatever their types: a list is read by its names.
_select: Callable[..., Any] = select


def tickets(employee_id: int, month: Month, clock: ServiceClock | None) -> Select[Any]:
    """``wait`` is in minutes of the service clock, ``took`` in hours of the calendar."""
    created: Any = Ticket.created_at
    responded: Any = Ticket.first_response_at
    resolved: Any = Ticket.resolved_at
    wait = service_seconds(clock, created, responded) / literal(60.0)
    timed = Ticket.days_only.is_not(True)
    rating = case(
        (Ticket.positive.is_(True), "good"), (Ticket.positive.is_(False), "bad"), else_="none"
    )
    return select(
        Ticket.ticket_id,
        Ticket.created_at,
        Ticket.first_response_at,
        case((and_(responded.is_not(None), timed), wait)).label("wait"),
        Ticket.resolved_at,
        case((timed, (resolved - created) / literal(3600.0))).label("took"),
        Ticket.reopened,
        Ticket.satisfaction,
        rating.label("rating"),
        Ticket.channel,
        Ticket.category,
    ).where(Ticket.employee_id == employee_id, Ticket.month == month)


def complaints(employee_id: int, month: Month) -> Select[Any]:
    """Those that the person is named in, or handled: ``part`` says which."""
    named = Complaint.employee_id == employee_id
    handles = Complaint.handler_id == employee_id
    part = case((and_(named, handles), "both"), (named, "named"), else_="handled")
    return select(
        Complaint.complaint_no,
        Complaint.received_at,
        part.label("part"),
        Complaint.severity,
        Complaint.attributable,
        Complaint.channel,
        Complaint.category,
        Complaint.contacted_at,
        Complaint.plan_at,
        Complaint.escalated_at,
        Complaint.started_at,
        Complaint.progress_at,
        Complaint.closed_at,
    ).where(Complaint.month == month, or_(named, handles))


def spot_checks(employee_id: int, month: Month) -> Select[Any]:
    found: Select[Any] = (
        _select(
            SpotCheck.id,
            SpotCheck.day,
            SpotCheck.score,
            Employee.name.label("checked_by"),
            SpotCheck.comment,
        )
        .outerjoin(Employee, Employee.id == SpotCheck.checked_by_id)
        .where(
            SpotCheck.employee_id == employee_id,
            SpotCheck.day.between(month.first_day, month.last_day),
        )
    )
    return found


def training(employee_id: int, month: Month) -> Select[Any]:
    found: Select[Any] = (
        _select(
            TrainingRecord.id,
            TrainingRecord.day,
            Course.course_code,
            Course.name.label("course"),
            TrainingRecord.mandatory,
            TrainingRecord.status,
            TrainingRecord.hours,
            TrainingRecord.score,
            TrainingRecord.passed,
        )
        .join(Course, Course.id == TrainingRecord.course_id)
        .where(
            TrainingRecord.employee_id == employee_id,
            TrainingRecord.day.between(month.first_day, month.last_day),
        )
    )
    return found


def metrics(employee_id: int, month: Month) -> Select[Any]:
    found: Select[Any] = _select(
        MetricValue.metric, MetricValue.value, MetricValue.sample_size
    ).where(MetricValue.employee_id == employee_id, MetricValue.month == month)
    return found


def incidents(employee_id: int, month: Month) -> Select[Any]:
    """Those that happened in the month, and earlier ones that count in it."""
    recorder, approver = aliased(Employee), aliased(Employee)
    found: Select[Any] = (
        _select(
            Incident.id,
            Incident.day,
            Incident.rule,
            Incident.description,
            Incident.case,
            Incident.status,
            Incident.counts_in,
            recorder.name.label("recorded_by"),
            approver.name.label("approved_by"),
        )
        .outerjoin(recorder, recorder.id == Incident.recorded_by_id)
        .outerjoin(approver, approver.id == Incident.approved_by_id)
        .where(
            Incident.employee_id == employee_id,
            or_(Incident.day.between(month.first_day, month.last_day), Incident.counts_in == month),
        )
    )
    return found
