"""The close: months, what stands in the way of one, closing, reopening, publishing."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as Redirect

from closing import jobs as closes
from closing import reopening, services
from closing.cards import stored_views
from closing.months import ClosedMonth, closed_month, closed_months
from closing.overview import late_waiting, month_rows, stored_sums
from closing.pages import left_out_words, words
from closing.pages.blueprints import closing
from closing.pages.common import attempt_on, link, session
from closing.pages.forms import ReopenForm
from closing.pages.open_month import open_page
from closing.pages.publication import plan_asked
from closing.versions import policy_of_closing
from core import jobs, tables, web
from core.cli import seal
from core.db import transaction
from core.errors import Refused
from core.forms import show
from core.models import MonthState
from core.permissions import Permission
from core.tables import Column, Listing
from core.values import Month
from staff.naming import known_names

STATES = {
    "open": (_l("Open"), "plain"),
    "reopened": (_l("Reopened"), "warn"),
    "closed": (_l("Closed"), "good"),
}
MONTHS = Listing(
    columns=[
        Column("month", _l("Month"), "month"),
        Column("state", _l("State"), value=lambda row: str(STATES[row.state][0])),
        Column("revision", _l("Revision"), "short"),
        Column("policy_version", _l("Policy version"), "short"),
        Column("cards", _l("Scorecards"), "short"),
        Column("closed_at", _l("Closed at"), value=lambda row: _moment(row.closed_at)),
        Column("closed_by", _l("Closed by")),
        Column("published_at", _l("Published"), value=lambda row: _moment(row.published_at)),
        Column("exported_at", _l("Payroll exported"), value=lambda row: _moment(row.exported_at)),
        Column("late", _l("Late rows waiting"), "short"),
    ],
    order=["order"],
)


def _moment(value: Any) -> str | None:
    return None if value is None else value.isoformat(sep=" ", timespec="minutes")


@closing.get("/closing")
@web.requires(Permission.CLOSING_READ)
def months() -> str | Response:
    rows = month_rows(session(), Month.of(web.today()))
    if not web.viewer().reaches_all(Permission.CLOSING_READ):
        rows = [row for row in rows if row.state == "closed"]
    closed = sum(row.state == "closed" for row in rows)
    return tables.respond(
        MONTHS, rows, "closing/months.html", filename="months", states=STATES, closed=closed
    )


@closing.get("/closing/<month:month>")
@web.requires(Permission.CLOSING_READ)
def month(month: Month) -> str:
    return _page(month)


def _page(month: Month) -> str:
    closed = closed_month(session(), month)
    if closed is not None:
        return _closed_page(month, closed)
    if not web.viewer().reaches_all(Permission.CLOSING_READ):
        abort(404)
    return open_page(month)


def _closed_page(month: Month, closed: ClosedMonth) -> str:
    version = policy_of_closing(session(), closed.document.id)
    return render_template(
        "closing/closed.html",
        month=month,
        closing=closed.closing,
        state=closed.state,
        version=version,
        numbers=stored_sums(session(), closed.closing),
        grades=version.policy.grades,
        left_out=told(closed.closing.left_out),
        later=[each for each in closed_months(session()) if each > month],
        revisions=services.revisions(session(), month),
        late=late_waiting(session(), month),
        scorecards=link("scorecards.month_list", month=month),
        late_rows=link("imports.late", month=month),
    )


def told(left_out: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was left out: a sentence each, and its items."""
    names = known_names()
    return [
        {
            "text": left_out_words.omission(each["kind"], each["count"]),
            "items": [
                left_out_words.omission_item(each["kind"], item, names) for item in each["items"]
            ],
        }
        for each in left_out
    ]


@closing.post("/closing/<month:month>/close")
@web.requires(Permission.CLOSING_WRITE)
def close(month: Month) -> Redirect:
    if closes.is_large(session(), month):
        return _close_as_job(month)
    try:
        with transaction():
            plan_asked(month)
            made = services.close_month(
                session(),
                actor=web.current_actor(),
                now=web.now().moment,
                month=month,
                seal=seal(),
            )
            cards = len(stored_views(session(), made))
        flash(
            ngettext(
                "%(month)s is closed: %(num)d scorecard is locked.",
                "%(month)s is closed: %(num)d scorecards are locked.",
                cards,
                month=words.month_text(month),
            )
        )
    except Refused as refused:
        flash(refused.message.render(_), "error")
    return redirect(url_for("closing.month", month=month))


def _close_as_job(month: Month) -> Redirect:
    """Ask for it, or lead to whoever asked before."""
    subject = closes.subject(month)
    try:
        with transaction():
            services.check_closable(session(), month)
            plan_asked(month)
            job = jobs.ask(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                kind=closes.CLOSE,
                subject=subject,
            )
        return redirect(url_for("closing.job", number=job.id))
    except Refused as refused:
        flash(refused.message.render(_), "error")
    under_way = jobs.unfinished(session(), closes.CLOSE, subject)
    if under_way is not None:
        return redirect(url_for("closing.job", number=under_way.id))
    return redirect(url_for("closing.month", month=month))


@closing.post("/closing/<month:month>/publish-at")
@web.requires(Permission.CLOSING_WRITE)
def publish_at(month: Month) -> Redirect | tuple[str, int]:
    return attempt_on(
        lambda: _page(month),
        lambda: plan_asked(month, needed=True),
        _("The moment of publication is set."),
        url_for("closing.month", month=month),
    )


@closing.route("/closing/<month:month>/reopen", methods=["GET", "POST"])
@web.requires(Permission.CLOSING_WRITE)
def reopen(month: Month) -> str | Redirect:
    form = ReopenForm()
    if form.validate_on_submit():
        try:
            with transaction():
                opened = reopening.reopen(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    month=month,
                    reason=form.reason.data or "",
                    cascade=form.cascade.data,
                    seal=seal(),
                )
            listed = _(", ").join(words.month_text(each) for each in opened.months)
            flash(_("Reopened: %(months)s. Every revision is kept.", months=listed))
            return redirect(url_for("closing.month", month=month))
        except Refused as refused:
            show(form, refused)
    months = [each for each in closed_months(session()) if each >= month]
    exported = [each for each in months if session().get_one(MonthState, each).exported_at]
    return render_template(
        "closing/reopen.html",
        month=month,
        form=form,
        closed=month in months,
        later=[each for each in months if each != month],
        exported=exported,
    )
