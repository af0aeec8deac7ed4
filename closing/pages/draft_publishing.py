"""From a draft to a version: what changes, from which month on, and how it came about."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as Redirect
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from closing.consultations import (
    Consultation,
    consultation_of,
    keep_consultation,
    record_of,
    seen_of,
)
from closing.drafts import Draft, base_of, publish_draft
from closing.months import newest_closed
from closing.pages.blueprints import policy
from closing.pages.common import session
from closing.pages.draft_common import draft_or_abort, problems_of, revision
from closing.pages.draft_compare import compare as compared
from closing.pages.draft_fields import sheets
from closing.versions import policy_of_closing, policy_version, versions
from core import web
from core.db import transaction
from core.errors import Conflict, NotFound, Refused
from core.forms import DayField, beside, show
from core.pages import filters as written
from core.permissions import Permission
from core.seen import Meanwhile
from core.values import Month


class RecordForm(FlaskForm):  # type: ignore[misc]
    discussed_on = DayField(_l("Discussed on"), validators=[Optional()])
    discussed_with = StringField(
        _l("With whom"),
        description=_l("The congress of employees or all of them, the union or representatives."),
        validators=[Optional(), Length(max=500)],
    )
    opinions = TextAreaField(
        _l("What was proposed, and what came of it"),
        validators=[Optional(), Length(max=5000)],
        render_kw={"rows": 3},
    )
    announced_on = DayField(_l("Announced on"), validators=[Optional()])
    announced_how = StringField(
        _l("How it was announced"),
        description=_l("Notice board, letter to all, training with a list of signatures."),
        validators=[Optional(), Length(max=500)],
    )
    seen = HiddenField()

    def consultation(self) -> Consultation:
        return Consultation(
            discussed_on=self.discussed_on.data,
            discussed_with=(self.discussed_with.data or "").strip(),
            opinions=(self.opinions.data or "").replace("\r\n", "\n").strip(),
            announced_on=self.announced_on.data,
            announced_how=(self.announced_how.data or "").strip(),
        )


class PublishForm(RecordForm):
    effective_from = StringField(_l("In force from"), description=_l("A month such as 2026-11."))


@policy.get("/drafts/<int:draft_id>/changes")
@web.requires(Permission.RULES_WRITE)
def draft_changes(draft_id: int) -> str:
    found = draft_or_abort(draft_id)
    base = base_of(session(), found.row)
    old = policy_of_closing(session(), base.id).policy
    return render_template(
        "policy/draft_changes.html",
        draft=found,
        base=base,
        comparison=compared(old, found.policy) if found.policy else None,
        sheets=sheets(),
    )


@policy.get("/compare")
@web.requires(Permission.CLOSING_READ)
def compare() -> str | Redirect:
    """Two versions; the newest and the one before it where none are named."""
    listed = versions(session())
    numbers = [each.number for each in listed]
    if not numbers:
        return redirect(url_for("policy.versions_list"))
    new = _number("new", numbers[0])
    old = _number("old", numbers[1] if len(numbers) > 1 else new)
    before, after = (policy_version(session(), number) for number in (old, new))
    return render_template(
        "policy/compare.html",
        versions=listed,
        old=before,
        new=after,
        comparison=compared(before.policy, after.policy),
    )


def _number(name: str, default: int) -> int:
    given = request.args.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 7 else default


@policy.route("/drafts/<int:draft_id>/publish", methods=["GET", "POST"])
@web.requires(Permission.RULES_WRITE)
def publish(draft_id: int) -> str | Redirect | tuple[str, int]:
    found = draft_or_abort(draft_id)
    form = PublishForm()
    if not form.is_submitted():
        form.effective_from.data = str(_first_month())
        return _publish_page(found, form)
    valid, month = form.validate(), _month(form)
    if not valid or month is None:
        return _publish_page(found, form), 400
    try:
        with transaction():
            made = publish_draft(
                session(),
                actor=web.current_actor(),
                now=web.now().moment,
                draft_id=draft_id,
                revision=revision(),
                newest=_posted("newest"),
                effective_from=month,
                consultation=form.consultation(),
            )
    except NotFound:
        raise
    except Refused as refused:
        show(form, refused)
        status = 409 if isinstance(refused, Conflict) else 400
        return _publish_page(draft_or_abort(draft_id), form), status
    in_force = written.month(month)
    flash(_("Version %(number)d is in force from %(month)s.", number=made.number, month=in_force))
    if not form.consultation().complete:
        flash(_("The record of its discussion and announcement is not complete yet."), "error")
    return redirect(url_for("policy.version", number=made.number))


def _first_month() -> Month:
    """Proposed: the next month, or the one after the newest closed month."""
    proposed = Month.of(web.today()).plus(1)
    newest = newest_closed(session())
    return proposed if newest is None or newest < proposed else newest.plus(1)


def _month(form: PublishForm) -> Month | None:
    try:
        return Month.parse(form.effective_from.data or "")
    except ValueError:
        form.effective_from.errors = [_("Type a month such as 2026-11.")]
        return None


def _posted(name: str) -> int:
    given = request.form.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0


def _publish_page(found: Draft, form: PublishForm) -> str:
    newest = policy_version(session())
    return render_template(
        "policy/draft_publish.html",
        draft=found,
        form=form,
        newest=newest,
        base=base_of(session(), found.row),
        problems=problems_of(found),
        comparison=compared(newest.policy, found.policy) if found.policy else None,
        sheets=sheets(),
    )


@policy.route("/<int:number>/record", methods=["GET", "POST"])
@web.requires(Permission.RULES_WRITE)
def record(number: int) -> str | Redirect | tuple[str, int]:
    """How a version came about: kept with it, and written down late where it has to be."""
    found = policy_version(session(), number)
    kept = record_of(session(), found.id)
    form, code = RecordForm(data=_as_data(kept)), 400
    if form.validate_on_submit():
        try:
            with transaction():
                keep_consultation(
                    session(),
                    actor=web.current_actor(),
                    now=web.now().moment,
                    number=number,
                    consultation=form.consultation(),
                    seen=form.seen.data or "",
                )
            flash(_("Saved."))
            return redirect(url_for("policy.version", number=number))
        except Meanwhile as meanwhile:
            show(form, meanwhile)
            now = RecordForm(formdata=None, data=_as_data(record_of(session(), found.id)))
            beside(form, now, theirs=web.here())
            code = 409
    page = render_template("policy/record.html", version=found, form=form)
    return (page, code) if form.is_submitted() else page


def _as_data(kept: Any) -> dict[str, object]:
    said = consultation_of(kept) if kept else Consultation()
    return {
        "seen": seen_of(kept),
        "discussed_on": said.discussed_on,
        "discussed_with": said.discussed_with,
        "opinions": said.opinions,
        "announced_on": said.announced_on,
        "announced_how": said.announced_how,
    }
