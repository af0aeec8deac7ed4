"""Whether a record is already as an accepted line wants it: then nothing is left to correct."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.appeals.models import Appeal, AppealLine
from core.db import wall_seconds
from evaluations.corrections import check_of
from rewards.models import Incident, RuleApproval
from staff.attendance.models import Excuse, Punch


def is_settled(session: Session, appeal: Appeal, line: AppealLine) -> bool:
    """A check that is gone, an excuse or a punch that is there, what was voided meanwhile."""
    change = dict(line.change or {})
    if line.record == "check":
        day = date.fromisoformat(line.was["day"])
        return check_of(session, int(line.key), appeal.employee_id, day) is None
    if "punch" in change:
        second = wall_seconds(datetime.fromisoformat(change["punch"]))
        return session.get(Punch, (appeal.employee_id, second)) is not None
    if "excuse" in change:
        return _is_excused(session, appeal, line, change["excuse"])
    if change.get("void"):
        return _is_void(session, appeal, line)
    return False


def _is_excused(session: Session, appeal: Appeal, line: AppealLine, kind: str) -> bool:
    known = select(Excuse.id).where(
        Excuse.employee_id == appeal.employee_id,
        Excuse.day == date.fromisoformat(line.key),
        Excuse.kind == kind,
    )
    return session.scalar(known) is not None


def _is_void(session: Session, appeal: Appeal, line: AppealLine) -> bool:
    """An incident that an undone import took away is as good as voided."""
    if line.record == "incident":
        incident = session.get(Incident, int(line.key))
        return incident is None or incident.status == "voided"
    decision = session.scalar(
        select(RuleApproval.decision).where(
            RuleApproval.month == appeal.month,
            RuleApproval.employee_id == appeal.employee_id,
            RuleApproval.rule == line.key,
        )
    )
    return decision == "voided"
