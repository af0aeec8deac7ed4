"""Who is told of requests: those who may decide when one is asked, the person when it is decided.

The supervisor is told, and who stands in for them today; where there is no supervisor, HR; of
somebody of HR the second decider, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import Now
from core.errors import N_
from core.values import Names
from staff import notices
from staff.attendance.models import AttendanceRequest
from staff.attendance.policy import LeaveType
from staff.models import Account, Deputy, Employee
from staff.queries import assignments_on
from staff.second_decider import account_of
from staff.viewer import in_force

ASKED = notices.kind(
    "request.asked", N_("%(name)s asks for %(what)s on %(day)s. Approve or decline it.")
)
APPROVED = notices.kind("request.approved", N_("%(what)s on %(day)s: approved."))
DECLINED = notices.kind("request.declined", N_("%(what)s on %(day)s: declined. Read why."))

KINDS: Mapping[str, Names] = {
    "leave": Names("请假", "leave"),
    "overtime": Names("加班", "overtime"),
    "correction": Names("补卡", "a punch correction"),
}


def asked(
    session: Session,
    now: Now,
    row: AttendanceRequest,
    person: Employee,
    hr: Collection[int],
    types: Mapping[str, LeaveType],
) -> None:
    known = types.get(row.type or "")
    _tell(
        session,
        now,
        row,
        ASKED,
        _deciders(session, now, row, hr) - {row.employee_id},
        name=person.name,
        what=known.names if known else KINDS[row.kind],
    )


def decided(session: Session, now: Now, row: AttendanceRequest) -> None:
    kind = APPROVED if row.state == "approved" else DECLINED
    names = KINDS[row.kind]
    what = Names(names.zh, names.en[:1].upper() + names.en[1:])
    _tell(session, now, row, kind, {row.employee_id}, what=what)


def _deciders(session: Session, now: Now, row: AttendanceRequest, hr: Collection[int]) -> set[int]:
    """Of somebody of HR the second decider, too."""
    day = now.wall.date()
    assigned = assignments_on(day)
    supervisor = session.scalar(
        select(assigned.c.supervisor_id).where(assigned.c.employee_id == row.employee_id)
    )
    found: set[int] = set()
    if row.employee_id in hr:
        appointed = session.get(Account, account_of(session) or -1)
        found |= {appointed.employee_id} if appointed and appointed.employee_id else set()
    if supervisor is None:
        return found | set(hr)
    deputies = select(Deputy.deputy_id).where(Deputy.absent_id == supervisor, in_force(day))
    return found | {supervisor, *session.scalars(deputies)}


def _tell(
    session: Session,
    now: Now,
    row: AttendanceRequest,
    kind: str,
    to: Collection[int],
    **params: str | Names,
) -> None:
    notices.notify(
        session,
        now=now.moment,
        to=to,
        kind=kind,
        params={**params, "day": row.day},
        endpoint="attendance.request",
        values={"ref": str(row.id)},
    )
