"""Spot checks: the list of a month, one of them, and making one by a checklist."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Redirect

from closing.evaluation import record_words as words
from closing.evaluation.blueprint import evaluations
from closing.evaluation.common import session
from closing.pages.common import attempt
from core import attachments, tables, web
from core.db import transaction
from core.pages.attachments import chosen, respond
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month
from evaluations.checks import queries, services
from evaluations.checks.checklists import items_of
from evaluations.checks.scoring import Item, score
from evaluations.checks.services import Answers, subject
from evaluations.corrections import correct_check
from evaluations.holding import is_closed
from staff.queries import is_visible

P = Permission
NOTHING = Answers({}, {})


@evaluations.get("/<month:month>/checks")
@web.requires(P.RECORDS_READ)
def checks(month: Month) -> str | Response:
    closed = is_closed(session(), month)
    lists = queries.checklists(session())
    listing = Listing(
        columns=[
            Column("day", _l("Day"), "date"),
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("score", _l("Score"), "number"),
            Column("checklist", _l("Checklist")),
            Column("checked_by", _l("Checked by")),
            Column("comment", _l("Comment"), sortable=False),
        ],
        order=["employee_no", "id"],
        default="day",
        descending=True,
        search=["employee_no", "name", "checked_by", "comment"],
        filters=[
            Filter(
                "checklist",
                _l("Checklist"),
                [(each.name, each.name) for each in lists] + [("-", _("none"))],
                where=_by_checklist,
            )
        ],
    )
    return tables.respond(
        listing,
        queries.checks(web.viewer(), web.today(), month, closed=closed),
        "evaluations/checks.html",
        filename=f"checks-{month}",
        month=month,
        closed=closed,
        writes=web.viewer().may(P.RECORDS_WRITE) and not closed,
        ready=any(each.state == "active" for each in lists),
    )


def _by_checklist(fields: Any, name: str) -> Any:
    return fields.checklist.is_(None) if name == "-" else fields.checklist == name


@evaluations.get("/checks/<int:check_id>")
@web.requires(P.RECORDS_READ)
def check(check_id: int) -> str:
    row = _row(check_id)
    found, sheet, version = row.SpotCheck, row.CheckSheet, row.ChecklistVersion
    items = items_of(version) if version else ()
    answers = services.stored(session(), found, sheet) if sheet else NOTHING
    month = Month.of(found.day)
    closed = is_closed(session(), month)
    return render_template(
        "evaluations/check.html",
        row=row,
        check=found,
        sheet=sheet,
        version=version,
        sections=by_section(items),
        answers=answers,
        result=score(items, answers.given) if sheet else None,
        words=words,
        month=month,
        closed=closed,
        corrected=sheet is not None and sheet.score != found.score,
        writes=not closed and _may_write(found.employee_id),
        files=attachments.of(session(), subject(check_id)),
    )


@evaluations.post("/checks/<int:check_id>/remove")
@web.requires(P.RECORDS_WRITE)
def remove_check(check_id: int) -> Redirect:
    """One made by mistake: of the wrong person, or of the wrong day."""
    row = writable(check_id)
    reason = request.form.get("reason", "").strip()[:1000]
    if not reason:
        flash(_("Say why it is taken away."), "error")
        return redirect(url_for("evaluations.check", check_id=check_id))
    month = Month.of(row.SpotCheck.day)
    with transaction():
        correct_check(
            session(),
            actor=web.current_actor(),
            now=web.now().moment,
            check_id=check_id,
            employee_id=row.SpotCheck.employee_id,
            day=row.SpotCheck.day,
            score=None,
            reason=reason,
        )
    flash(_("The check is taken away."))
    return redirect(url_for("evaluations.checks", month=month))


@evaluations.post("/checks/<int:check_id>/files")
@web.requires(P.RECORDS_WRITE)
def add_check_files(check_id: int) -> Redirect:
    row = writable(check_id)
    if is_closed(session(), Month.of(row.SpotCheck.day)):
        abort(409)
    return attempt(
        lambda: attach_given(check_id, chosen()),
        _("The files are kept with the check."),
        url_for("evaluations.check", check_id=check_id),
    )


@evaluations.get("/checks/<int:check_id>/files/<int:attachment_id>")
@web.requires(P.RECORDS_READ)
def check_file(check_id: int, attachment_id: int) -> Response:
    _row(check_id)
    found = attachments.one(session(), attachment_id, subject=subject(check_id))
    if found is None:
        abort(404)
    return respond(found)


def by_section(items: tuple[Item, ...]) -> list[tuple[str, list[tuple[int, Item]]]]:
    """Items with their place, in the order of the checklist, under their sections."""
    found: dict[str, list[tuple[int, Item]]] = {}
    for place, item in enumerate(items):
        found.setdefault(item.section, []).append((place, item))
    return list(found.items())


def attach_given(check_id: int, files: list[tuple[str, bytes]]) -> None:
    attachments.attach_all(
        session(),
        actor=web.current_actor(),
        now=web.now(),
        subject=subject(check_id),
        files=files,
    )


def _row(check_id: int) -> Any:
    """What the viewer may see of it; 404 else."""
    row = queries.check(session(), check_id)
    if row is None:
        abort(404)
    found = row.SpotCheck
    closed = is_closed(session(), Month.of(found.day))
    if not is_visible(
        session(), web.viewer(), P.RECORDS_READ, found.employee_id, day=web.today(), closed=closed
    ):
        abort(404)
    return row


def writable(check_id: int) -> Any:
    row = _row(check_id)
    if not _may_write(row.SpotCheck.employee_id):
        abort(403)
    return row


def _may_write(employee_id: int) -> bool:
    viewer = web.viewer()
    if viewer.is_person(employee_id) or not viewer.may(P.RECORDS_WRITE):
        return False
    return is_visible(session(), viewer, P.RECORDS_WRITE, employee_id, day=web.today())
