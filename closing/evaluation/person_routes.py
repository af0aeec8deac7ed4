"""One person's evaluation: values, feedback, notes; the employee reads it once submitted."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.evaluation import listing as lists
from closing.evaluation.blueprint import evaluations
from closing.evaluation.common import loaded, open_loaded, person_of, saving, session, writes
from closing.evaluation.forms import FeedbackForm
from closing.evaluation.grid import Section, sections, shown, spec_of, values_before
from closing.evaluation.listing import EvaluationMonth
from closing.evaluation.live import Live, live, still_kept
from core import web
from core.db import transaction
from core.errors import STATUS, Conflict, Refused
from core.forms import show
from core.models import MonthState
from core.permissions import Permission
from core.values import Month
from evaluations.monthly import queries, writing
from evaluations.monthly.writing import PARTS, Written, text_version

P = Permission


@evaluations.get("/<month:month>/mine")
@web.requires(P.EVALUATIONS_READ)
def own(month: Month) -> Redirect:
    """One's own, whoever one is: where notices lead."""
    return web.to_own("evaluations.person", month=month)


@evaluations.get("/<month:month>/<employee_no>")
@web.requires(P.EVALUATIONS_READ)
def person(month: Month, employee_no: str) -> str:
    found = loaded(month)
    if employee_no == web.viewer().label:
        return _own_page(found)
    return _page(found, person_of(found, employee_no))


def _page(
    found: EvaluationMonth,
    row: Any,
    form: FeedbackForm | None = None,
    stale: dict[str, Written] | None = None,
) -> str:
    who, month = web.viewer(), found.month
    figures = None if found.closed else _figures(month, row.id)
    (section,) = _section(found, row, figures)
    editable = section.rows[0].editable
    feedback = queries.feedback_of(session(), month, row.id)
    return render_template(
        "evaluations/person.html",
        month=month,
        found=found,
        section=section,
        row=section.rows[0],
        form=form or feedback_form(feedback),
        feedback=feedback,
        stale=stale or {},
        notes=queries.notes(session(), who, web.today(), month=month, people=[row.id]),
        states=lists.states(),
        writes=writes() and not found.closed,
        editable=editable,
        may_return=who.may(P.EVALUATIONS_RETURN) and not found.closed,
        figures=figures is not None or found.closed,
    )


def _figures(month: Month, employee_id: int) -> Live | None:
    """What follows from the values, if it is kept or asked for; else the page fetches it."""
    now = web.now().moment
    known = still_kept(session(), month, now)
    if known is None and not request.args.get("figures"):
        return None
    return live(session(), month, [employee_id], now, known)


def _section(found: EvaluationMonth, row: Any, figures: Live | None) -> list[Section]:
    month = found.month
    return sections(
        found,
        [row],
        entered=queries.values(session(), month, [row.id]),
        before=values_before(session(), month, [row.id]),
        found=figures,
        notes=(),
        writable=writes(),
    )


def feedback_form(feedback: Any) -> FeedbackForm:
    form = FeedbackForm(formdata=None)
    for part in PARTS:
        text = getattr(feedback, part) if feedback else ""
        form[part].data, form[f"{part}_version"].data = text, text_version(text)
    return form


@evaluations.post("/<month:month>/<employee_no>/feedback")
@web.requires(P.EVALUATIONS_WRITE)
def feedback(month: Month, employee_no: str) -> Any:
    """The three texts, from the form or, as they are typed, from its script (asking for JSON)."""
    found = open_loaded(month)
    row = saving(found).writable([employee_no])[employee_no]
    form = FeedbackForm()
    by_script = request.accept_mimetypes.best == "application/json"
    made: list[Written] = []
    problem: Refused | None = None
    if form.validate_on_submit():
        try:
            with transaction():
                made = _write(month, row.id, form)
        except Refused as refused:
            problem = refused
            show(form, refused)
    if by_script:
        return _told(form, made, problem)
    stale = {each.part: each for each in made if each.stale is not None}
    if form.errors or stale:
        for each in stale.values():
            form[f"{each.part}_version"].data = each.version
        return _page(found, row, form, stale), 409 if stale or problem else 400
    flash(_("The feedback is saved."))
    return redirect(url_for("evaluations.person", month=month, employee_no=employee_no))


def _write(month: Month, employee_id: int, form: FeedbackForm) -> list[Written]:
    return writing.write_feedback(
        session(),
        actor=web.current_actor(),
        now=web.now(),
        month=month,
        employee_id=employee_id,
        parts={
            part: (form[part].data or "", form[f"{part}_version"].data or "")
            for part in PARTS
            if part in request.form
        },
    )


def _told(form: FeedbackForm, made: list[Written], problem: Refused | None) -> tuple[Response, int]:
    parts = [
        {
            "part": each.part,
            "version": each.version,
            "stale": each.stale,
            "message": _("Somebody else has changed this text meanwhile.")
            if each.stale is not None
            else "",
        }
        for each in made
    ]
    if problem is not None:
        code = STATUS[Conflict] if isinstance(problem, Conflict) else 422
        return jsonify(parts=parts, message=problem.message.render(_)), code
    if form.errors:
        first = next(text for texts in form.errors.values() for text in texts)
        return jsonify(parts=parts, message=str(first)), 422
    return jsonify(parts=parts), 409 if any(each.stale is not None for each in made) else 200


def _own_page(found: EvaluationMonth) -> str:
    """What the employee sees of their own: all of it once it is submitted, shared notes always."""
    who, month = web.viewer(), found.month
    if who.employee_id is None:
        abort(404)
    state = queries.state_of(session(), month, who.employee_id)
    published = session().get(MonthState, month)
    out = state is not None and state.state == "submitted"
    results = bool(published and published.published_at)
    entered = queries.values(session(), month, [who.employee_id]) if out or results else {}
    feedback = queries.feedback_of(session(), month, who.employee_id) if out else None
    return render_template(
        "evaluations/own.html",
        month=month,
        state=state,
        out=out,
        results=results,
        feedback=feedback,
        values=[
            (spec_of(found, metric), value)
            for metric, value in sorted(entered.get(who.employee_id, {}).items())
            if metric in found.catalogue
        ],
        shown=shown,
        notes=[
            note
            for note in queries.notes(
                session(), who, web.today(), month=month, people=[who.employee_id]
            )
            if note.shared_at is not None
        ],
    )
