"""The month of everybody whom one reads, person by person; each leads to the days behind it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, redirect, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from closing.attendance.blueprint import attendance
from closing.attendance.common import session
from closing.pages.common import policy_or_none
from core import tables, web
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month, half_up
from evaluations.holding import is_closed
from staff.attendance.facts import Totals, facts_of
from staff.attendance.policy import AttendanceSection
from staff.attendance.queries import month_totals
from staff.listing import team_paths
from staff.models import Employee, Team
from staff.queries import assignments_on, visible_employees

P = Permission


@dataclass(frozen=True, slots=True)
class Line:
    """One person's month; ``score`` is None where no policy is in force."""

    employee_no: str
    name: str
    team: str
    scheduled: int
    worked: int
    late: int
    late_minutes: int
    early: int
    missing: int
    absent: int
    leave: float
    overtime: float
    score: float | None


@attendance.get("/")
@web.requires(P.ATTENDANCE_READ)
def home() -> Redirect:
    """Whoever leads or looks after people sees the month of all; everybody else their own."""
    viewer = web.viewer()
    if viewer.may(P.REQUESTS_ASK) and not viewer.may(P.REQUESTS_DECIDE):
        return redirect(url_for("attendance.mine", month=web.selected_month()))
    return redirect(url_for("attendance.month", month=web.selected_month()))


@attendance.get("/<month:month>")
@web.requires(P.ATTENDANCE_READ)
def month(month: Month) -> str | Response:
    lines = _lines(month)
    teams = [(path, path) for path in team_paths(session())]
    listing = Listing(
        columns=[
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("scheduled", _l("Scheduled (d)"), "short"),
            Column("worked", _l("Worked (d)"), "short"),
            Column("late", _l("Late"), "short"),
            Column("late_minutes", _l("Late (min)"), "short"),
            Column("early", _l("Left early"), "short"),
            Column("missing", _l("Punch missing"), "short"),
            Column("absent", _l("Absent (d)"), "short"),
            Column("leave", _l("Leave (d)"), "short"),
            Column("overtime", _l("Overtime (h)"), "short"),
            Column("score", _l("Score"), "short"),
        ],
        order=["employee_no"],
        default="employee_no",
        search=["employee_no", "name"],
        filters=[
            Filter("team", _l("Team"), teams, keep=_inside),
            Filter("lack", _l("With"), list(LACKS.items()), keep=_lacks),
        ],
    )
    return tables.respond(
        listing,
        lines,
        "attendance/month.html",
        filename=f"attendance-{month}",
        month=month,
        absent=sum(line.absent for line in lines),
        late=sum(line.late for line in lines),
    )


LACKS = {
    "late": _l("late arrivals"),
    "early": _l("early departures"),
    "missing": _l("missing punches"),
    "absent": _l("absent days"),
}


def _lacks(line: Line, key: str) -> bool:
    return bool(getattr(line, key))


def _inside(line: Line, path: str) -> bool:
    return line.team == path or line.team.startswith(f"{path}/")


def _lines(month: Month) -> list[Line]:
    """Three statements and the policy: people in reach, their stored days."""
    policy = policy_or_none(session(), month)
    sums = month_totals(session(), month, policy.attendance.late_tiers if policy else ())
    ids = visible_employees(
        web.viewer(), P.ATTENDANCE_READ, day=web.today(), closed=is_closed(session(), month)
    )
    assigned = assignments_on(month.last_day)
    rows = session().execute(
        select(Employee.id, Employee.employee_no, Employee.name, Team.path)
        .outerjoin(assigned, assigned.c.employee_id == Employee.id)
        .outerjoin(Team, Team.id == assigned.c.team_id)
        .where(Employee.id.in_(ids))
    )
    section = policy.attendance if policy else None
    return [
        _line(row.employee_no, row.name, row.path, sums[row.id], section)
        for row in rows
        if row.id in sums
    ]


def _line(
    number: str, name: str, team: str | None, sums: Totals, section: AttendanceSection | None
) -> Line:
    return Line(
        employee_no=number,
        name=name,
        team=team or "",
        scheduled=sums.scheduled,
        worked=sums.worked,
        late=sums.late,
        late_minutes=sums.late_minutes,
        early=sums.early,
        missing=sums.missing,
        absent=sums.absent,
        leave=sums.leave_halves / 2,
        overtime=float(half_up(sums.overtime_seconds / 3600, 2)),
        score=float(facts_of(sums, section)["attendance_score"].value) if section else None,
    )
