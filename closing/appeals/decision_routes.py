"""Decisions on the lines of an appeal, and what they change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from closing.appeals import changes, corrections, services, words
from closing.appeals.blueprint import appeals
from closing.appeals.differences import Due, differences
from closing.appeals.forms import AmountForm, DecisionForm
from closing.appeals.models import AppealLine
from closing.appeals.routes import appeal_page, bars_self, decides, row_or_abort
from closing.appeals.words import Words
from closing.pages.common import attempt, session
from closing.pages.words import month_text
from closing.versions import policy_of_closing
from core import web
from core.cli import seal
from core.db import transaction
from core.errors import Conflict, Refused
from core.forms import keep_typed, show
from core.permissions import Permission

P = Permission


@appeals.route("/appeals/<int:appeal_id>/lines/<int:line_id>", methods=["GET", "POST"])
@web.requires(P.APPEALS_DECIDE)
def decide(appeal_id: int, line_id: int) -> str | Redirect | tuple[str, int]:
    row, line = _line_or_abort(appeal_id, line_id)
    said = _words(row)
    form = DecisionForm()
    possible = words.excuses()
    form.excuse.choices = [
        SelectChoice("", _("Choose")),
        *(SelectChoice(key, text) for key, text in possible.items() if line.was.get(key)),
    ]
    if form.validate_on_submit():
        try:
            with transaction():
                services.decide_line(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    line_id=line_id,
                    decision=form.decision.data,
                    reason=form.reason.data or "",
                    change=_change(form, line, said),
                )
            flash(_("The decision is kept."))
            return redirect(url_for("appeals.appeal", appeal_id=appeal_id))
        except Conflict as conflict:
            return _as_it_stands(appeal_id, conflict)
        except Refused as refused:
            show(form, refused)
    return render_template(
        "appeals/decide.html",
        row=row,
        line=line,
        words=said,
        form=form,
        bar=services.bar_of(web.viewer(), row.employee_id, line.makers),
        voids=line.record in ("incident", "rule"),
    )


def _as_it_stands(appeal_id: int, conflict: Conflict) -> tuple[str, int]:
    """The appeal as others left it, below what was typed."""
    flash(conflict.message.render(_), "error")
    keep_typed()
    return appeal_page(appeal_id), 409


def _change(form: DecisionForm, line: AppealLine, said: Words) -> dict[str, Any] | None:
    """What the form says becomes of the record; raises ``Refused`` at its field."""
    if form.decision.data == "declined":
        return None
    if (form.by_hand.data or "").strip():
        return changes.by_hand(form.by_hand.data or "")
    if line.record == "metric":
        kind = said.kind_of(line.key)
        return changes.of_metric(form.value.data or "", form.sample_size.data or "", kind)
    if line.record == "check":
        return changes.of_check(form.value.data or "", form.remove.data)
    if line.record == "day":
        day = date.fromisoformat(line.key)
        return changes.of_day(day, form.excuse.data or "", form.punch.data or "", line.was)
    return changes.void(form.decision.data)


def _words(row: Any) -> Words:
    return words.words_of(policy_of_closing(session(), row.document_version_id).policy)


def _line_or_abort(appeal_id: int, line_id: int) -> tuple[Any, AppealLine]:
    row = row_or_abort(appeal_id)
    line = session().get(AppealLine, line_id)
    if line is None or line.appeal_id != appeal_id:
        abort(404)
    if not decides(row, line) and not bars_self(row):
        web.refuse(P.APPEALS_DECIDE)
    return row, line


@appeals.post("/appeals/<int:appeal_id>/apply")
@web.requires(P.CLOSING_WRITE)
def apply(appeal_id: int) -> Redirect:
    row_or_abort(appeal_id)
    try:
        with transaction():
            closed = corrections.apply_lines(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                appeal_id=appeal_id,
                seal=seal(),
                cascade=bool(request.form.get("cascade")),
            )
        months = _(", ").join(month_text(each) for each in closed)
        flash(
            _("The records are corrected. Closed anew: %(months)s.", months=months)
            if closed
            else _("The records are corrected; the month is open.")
        )
    except Refused as refused:
        flash(refused.message.render(_), "error")
    return redirect(url_for("appeals.appeal", appeal_id=appeal_id))


@appeals.post("/appeals/<int:appeal_id>/lines/<int:line_id>/done")
@web.requires(P.CLOSING_WRITE)
def done(appeal_id: int, line_id: int) -> Redirect:
    _line_or_abort(appeal_id, line_id)
    return attempt(
        _acting(corrections.mark_done, line_id),
        _("The line is marked as done."),
        url_for("appeals.appeal", appeal_id=appeal_id),
    )


def _acting(act: Callable[..., Any], line_id: int) -> Callable[[], Any]:
    return lambda: act(session(), actor=web.current_actor(), now=web.now(), line_id=line_id)


@appeals.route("/appeals/<int:appeal_id>/lines/<int:line_id>/adjustment", methods=["GET", "POST"])
@web.requires(P.CLOSING_WRITE)
def adjust_line(appeal_id: int, line_id: int) -> str | Redirect | tuple[str, int]:
    row, line = _line_or_abort(appeal_id, line_id)
    form = AmountForm()
    if form.validate_on_submit():
        try:
            with transaction():
                corrections.adjust_line(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    line_id=line_id,
                    amount=form.amount.data or Decimal(0),
                    reason=form.reason.data or "",
                )
            flash(_("The adjustment is paid with the next open month."))
            return redirect(url_for("appeals.appeal", appeal_id=appeal_id))
        except Conflict as conflict:
            return _as_it_stands(appeal_id, conflict)
        except Refused as refused:
            show(form, refused)
    computed, due = bool(request.args.get("figures")) and not form.is_submitted(), None
    if not form.is_submitted():
        form.reason.data = _("Appeal %(number)d", number=appeal_id)
        due = _due(row) if computed else None
        form.amount.data = due.left if due and due.left else None
    return render_template(
        "appeals/adjust.html",
        row=row,
        line=line,
        words=_words(row),
        form=form,
        computed=computed,
        due=due,
    )


def _due(row: Any) -> Due | None:
    """What the month would pay the person by now, where that is another sum."""
    found = differences(session(), row.month)
    return next((each for each in found if each.employee_id == row.employee_id), None)
