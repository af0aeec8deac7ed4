"""Templates, metrics, grades and pay, awards and the head of a draft, each as tables."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from closing.document_edits import copied, lend, place_of, take_back, value_at
from closing.document_tables import Typed, apply, unclaimed, view
from closing.drafts import Draft
from closing.pages.blueprints import policy
from closing.pages.draft_common import Theirs, draft_or_abort, problems_of, save
from closing.pages.draft_fields import Sheet, sheets
from core import web
from core.permissions import Permission


@policy.route("/drafts/<int:draft_id>/sheet/<sheet>", methods=["GET", "POST"])
@web.requires(Permission.RULES_WRITE)
def draft_sheet(draft_id: int, sheet: str) -> str | Redirect | tuple[str, int]:
    known = sheets().get(sheet)
    found = draft_or_abort(draft_id)
    if known is None:
        abort(404)
    if request.method == "GET":
        return _page(found, sheet, known)

    def edit(document: dict[str, Any]) -> None:
        put_back(document, known, request.form)

    theirs = save(draft_id, known.parts, edit)
    if theirs is None:
        return redirect(url_for("policy.draft_sheet", draft_id=draft_id, sheet=sheet))
    found = draft_or_abort(draft_id)
    seen = found.seen(known.parts)
    edit(found.document)
    return _page(found, sheet, known, seen=seen, theirs=theirs), 409


def put_back(document: dict[str, Any], sheet: Sheet, typed: Typed) -> None:
    """What was typed in the fields of a sheet, in the document."""
    before = copied(document)
    lent = lend(document, sheet.usual)
    for table in sheet.tables(document):
        apply(document, table, typed)
    if document.get("grades") != before.get("grades"):
        in_order(document)
    take_back(document, before, sheet.usual, lent)


def in_order(document: dict[str, Any]) -> None:
    """Grades stand from the highest down, wherever a new one was typed."""
    grades = value_at(document, ("grades",))
    if isinstance(grades, list):
        lowest = [value_at(each, ("min",)) for each in grades]
        if all(type(each) in (int, float) for each in lowest):
            grades.sort(key=lambda each: each["min"], reverse=True)


def _page(
    found: Draft, key: str, sheet: Sheet, *, seen: str = "", theirs: Theirs | None = None
) -> str:
    problems = [] if theirs else problems_of(found)
    document = sheet.complete(found.document)
    views = [view(document, table, problems) for table in sheet.tables(document)]
    usual = [place_of(path) for path in sheet.usual if value_at(found.document, path) is None]
    return render_template(
        "policy/draft_sheet.html",
        draft=found,
        key=key,
        sheet=sheet,
        views=views,
        usual=usual,
        place_of=place_of,
        others=[each for part in sheet.parts for each in unclaimed(problems, str(part[0]), views)],
        seen=seen or found.seen(sheet.parts),
        theirs=theirs,
        sheets=sheets(),
    )
