"""What one asks for oneself: the list, the forms, and taking it back."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Redirect

from closing.attendance import words
from closing.attendance.blueprint import attendance
from closing.attendance.common import limit_in, month_of, session, types_in, who
from closing.attendance.forms import CorrectionForm, LeaveForm, OvertimeForm
from closing.pages.common import attempt
from core import attachments, tables, web
from core.db import transaction
from core.errors import N_, Forbidden, Refused
from core.forms import show
from core.i18n import language
from core.pages.attachments import given
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from staff.attendance import request_queries, requests
from staff.attendance.asking import Days, leave_span, overtime_span
from staff.attendance.facts import Totals
from staff.attendance.models import AttendanceRequest
from staff.attendance.queries import month_totals
from staff.attendance.touching import shifts_between

P = Permission
FORMS: dict[str, Any] = {"leave": LeaveForm, "overtime": OvertimeForm, "correction": CorrectionForm}
TITLES = {
    "leave": _l("Ask for leave"),
    "overtime": _l("Ask for overtime"),
    "correction": _l("Ask for a punch correction"),
}


@attendance.get("/mine")
@web.requires(P.REQUESTS_ASK)
def mine() -> str | Response:
    """What I asked for, and what the month holds so far."""
    me, month = _me(), web.selected_month()
    types = types_in(month)
    states = words.states()
    listing = Listing(
        columns=[
            Column("start", _l("When"), value=words.when),
            Column("kind", _l("What"), value=lambda row: words.what(row, types)),
            Column("state", _l("State"), value=lambda row: states[row.state][0]),
            Column("reason", _l("Reason"), sortable=False),
            Column("decision", _l("Decision"), sortable=False),
        ],
        order=["ref"],
        default="start",
        descending=True,
        filters=[
            Filter("state", _l("State"), [(key, text) for key, (text, _k) in states.items()]),
            Filter("kind", _l("What"), list(words.kinds().items())),
        ],
    )
    return tables.respond(
        listing,
        request_queries.of_one(me, web.today()),
        "attendance/mine.html",
        filename="my-requests",
        month=month,
        words=words,
        types=types,
        totals=month_totals(session(), month, (), only=me).get(me, Totals()),
        used=requests.corrections_in(session(), me, month),
        limit=limit_in(month),
    )


@attendance.route("/ask/<what>", methods=["GET", "POST"])
@web.requires(P.REQUESTS_ASK)
def ask(what: str) -> str | Redirect | tuple[str, int]:
    """``?day=`` or ``?at=`` is what the form begins with."""
    if what not in FORMS:
        abort(404)
    me = _me()
    form = FORMS[what]()
    month = _month(form)
    if what == "leave":
        named = [(key, each.names.get(language())) for key, each in types_in(month).items()]
        form.type.choices = [("", _("Choose a type")), *named]
    if form.validate_on_submit():
        try:
            with transaction():
                ref = _ask(what, form).id
            flash(_("It is asked for. Until it is decided you may take it back."))
            return redirect(url_for("attendance.request", ref=ref))
        except Refused as refused:
            show(form, refused)
    elif not form.is_submitted():
        _begin(form)
    page = render_template(
        "attendance/ask.html",
        form=form,
        what=what,
        title=TITLES[what],
        month=month,
        used=requests.corrections_in(session(), me, month) if what == "correction" else 0,
        limit=limit_in(month) if what == "correction" else None,
    )
    return (page, 400) if form.is_submitted() else page


@attendance.post("/requests/<int:ref>/withdraw")
@web.requires(P.REQUESTS_ASK)
def withdraw(ref: int) -> Redirect:
    return attempt(
        lambda: requests.withdraw(session(), who=who(), request_id=ref),
        _("Taken back."),
        url_for("attendance.mine"),
    )


def _me() -> int:
    """Raises ``Forbidden`` for an account that is nobody's."""
    own = web.viewer().employee_id
    if own is None:
        raise Forbidden(N_("This account belongs to no employee: there is nothing to ask for."))
    return own


def _month(form: Any) -> Any:
    """The month that the form is about, as far as it says."""
    at = getattr(form, "at", None)
    if at is not None:
        moment = at.data or _typed("at")
        return month_of(moment.date() if moment else None)
    return month_of(form.first.data or _typed_day())


def _begin(form: Any) -> None:
    if isinstance(form, CorrectionForm):
        form.at.data = _typed("at")
        return
    form.first.data = _typed_day()
    if isinstance(form, LeaveForm):
        form.last.data = form.first.data


def _typed(name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(request.args.get(name, "")).replace(tzinfo=None)
    except ValueError:
        return None


def _typed_day() -> date | None:
    moment = _typed("day")
    return moment.date() if moment else None


def _ask(what: str, form: Any) -> AttendanceRequest:
    reason, by = form.reason.data or "", who(asks=True)
    if isinstance(form, CorrectionForm):
        made = requests.ask_for_correction(
            session(),
            who=by,
            at=form.at.data or by.now.wall,
            reason=reason,
            limit=limit_in(_month(form)),
        )
    elif isinstance(form, OvertimeForm):
        start, end = overtime_span(
            form.first.data or web.today(), _minutes(form.begin.data), _minutes(form.end.data)
        )
        made = requests.ask_for_overtime(session(), who=by, start=start, end=end, reason=reason)
    else:
        start, end = _leave_span(form)
        made = requests.ask_for_leave(
            session(),
            who=by,
            kind=form.type.data,
            start=start,
            end=end,
            reason=reason,
            types=types_in(_month(form)),
        )
    subject = f"request:{made.id}"
    attachments.attach_all(session(), actor=by.actor, now=by.now, subject=subject, files=given())
    return made


def _leave_span(form: LeaveForm) -> tuple[int, int]:
    first, last = form.first.data or web.today(), form.last.data or web.today()
    days = Days(
        first,
        last,
        form.part.data or "whole",
        None if form.begin.data is None else _minutes(form.begin.data),
        None if form.end.data is None else _minutes(form.end.data),
    )
    near = last if last >= first and (last - first).days < 400 else first
    return leave_span(days, shifts_between(session(), _me(), first, near))


def _minutes(at: time | None) -> int:
    return at.hour * 60 + at.minute if at is not None else 0
