"""One rule of a draft as a form: what fires it by rows or text, what it does, and its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.catalogue import condition_catalogue
from closing.document_edits import place_of, put, value_at, within
from closing.document_tables import apply_row, row_of
from closing.drafts import Draft, save_draft
from closing.pages.blueprints import policy
from closing.pages.common import attempt, session
from closing.pages.draft_common import (
    Theirs,
    draft_or_abort,
    policy_of,
    problems_of,
    revision,
    save,
)
from closing.pages.draft_conditions import condition_view, typed_condition
from closing.pages.draft_fields import rule_columns, sheets
from closing.pages.draft_labels import fact_options, labelled
from core import web
from core.db import transaction
from core.documents import CODE
from core.errors import N_, Refused
from core.permissions import Permission
from core.values import FactSpec

_OF_TRIGGER = {"when": ("streak",), "incident": (), "repeats": ("repeats",)}


@policy.route("/drafts/<int:draft_id>/rules/<code>", methods=["GET", "POST"])
@web.requires(Permission.RULES_WRITE)
def draft_rule(draft_id: int, code: str) -> str | Redirect | tuple[str, int]:
    found = draft_or_abort(draft_id)
    if not isinstance(value_at(found.document, ("rules", code)), dict):
        abort(404)
    if request.method == "GET":
        return _page(found, code)
    facts = condition_catalogue(policy_of(found))

    def edit(document: dict[str, Any]) -> None:
        rule = value_at(document, ("rules", code))
        if not isinstance(rule, dict):
            raise Refused(N_("Somebody removed this rule meanwhile."))
        apply_trigger(rule)
        _apply_fields(document, code, facts)

    theirs = save(draft_id, [("rules", code)], edit)
    if theirs is None:
        return redirect(url_for("policy.draft_rule", draft_id=draft_id, code=code))
    found = draft_or_abort(draft_id)
    seen = found.seen([("rules", code)])
    edit(found.document)
    return _page(found, code, seen=seen, theirs=theirs), 409


def _apply_fields(document: dict[str, Any], code: str, facts: Mapping[str, FactSpec]) -> None:
    chosen = request.form.get("trigger", "")
    columns = [
        column
        for column in rule_columns(document, facts).values()
        if not any(
            column.path[0] in fields and trigger != chosen
            for trigger, fields in _OF_TRIGGER.items()
        )
    ]
    apply_row(document, ("rules", code), columns, request.form)
    other = " ".join(request.form.get("other-ladder", "").split())
    if other:
        put(document, ("rules", code, "group"), other)


def apply_trigger(rule: dict[str, Any]) -> None:
    """What fires the rule, as it was typed; what belongs to another trigger goes."""
    trigger = request.form.get("trigger", "")
    if trigger == "when":
        before = rule.get("when")
        text = typed_condition(before)
        if text != before:
            rule["when"] = text
    elif trigger in ("incident", "repeats"):
        for key in ("when", "streak"):
            rule.pop(key, None)
    else:
        return
    if trigger == "incident" and rule.get("incident") is not True:
        rule["incident"] = True
    elif trigger != "incident" and rule.get("incident") is True:
        del rule["incident"]
    if trigger != "repeats":
        rule.pop("repeats", None)
    elif not isinstance(rule.get("repeats"), dict):
        rule["repeats"] = {}


def _page(found: Draft, code: str, *, seen: str = "", theirs: Theirs | None = None) -> str:
    facts = condition_catalogue(policy_of(found))
    place = place_of(("rules", code))
    problems = [] if theirs else problems_of(found)
    columns = rule_columns(found.document, facts)
    row = row_of(found.document, ("rules", code), list(columns.values()), problems)
    rule = value_at(found.document, ("rules", code))
    mine = {cell.name for cell in row.cells} | {place, f"{place}.when"}
    return render_template(
        "policy/draft_rule.html",
        draft=found,
        code=code,
        name=dict(labelled({code: rule}))[code],
        cells={".".join(cell.column.path): cell for cell in row.cells},
        trigger=_trigger(rule),
        when=condition_view(
            rule.get("when"),
            facts,
            [text for where, text in problems if where == f"{place}.when"],
            url_for("policy.draft_rule", draft_id=found.row.id, code=code),
        ),
        errors=[
            text
            for where, text in problems
            if within(where, place)
            and (where == place or not any(within(where, each) for each in mine))
        ],
        facts=fact_options(facts),
        seen=seen or found.seen([("rules", code)]),
        theirs=theirs,
        sheets=sheets(),
    )


def _trigger(rule: dict[str, Any]) -> str:
    if rule.get("when") is not None:
        return "when"
    return (
        "repeats"
        if rule.get("repeats") is not None
        else "incident"
        if rule.get("incident")
        else "when"
    )


@policy.route("/drafts/<int:draft_id>/add-rule", methods=["GET", "POST"])
@web.requires(Permission.RULES_WRITE)
def add_rule(draft_id: int) -> str | Redirect | tuple[str, int]:
    found = draft_or_abort(draft_id)
    typed = {key: request.values.get(key, "").strip() for key in _NEW}
    problem: Refused | None = None
    if request.method == "POST":

        def edit(document: dict[str, Any]) -> None:
            _add(document, typed)

        try:
            with transaction():
                save_draft(
                    session(),
                    actor=web.current_actor(),
                    now=web.now().moment,
                    draft_id=draft_id,
                    parts=[("rules", typed["code"])],
                    edit=edit,
                )
            flash(_("Added. Say what fires it and what it does."))
            return redirect(url_for("policy.draft_rule", draft_id=draft_id, code=typed["code"]))
        except Refused as refused:
            problem = refused
    page = render_template(
        "policy/draft_add_rule.html",
        draft=found,
        typed=typed,
        problem=problem.message.render(_) if problem else "",
        categories=labelled(value_at(found.document, ("categories",))),
        sheets=sheets(),
    )
    return (page, 400) if problem else page


_NEW = ("code", "zh", "en", "category", "kind")


def _add(document: dict[str, Any], typed: Mapping[str, str]) -> None:
    if not CODE.fullmatch(typed["code"]):
        raise Refused(N_("A code has letters, digits, dots and dashes, such as QUA-P4."))
    rules = value_at(document, ("rules",))
    if rules is not None and not isinstance(rules, dict):
        raise Refused(N_("The rules of this draft can only be mended as text."))
    if rules and typed["code"] in rules:
        raise Refused(N_("There is a rule %(code)s already."), code=typed["code"])
    made = {key: typed[key] for key in ("category", "kind", "zh", "en") if typed[key]}
    put(document, ("rules", typed["code"]), {**made, "incident": True})


@policy.post("/drafts/<int:draft_id>/rules/<code>/do")
@web.requires(Permission.RULES_WRITE)
def change_rule(draft_id: int, code: str) -> Redirect:
    """Remove a rule, or put it before or after its neighbour of the same category and kind."""
    found = draft_or_abort(draft_id)
    action = request.form.get("action", "")
    rules = value_at(found.document, ("rules",))
    if action not in ("up", "down", "remove") or code not in (rules or {}):
        abort(404)

    def edit(document: dict[str, Any]) -> None:
        now = value_at(document, ("rules",))
        if not isinstance(now, dict) or code not in now:
            raise Refused(N_("Somebody removed this rule meanwhile."))
        if action == "remove":
            del now[code]
        else:
            put(document, ("rules",), moved(now, code, -1 if action == "up" else 1))

    return attempt(
        lambda: save_draft(
            session(),
            actor=web.current_actor(),
            now=web.now().moment,
            draft_id=draft_id,
            parts=[("rules", code)] if action == "remove" else [("rules",)],
            edit=edit,
            revision=revision() if "seen" in request.form else None,
            seen=request.form.get("seen", ""),
        ),
        _("%(code)s is removed.", code=code) if action == "remove" else _("Moved."),
        url_for("policy.draft", draft_id=draft_id, _anchor="rules" if action == "remove" else code),
    )


def moved(rules: dict[str, Any], code: str, step: int) -> dict[str, Any]:
    """The rules with one in the place of its neighbour that stands in the same cell."""

    def cell(key: str) -> tuple[Any, Any]:
        return value_at(rules[key], ("category",)), value_at(rules[key], ("kind",))

    codes = list(rules)
    same = [key for key in codes if cell(key) == cell(code)]
    place = same.index(code) + step
    if 0 <= place < len(same):
        one, other = codes.index(code), codes.index(same[place])
        codes[one], codes[other] = codes[other], codes[one]
    return {key: rules[key] for key in codes}
