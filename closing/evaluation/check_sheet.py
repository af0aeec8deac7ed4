"""The sheet of a spot check: filled in by a checklist, changed until the month closes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from closing.evaluation import record_words as words
from closing.evaluation.blueprint import evaluations
from closing.evaluation.check_routes import attach_given, by_section, writable
from closing.evaluation.common import session
from closing.evaluation.record_forms import (
    CheckForm,
    NewCheckForm,
    answers_from,
    chosen_person,
    number_in,
)
from core import web
from core.db import transaction
from core.errors import Refused
from core.forms import show
from core.pages.attachments import given
from core.permissions import Permission
from core.seen import Meanwhile
from evaluations.checks import queries, services
from evaluations.checks.checklists import items_of
from evaluations.checks.models import ChecklistVersion
from evaluations.checks.scoring import Item, score
from evaluations.checks.services import Answers

P = Permission
NOTHING = Answers({}, {})


@dataclass
class Sheet:
    """A form with the answers to a checklist; ``theirs`` is what somebody else stored meanwhile."""

    form: CheckForm
    items: tuple[Item, ...]
    version: Any
    row: Any = None
    answers: Answers = NOTHING
    theirs: Answers | None = None
    problems: dict[str, str] | None = None
    lists: Any = ()
    people: Any = ()

    def fill(self, stored: Answers, version: int) -> None:
        self.answers, form = stored, self.form
        form.comment.data, form.evidence.data = stored.comment, stored.evidence
        form.reference.data, form.seen.data = stored.reference, str(version)

    def is_complete(self) -> bool:
        found = services.missing(self.items, self.answers)
        self.problems = {field: text.render(_) for field, text in found.items()}
        if any(field.startswith("answer") for field in found):
            self.form.form_errors.append(_("Some items are not answered yet: they are marked."))
        elif found:
            self.form.form_errors.append(
                _("Some answers ask for a remark on what was seen or heard: they are marked.")
            )
        return not found


@evaluations.route("/checks/new", methods=["GET", "POST"])
@web.requires(P.RECORDS_WRITE)
def new_check() -> Any:
    lists = queries.checklists(session(), active=True)
    version = _version(lists)
    form = NewCheckForm()
    if version is None:
        return render_template("evaluations/no_checklist.html")
    sheet = Sheet(form, tuple(Item(**each) for each in version.items), version)
    sheet.lists = lists
    sheet.people = session().execute(queries.people_to_check(web.viewer(), web.today())).all()
    if request.method == "GET":
        form.employee.data = request.args.get("person", "")[:40]
        form.day.data = web.today()
        return _sheet_page(sheet)
    sheet.answers = answers_from(request.form, sheet.items, form)
    if form.validate_on_submit() and sheet.is_complete():
        try:
            with transaction():
                made = _enter(sheet, form)
            flash(_("The check is kept: the person can read it."))
            return redirect(url_for("evaluations.check", check_id=made))
        except Refused as refused:
            show(form, refused)
    return _sheet_page(sheet), 400


def _version(lists: list[Any]) -> Any:
    """What is checked by: the version that was filled in, else the one chosen, else the first."""
    sent = number_in(request.form.get("version_id"))
    if sent:
        return session().get(ChecklistVersion, sent)
    chosen = number_in(request.args.get("checklist"))
    return next(
        (each for each in lists if each.checklist_id == chosen), lists[0] if lists else None
    )


@evaluations.route("/checks/<int:check_id>/change", methods=["GET", "POST"])
@web.requires(P.RECORDS_WRITE)
def change_check(check_id: int) -> Any:
    row = writable(check_id)
    if row.CheckSheet is None:
        abort(404)
    form = CheckForm()
    sheet = Sheet(form, items_of(row.ChecklistVersion), row.ChecklistVersion, row)
    stored = services.stored(session(), row.SpotCheck, row.CheckSheet)
    if request.method == "GET":
        sheet.fill(stored, row.CheckSheet.version)
        return _sheet_page(sheet)
    sheet.answers = answers_from(request.form, sheet.items, form)
    if form.validate_on_submit() and sheet.is_complete():
        try:
            with transaction():
                _change(sheet, form, check_id)
            flash(_("The check is changed."))
            return redirect(url_for("evaluations.check", check_id=check_id))
        except Meanwhile as meanwhile:
            show(form, meanwhile)
            now = writable(check_id)
            sheet.theirs = services.stored(session(), now.SpotCheck, now.CheckSheet)
            form.seen.data = str(now.CheckSheet.version)
            return _sheet_page(sheet), 409
        except Refused as refused:
            show(form, refused)
    return _sheet_page(sheet), 400


def _sheet_page(sheet: Sheet) -> str:
    return render_template(
        "evaluations/check_sheet.html",
        sheet=sheet,
        form=sheet.form,
        sections=by_section(sheet.items),
        result=score(sheet.items, sheet.answers.given),
        problems=sheet.problems or {},
        words=words,
    )


def _enter(sheet: Sheet, form: NewCheckForm) -> int:
    who = chosen_person(form.employee.data, sheet.people, "employee")
    day = form.day.data
    assert who is not None  # the form asks for both
    assert day is not None
    made = services.enter_check(
        session(),
        actor=web.current_actor(),
        now=web.now(),
        employee_id=who,
        day=day,
        version_id=sheet.version.id,
        answers=sheet.answers,
    )
    attach_given(made.id, given())
    return made.id


def _change(sheet: Sheet, form: CheckForm, check_id: int) -> None:
    services.change_check(
        session(),
        actor=web.current_actor(),
        now=web.now(),
        check_id=check_id,
        seen=number_in(form.seen.data),
        answers=sheet.answers,
    )
    attach_given(check_id, given())
