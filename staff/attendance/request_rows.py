"""What asking for something and deciding on it share: the rows, and what the trail tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import wall_time
from core.errors import N_, Conflict, Refused
from staff.attendance.models import AttendanceRequest, Leave, Overtime
from staff.models import Employee

LONGEST_REASON = 1000
TABLES: Mapping[str, Any] = {"leave": Leave, "overtime": Overtime}
MONTHS = "months"  # whoever closes a month meanwhile has ended


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts and when, and the people of HR, who are told where nobody else could decide."""

    actor: Actor
    now: Now
    hr: Collection[int] = ()


def short_reason(text: str) -> str:
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > LONGEST_REASON:
        raise Refused(
            N_("is longer than %(limit)s characters"), field="reason", limit=LONGEST_REASON
        )
    return plain


def standing(session: Session, row: AttendanceRequest) -> Leave | Overtime | None:
    """The row of leave or overtime that a request stands for."""
    table = TABLES.get(row.kind)
    if table is None:
        return None
    query = select(table).where(table.employee_id == row.employee_id, table.start == row.start)
    found: Leave | Overtime | None = session.scalars(query).first()
    return found


def differs(row: AttendanceRequest, there: Leave | Overtime) -> bool:
    """Whether a file has given the leave or overtime another end or type than was asked for."""
    kind = there.type if isinstance(there, Leave) else None
    return (row.end, row.type) != (there.end, kind)


def open_same(session: Session, made: AttendanceRequest) -> int | None:
    return session.scalar(
        select(AttendanceRequest.id).where(
            AttendanceRequest.employee_id == made.employee_id,
            AttendanceRequest.kind == made.kind,
            AttendanceRequest.start == made.start,
            AttendanceRequest.state == "requested",
        )
    )


def undecided(row: AttendanceRequest) -> None:
    if row.state == "withdrawn":
        raise Conflict(N_("This request was withdrawn."))
    if row.state != "requested":
        raise Conflict(N_("%(by)s has decided on this already."), by=row.decided_by or "—")


def settle(session: Session, who: Who, row: AttendanceRequest, state: str, reason: str) -> None:
    before = {"state": row.state}
    row.state, row.decision = state, reason
    row.decided_at, row.decided_by = who.now.moment, who.actor.label
    session.flush()
    record(session, who, row, f"request.{state}", before)


def record(session: Session, who: Who, row: AttendanceRequest, action: str, before: Any) -> None:
    person = session.get_one(Employee, row.employee_id)
    after = {
        "employee_no": person.employee_no,
        "kind": row.kind,
        "type": row.type,
        "from": f"{wall_time(row.start):%Y-%m-%d %H:%M}",
        "to": f"{wall_time(row.end):%Y-%m-%d %H:%M}" if row.end else None,
        "reason": row.decision if before else row.reason,
    }
    audit.record(
        session,
        actor=who.actor,
        at=who.now.moment,
        action=action,
        subject=f"request:{row.id}",
        before=before,
        after={name: value for name, value in after.items() if value is not None},
    )
