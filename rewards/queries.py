"""Incidents and decisions as pages list them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, aliased

from core.models import MonthState
from core.permissions import Permission, Scope
from core.values import Month
from core.viewer import Viewer
from rewards.models import AwardDecision, AwardWinner, Incident, RuleApproval
from staff.models import Employee, Team
from staff.queries import assignments_on, visible_employees


def closed_months(session: Session) -> frozenset[Month]:
    return frozenset(session.scalars(select(MonthState.month).where(MonthState.state == "closed")))


_INCIDENT: tuple[Any, ...] = (
    Incident.id,
    Incident.day,
    Incident.employee_id,
    Employee.employee_no,
    Employee.name,
    Team.path.label("team"),
    Incident.rule,
    Incident.description,
    Incident.case,
    Incident.evidence,
    Incident.status,
    Incident.counts_in,
    Incident.reason,
    Incident.decided_by,
    Incident.decided_at,
    Incident.notified_at,
    Incident.notified_by,
    Incident.statement_due,
    Incident.statement,
    Incident.statement_at,
    Incident.served_on,
    Incident.served_how,
    Incident.served_by,
    Incident.served_note,
    Incident.final_from,
    Incident.recorded_by_id,
    Incident.recorded_by.label("recorder"),
)


def incidents(viewer: Viewer, day: date) -> Select[Any]:
    """Incidents of those whom the viewer may see, as of ``day``; auditors: of closed months.

    The second decider: also what HR recorded.

    Columns: id, day, employee_id, employee_no, name, team (path), rule, description, case, status,
    counts_in, recorded_by (a label), reason, and those of the procedure.
    """
    assigned = assignments_on(day)
    recorder = aliased(Employee)
    permission = Permission.INCIDENTS_READ
    mine = visible_employees(viewer, permission, day=day)
    visible: ColumnElement[bool] = Incident.employee_id.in_(mine)
    if viewer.hr is not None and Scope.OF_HR in viewer.scopes(permission):
        by_hr = or_(
            Incident.recorded_by_id.in_(sorted(viewer.hr.people)),
            Incident.recorded_by.in_(sorted(viewer.hr.labels)),
        )
        visible = or_(visible, by_hr)
    if viewer.reaches_all(permission, closed=True) and not viewer.reaches_all(permission):
        closed = select(MonthState.month).where(MonthState.state == "closed")
        visible = or_(visible, Incident.counts_in.in_(closed))
    return (
        select(*_INCIDENT, recorder.name.label("recorded_by"))
        .join(Employee, Employee.id == Incident.employee_id)
        .outerjoin(recorder, recorder.id == Incident.recorded_by_id)
        .outerjoin(assigned, assigned.c.employee_id == Incident.employee_id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .where(visible)
    )


def incident(session: Session, viewer: Viewer, day: date, incident_id: int) -> Any | None:
    """One row of ``incidents``; None where there is none or it is not for this viewer."""
    return session.execute(incidents(viewer, day).where(Incident.id == incident_id)).one_or_none()


def of_case(session: Session, viewer: Viewer, day: date, row: Any) -> Sequence[Any]:
    """All incidents of the case of ``row``, of the same person, itself among them."""
    if not row.case:
        return []
    query = incidents(viewer, day).where(
        Incident.case == row.case, Incident.employee_id == row.employee_id
    )
    return session.execute(query.order_by(Incident.day, Incident.id)).all()


def undecided_incidents(session: Session, viewer: Viewer, day: date, month: Month) -> Sequence[Any]:
    """Those of the days up to the month's end that nobody has decided, the oldest first."""
    query = incidents(viewer, day).where(
        Incident.status == "recorded", Incident.day <= month.last_day
    )
    return session.execute(query.order_by(Incident.day, Employee.employee_no, Incident.id)).all()


def decided_incidents(session: Session, viewer: Viewer, day: date, month: Month) -> Sequence[Any]:
    """Those that were decided and count, or would have counted, in the month."""
    query = incidents(viewer, day).where(Incident.status != "recorded", Incident.counts_in == month)
    return session.execute(query.order_by(Incident.day, Employee.employee_no, Incident.id)).all()


def rule_decisions(session: Session, month: Month) -> Sequence[RuleApproval]:
    """Every decision on rules that ask for approval, by employee and rule."""
    rows = session.scalars(select(RuleApproval).where(RuleApproval.month == month))
    return sorted(rows, key=lambda row: (row.employee_id, row.rule))


def winners(
    session: Session, month: Month, award: str | None = None, *, announced: date | None = None
) -> Sequence[AwardWinner]:
    """Confirmed winners of a month, by award and person; with ``announced`` who is so by a day."""
    query = select(AwardWinner).where(AwardWinner.month == month)
    if award is not None:
        query = query.where(AwardWinner.award == award)
    if announced is not None:
        query = query.join(AwardDecision, AwardDecision.id == AwardWinner.decision_id).where(
            AwardDecision.announced_on <= announced
        )
    return session.scalars(query.order_by(AwardWinner.award, AwardWinner.id)).all()
