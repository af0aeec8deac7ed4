"""What others ask for: the list of what waits, one request with its files, and the decision."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from closing.attendance import words
from closing.attendance.blueprint import attendance
from closing.attendance.common import month_of, refresh, session, types_in, who
from closing.attendance.forms import DecideForm
from core import attachments, tables, web
from core.db import transaction, wall_time
from core.errors import Conflict, Forbidden, Refused
from core.forms import keep_typed, show
from core.pages.attachments import respond
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month
from staff.attendance import request_queries
from staff.attendance.request_decisions import decide as decide_request
from staff.attendance.touching import leave_days
from staff.listing import inside_team, team_paths

P = Permission


@attendance.get("/requests")
@web.requires(P.REQUESTS_DECIDE)
def requests() -> str | Response:
    types, states = types_in(Month.of(web.today())), words.states()
    teams = [(path, path) for path in team_paths(session())]
    listing = Listing(
        columns=[
            Column("start", _l("When"), value=words.when),
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("kind", _l("What"), value=lambda row: words.what(row, types)),
            Column("reason", _l("Reason"), sortable=False),
            Column("state", _l("State"), value=lambda row: states[row.state][0]),
            Column("decided_by", _l("Decided by")),
        ],
        order=["ref"],
        default="start",
        descending=True,
        search=["employee_no", "name", "reason"],
        filters=[
            Filter("state", _l("State"), [(key, text) for key, (text, _k) in states.items()]),
            Filter("kind", _l("What"), list(words.kinds().items())),
            Filter("team", _l("Team"), teams, where=inside_team),
        ],
    )
    return tables.respond(
        listing,
        request_queries.to_decide(web.viewer(), web.today()),
        "attendance/requests.html",
        filename="requests",
        words=words,
        types=types,
        waiting=session().scalar(select(request_queries.waiting(web.viewer(), web.today()))),
    )


@attendance.get("/requests/<ref>", endpoint="request")
@web.requires(P.ATTENDANCE_READ)
def request_page(ref: str) -> str:
    return _page(_row(ref), DecideForm(formdata=None))


def _page(row: Any, form: DecideForm) -> str:
    viewer, mine = web.viewer(), web.viewer().is_person(row.employee_id)
    day = wall_time(row.start).date()
    types = types_in(month_of(day))
    decides = row.state == "requested" and row.decides
    return render_template(
        "attendance/request.html",
        row=row,
        form=form,
        words=words,
        what=words.what(row, types),
        state=words.states()[row.state],
        protected=row.kind == "leave" and row.type in types and types[row.type].protected,
        month=month_of(day),
        days=leave_days(session(), row.employee_id, row.start, row.end)
        if row.kind == "leave"
        else None,
        away=request_queries.away(session(), viewer, row, web.today())
        if row.kind == "leave" and decides and not mine
        else [],
        decides=decides and not mine,
        of_hr=decides and mine,
        withdraws=row.state == "requested"
        and row.employee_id == viewer.employee_id
        and viewer.may(P.REQUESTS_ASK)
        and row.ref.isdigit(),
        files=attachments.of(session(), _subject(row)),
    )


@attendance.post("/requests/<ref>/decide")
@web.requires(P.REQUESTS_DECIDE)
def decide(ref: str) -> Redirect | tuple[str, int]:
    """Approve or decline; somebody else's decision that came first is shown."""
    row = _row(ref)
    if not row.decides:
        abort(403)
    form, code = DecideForm(), 400
    approve = request.form.get("decision") == "approve"
    if form.validate_on_submit():
        try:
            with transaction():
                decided = decide_request(
                    session(), who=who(), ref=ref, approve=approve, reason=form.reason.data or ""
                )
                refresh()
                ref = str(decided.id)
            flash(
                _("Approved, and entered in the records.")
                if approve
                else _("Not approved; the person is told why.")
            )
            return redirect(url_for("attendance.request", ref=ref))
        except Forbidden:
            raise
        except Refused as refused:
            show(form, refused)
            row = _row(ref)  # as others left it
            if isinstance(refused, Conflict):
                code = 409
                keep_typed()
    return _page(row, form), code


@attendance.get("/requests/<ref>/files/<int:attachment_id>")
@web.requires(P.ATTENDANCE_READ)
def request_file(ref: str, attachment_id: int) -> Response:
    found = attachments.one(session(), attachment_id, subject=_subject(_row(ref)))
    if found is None:
        abort(404)
    return respond(found)


def _row(ref: str) -> Any:
    """What the viewer may see; 404 else."""
    row = request_queries.one(session(), web.viewer(), ref, web.today())
    if row is None:
        abort(404)
    return row


def _subject(row: Any) -> str:
    return f"request:{row.ref}"
