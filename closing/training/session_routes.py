"""Sessions: the list of a month, and the grid of people in which results are entered."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from closing.training import words
from closing.training.blueprint import training
from closing.training.common import course_or_none, session
from closing.training.course_routes import session_columns
from core import tables, web
from core.db import transaction
from core.errors import N_, Conflict, Forbidden, Refused
from core.permissions import Permission
from core.seen import Meanwhile
from core.tables import Listing
from core.values import Month
from training import lists
from training.models import Course
from training.results import (
    STATUSES,
    Entered,
    Result,
    enter_results,
    exact,
    is_closed,
    result_of,
)

P = Permission
MOST = 200  # rows that a grid shows without a team chosen
FIELDS = ("status", "hours", "score", "passed")


@training.get("/<month:month>/sessions")
@web.requires(P.TRAINING_WRITE)
def sessions(month: Month) -> str | Response:
    listing = Listing(
        columns=session_columns(),
        order=["day", "course_code"],
        default="day",
        descending=True,
        search=["course_code", "course"],
    )
    return tables.respond(
        listing,
        lists.sessions(web.viewer(), web.today(), month),
        "training/sessions.html",
        filename=f"sessions-{month}",
        month=month,
        closed=is_closed(session(), month),
        courses=_courses(),
    )


@training.route("/session", methods=["GET", "POST"])
@web.requires(P.TRAINING_WRITE)
def session_grid() -> str | Redirect | tuple[str, int]:
    """``?course=&day=&team=`` say which; without them one is chosen."""
    course, day = course_or_none(request.args.get("course")), _day(request.args.get("day", ""))
    if course is None or day is None:
        return redirect(url_for("training.sessions", month=web.selected_month()))
    team = request.args.get("team", "")
    rows = lists.grid(session(), web.viewer(), course.id, day, web.today())
    teams = sorted({row.team for row in rows if row.team})
    shown = _shown(rows, team)
    if request.method == "POST":
        try:
            count = _enter(course, day, shown)
            flash(
                ngettext("%(num)d result is kept.", "%(num)d results are kept.", count)
                if count
                else _("Nothing was changed.")
            )
            return redirect(web.here())
        except Forbidden:
            raise
        except Refused as refused:
            session().expire_all()
            rows = lists.grid(session(), web.viewer(), course.id, day, web.today())
            page = _page(course, day, _shown(rows, team), teams, team, refused)
            return page, 409 if isinstance(refused, Conflict) else 400
    return _page(course, day, shown, teams, team, None)


def _page(
    course: Course,
    day: date,
    rows: list[Any],
    teams: list[str],
    team: str,
    refused: Refused | None,
) -> str:
    there = [row.TrainingRecord for row in rows if row.TrainingRecord]
    typed = request.form if refused is not None else None
    return render_template(
        "training/session.html",
        course=course,
        day=day,
        closed=is_closed(session(), Month.of(day)),
        to_come=day > web.today(),
        rows=rows[:MOST],
        more=max(0, len(rows) - MOST),
        teams=teams,
        team=team,
        words=words,
        typed=typed,
        touched=_touched,
        stored=_stored,
        theirs=_theirs if isinstance(refused, Meanwhile) else lambda row: "",
        seen=lambda row: result_of(row.TrainingRecord).text,
        mandatory="mandatory" in typed if typed else any(each.mandatory for each in there),
        was_mandatory=any(each.mandatory for each in there),
        counts={key: sum(each.status == key for each in there) for key in STATUSES},
        problem=refused.message.render(_) if refused else None,
        problem_at=refused.field if refused else None,
        conflict=isinstance(refused, Meanwhile),
    )


def _stored(row: Any, field: str) -> str:
    """What stands in a field of the grid."""
    value = getattr(result_of(row.TrainingRecord), field)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return exact(value) if isinstance(value, float) else str(value)


def _touched(row: Any) -> bool:
    """Whether something was typed for this person; else whatever stands there is shown."""
    if f"status-{row.id}" not in request.form:
        return False
    try:
        return _typed(row).text != request.form.get(f"seen-{row.id}")
    except Refused:
        return True


def _theirs(row: Any) -> str:
    """What somebody else entered since the page was shown, where something other was typed."""
    seen, typed = request.form.get(f"seen-{row.id}"), f"-{row.id}"
    if seen == result_of(row.TrainingRecord).text or not _touched(row):
        return ""
    there = {each: _stored(row, each) for each in FIELDS}
    if all(request.form.get(each + typed, "").strip() == there[each] for each in FIELDS):
        return ""
    if row.TrainingRecord is None:
        return "—"
    passed = {"yes": _("passed"), "no": _("not passed")}.get(there["passed"])
    score = _("score %(score)s", score=there["score"]) if there["score"] else None
    hours = _("%(hours)s hours", hours=there["hours"]) if there["hours"] else None
    said = [words.statuses()[there["status"]], score, hours, passed]
    return str(_(", ").join(each for each in said if each))


def _shown(rows: list[Any], team: str) -> list[Any]:
    """Those of the team; of very many without one those first who have a result."""
    if team:
        return [
            row
            for row in rows
            if (row.team or "") == team or (row.team or "").startswith(f"{team}/")
        ]
    if len(rows) > MOST:
        return sorted(rows, key=lambda row: row.TrainingRecord is None)
    return rows


def _enter(course: Course, day: date, rows: list[Any]) -> int:
    people = {
        row.id: Entered(_typed(row), request.form.get(f"seen-{row.id}", ""))
        for row in rows[:MOST]
        if f"status-{row.id}" in request.form
    }
    mandatory = "mandatory" in request.form
    with transaction():
        return enter_results(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            course_id=course.id,
            day=day,
            mandatory=mandatory,
            retag=mandatory != (request.form.get("was_mandatory") == "1"),
            people=people,
        )


def _typed(row: Any) -> Result:
    """What was typed for somebody; where nothing was, what is meant for all the others."""
    field = f"p{row.id}"
    status, hours, score, passed = (request.form.get(f"{each}-{row.id}", "") for each in FIELDS)
    if not status and not row.TrainingRecord and request.form.get("others") in STATUSES:
        status = request.form["others"]
    return Result(
        status or None,
        _number(hours, field),
        _number(score, field),
        {"yes": True, "no": False}.get(passed),
    )


def _number(text: str, field: str) -> float | None:
    plain = text.strip().replace("，", ".").replace(",", ".")
    if not plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) > 1e6:
        raise Refused(N_('"%(text)s" is not a number.'), field=field, text=text.strip()[:20])
    return value


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _courses() -> list[Any]:
    rows = session().execute(select(Course.course_code, Course.name).order_by(Course.course_code))
    return list(rows)
