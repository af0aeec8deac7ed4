"""Checklists as HR writes them, version by version."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.evaluation import record_words as words
from closing.evaluation.blueprint import evaluations
from closing.evaluation.check_routes import by_section
from closing.evaluation.common import session
from closing.evaluation.record_forms import number_in
from closing.pages.common import attempt
from core import web
from core.db import transaction
from core.errors import Conflict, Refused
from core.permissions import Permission
from evaluations.checks import checklists as services
from evaluations.checks import queries
from evaluations.checks.checklists import MOST, items_of
from evaluations.checks.models import Checklist
from evaluations.checks.scoring import Item

P = Permission
SPARE = 4  # empty rows below those that are filled


@evaluations.get("/checklists")
@web.requires(P.RULES_WRITE)
def checklists() -> str:
    return render_template("evaluations/checklists.html", lists=queries.checklists(session()))


@evaluations.get("/checklists/<int:checklist_id>")
@web.requires(P.RULES_WRITE)
def checklist(checklist_id: int) -> str:
    newest = services.newest(session(), checklist_id)
    versions = queries.versions(session(), checklist_id)
    wanted = number_in(request.args.get("version"))
    shown = next((each for each in versions if each.number == wanted), newest)
    return render_template(
        "evaluations/checklist.html",
        state=session().get_one(Checklist, checklist_id).state,
        newest=newest,
        shown=shown,
        versions=versions,
        sections=by_section(items_of(shown)),
        missed=queries.missed(session(), shown.id),
        kinds=words.item_kinds(),
    )


@evaluations.route("/checklists/new", methods=["GET", "POST"])
@web.requires(P.RULES_WRITE)
def new_checklist() -> Any:
    if request.method == "POST":
        return _written(None)
    return _form("", [], 0, None)


@evaluations.route("/checklists/<int:checklist_id>/change", methods=["GET", "POST"])
@web.requires(P.RULES_WRITE)
def change_checklist(checklist_id: int) -> Any:
    newest = services.newest(session(), checklist_id)
    if request.method == "POST":
        return _written(checklist_id)
    return _form(newest.name, list(items_of(newest)), newest.number, checklist_id)


@evaluations.post("/checklists/<int:checklist_id>/state")
@web.requires(P.RULES_WRITE)
def checklist_state(checklist_id: int) -> Redirect:
    active = request.form.get("state") == "active"
    return attempt(
        lambda: services.set_state(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            checklist_id=checklist_id,
            active=active,
        ),
        _("It is used again.") if active else _("It is not used any more; its checks stay."),
        url_for("evaluations.checklist", checklist_id=checklist_id),
    )


def _written(checklist_id: int | None) -> Any:
    name, seen = request.form.get("name", ""), number_in(request.form.get("seen"))
    items = _sent_items()
    if "more" in request.form:
        return _form(name, items, seen, checklist_id, spare=SPARE * 2)
    try:
        with transaction():
            made = services.write_checklist(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                name=name,
                items=items,
                checklist_id=checklist_id,
                seen=seen,
            )
            where = url_for("evaluations.checklist", checklist_id=made.checklist_id)
            number = made.number
        flash(_("Version %(number)d is in use.", number=number))
        return redirect(where)
    except Refused as refused:
        page = _form(name, items, seen, checklist_id, problem=refused)
        return page, 409 if isinstance(refused, Conflict) else 400


def _form(
    name: str,
    items: list[Item],
    seen: int,
    checklist_id: int | None,
    *,
    spare: int = SPARE,
    problem: Refused | None = None,
) -> str:
    now = None
    if isinstance(problem, Conflict) and checklist_id is not None:
        now = services.newest(session(), checklist_id)
        seen = now.number
    return render_template(
        "evaluations/checklist_form.html",
        name=name,
        rows=[*items, *([None] * (spare if items else SPARE * 2))][:MOST],
        seen=seen,
        checklist_id=checklist_id,
        problem=problem.message.render(_) if problem else "",
        on_name=problem is not None and problem.field == "name",
        now=now,
        theirs=by_section(items_of(now)) if now else [],
        kinds=words.item_kinds(),
        suggested=(
            _("Courtesy"),
            _("Listening"),
            _("Accuracy"),
            _("Record keeping"),
            _("Confidentiality"),
        ),
    )


def _sent_items() -> list[Item]:
    """Rows with a text, in their order; one without a section belongs to the one above it."""
    found: list[Item] = []
    for at in range(MOST):
        text = request.form.get(f"text-{at}", "").strip()
        if not text:
            continue
        kind = request.form.get(f"kind-{at}", "scored")
        section = request.form.get(f"section-{at}", "").strip()
        found.append(
            Item(
                section=section or (found[-1].section if found else _("General")),
                text=text,
                kind=kind,
                weight=0 if kind == "fatal" else number_in(request.form.get(f"weight-{at}", "1")),
                may_skip=f"skip-{at}" in request.form and kind != "bonus",
                evidence=f"evidence-{at}" in request.form,
            )
        )
    return found
