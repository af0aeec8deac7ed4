"""One complaint: its clocks, the steps, the cause, and who is responsible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.evaluation import record_words as words
from closing.evaluation.blueprint import evaluations
from closing.evaluation.common import session
from closing.evaluation.complaint_routes import described, people_in_reach
from closing.evaluation.record_forms import (
    CauseForm,
    ComplaintForm,
    DecisionForm,
    cause_form,
    chosen_person,
    decided_form,
    decision_form,
    fill_complaint,
    number_in,
)
from closing.pages.common import attempt, attempt_on
from core import attachments, web
from core.db import transaction, wall_seconds
from core.errors import N_, Conflict, Refused
from core.forms import beside, keep_typed, show
from core.pages.attachments import chosen, respond
from core.permissions import Permission
from core.seen import Meanwhile
from evaluations.complaints import deciding, queries, services, steps
from evaluations.complaints.clocks import CLOSED, DETAILS, LIMITS, clocks, next_due
from evaluations.complaints.deciding import bars_recorder

P = Permission


@evaluations.get("/complaints/<int:complaint_id>")
@web.requires(P.RECORDS_READ)
def complaint(complaint_id: int) -> str:
    return _page(_row(complaint_id))


def _page(row: Any, refused: CauseForm | DecisionForm | None = None) -> str:
    found, case = row.Complaint, row.ComplaintCase
    web.select_month(found.month)
    now, viewer, day = wall_seconds(web.now().wall), web.viewer(), web.today()
    running = _clocks(found, case, now)
    closed = row.closed
    writes = not closed and queries.may_write(session(), viewer, day, row)
    sees = queries.sees_person(session(), viewer, day, row, closed=closed)
    return render_template(
        "evaluations/complaint.html",
        row=row,
        complaint=found,
        case=case,
        version=case.version if case else 0,
        clocks=running,
        due=next_due(running),
        overdue=any(each.state == "overdue" for each in running),
        now=now,
        words=words,
        closed=closed,
        writes=writes,
        sees=sees,
        own=viewer.is_person(found.employee_id),
        handles=any(viewer.is_person(who) for who in services.handlers_of(found, case)),
        bars=case is not None and bars_recorder(web.current_actor(), case),
        cause_form=refused if isinstance(refused, CauseForm) else cause_form(case),
        decision_form=refused if isinstance(refused, DecisionForm) else decision_form(row),
        people=people_in_reach() if writes else [],
        files=attachments.of(session(), _subject(found.id)) if sees else [],
    )


def _clocks(found: Any, case: Any, now: int) -> list[Any]:
    names = [step for steps in LIMITS.values() for step, _hours in steps]
    done = {name: getattr(found, name) for name in [*names, CLOSED]}
    done[DETAILS[0]] = case.details_asked_at if case else None
    missing = bool(case and case.details_missing)
    return clocks(found.severity, found.received_at, done, now=now, details_missing=missing)


@evaluations.post("/complaints/<int:complaint_id>/steps/<step>")
@web.requires(P.RECORDS_WRITE)
def complaint_step(complaint_id: int, step: str) -> Any:
    """Done now, or at the time that was typed; ``back`` takes it back."""
    _writable(complaint_id)
    who: dict[str, Any] = {"actor": web.current_actor(), "now": web.now()}

    def act() -> None:
        if "back" in request.form:
            steps.take_step_back(session(), **who, complaint_id=complaint_id, step=step)
            return
        at = _typed_time() if "at" in request.form else None
        steps.take_step(session(), **who, complaint_id=complaint_id, step=step, at=at)

    done = _("Taken back.") if "back" in request.form else _("Noted.")
    return attempt_on(lambda: complaint(complaint_id), act, done, _back(complaint_id))


def _typed_time() -> datetime:
    try:
        return datetime.fromisoformat(request.form["at"]).replace(tzinfo=None)
    except ValueError:
        raise Refused(N_("Type the time as 2026-10-03 09:30.")) from None


@evaluations.post("/complaints/<int:complaint_id>/cause")
@web.requires(P.RECORDS_WRITE)
def complaint_cause(complaint_id: int) -> Any:
    form = CauseForm()
    return _sent(
        complaint_id,
        form,
        lambda: deciding.establish_cause(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            complaint_id=complaint_id,
            seen=number_in(form.seen.data),
            cause=form.cause.data or "",
            evidence=form.evidence.data or "",
        ),
        _("Cause and evidence are kept. Somebody who did not record it decides whose it is."),
    )


@evaluations.post("/complaints/<int:complaint_id>/decide")
@web.requires(P.RECORDS_WRITE)
def complaint_decide(complaint_id: int) -> Any:
    form = DecisionForm()
    return _sent(
        complaint_id,
        form,
        lambda: deciding.decide_responsibility(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            complaint_id=complaint_id,
            seen=number_in(form.seen.data),
            employee_id=chosen_person(form.employee.data, people_in_reach(), "employee"),
            attributable=form.attributable.data == "yes",
            reason=form.reason.data or "",
        ),
        _("Decided."),
    )


def _sent(complaint_id: int, form: Any, act: Callable[[], object], done: str) -> Any:
    """Act on a form of the page; a refusal keeps what was typed."""
    row = _writable(complaint_id)
    code = 400
    if form.validate_on_submit():
        try:
            with transaction():
                act()
            flash(done)
            return redirect(_back(complaint_id))
        except Refused as refused:
            show(form, refused)
            row = _writable(complaint_id)  # as others left it
            if isinstance(refused, Conflict):
                code = 409
                _stands(form, row, refused)
    return _page(row, form), code


def _stands(form: Any, row: Any, refused: Conflict) -> None:
    """What others decided meanwhile: beside what was typed, above it where it cannot be sent."""
    case = row.ComplaintCase
    if not isinstance(refused, Meanwhile) or (
        isinstance(form, CauseForm) and case and case.decided_at
    ):
        flash(refused.message.render(_), "error")
        keep_typed()
    else:
        now = cause_form(case) if isinstance(form, CauseForm) else decided_form(row)
        beside(form, now, theirs=_back(row.Complaint.id))


@evaluations.route("/complaints/<int:complaint_id>/change", methods=["GET", "POST"])
@web.requires(P.RECORDS_WRITE)
def change_complaint(complaint_id: int) -> Any:
    """What it is about, how grave it is, who handles it."""
    row = _writable(complaint_id)
    form = ComplaintForm()
    form.category.choices = words.class_choices()
    people = people_in_reach()
    code = 400 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            with transaction():
                services.describe_complaint(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    complaint_id=complaint_id,
                    seen=number_in(form.seen.data),
                    about=described(form, people),
                )
            flash(_("The complaint is changed."))
            return redirect(_back(complaint_id))
        except Refused as refused:
            show(form, refused)
            code = 409 if isinstance(refused, Conflict) else 400
            if isinstance(refused, Meanwhile):
                row, now = _writable(complaint_id), ComplaintForm(formdata=None)
                now.category.choices = form.category.choices
                fill_complaint(now, row)
                beside(form, now, theirs=web.here(), leave=["reason"])
    elif not form.is_submitted():
        fill_complaint(form, row)
    page = render_template("evaluations/change_complaint.html", form=form, row=row, people=people)
    return page, code


@evaluations.post("/complaints/<int:complaint_id>/files")
@web.requires(P.RECORDS_WRITE)
def add_complaint_files(complaint_id: int) -> Redirect:
    row = _writable(complaint_id)
    if row.closed:
        abort(409)
    return attempt(
        lambda: attachments.attach_all(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            subject=_subject(complaint_id),
            files=chosen(),
        ),
        _("The files are kept with the complaint."),
        _back(complaint_id),
    )


@evaluations.get("/complaints/<int:complaint_id>/files/<int:attachment_id>")
@web.requires(P.RECORDS_READ)
def complaint_file(complaint_id: int, attachment_id: int) -> Response:
    row = _row(complaint_id)
    found = attachments.one(session(), attachment_id, subject=_subject(complaint_id))
    if found is None or not queries.sees_person(
        session(), web.viewer(), web.today(), row, closed=row.closed
    ):
        abort(404)
    return respond(found)


def _row(complaint_id: int) -> Any:
    """What the viewer may see of it; 404 else."""
    closed = queries.month_is_closed(session(), complaint_id)
    if closed is None:
        abort(404)
    row = queries.complaint(session(), web.viewer(), web.today(), complaint_id, closed=closed)
    if row is None:
        abort(404)
    return row


def _writable(complaint_id: int) -> Any:
    row = _row(complaint_id)
    if not queries.may_write(session(), web.viewer(), web.today(), row):
        abort(403)
    return row


def _subject(complaint_id: int) -> str:
    return f"complaint:{complaint_id}"


def _back(complaint_id: int) -> str:
    return url_for("evaluations.complaint", complaint_id=complaint_id)
