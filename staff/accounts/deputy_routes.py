"""Deputies: one's own, those of everybody, and acting for somebody away."""

from __future__ import annotations

from typing import Any

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from core import audit, tables, web
from core.db import db, transaction
from core.errors import N_, NotFound, Refused
from core.forms import show
from core.permissions import Permission
from core.tables import Column, Listing
from staff import deputies as services
from staff.accounts import identity
from staff.accounts.blueprints import accounts, administration
from staff.accounts.forms import AnyDeputyForm, DeputyForm


@accounts.route("/account/deputies", methods=["GET", "POST"])
@web.requires(Permission.SELF)
def deputies() -> str | Response | tuple[str, int]:
    """Who stands in for me, and for whom I do."""
    own = web.viewer().employee_id
    form = DeputyForm()
    if own is not None and form.validate_on_submit():
        try:
            _name(form, own)
            return redirect(url_for("accounts.deputies"))
        except Refused as refused:
            show(form, refused)
    elif not form.is_submitted():
        form.first.data = web.today()
    page = render_template(
        "accounts/deputies.html",
        form=form if own is not None else None,
        rows=services.of_one(db.session(), own) if own is not None else [],
        state_of=state_of,
    )
    return (page, 400) if form.errors else page


def _name(form: DeputyForm, absent_id: int) -> None:
    today = web.today()  # the fields are required
    with transaction():
        services.name_deputy(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            absent_id=absent_id,
            deputy_no=form.deputy.data or "",
            first=form.first.data or today,
            last=form.last.data or today,
        )
    flash(gettext("The deputy is named, and told so."))


def state_of(row: Any) -> str:
    """``now``, ``later`` or ``over``."""
    if row.ended_at is not None or row.last_day < web.today():
        return "over"
    return "now" if row.first_day <= web.today() else "later"


@accounts.post("/account/deputies/<int:deputy_id>/end")
@web.requires(Permission.SELF)
def end_deputy(deputy_id: int) -> Response:
    own = web.viewer().employee_id
    if own is None:
        raise NotFound(N_("There is no such deputy."))
    return _end(deputy_id, own, "accounts.deputies")


@accounts.post("/account/acting")
@web.requires(Permission.SELF)
def act_for() -> Response:
    """Act for somebody away from now on, or for oneself again."""
    viewer = web.viewer()
    wanted = request.form.get("for", "")
    away = next((each for each in viewer.stand_ins if str(each.id) == wanted), None)
    if wanted and away is None:
        raise NotFound(N_("There is no such deputy."))
    chosen = away or viewer.behalf
    if chosen is not None:
        with transaction():
            audit.record(
                db.session(),
                actor=web.current_actor(),
                at=web.now().moment,
                action="deputy.begins" if away else "deputy.stops",
                subject=chosen.label,
            )
    identity.act_for(away.id if away else None)
    target = web.safe_next(request.form.get("next")) if away else None
    return redirect(target or url_for("reports.dashboard"))


@administration.route("/deputies", methods=["GET", "POST"])
@web.requires(Permission.ACCOUNTS_WRITE)
def all_deputies() -> str | Response | Answer:
    """Everybody's deputies; an administrator names them for whoever cannot."""
    form = AnyDeputyForm()
    if form.validate_on_submit():
        try:
            _name(form, services.person_of(db.session(), form.absent.data or "", web.now()))
            return redirect(url_for("administration.all_deputies"))
        except Refused as refused:
            show(form, refused)
    found = Listing(
        columns=[
            Column("absent", _l("Away")),
            Column("deputy", _l("Deputy")),
            Column("first_day", _l("From"), "date"),
            Column("last_day", _l("To"), "date"),
            Column("created_by", _l("Named by")),
            Column("do", _l("State"), value=lambda row: str(STATES[state_of(row)]), sortable=False),
        ],
        order=["first_day", "id"],
        default="first_day",
        descending=True,
        search=["absent", "absent_no", "deputy", "deputy_no"],
    )
    return tables.respond(
        found,
        services.listed(),
        "accounts/all_deputies.html",
        filename="deputies",
        form=form,
        state_of=state_of,
        states=STATES,
    )


STATES = {"now": _l("in force"), "later": _l("to come"), "over": _l("over")}


@administration.post("/deputies/<int:deputy_id>/end")
@web.requires(Permission.ACCOUNTS_WRITE)
def end_any_deputy(deputy_id: int) -> Response:
    return _end(deputy_id, None, "administration.all_deputies")


def _end(deputy_id: int, absent_id: int | None, then: str) -> Response:
    with transaction():
        services.end_deputy(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            deputy_id=deputy_id,
            absent_id=absent_id,
        )
    flash(gettext("This deputy's time has ended."))
    return redirect(url_for(then))
