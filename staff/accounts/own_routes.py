"""One's own account: password, second factor, where one is signed in."""

from __future__ import annotations

import segno
from flask import flash, redirect, render_template, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from core import keyring, web
from core.db import db, transaction
from core.errors import Refused
from core.forms import show
from core.permissions import Permission
from staff.accounts import factor as second_factor
from staff.accounts import identity, services, sessions, throttles
from staff.accounts.blueprints import ROLE_NAMES, accounts
from staff.accounts.forms import FactorForm, PasswordForm, ProveForm
from staff.accounts.naming import mailbox_of
from staff.accounts.routes import claim, waiting, wrong_code

PENDING, PROOF_FOR = "factor", "proof_for"


@accounts.get("/account")
@web.requires(Permission.SELF)
def account() -> str:
    viewer = web.viewer()
    return render_template(
        "accounts/account.html",
        mailbox=mailbox_of(db.session(), services.get(db.session(), viewer.account_id)),
        roles=[name for role, name in ROLE_NAMES.items() if role in viewer.roles],
        sessions=sessions.open_sessions(
            db.session(), viewer.account_id, now=web.now().moment, limits=identity.limits()
        ),
        this=identity.session_id(),
        browser_of=sessions.browser_of,
    )


@accounts.post("/account/sessions/<int:session_id>")
@web.requires(Permission.SELF)
def end_session(session_id: int) -> Response:
    with transaction():
        sessions.revoke(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            account_id=web.viewer().account_id,
            session_id=session_id,
        )
    flash(gettext("That session has ended."))
    return redirect(url_for("accounts.account"))


@accounts.post("/account/sessions")
@web.requires(Permission.SELF)
def end_other_sessions() -> Response:
    with transaction():
        sessions.end_all(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            account_id=web.viewer().account_id,
            but=identity.session_id(),
        )
    flash(gettext("Every other session has ended."))
    return redirect(url_for("accounts.account"))


@accounts.route("/account/password", methods=["GET", "POST"])
@web.requires(Permission.SELF, first_password=True)
def password() -> str | Response | tuple[str, int]:
    form = PasswordForm()
    status = 200
    if form.validate_on_submit():
        current = form.current.data or ""
        verdict = check_password(current)
        if verdict.right:
            try:
                return _change_password(current, form.password.data or "")
            except Refused as refused:
                show(form, refused)
        elif verdict.wait:
            status = 429
            form.current.errors = [waiting(verdict.wait)]
        else:
            form.current.errors = [_not_it()]
    return str(render_template("accounts/password.html", form=form)), status


def check_password(current: str) -> throttles.Verdict:
    """Whether one's own password was typed rightly."""
    account_id = web.viewer().account_id
    claimed = claim(throttles.for_current(account_id))
    with transaction():
        return services.check_current(
            db.session(), account_id=account_id, current=current, claimed=claimed
        )


def _change_password(current: str, password: str) -> Response:
    with transaction():
        changed = services.set_password(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            account_id=web.viewer().account_id,
            current=current,
            password=password,
        )
        identity.begin(changed)
    flash(gettext("The password is changed; other sessions of this account have ended."))
    return redirect(url_for("reports.dashboard"))


@accounts.route("/account/prove", methods=["GET", "POST"])
@web.requires(Permission.SELF, first_password=True)
def prove() -> str | Response | tuple[str, int]:
    """The password again, or sign-on, before what whoever finds an open browser must not do."""
    form = ProveForm()
    status = 200
    if form.validate_on_submit():
        verdict = check_password(form.current.data or "")
        if verdict.right:
            with transaction():
                sessions.prove(
                    db.session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    session_id=identity.session_id(),
                )
            return go_on()
        status = 429 if verdict.wait else 400
        form.current.errors = [waiting(verdict.wait) if verdict.wait else _not_it()]
    has_password = services.get(db.session(), web.viewer().account_id).password_hash is not None
    page = render_template("accounts/prove.html", form=form, has_password=has_password)
    return str(page), status


def prove_first(endpoint: str = "accounts.factor") -> Response:
    """To where one shows who one is, and from there to ``endpoint``."""
    session[PROOF_FOR] = endpoint
    return redirect(url_for("accounts.prove"))


def go_on() -> Response:
    """To what the proof was asked for."""
    return redirect(url_for(session.pop(PROOF_FOR, "accounts.factor")))


def _not_it() -> str:
    return str(gettext("This is not the present password."))


@accounts.route("/account/factor", methods=["GET", "POST"])
@web.requires(Permission.SELF, first_password=True)
def factor() -> str | Response:
    """Set the second factor up, or see that it is there."""
    viewer = web.viewer()
    if viewer.must_change:
        return redirect(url_for(web.PASSWORD))
    if not identity.is_proven():
        return prove_first()
    form = FactorForm()
    if viewer.has_factor:
        left = second_factor.recovery_codes_left(db.session(), viewer.account_id)
        return render_template("accounts/factor.html", form=form, left=left, needed=_is_needed())
    secret = _pending_secret()
    if form.validate_on_submit():
        try:
            return _enrol(secret, form.code.data or "")
        except Refused as refused:
            show(form, refused)
    form.code.description = ""  # there is no recovery code yet
    code = segno.make(second_factor.address(secret, viewer.own_label), error="m")
    return render_template(
        "accounts/factor_new.html",
        form=form,
        image=code.svg_data_uri(scale=5, border=2),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )


def _enrol(secret: str, code: str) -> str:
    viewer = web.viewer()
    with transaction():
        made = second_factor.enrol(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            account_id=viewer.account_id,
            secret=secret,
            code=code,
        )
        identity.begin(services.get(db.session(), viewer.account_id))
    return render_template("accounts/recovery_codes.html", codes=made)


def _pending_secret() -> str:
    """The secret that is being set up: kept by the browser, where only this server can read it."""
    place = f"accounts:{web.viewer().account_id}:pending"
    with transaction():  # the very first time, the key is made
        if PENDING in session:
            try:
                return keyring.decrypt(db.session(), place, session[PENDING])
            except (keyring.WrongKey, ValueError):
                pass  # somebody else's, from before on this computer
        secret = second_factor.new_secret()
        session[PENDING] = keyring.encrypt(db.session(), place, secret)
        return secret


def _is_needed() -> bool:
    return bool(web.viewer().roles & identity.NEEDS_FACTOR and not identity.factor_switched_off())


@accounts.post("/account/factor/codes")
@web.requires(Permission.SELF)
def recovery_codes() -> str | Response:
    """Ten new recovery codes, for one of the authenticator."""
    if not identity.is_proven():
        return prove_first()
    if not _verified():
        return redirect(url_for("accounts.factor"))
    with transaction():
        made = second_factor.renew_recovery_codes(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            account_id=web.viewer().account_id,
        )
    return render_template("accounts/recovery_codes.html", codes=made)


@accounts.post("/account/factor/off")
@web.requires(Permission.SELF)
def factor_off() -> Response:
    """Take the second factor off; who needs one is led to set up another."""
    if not identity.is_proven():
        return prove_first()
    if _verified():
        with transaction():
            second_factor.remove(
                db.session(),
                actor=web.current_actor(),
                now=web.now(),
                account_id=web.viewer().account_id,
            )
        flash(gettext("The second factor is off."))
    return redirect(url_for("accounts.factor"))


def _verified() -> bool:
    """Whether the code that came with the form is right; says why not."""
    form = FactorForm()
    if not form.validate_on_submit():
        flash(gettext("Type the code that the authenticator shows."), "error")
        return False
    account_id = web.viewer().account_id
    claimed = claim(throttles.for_factor(account_id))
    with transaction():
        verdict = second_factor.verify(
            db.session(),
            account_id=account_id,
            code=form.code.data or "",
            now=web.now(),
            claimed=claimed,
        )
    if not verdict.right:
        flash(waiting(verdict.wait) if verdict.wait else wrong_code(), "error")
    return verdict.right
