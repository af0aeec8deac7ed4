"""Sign-in in its steps, sign-out, a first or forgotten password, language."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from core import mailing, web
from core.db import db, transaction
from core.errors import Refused
from core.forms import show
from core.i18n import LANGUAGE, LOCALES
from core.permissions import Permission
from core.secrets import sha256
from staff.accounts import codes, identity, letters, services, sessions, signing_in, throttles
from staff.accounts.blueprints import accounts
from staff.accounts.forms import ChooseForm, FactorForm, ForgottenForm, SignInForm
from staff.accounts.provider import Provider
from staff.models import Account

HALF, CODE, NEXT = "half", "code", "next"
HALF_SECONDS = 300  # between the password and the second factor


@accounts.route("/sign-in", methods=["GET", "POST"])
@web.public
def sign_in() -> str | Response | tuple[str, int]:
    if web.viewer_or_none() is not None:
        return redirect(web.safe_next(request.args.get("next")) or url_for("reports.dashboard"))
    form = SignInForm()
    status = 200
    if form.validate_on_submit():
        name, address = form.name.data or "", request.remote_addr or ""
        claimed = claim(throttles.for_sign_in(name, address))
        with transaction():
            outcome = signing_in.sign_in(
                db.session(),
                name=name,
                password=form.password.data or "",
                address=address,
                now=web.now(),
                claimed=claimed,
            )
            if outcome.account is not None and not outcome.by_code:
                return _enter(outcome.account, web.safe_next(form.next.data))
        if outcome.by_code:
            session[CODE] = form.password.data
            return redirect(url_for("accounts.choose"))
        status = 429 if outcome.wait else 401
        form.password.errors = [waiting(outcome.wait) if outcome.wait else _wrong()]
    elif not form.is_submitted():
        form.next.data = web.safe_next(request.args.get("next")) or ""
    return (
        str(render_template("accounts/sign_in.html", form=form, mail=mailing.is_configured())),
        status,
    )


def claim(keys: throttles.Keys) -> throttles.Claim:
    """Count a try before it is made, for every process to see."""
    with transaction():
        return throttles.claim(db.session(), keys, web.now().moment)


def _enter(account: Account, target: str | None) -> Response:
    """In, or on to the second factor where the account has one. Inside a transaction."""
    if account.second_factor is None:
        identity.begin(account)
        return redirect(target or url_for("reports.dashboard"))
    _ask_for_factor(account, target)
    return redirect(url_for("accounts.second_step"))


def _ask_for_factor(account: Account, target: str | None) -> None:
    identity.end()
    session[HALF] = [account.id, int(web.now().moment.timestamp()), _mark(account)]
    session[NEXT] = target


def enter_by(account: Account, target: str | None, provider: Provider) -> Response:
    """In by the provider's word; on to the second factor unless the provider's own is trusted."""
    if account.second_factor is None or provider.trust_factor:
        identity.begin(account, by_provider=True)
        return redirect(target or url_for("reports.dashboard"))
    _ask_for_factor(account, target)
    session[identity.BY_PROVIDER] = True
    return redirect(url_for("accounts.second_step"))


def _mark(account: Account) -> str:
    """Changes with the password: then what was begun with the old one is void."""
    return sha256((account.password_hash or "").encode())[:16]


def _half() -> Account | None:
    """The account whose password was right a moment ago, in this browser."""
    account_id, since, mark = session.get(HALF) or (0, 0, "")
    age = web.now().moment.timestamp() - since
    account = db.session.get(Account, account_id) if 0 <= age < HALF_SECONDS else None
    return account if account is not None and _mark(account) == mark else None


@accounts.route("/sign-in/code", methods=["GET", "POST"])
@web.public
def second_step() -> str | Response | tuple[str, int]:
    account = _half()
    if account is None:
        return redirect(url_for("accounts.sign_in"))
    form = FactorForm()
    status = 200
    if form.validate_on_submit():
        account_id = account.id
        claimed = claim(throttles.for_factor(account_id))
        with transaction():
            outcome = signing_in.second_step(
                db.session(),
                account_id=account_id,
                code=form.code.data or "",
                address=request.remote_addr or "",
                now=web.now(),
                claimed=claimed,
            )
            if outcome.account is not None:
                target = web.safe_next(session.get(NEXT))
                identity.begin(outcome.account, by_provider=bool(session.get(identity.BY_PROVIDER)))
                return redirect(target or url_for("reports.dashboard"))
        status = 429 if outcome.wait else 401
        form.code.errors = [waiting(outcome.wait) if outcome.wait else wrong_code()]
    return str(render_template("accounts/second_step.html", form=form)), status


def _wrong() -> str:
    return str(
        gettext("Name and password do not match. Mind capitals; HR can issue a new password.")
    )


def wrong_code() -> str:
    return str(gettext("This code does not fit, or was used already. Wait for the next one."))


def waiting(seconds: int) -> str:
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
    with transaction():
        sessions.sign_out(
            db.session(),
            actor=web.current_actor(),
            now=web.now(),
            session_id=identity.session_id(),
        )
    identity.end()
    return redirect(url_for("accounts.sign_in"))


@accounts.get("/password/code/<code>")
@web.public
def by_link(code: str) -> Response:
    """A link from a letter: the code leaves the address, and looking does not use it up."""
    session[CODE] = code[:80]
    return redirect(url_for("accounts.choose"))


@accounts.route("/password/new", methods=["GET", "POST"])
@web.public
def choose() -> str | Response | tuple[str, int]:
    """Choose a password by a one-time code."""
    code = session.get(CODE) or ""
    if codes.find(db.session(), code, now=web.now().moment) is None:
        session.pop(CODE, None)
        return str(render_template("accounts/spent.html", mail=mailing.is_configured())), 410
    form = ChooseForm()
    if form.validate_on_submit():
        try:
            with transaction():
                account = codes.redeem(
                    db.session(),
                    code=code,
                    password=form.password.data or "",
                    address=request.remote_addr or "",
                    now=web.now(),
                )
                session.pop(CODE)
                flash(gettext("The password is set. From now on you sign in with it."))
                return _enter(account, None)
        except Refused as refused:
            show(form, refused)
    return str(render_template("accounts/choose.html", form=form))


@accounts.route("/password/forgotten", methods=["GET", "POST"])
@web.public
def forgotten() -> str | tuple[str, int]:
    """Ask for a link by e-mail. The answer is the same whoever was named."""
    form = ForgottenForm()
    mail = mailing.is_configured()
    asked, status = False, 200
    if mail and form.validate_on_submit():
        with transaction():
            wait = codes.ask_for_reset(
                db.session(),
                name=form.name.data or "",
                now=web.now(),
                address=request.remote_addr or "",
                compose=letters.reset,
            )
        asked = not wait
        if wait:
            status = 429
            form.name.errors = [waiting(wait)]
    page = render_template("accounts/forgotten.html", form=form, mail=mail, asked=asked)
    return str(page), status


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
