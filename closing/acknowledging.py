"""Who has read which version of the policy: each employee says so for themselves, once.

To have read it (已阅知) is not to agree with it, and nothing hangs on it but that it is known.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from closing.models import PolicyAcknowledgement
from closing.versions import policy_version
from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden
from staff.models import Employee, Team
from staff.queries import assignments_on

# Columns by label, whatever their types: a list is read by its names.
_select: Callable[..., Any] = select


def acknowledge(session: Session, *, actor: Actor, now: datetime, number: int) -> None:
    """The actor has read a version. Raises ``NotFound``, ``Forbidden`` or ``Conflict``."""
    version = policy_version(session, number)
    if actor.employee_id is None:
        raise Forbidden(N_("Only employees acknowledge the policy."))
    one_at_a_time(session, "policy_acknowledgements")
    if acknowledged_at(session, actor.employee_id, version.id) is not None:
        raise Conflict(N_("You have acknowledged this version already."))
    session.add(PolicyAcknowledgement(version_id=version.id, employee_id=actor.employee_id, at=now))
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now,
        action="policy.acknowledged",
        subject=f"policy:{number}|employee:{actor.label}",
        after={"version": number},
    )


def acknowledged_at(session: Session, employee_id: int, version_id: int) -> datetime | None:
    return session.scalar(
        select(PolicyAcknowledgement.at).where(
            PolicyAcknowledgement.version_id == version_id,
            PolicyAcknowledgement.employee_id == employee_id,
        )
    )


def everybody(version_id: int, day: date) -> Select[Any]:
    """Who is employed on ``day``, and when they acknowledged a version, if they did.

    Columns: employee_no, name, position, team (path), at.
    """
    assigned, said = assignments_on(day), PolicyAcknowledgement
    found: Select[Any] = (
        _select(
            Employee.employee_no,
            Employee.name,
            assigned.c.position,
            Team.path.label("team"),
            said.at,
        )
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .outerjoin(said, (said.employee_id == Employee.id) & (said.version_id == version_id))
        .where(
            Employee.hire_date <= day,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= day),
        )
    )
    return found
