"""What lacks in a person's month, and excusing it: it stays visible then, and counts in no fact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as Redirect

from closing.attendance.blueprint import attendance
from closing.attendance.common import refresh, session
from closing.pages.common import attempt, attempt_on
from core import web
from core.errors import N_, NotFound, Refused
from core.permissions import Permission
from core.values import Month
from evaluations.holding import is_closed
from staff.attendance import decisions
from staff.attendance.days import ExcuseKind
from staff.attendance.models import Excuse, PersonDay
from staff.guard import person_or_abort
from staff.models import Employee

P = Permission


@dataclass(frozen=True, slots=True)
class Lack:
    """Something of a day that an excuse may be given for; ``excuse`` is the one it has."""

    day: date
    kind: ExcuseKind
    minutes: int
    excuse: Excuse | None


@attendance.get("/<month:month>/<employee_no>/excuses")
@web.requires(P.ATTENDANCE_READ)
def excuses(month: Month, employee_no: str) -> str:
    closed = is_closed(session(), month)
    person = person_or_abort(employee_no, P.ATTENDANCE_READ, closed=closed)
    viewer = web.viewer()
    return render_template(
        "attendance/excuses.html",
        person=person,
        month=month,
        closed=closed,
        lacks=_lacks(person.id, month),
        kinds={
            "late": _("late arrival"),
            "early": _("early departure"),
            "missing": _("missing punch"),
        },
        decides=viewer.may(P.REQUESTS_DECIDE) and not closed and not viewer.is_person(person.id),
    )


@attendance.post("/<month:month>/<employee_no>/excuses")
@web.requires(P.REQUESTS_DECIDE)
def excuse(month: Month, employee_no: str) -> Redirect | tuple[str, int]:
    person = person_or_abort(employee_no, P.REQUESTS_DECIDE)
    who = person.id
    return attempt_on(
        lambda: excuses(month, employee_no),
        lambda: _excuse(who, month),
        _("Excused. It counts in no fact any more."),
        url_for("attendance.excuses", month=month, employee_no=employee_no),
    )


def _excuse(employee_id: int, month: Month) -> None:
    day, kind = request.form.get("day", ""), request.form.get("kind", "")
    lacks = _lacks(employee_id, month)
    lack = next((each for each in lacks if (str(each.day), each.kind) == (day, kind)), None)
    if lack is None:
        raise Refused(N_("Nothing of this kind lacks on this day."))
    decisions.excuse_day(
        session(),
        actor=web.current_actor(),
        now=web.now(),
        employee_id=employee_id,
        day=lack.day,
        kind=lack.kind,
        reason=request.form.get("reason", "")[:1000],
    )
    refresh()


@attendance.post("/excuses/<int:excuse_id>/withdraw")
@web.requires(P.REQUESTS_DECIDE)
def withdraw_excuse(excuse_id: int) -> Redirect:
    given = session().get(Excuse, excuse_id)
    who = session().get(Employee, given.employee_id) if given else None
    if given is None or who is None:
        raise NotFound(N_("There is no such excuse."))
    person = person_or_abort(who.employee_no, P.REQUESTS_DECIDE)
    back = url_for("attendance.excuses", month=Month.of(given.day), employee_no=person.employee_no)
    return attempt(lambda: _withdraw(excuse_id), _("The excuse is taken back."), back)


def _withdraw(excuse_id: int) -> None:
    decisions.withdraw_excuse(
        session(), actor=web.current_actor(), now=web.now(), excuse_id=excuse_id
    )
    refresh()


def _lacks(employee_id: int, month: Month) -> list[Lack]:
    """From the stored days, in their order."""
    days = session().scalars(
        select(PersonDay)
        .where(
            PersonDay.employee_id == employee_id,
            PersonDay.month == month,
            or_(PersonDay.late_minutes > 0, PersonDay.early_minutes > 0, PersonDay.missing),
        )
        .order_by(PersonDay.day)
    )
    given = {
        (each.day, each.kind): each
        for each in session().scalars(
            select(Excuse).where(
                Excuse.employee_id == employee_id,
                Excuse.day.between(month.first_day, month.last_day),
            )
        )
    }
    found = []
    for day in days:
        events: dict[ExcuseKind, int] = {
            "late": day.late_minutes,
            "early": day.early_minutes,
            "missing": int(day.missing),
        }
        found += [
            Lack(day.day, kind, minutes, given.get((day.day, kind)))
            for kind, minutes in events.items()
            if minutes
        ]
    return found
