"""Appeals: the list, one of them, the form that lodges one, its files."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_
from werkzeug.wrappers import Response as Redirect

from closing.appeals import corrections, queries, services, words
from closing.appeals.blueprint import appeals
from closing.appeals.models import AppealLine
from closing.appeals.services import Asked
from closing.appeals.windows import deadlines_of
from closing.months import closed_months
from closing.pages.common import attempt, session
from closing.versions import policy_of_closing
from core import attachments, tables, web
from core.db import transaction
from core.errors import Conflict, Refused
from core.pages import attachments as files
from core.permissions import Permission, Scope
from core.tables import Column, Filter, Listing
from core.values import Month
from staff.queries import is_visible
from staff.viewer import people_of_hr

P = Permission


@appeals.get("/appeals")
@web.requires(P.APPEALS_READ)
def listing() -> str | Response:
    states, today = words.states(), web.today()
    found = Listing(
        columns=[
            Column("lodged_at", _l("Lodged"), value=lambda row: row.lodged_at.date()),
            Column("month", _l("Month"), "month"),
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("lines", _l("Records appealed"), "short"),
            Column("undecided", _l("Still to decide"), "short"),
            Column("state", _l("State"), value=lambda row: states[row.state][0]),
            Column("due_on", _l("Decide by"), "date"),
        ],
        order=["id"],
        default="lodged_at",
        descending=True,
        search=["employee_no", "name"],
        filters=[
            Filter("state", _l("State"), [(key, text) for key, (text, _kind) in states.items()]),
            Filter(
                "waits",
                _l("What waits"),
                [("overdue", _l("Overdue")), ("apply", _l("To be applied"))],
                where=lambda fields, key: (
                    and_(fields.state == "lodged", fields.due_on < today)
                    if key == "overdue"
                    else fields.waiting > 0
                ),
            ),
        ],
    )
    return tables.respond(
        found,
        queries.appeals(web.viewer(), today),
        "appeals/list.html",
        filename="appeals",
        states=states,
        overdue=_overdue(today),
    )


def _overdue(today: date) -> Any:
    return lambda row: row.state == "lodged" and row.due_on < today


@appeals.get("/appeals/<int:appeal_id>")
@web.requires(P.APPEALS_READ)
def appeal(appeal_id: int) -> str:
    return appeal_page(appeal_id)


def appeal_page(appeal_id: int, problem: str = "", text: str = "") -> str:
    """One appeal as the viewer may see it."""
    row, viewer = row_or_abort(appeal_id), web.viewer()
    web.select_month(row.month)
    mine = viewer.is_person(row.employee_id)
    may_decide = not mine and may(P.APPEALS_DECIDE, row.employee_id)
    found = queries.lines(session(), appeal_id)
    pending = [line for line, _paid in found if line in corrections.waiting([line])]
    bars = {line.id: services.bar_of(viewer, row.employee_id, line.makers) for line, _paid in found}
    return render_template(
        "appeals/appeal.html",
        row=row,
        mine=mine,
        lines=found,
        bars=bars,
        comments=queries.comments(session(), appeal_id),
        files=attachments.of(session(), f"appeal:{appeal_id}"),
        results=_results(row, mine),
        words=words.words_of(policy_of_closing(session(), row.document_version_id).policy),
        records=words.records(),
        states=words.states(),
        decisions=words.decisions(),
        overdue=_overdue(web.today())(row),
        pending=pending,
        by_hand=[line for line in pending if corrections.is_by_hand(line)],
        barred=any(bars[line.id] for line in pending),
        month_state=_month_state(row),
        later=_later(row.month) if pending else [],
        may_comment=not mine and may(P.APPEALS_COMMENT, row.employee_id),
        may_decide=may_decide,
        deciding={line.id for line, _paid in found if may_decide or decides(row, line)},
        may_close=viewer.may(P.CLOSING_WRITE),
        sees_pay=may(P.PAY_READ, row.employee_id, closed=True),
        problem=problem,
        text=text,
    )


def row_or_abort(appeal_id: int) -> Any:
    row = queries.appeal(session(), web.viewer(), web.today(), appeal_id)
    if row is None:
        abort(404)
    return row


def may(permission: Permission, employee_id: int, *, closed: bool = False) -> bool:
    """Whether ``permission`` reaches the person of an appeal."""
    viewer = web.viewer()
    if not viewer.may(permission) or viewer.reaches_all(permission, closed=closed):
        return viewer.may(permission)
    if viewer.employee_id == employee_id and Scope.OWN in viewer.scopes(permission):
        return True
    return is_visible(session(), viewer, permission, employee_id, day=web.today(), closed=closed)


def _results(row: Any, mine: bool) -> list[queries.Result]:
    """Totals before and after, once it is decided; one's own only where they are published."""
    if row.state not in ("decided", "applied") or (mine and row.published_at is None):
        return []
    return queries.results(session(), row)


def _month_state(row: Any) -> str:
    if row.month_state != "closed":
        return "open"
    return "closed" if row.exported_at is None else "paid"


def _later(month: Month) -> list[Month]:
    return [each for each in closed_months(session()) if each > month]


def decides(row: Any, line: AppealLine) -> bool:
    """Who reaches the person; the second decider also where HR made the record."""
    viewer = web.viewer()
    if bars_self(row):
        return False
    of_hr = any(viewer.decides_for_hr(None, label) for label in line.makers)
    return of_hr or may(P.APPEALS_DECIDE, row.employee_id)


def bars_self(row: Any) -> bool:
    return web.viewer().is_person(row.employee_id)


@appeals.route("/appeals/new/<month:month>", methods=["GET", "POST"])
@web.requires(P.APPEALS_LODGE)
def new(month: Month) -> str | Redirect | tuple[str, int]:
    """The appeal against one's own scorecard of a month, or the one that there is already."""
    found = queries.own(session(), web.viewer().employee_id, month)
    if found is None or web.viewer().behalf is not None:
        abort(404)
    if request.method == "GET":
        if found.appeal_id is not None:
            return redirect(url_for("appeals.appeal", appeal_id=found.appeal_id))
        return _new_page(month, found)
    try:
        with transaction():
            made = services.lodge(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                scorecard_id=found.card.id,
                lines=_asked(),
                hr=_hr(),
            )
            attachments.attach_all(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                subject=f"appeal:{made.id}",
                files=files.given(),
            )
        flash(_("Your appeal is lodged. HR and your supervisor are told."))
        return redirect(url_for("appeals.appeal", appeal_id=made.id))
    except Conflict:
        raise
    except Refused as refused:
        page = _new_page(month, found, refused.field or "", refused.message.render(_))
        return page, 400


def _hr() -> frozenset[int]:
    return people_of_hr(session(), web.today(), current_app.config["ROLE_POSITIONS"]).people


def _asked() -> list[Asked]:
    """The lines in which something was written."""
    names = [key.partition("-")[2] for key in request.form if key.startswith("reason-")]
    lines = [
        Asked(
            name,
            request.form[f"reason-{name}"][:2000],
            request.form.get(f"asked-{name}", "")[:1000],
        )
        for name in names
    ]
    return [each for each in lines if each.reason.strip() or each.asked.strip()]


def _new_page(month: Month, own: queries.Own, field: str = "", problem: str = "") -> str:
    view, found = services.appealable(session(), own.card.id)
    policy = policy_of_closing(session(), own.closing.document_version_id).policy
    until = deadlines_of(own.closing, policy.appeals, own.since, web.now())
    return render_template(
        "appeals/new.html",
        month=month,
        view=view,
        found={
            kind: [record for record in found if record.record == kind]
            for kind in words.records()
            if any(record.record == kind for record in found)
        },
        records=words.records(),
        words=words.words_of(policy),
        until=until,
        over=until.over(web.today()),
        chosen=request.args.get("record", ""),
        typed=request.form,
        field=field,
        problem=problem,
    )


@appeals.post("/appeals/<int:appeal_id>/withdraw")
@web.requires(P.APPEALS_LODGE)
def withdraw(appeal_id: int) -> Redirect:
    if not may(P.APPEALS_LODGE, row_or_abort(appeal_id).employee_id):
        web.refuse(P.APPEALS_LODGE)
    return attempt(
        lambda: services.withdraw(
            session(), actor=web.current_actor(), now=web.now(), appeal_id=appeal_id
        ),
        _("Your appeal is taken back."),
        url_for("appeals.appeal", appeal_id=appeal_id),
    )


@appeals.post("/appeals/<int:appeal_id>/comments")
@web.requires(P.APPEALS_COMMENT)
def comment(appeal_id: int) -> Redirect | tuple[str, int]:
    row = row_or_abort(appeal_id)
    if not may(P.APPEALS_COMMENT, row.employee_id):
        web.refuse(P.APPEALS_COMMENT)
    text = request.form.get("text", "")[:4000]
    try:
        with transaction():
            services.comment(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                appeal_id=appeal_id,
                text=text,
            )
        flash(_("The comment is kept; the person reads it."))
        return redirect(url_for("appeals.appeal", appeal_id=appeal_id))
    except Refused as refused:
        return appeal_page(appeal_id, refused.message.render(_), text), 400


@appeals.get("/appeals/<int:appeal_id>/files/<int:file_id>")
@web.requires(P.APPEALS_READ)
def file(appeal_id: int, file_id: int) -> Response:
    row_or_abort(appeal_id)
    found = attachments.one(session(), file_id, subject=f"appeal:{appeal_id}")
    if found is None:
        abort(404)
    return files.respond(found)
