"""Who has to pass what until when: by team, and person by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, redirect, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Redirect

from closing.training import words
from closing.training.blueprint import training
from closing.training.common import reads_others, session
from core import tables, web
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from staff.queries import visible_employees
from training.standing import Standing, standings

P = Permission


@dataclass(frozen=True, slots=True)
class TeamLine:
    """``people`` are those with a mandatory course, ``late`` those of them with one overdue."""

    team: str
    people: int
    late: int
    overdue: int
    soon: int


@training.get("/")
@web.requires(P.TRAINING_READ)
def home() -> Redirect:
    viewer, month = web.viewer(), web.selected_month()
    if viewer.may(P.TRAINING_WRITE):
        return redirect(url_for("training.due", month=month))
    if not reads_others() and viewer.employee_id is not None:
        return redirect(url_for("training.person", employee_no=viewer.label, month=month))
    return redirect(url_for("training.records", month=month))


@training.get("/due")
@web.requires(P.TRAINING_WRITE)
def due() -> str | Response:
    ids = visible_employees(web.viewer(), P.TRAINING_WRITE, day=web.today())
    found = standings(session(), ids, web.today())
    states = words.states()
    courses = {each.course_code: f"{each.course_code} {each.course}" for each in found}
    teams = sorted({each.team for each in found if each.team})
    listing = Listing(
        columns=[
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("course", _l("Course")),
            Column("state", _l("State"), value=lambda row: states[row.state][0]),
            Column("until", _l("In time until"), "date"),
            Column("passed_on", _l("Passed on"), "date"),
        ],
        order=["employee_no", "course_code"],
        default="until",
        search=["employee_no", "name", "course"],
        filters=[
            Filter("state", _l("State"), [(key, text) for key, (text, _k) in states.items()]),
            Filter("course_code", _l("Course"), sorted(courses.items())),
            Filter("team", _l("Team"), [(each, each) for each in teams], keep=_inside),
        ],
    )
    return tables.respond(
        listing,
        found,
        "training/due.html",
        filename="mandatory-training",
        states=states,
        teams=by_team(found),
        overdue=sum(each.state == "overdue" for each in found),
        soon=sum(each.state == "soon" for each in found),
    )


def _inside(row: Standing, path: str) -> bool:
    return row.team == path or row.team.startswith(f"{path}/")


def by_team(found: Sequence[Standing]) -> list[TeamLine]:
    """Those with most that is overdue first."""
    states = Counter((each.team, each.state) for each in found)
    people = Counter(team for team, _no in {(each.team, each.employee_no) for each in found})
    late = Counter(
        team
        for team, _no in {
            (each.team, each.employee_no) for each in found if each.state == "overdue"
        }
    )
    lines = [
        TeamLine(team, count, late[team], states[team, "overdue"], states[team, "soon"])
        for team, count in people.items()
    ]
    return sorted(lines, key=lambda line: (-line.overdue, -line.soon, line.team))
