"""One award of a draft as a form: who is eligible and what decides the rank, by rows or text."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.catalogue import award_catalogue
from closing.document_edits import place_of, value_at, within
from closing.document_tables import Column, apply_row, row_of
from closing.drafts import Draft
from closing.pages.award_words import key_text
from closing.pages.blueprints import policy
from closing.pages.draft_common import Theirs, draft_or_abort, policy_of, problems_of, save
from closing.pages.draft_conditions import SPARE_ROWS, condition_view, typed_condition
from closing.pages.draft_fields import award_columns, sheets
from closing.pages.draft_labels import Options, fact_options, labelled
from core import web
from core.errors import N_, Refused
from core.permissions import Permission
from core.values import FactSpec
from rewards.ranking_rows import DIRECTIONS, RankingRow, kept_ranking, ranking_of, ranking_text


@policy.route("/drafts/<int:draft_id>/awards/<award>", methods=["GET", "POST"])
@web.requires(Permission.RULES_WRITE)
def draft_award(draft_id: int, award: str) -> str | Redirect | tuple[str, int]:
    found = draft_or_abort(draft_id)
    if not isinstance(value_at(found.document, ("awards", award)), dict):
        abort(404)
    if request.method == "GET":
        return _page(found, award)

    def edit(document: dict[str, Any]) -> None:
        content = value_at(document, ("awards", award))
        if not isinstance(content, dict):
            raise Refused(N_("Somebody removed this award meanwhile."))
        _apply_eligible(content)
        _apply_ranking(document, award, content)
        apply_row(document, ("awards", award), _columns(document), request.form)

    theirs = save(draft_id, [("awards", award)], edit)
    if theirs is None:
        return redirect(url_for("policy.draft_award", draft_id=draft_id, award=award))
    found = draft_or_abort(draft_id)
    seen = found.seen([("awards", award)])
    edit(found.document)
    return _page(found, award, seen=seen, theirs=theirs), 409


def _columns(document: dict[str, Any]) -> list[Column]:
    return list(award_columns(document).values())


def _apply_eligible(content: dict[str, Any]) -> None:
    before = content.get("eligible")
    text = typed_condition(before)
    if text != before and (text or isinstance(before, str)):
        content["eligible"] = text


def _apply_ranking(document: dict[str, Any], award: str, content: dict[str, Any]) -> None:
    """The rows; where the draft has something else, one field of text."""
    before = content.get("rank_by")
    if ranking_of(before) is None:
        apply_row(document, ("awards", award), [_ranking_column()], request.form)
        return
    columns = (request.form.getlist(f"rank-{each}") for each in ("place", "fact", "direction"))
    typed = ranking_text(
        (place, RankingRow(fact, direction if direction in DIRECTIONS else ""))
        for place, fact, direction in zip(*columns, strict=False)
    )
    now = kept_ranking(typed, before)
    if now != before and (now or before is not None):
        content["rank_by"] = now


def _ranking_column() -> Column:
    return Column(("rank_by",), "list", _("Ranked by"), help=_("Such as: total desc, csat desc."))


def _page(found: Draft, award: str, *, seen: str = "", theirs: Theirs | None = None) -> str:
    facts = award_catalogue(policy_of(found))
    at = ("awards", award)
    place = place_of(at)
    problems = [] if theirs else problems_of(found)
    content = value_at(found.document, at)
    row = row_of(found.document, at, [*_columns(found.document), _ranking_column()], problems)
    mine = {cell.name for cell in row.cells} | {f"{place}.eligible"}
    eligible = [text for where, text in problems if where == f"{place}.eligible"]
    return render_template(
        "policy/draft_award.html",
        draft=found,
        award=award,
        name=dict(labelled({award: content}))[award],
        cells={".".join(cell.column.path): cell for cell in row.cells},
        when=condition_view(content.get("eligible"), facts, eligible, request.path),
        ranking=_ranking(content.get("rank_by"), f"{place}.rank_by", problems),
        ranking_errors=[text for where, text in problems if where == f"{place}.rank_by"],
        rank_options=_rank_options(facts),
        errors=[
            text
            for where, text in problems
            if within(where, place) and not any(within(where, each) for each in mine)
        ],
        facts=fact_options(facts),
        seen=seen or found.seen([at]),
        theirs=theirs,
        sheets=sheets(),
    )


def _ranking(
    value: Any, place: str, problems: list[tuple[str, str]]
) -> list[tuple[RankingRow, list[str]]] | None:
    """Rows with the problems of each, and blank ones; None where only text tells it."""
    rows = ranking_of(value)
    if rows is None:
        return None
    said = [
        (row, [text for where, text in problems if where == f"{place}[{index}]"])
        for index, row in enumerate(rows)
    ]
    return [*said, *[(RankingRow("", "desc"), list[str]())] * SPARE_ROWS]


def _rank_options(facts: dict[str, FactSpec]) -> Options:
    return (*fact_options(facts), ("hire_date", key_text(facts, "hire_date")))
