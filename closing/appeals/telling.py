"""Who is told of an appeal: HR and the supervisor when it is lodged, the person when decided."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.appeals.models import Appeal
from core.clock import Now
from core.errors import N_
from staff import notices
from staff.models import Employee
from staff.queries import assignments_on

LODGED = notices.kind(
    "appeal.lodged", N_("%(name)s appeals against the scorecard of %(month)s; decide by %(due)s.")
)
DECIDED = notices.kind("appeal.decided", N_("Your appeal of %(month)s is decided."))
APPLIED = notices.kind("appeal.applied", N_("What your appeal of %(month)s changed took effect."))


def lodged(session: Session, now: Now, appeal: Appeal, hr: Collection[int]) -> None:
    day = now.wall.date()
    assigned = assignments_on(day)
    supervisor = session.scalar(
        select(assigned.c.supervisor_id).where(assigned.c.employee_id == appeal.employee_id)
    )
    name = session.get_one(Employee, appeal.employee_id).name
    notices.notify(
        session,
        now=now.moment,
        to={*hr, *([supervisor] if supervisor is not None else ())} - {appeal.employee_id},
        kind=LODGED,
        params={"name": name, "month": appeal.month, "due": appeal.due_on},
        endpoint="appeals.appeal",
        values={"appeal_id": appeal.id},
    )


def decided(session: Session, now: Now, appeal: Appeal) -> None:
    _tell(session, now, appeal, DECIDED)


def applied(session: Session, now: Now, appeal: Appeal) -> None:
    _tell(session, now, appeal, APPLIED)


def _tell(session: Session, now: Now, appeal: Appeal, kind: str) -> None:
    notices.notify(
        session,
        now=now.moment,
        to=[appeal.employee_id],
        kind=kind,
        params={"month": appeal.month},
        endpoint="appeals.appeal",
        values={"appeal_id": appeal.id},
    )
