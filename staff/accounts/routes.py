"""Sign-in, sign-out, language, one's own account."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from core import web
from core.db import db, transaction
from core.errors import Refused
from core.forms import show
from core.i18n import LANGUAGE, LOCALES
from core.permissions import Permission, Role
from staff.accounts import identity, services
from staff.accounts.forms import PasswordForm, SignInForm
from staff.accounts.signing_in import sign_in as check_sign_in
from staff.models import Account

accounts = Blueprint("accounts", __name__)
ROLE_NAMES = {
    Role.EMPLOYEE: _l("Employee"),
    Role.SUPERVISOR: _l("Supervisor"),
    Role.MANAGER: _l("Manager"),
    Role.MANAGER: _l("Manager"),
    Role.HR: _l("HR"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.AUDITOR: _l("Auditor"),
}


@accounts.route("/sign-in", methods=["GET", "POST"])
@web.public
def sign_in() -> str | Response | tuple[str, int]:
    if web.viewer_or_none() is not None:
        return redirect(web.safe_next(request.args.get("next")) or url_for("reports.dashboard"))
    form = SignInForm()
    status = 200
    if form.validate_on_submit():
        with transaction():
            outcome = check_sign_in(
                db.session(),
                name=form.name.data or "",
                password=form.password.data or "",
                address=request.remote_addr or "",
                now=web.now(),
            )
        if outcome.account is not None:
            _begin(outcome.account)
            return redirect(web.safe_next(form.next.data) or url_for("reports.dashboard"))
        status = 429 if outcome.wait else 401
        form.password.errors = [_waiting(outcome.wait) if outcome.wait else _wrong()]
    elif not form.is_submitted():
        form.next.data = web.safe_next(request.args.get("next")) or ""
    return str(render_template("accounts/sign_in.html", form=form)), status


def _begin(account: Account) -> None:
    """Start a session: nothing of the anonymous one stays but the language."""
    language = session.get(LANGUAGE)
    session.clear()
    if language:
        session[LANGUAGE] = language
    session.permanent = True
    user = identity.load(account.id)
    if user is not None:
        login_user(user)


def _wrong() -> str:
    return str(
        gettext("Name and password do not match. Mind capitals; HR can issue a new password.")
    )


def _waiting(seconds: int) -> str:
    if seconds < 60:
        return str(
            gettext("Too many tries. Wait %(seconds)d seconds, then try again.", seconds=seconds)
        )
    return str(
        gettext(
            "Too many tries. Wait %(minutes)d minutes, then try again.", minutes=seconds // 60 + 1
        )
    )


@accounts.post("/sign-out")
@web.requires(Permission.SELF, first_password=True)
def sign_out() -> Response:
    logout_user()
    language = session.get(LANGUAGE)
    session.clear()
    if language:
        session[LANGUAGE] = language
    return redirect(url_for("accounts.sign_in"))


@accounts.post("/language")
@web.public
def language() -> Response:
    chosen = request.form.get("language", "")
    if chosen in LOCALES:
        session[LANGUAGE] = chosen
        viewer = web.viewer_or_none()
        if viewer is not None:
            with transaction():
                services.set_language(
                    db.session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    account_id=viewer.account_id,
                    language=chosen,
                )
    return redirect(web.safe_next(request.form.get("next")) or url_for("reports.dashboard"))


@accounts.get("/account")
@web.requires(Permission.SELF)
def account() -> str:
    names = [name for role, name in ROLE_NAMES.items() if role in web.viewer().roles]
    return render_template("accounts/account.html", roles=names)


@accounts.route("/account/password", methods=["GET", "POST"])
@web.requires(Permission.SELF, first_password=True)
def password() -> str | Response:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            with transaction():
                changed = services.set_password(
                    db.session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    account_id=web.viewer().account_id,
                    current=form.current.data or "",
                    password=form.password.data or "",
                )
            _begin(changed)
            flash(gettext("The password is changed; other sessions of this account have ended."))
            return redirect(url_for("reports.dashboard"))
        except Refused as refused:
            show(form, refused)
    return render_template("accounts/password.html", form=form)
