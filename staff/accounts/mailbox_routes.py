"""Changing one's own e-mail address."""

from __future__ import annotations

from flask import abort, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from core import mailing, web
from core.db import db, transaction
from core.errors import Refused
from core.forms import show
from core.permissions import Permission
from staff.accounts import identity, letters, mailboxes, throttles
from staff.accounts.blueprints import accounts
from staff.accounts.forms import ConfirmForm, EmailForm
from staff.accounts.naming import get, mailbox_of
from staff.accounts.own_routes import prove_first
from staff.accounts.provider import Provider
from staff.accounts.routes import claim, waiting

LINK = "email_code"


@accounts.route("/account/email", methods=["GET", "POST"])
@web.requires(Permission.SELF)
def email() -> str | Response | tuple[str, int]:
    """Ask for another address, where that is one's own affair."""
    form = EmailForm()
    if not _is_own_affair():
        return _page(form)
    if not identity.is_proven():
        return prove_first("accounts.email")
    status = 200
    if form.validate_on_submit():
        who = web.viewer()
        claimed = claim(throttles.for_letters(f"email {who.account_id}", ""))
        if claimed.wait:
            form.email.errors, status = [waiting(claimed.wait)], 429
        else:
            try:
                return _ask(form.email.data or "")
            except Refused as refused:
                show(form, refused)
                status = 400
    return _page(form), status


def _ask(address: str) -> Response:
    with transaction():
        mailboxes.ask(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            account_id=web.viewer().account_id,
            email=address,
            compose=letters.confirm_address,
        )
    flash(gettext("A link is on its way to the new address. It works for a day."))
    return redirect(url_for("accounts.email"))


def _page(form: EmailForm) -> str:
    who = web.viewer()
    return render_template(
        "accounts/email.html",
        form=form,
        own=_is_own_affair(),
        by_sign_on=_sign_on_goes_by_it(),
        present=mailbox_of(db.session(), get(db.session(), who.account_id)),
        pending=mailboxes.pending(db.session(), who.account_id, web.now().moment),
    )


def _is_own_affair() -> bool:
    """Letters go out, the account is an employee's, and nobody signs on by the address."""
    employed = web.viewer().employee_id is not None
    return employed and mailing.is_configured() and not _sign_on_goes_by_it()


def _sign_on_goes_by_it() -> bool:
    provider: Provider | None = current_app.config["PROVIDER"]
    return provider is not None and not provider.claim


@accounts.get("/account/email/<code>")
@web.requires(Permission.SELF)
def email_by_link(code: str) -> Response:
    """A link from the letter: the code leaves the address, and looking changes nothing."""
    session[LINK] = code[:80]
    return redirect(url_for("accounts.confirm_email"))


@accounts.route("/account/email/confirm", methods=["GET", "POST"])
@web.requires(Permission.SELF)
def confirm_email() -> str | Response | tuple[str, int]:
    who, code = web.viewer(), session.get(LINK)
    row = mailboxes.pending(db.session(), who.account_id, web.now().moment)
    if not code or row is None:
        if code:
            flash(gettext("This link was used already, or is too old. Ask for a new one."), "error")
        session.pop(LINK, None)
        return redirect(url_for("accounts.email"))
    form = ConfirmForm()
    if not form.validate_on_submit():
        return render_template("accounts/email_confirm.html", form=form, address=row.email)
    if not _is_own_affair():
        abort(403)
    session.pop(LINK)
    with transaction():
        address = mailboxes.confirm(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            account_id=who.account_id,
            code=code,
            compose=letters.address_was_changed,
        )
    flash(gettext("Your address is now %(address)s.", address=address))
    return redirect(url_for("accounts.account"))
