"""Running notes: what somebody noticed about one of their people, private until shared."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from closing.evaluation.blueprint import evaluations
from closing.evaluation.common import session
from closing.evaluation.forms import NoteForm
from core import web
from core.db import transaction
from core.errors import Refused
from core.forms import show
from core.permissions import Permission
from evaluations.monthly import queries, writing
from staff.guard import person_or_abort

P = Permission


@evaluations.route("/notes", methods=["GET", "POST"])
@web.requires(P.EVALUATIONS_WRITE)
def notes() -> str | Response | tuple[str, int]:
    form = NoteForm()
    if request.method == "GET":
        form.employee_no.data = request.args.get("person", "")
        form.day.data = _day_asked() or web.today()
    if form.validate_on_submit():
        person = person_or_abort((form.employee_no.data or "").strip(), P.EVALUATIONS_WRITE)
        try:
            with transaction():
                _add(form, person.id)
            flash(_("The note about %(name)s is kept.", name=person.name))
            return redirect(web.safe_next(request.values.get("next")) or web.here())
        except Refused as refused:
            show(form, refused)
    page = _page(form)
    return (page, 400) if request.method == "POST" else page


def _day_asked() -> date | None:
    """A day of the month that is evaluated, where the link comes from there."""
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def _add(form: NoteForm, employee_id: int) -> None:
    day = form.day.data
    assert day is not None  # the form asks for it
    writing.add_note(
        session(),
        actor=web.current_actor(),
        now=web.now(),
        employee_id=employee_id,
        day=day,
        kind=form.kind.data or "good",
        text=form.text.data or "",
        shared=bool(form.shared.data),
    )


def _page(form: NoteForm) -> str:
    return render_template(
        "evaluations/notes.html",
        form=form,
        people=queries.writable_people(session(), web.viewer(), web.today()),
        notes=queries.notes(session(), web.viewer(), web.today(), most=200),
    )


@evaluations.post("/notes/<int:note_id>/share")
@web.requires(P.EVALUATIONS_WRITE)
def share_note(note_id: int) -> Any:
    return _act(writing.share_note, note_id, _("The note is shared."))


@evaluations.post("/notes/<int:note_id>/remove")
@web.requires(P.EVALUATIONS_WRITE)
def remove_note(note_id: int) -> Any:
    return _act(writing.remove_note, note_id, _("The note is gone."))


def _act(service: Any, note_id: int, done: str) -> Response:
    with transaction():
        service(session(), actor=web.current_actor(), now=web.now(), note_id=note_id)
    flash(done)
    return redirect(web.safe_next(request.form.get("next")) or url_for("evaluations.notes"))
