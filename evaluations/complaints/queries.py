"""The register of complaints for pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from core.models import MonthState
from core.permissions import Permission, Scope
from core.values import Month
from core.viewer import Viewer
from evaluations.complaints.clocks import DETAILS, HOUR, LIMITS
from evaluations.complaints.models import ComplaintCase
from evaluations.models import Complaint
from staff.models import Employee
from staff.queries import is_visible, visible_employees

# Columns by label, whatever their types: a list is read by its names.
_select: Callable[..., Any] = select
P = Permission


def complaints(viewer: Viewer, day: date, month: Month, *, closed: bool, now: int) -> Select[Any]:
    """The month's complaints, as far as the viewer may see them; ``now`` is the wall clock.

    Of whom it is about only those are told whom they may see. Columns: id, complaint_no,
    received_at, channel, category, subclass, severity, employee_no, employee, handler,
    attributable, closed_at, step (that is due next) and due_at (both None where none is), state
    (``open``, ``overdue`` or ``closed``).
    """
    handler, of = aliased(Employee), Complaint
    visible = visible_employees(viewer, P.RECORDS_READ, day=day, closed=closed)
    reach = (
        literal(True)
        if viewer.reaches_all(P.RECORDS_READ, closed=closed)
        else of.employee_id.in_(visible)
    )
    due = _due_at()
    found: Select[Any] = (
        _select(
            of.id,
            of.complaint_no,
            of.received_at,
            of.channel,
            of.category,
            ComplaintCase.subclass,
            of.severity,
            case((reach, Employee.employee_no)).label("employee_no"),
            case((reach, Employee.name)).label("employee"),
            handler.name.label("handler"),
            case((reach, of.attributable)).label("attributable"),
            of.closed_at,
            _step().label("step"),
            due.label("due_at"),
            case((of.closed_at.is_not(None), "closed"), (due < now, "overdue"), else_="open").label(
                "state"
            ),
        )
        .outerjoin(Employee, Employee.id == of.employee_id)
        .outerjoin(handler, handler.id == of.handler_id)
        .outerjoin(ComplaintCase, ComplaintCase.complaint_id == of.id)
        .where(of.month == month, _readable(viewer, day, closed))
    )
    return found


def overdue(session: Session, query: Select[Any]) -> tuple[int, int]:
    """How many of ``complaints`` are not closed, and how many of these are overdue."""
    listed = query.order_by(None).subquery()
    waiting, late = session.execute(
        select(
            func.count().filter(listed.c.state != "closed"),
            func.count().filter(listed.c.state == "overdue"),
        )
    ).one()
    return waiting, late


def complaint(
    session: Session, viewer: Viewer, day: date, complaint_id: int, *, closed: bool
) -> Any:
    """A complaint with its case (or None) and the people in it; None where it may not be seen.

    Columns: Complaint, ComplaintCase, employee_no, employee, handler_no, handler, closed (as it
    was given).
    """
    handler = aliased(Employee)
    return session.execute(
        _select(
            Complaint,
            ComplaintCase,
            Employee.employee_no,
            Employee.name.label("employee"),
            handler.employee_no.label("handler_no"),
            handler.name.label("handler"),
            literal(closed).label("closed"),
        )
        .outerjoin(Employee, Employee.id == Complaint.employee_id)
        .outerjoin(handler, handler.id == Complaint.handler_id)
        .outerjoin(ComplaintCase, ComplaintCase.complaint_id == Complaint.id)
        .where(Complaint.id == complaint_id, _readable(viewer, day, closed))
    ).one_or_none()


def month_is_closed(session: Session, complaint_id: int) -> bool | None:
    """Whether the month of a complaint is closed; None where there is no such complaint."""
    row = session.execute(
        select(MonthState.state)
        .select_from(Complaint)
        .outerjoin(MonthState, MonthState.month == Complaint.month)
        .where(Complaint.id == complaint_id)
    ).one_or_none()
    return None if row is None else row.state == "closed"


def may_write(session: Session, viewer: Viewer, day: date, row: Any) -> bool:
    """Whether the viewer may work on a complaint: not on one that is about them."""
    found, held = row.Complaint, row.ComplaintCase
    if viewer.is_person(found.employee_id) or not viewer.may(P.RECORDS_WRITE):
        return False
    if viewer.reaches_all(P.RECORDS_WRITE) or _is_involved(viewer, found, held):
        return True
    return any(
        who is not None and is_visible(session, viewer, P.RECORDS_WRITE, who, day=day)
        for who in (found.employee_id, found.handler_id)
    )


def sees_person(session: Session, viewer: Viewer, day: date, row: Any, *, closed: bool) -> bool:
    """Whether the viewer is told whom it is about: one who only handles it is not."""
    found, held = row.Complaint, row.ComplaintCase
    if viewer.reaches_all(P.RECORDS_READ, closed=closed):
        return True
    if held is not None and viewer.is_person(held.recorded_by_id):
        return True
    who = found.employee_id
    return who is None or is_visible(session, viewer, P.RECORDS_READ, who, day=day, closed=closed)


def _is_involved(viewer: Viewer, found: Complaint, held: ComplaintCase | None) -> bool:
    recorder = held.recorded_by_id if held is not None else None
    return viewer.is_person(found.handler_id) or viewer.is_person(recorder)


def _readable(viewer: Viewer, day: date, closed: bool) -> ColumnElement[bool]:
    """Those about people, or handled by people, whom the viewer may see; and what they recorded."""
    if viewer.reaches_all(P.RECORDS_READ, closed=closed):
        return literal(True)
    visible = visible_employees(viewer, P.RECORDS_READ, day=day, closed=closed)
    conditions = [Complaint.employee_id.in_(visible), Complaint.handler_id.in_(visible)]
    if viewer.employee_id is not None and Scope.TEAM in viewer.scopes(P.RECORDS_READ):
        mine = [viewer.employee_id, *([viewer.behalf.employee_id] if viewer.behalf else [])]
        conditions.append(ComplaintCase.recorded_by_id.in_(mine))
    return or_(*conditions)


def _waits() -> list[tuple[Any, str, int]]:
    """Condition, step and hours of every clock, those that run out first coming first."""
    found: list[tuple[Any, str, int]] = [
        (
            and_(ComplaintCase.details_missing, ComplaintCase.details_asked_at.is_(None)),
            *DETAILS,
        )
    ]
    for severity, steps in LIMITS.items():
        for step, hours in steps:
            waits = and_(Complaint.severity == severity, getattr(Complaint, step).is_(None))
            found.append((waits, step, hours))
    return found


def _due_at() -> ColumnElement[Any]:
    """When the next step is due; None where none is, or the complaint is closed."""
    return case(
        (Complaint.closed_at.is_not(None), None),
        *((waits, Complaint.received_at + hours * HOUR) for waits, _, hours in _waits()),
        else_=None,
    )


def _step() -> ColumnElement[Any]:
    return case(
        (Complaint.closed_at.is_not(None), None),
        *((waits, step) for waits, step, _ in _waits()),
        else_=None,
    )
