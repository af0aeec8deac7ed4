"""Drafts of the policy: the list, one as a matrix, as text, what it would have done, discarding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.catalogue import condition_catalogue
from closing.document_edits import value_at, within
from closing.drafts import (
    Draft,
    base_of,
    create_draft,
    discard_draft,
    open_drafts,
    save_text,
)
from closing.effect import Effect, effect_of
from closing.months import current_closing, newest_closed
from closing.pages.blueprints import policy
from closing.pages.common import attempt, session
from closing.pages.draft_common import draft_or_abort, problems_of, revision
from closing.pages.draft_fields import sheets
from closing.pages.draft_labels import labelled
from closing.pages.matrix import RuleView, rule_view
from closing.versions import versions
from core import web
from core.db import transaction
from core.documents import DocumentError
from core.errors import Conflict, NotFound, Refused
from core.permissions import Permission

SHOWN = 50


@dataclass(frozen=True, slots=True)
class DraftedRule:
    """A rule in a draft; ``view`` is None while the draft has problems."""

    code: str
    name: str
    enabled: bool
    problems: int
    view: RuleView | None


@policy.get("/drafts")
@web.requires(Permission.RULES_WRITE)
def drafts() -> str:
    return drafts_page()


def drafts_page(problem: str = "", name: str = "") -> str:
    return render_template(
        "policy/drafts.html",
        drafts=open_drafts(session()),
        versions=versions(session()),
        problem=problem,
        name=name,
    )


@policy.post("/drafts")
@web.requires(Permission.RULES_WRITE)
def begin_draft() -> Redirect | tuple[str, int]:
    given = request.form.get("from", "")
    try:
        with transaction():
            made = create_draft(
                session(),
                actor=web.current_actor(),
                now=web.now().moment,
                name=request.form.get("name", ""),
                base=int(given) if given.isdecimal() and len(given) < 7 else None,
            )
        return redirect(url_for("policy.draft", draft_id=made.id))
    except NotFound:
        raise
    except Refused as refused:
        return drafts_page(refused.message.render(_), request.form.get("name", "")), 400


@policy.get("/drafts/<int:draft_id>")
@web.requires(Permission.RULES_WRITE)
def draft(draft_id: int) -> str:
    found = draft_or_abort(draft_id)
    problems = problems_of(found)
    return render_template(
        "policy/draft.html",
        draft=found,
        base=base_of(session(), found.row),
        problems=[(place, text, link_to(found, place)) for place, text in problems],
        categories=matrix_of(found),
        sheets=sheets(),
    )


def matrix_of(found: Draft) -> list[tuple[str, str, dict[str, list[DraftedRule]]]]:
    """Categories by key and label with their rules by kind, those that fit nowhere last."""
    rules = value_at(found.document, ("rules",))
    rules = rules if isinstance(rules, dict) else {}
    cells: dict[str, dict[str, list[DraftedRule]]] = {
        key: {"reward": [], "penalty": []} for key, _name in labelled(_categories(found))
    }
    stray: dict[str, list[DraftedRule]] = {"reward": [], "penalty": []}
    facts = condition_catalogue(found.policy) if found.policy else {}
    names = dict(labelled(rules))
    for code, rule in rules.items():
        cell = cells.get(str(value_at(rule, ("category",))), stray)
        kind = "reward" if value_at(rule, ("kind",)) == "reward" else "penalty"
        known = found.policy.rules[code] if found.policy else None
        cell[kind].append(
            DraftedRule(
                code=code,
                name=names[code],
                enabled=value_at(rule, ("enabled",)) is not False,
                problems=sum(within(each.place, f"rules.{code}") for each in found.problems),
                view=rule_view(known, facts, found.policy) if known and found.policy else None,
            )
        )
    listed = [(key, name, cells[key]) for key, name in labelled(_categories(found))]
    return [*listed, ("", "", stray)] if any(stray.values()) else listed


def _categories(found: Draft) -> Any:
    return value_at(found.document, ("categories",))


def link_to(found: Draft, place: str) -> str:
    """Where a problem is mended."""
    rules = value_at(found.document, ("rules",))
    for code in rules if isinstance(rules, dict) else ():
        if within(place, f"rules.{code}"):
            return url_for("policy.draft_rule", draft_id=found.row.id, code=code)
    awards = value_at(found.document, ("awards",))
    for award, content in awards.items() if isinstance(awards, dict) else ():
        if isinstance(content, dict) and within(place, f"awards.{award}"):
            return url_for("policy.draft_award", draft_id=found.row.id, award=award)
    for key, sheet in sheets().items():
        if any(within(place, str(part[0])) for part in sheet.parts):
            return url_for("policy.draft_sheet", draft_id=found.row.id, sheet=key)
    return url_for("policy.draft_text", draft_id=found.row.id)


@policy.post("/drafts/<int:draft_id>/discard")
@web.requires(Permission.RULES_WRITE)
def discard(draft_id: int) -> Redirect:
    return attempt(
        lambda: discard_draft(
            session(), actor=web.current_actor(), now=web.now().moment, draft_id=draft_id
        ),
        _("The draft is discarded."),
        url_for("policy.drafts"),
    )


@policy.route("/drafts/<int:draft_id>/text", methods=["GET", "POST"])
@web.requires(Permission.RULES_WRITE)
def draft_text(draft_id: int) -> str | Redirect | tuple[str, int]:
    found = draft_or_abort(draft_id)
    if request.method == "GET":
        return _text_page(found, found.row.body, problems_of(found))
    text = request.form.get("text", "").replace("\r\n", "\n")
    try:
        with transaction():
            save_text(
                session(),
                actor=web.current_actor(),
                now=web.now().moment,
                draft_id=draft_id,
                text=text,
                revision=revision(),
            )
    except DocumentError as error:
        problems = [(problem.place, problem.text(_)) for problem in error.problems]
        return _text_page(draft_or_abort(draft_id), text, problems), 400
    except Conflict:
        found = draft_or_abort(draft_id)
        return _text_page(found, text, [], theirs=found.row.body), 409
    flash(_("Saved."))
    return redirect(url_for("policy.draft_text", draft_id=draft_id))


def _text_page(
    found: Draft, text: str, problems: list[tuple[str, str]], theirs: str | None = None
) -> str:
    return render_template(
        "policy/draft_text.html",
        draft=found,
        text=text,
        problems=problems,
        theirs=theirs,
        sheets=sheets(),
    )


@policy.get("/drafts/<int:draft_id>/effect")
@web.requires(Permission.RULES_WRITE)
def draft_effect(draft_id: int) -> str:
    """The newest closed month under the draft, whom a rule or award of it hits: part of a page."""
    found = draft_or_abort(draft_id)
    code, award = request.args.get("rule", ""), request.args.get("award", "")
    for section, key in (("rules", code), ("awards", award)):
        content = value_at(found.document, (section,))
        if key and not (isinstance(content, dict) and key in content):
            abort(404)
    effect: Effect | None = None
    month = newest_closed(session())
    closing = current_closing(session(), month) if month is not None else None
    if closing is not None and found.policy is not None:
        effect = effect_of(session(), closing, found.policy, code or None)
    part = "HX-Request" in request.headers
    return render_template(
        "policy/effect_part.html" if part else "policy/draft_effect.html",
        draft=found,
        effect=effect,
        month=month,
        code=code,
        award=award,
        shown=SHOWN,
        sheets=sheets(),
    )
