"""Accounts for everybody without one, and first passwords: letters and slips."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from core import mailing, tables, web
from core.db import db, transaction
from core.errors import N_, Refused
from core.i18n import language
from core.permissions import Permission
from staff.accounts import codes, first_passwords, letters
from staff.accounts.administration_routes import whose
from staff.accounts.blueprints import administration


@administration.get("/first-passwords")
@web.requires(Permission.ACCOUNTS_HELP)
def first() -> str:
    found = first_passwords.newcomers(db.session(), web.today())
    return render_template(
        "accounts/first.html",
        missing=len(first_passwords.without_account(db.session(), web.today())),
        new=len(found),
        with_mailbox=sum(1 for each in found if each.email),
        mail=mailing.is_configured(),
        days=codes.LASTS["slip"].days,
    )


@administration.post("/first-passwords/accounts")
@web.requires(Permission.ACCOUNTS_HELP)
def create_missing() -> Response:
    with transaction():
        made = first_passwords.create_missing(db.session(), **whose())
    flash(gettext("Accounts made: %(made)d", made=made))
    return redirect(url_for("administration.first"))


@administration.post("/first-passwords/invitations")
@web.requires(Permission.ACCOUNTS_HELP)
def invite() -> Response:
    if not mailing.is_configured():
        raise Refused(N_("SMTP_URL is not set: there is no server to send by."))
    with transaction():
        sent = first_passwords.invite(db.session(), **whose(), compose=letters.invitation)
    flash(gettext("Invitations on their way: %(sent)d", sent=sent))
    return redirect(url_for("administration.first"))


@administration.post("/first-passwords/slips")
@web.requires(Permission.ACCOUNTS_HELP)
def slips() -> FlaskResponse:
    """The slips as PDF. The codes are committed first: a slip that is printed has to work."""
    with transaction():
        made = first_passwords.slips(
            db.session(), **whose(), with_mailbox=request.form.get("all") == "1"
        )
    if not made:
        raise Refused(N_("There is nobody to print a slip for."))
    body = first_passwords.printed(made, _words())
    return tables.attachment(body, "slips.pdf", "application/pdf")


def _words() -> dict[str, str]:
    site = current_app.config["SITE_URL"] or request.host_url.rstrip("/")
    return {
        "lang": language(),
        "title": gettext("Your sign-in to Pingyou"),
        "name": gettext("Name"),
        "number": gettext("Number"),
        "team": gettext("Team"),
        "code": gettext("One-time code"),
        "how": gettext(
            "Open %(site)s. Sign in with your number and this code instead of a password; then"
            " choose your own password. The code works once, until %(day)s. Keep it to yourself.",
            site=site,
            day=(web.today() + codes.LASTS["slip"]).isoformat(),
        ),
    }
