"""An open month as a page shows it: what a close would give, without writing anything.

``closing.services.compute_open_month`` brings the stored person-days up to date on its way, and so
takes the database's write lock for as long as it computes. A page must not: where days are stale,
or not kept yet, they are computed in memory from the same records, and left there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from closing.gather import gather
from closing.left_out import DueDays, omissions
from closing.policy import Policy
from closing.services import Computed, required_policy, run
from core.errors import N_, Refused
from core.values import Fact, Month
from evaluations.fact_queries import latest_ticket_time
from staff.attendance import queries as attendance
from staff.attendance.calendars import calendar_around
from staff.attendance.days import PersonDay
from staff.attendance.facts import month_facts
from staff.attendance.models import AttendanceMonth, StaleDays
from staff.attendance.records import Rules, computed_days
from staff.models import Employee


def preview_month(session: Session, month: Month, now: datetime | None = None) -> Computed:
    """The same as ``compute_open_month``, reading only.

    Raises ``Refused`` where no policy is in force, or nobody is employed in the month.
    """
    version = required_policy(session, month)
    policy = version.policy
    facts, due = attendance_now(session, month, policy)
    gathered = gather(session, month, policy, facts, latest_ticket_time(session), now=now)
    if not any(person.employed_days for person in gathered.inputs.people):
        raise Refused(N_("Nobody is employed in %(month)s."), month=str(month))
    result = run(session, gathered, policy)
    found = omissions(session, month, result, gathered.rows, due)
    return Computed(month, version, gathered, result, found)


def attendance_now(
    session: Session, month: Month, policy: Policy
) -> tuple[dict[int, dict[str, Fact]], list[DueDays] | None]:
    """Attendance facts as of now, reading only; the days, where they had to be computed for it."""
    if _up_to_date(session, month):
        return attendance.attendance_facts(session, month, policy.attendance), None
    return _computed(session, month, policy)


def _up_to_date(session: Session, month: Month) -> bool:
    """Whether the stored days of the month are kept, and none is stale."""
    kept = select(AttendanceMonth.month).where(
        AttendanceMonth.month == month, ~exists().where(StaleDays.id.is_not(None))
    )
    return session.scalar(kept) is not None


def _computed(
    session: Session, month: Month, policy: Policy
) -> tuple[dict[int, dict[str, Fact]], list[DueDays]]:
    """Attendance facts of everybody with a roster, and the days on which they were due."""
    first, last = month.first_day, month.last_day
    rules = Rules(policy.attendance, policy.leave, calendar_around(session, month).days)
    employed = session.scalars(
        select(Employee.id).where(
            Employee.hire_date <= last,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= first),
        )
    )
    ids = attendance.rostered_employees(session, month).intersection(employed)
    facts: dict[int, dict[str, Fact]] = {}
    due: list[DueDays] = []
    for who, _, days in computed_days(session, ids, (first, last), rules):
        facts[who] = month_facts(days, policy.attendance, rostered=True)
        due.append((who, _dates(days, worked=False), _dates(days, worked=True)))
    return facts, due


def _dates(days: Iterable[PersonDay], *, worked: bool) -> list[str]:
    """The ISO dates on which somebody worked, or else those on which they were due and absent."""
    return [day.day.isoformat() for day in days if day.worked is worked and (worked or day.absent)]
