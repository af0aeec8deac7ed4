"""Sign-on by OpenID Connect: there and back, and which account it is.

The provider stands for the password and, where ``OIDC_TRUST_FACTOR`` says so, for the second factor
too (docs/operation.md, Sign-on).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import audit, mailing, web
from core.actor import Actor
from core.clock import Now
from core.db import db, transaction
from core.permissions import Permission
from core.viewer import Viewer
from staff.accounts import identity, sessions
from staff.accounts import provider as providers
from staff.accounts.blueprints import accounts
from staff.accounts.forms import SignInForm
from staff.accounts.naming import label_of
from staff.accounts.own_routes import go_on
from staff.accounts.provider import LEEWAY, NotSignedOn, Provider
from staff.accounts.routes import NEXT, enter_by
from staff.models import Account, Employee
from staff.viewer import has_left

PROVING = "proving"  # when the browser left for the provider to prove who sits there


def _provider() -> Provider:
    found: Provider | None = current_app.config["PROVIDER"]
    if found is None:
        abort(404)
    return found


@accounts.get("/sign-in/sign-on")
@web.public
def sign_on() -> Response | tuple[str, int]:
    """Off to the provider."""
    _provider()
    if web.viewer_or_none() is not None:
        return redirect(url_for("reports.dashboard"))
    session[NEXT] = web.safe_next(request.args.get("next"))
    try:
        away: Response = providers.leave_for(current_app, _callback())
    except NotSignedOn as error:
        return _refused(error)
    return away


@accounts.get("/sign-in/sign-on/back")
@web.public
def signed_on() -> Response | tuple[str, int]:
    """Back from the provider with its answer."""
    provider = _provider()
    since, who = session.pop(PROVING, None), web.viewer_or_none()
    if since is not None and who is not None:
        return _proven(provider, who, since)
    target = web.safe_next(session.pop(NEXT, None))
    try:
        said = providers.claims(current_app)
    except NotSignedOn as error:
        return _refused(error)
    with transaction():
        account = admit(
            db.session(),
            said=said,
            provider=provider,
            address=request.remote_addr or "",
            now=web.now(),
        )
        if account is not None:
            return enter_by(account, target, provider)
    return _refused(NotSignedOn("nobody here goes by what the provider says"), unknown=True)


@accounts.get("/account/prove/sign-on")
@web.requires(Permission.SELF, first_password=True)
def prove_by_provider() -> Response:
    """Off to the provider to show again who one is, where there is one: needs no password here."""
    if current_app.config["PROVIDER"] is None:
        return redirect(url_for("accounts.prove"))
    session[PROVING] = int(web.now().moment.timestamp())
    try:
        away: Response = providers.leave_for(current_app, _callback(), again=True)
    except NotSignedOn as error:
        return _not_proven(error)
    return away


def _proven(provider: Provider, who: Viewer, since: int) -> Response:
    """Back from there: the same person, asked by the provider after they had left from here."""
    try:
        said = providers.claims(current_app)
        at = said.get("auth_time")
        if not isinstance(at, int) or at < since - LEEWAY:
            raise NotSignedOn("the provider did not ask them again")
        with transaction():
            account, _person = _whose(db.session(), said, provider.claim)
            if account is None or account.id != who.account_id:
                raise NotSignedOn("somebody else came back")
            sessions.prove(
                db.session(),
                actor=Actor(
                    who.own_label, who.employee_id, who.account_id, request.remote_addr or ""
                ),
                now=web.now(),
                session_id=identity.session_id(),
            )
    except NotSignedOn as error:
        return _not_proven(error)
    return go_on()


def _not_proven(error: NotSignedOn) -> Response:
    current_app.logger.info("not proven by sign-on: %s", error)
    flash(gettext("The sign-on provider did not confirm that it is you. Try again."), "error")
    return redirect(url_for("accounts.prove"))


def _callback() -> str:
    """By the setting, not by what the request calls this host."""
    return f"{current_app.config['SITE_URL']}{url_for('accounts.signed_on')}"


def _refused(error: NotSignedOn, *, unknown: bool = False) -> tuple[str, int]:
    number = secrets.token_hex(4)
    current_app.logger.info("%s: no sign-on: %s", number, error)
    form = SignInForm(formdata=None)
    page = render_template(
        "accounts/sign_in.html",
        form=form,
        mail=mailing.is_configured(),
        sign_on_problem="unknown" if unknown else "failed",
        number=number,
    )
    return page, 401


def admit(
    session: Session, *, said: Mapping[str, Any], provider: Provider, address: str, now: Now
) -> Account | None:
    """The account of whom the provider names, if it may sign in; either way an event."""
    account, person = _whose(session, said, provider.claim)
    right = account is not None and account.active and not has_left(person, now.wall.date())
    label = label_of(session, account) if account is not None else "?"
    who = label if right else "anonymous"
    audit.record(
        session,
        actor=Actor(who, person.id if right and person else None, None, address),
        at=now.moment,
        action="sign_in.provider" if right else "sign_in.failed",
        subject=label,
        after={"by": "sign-on"},
    )
    return account if right else None


def _whose(
    session: Session, said: Mapping[str, Any], claim: str
) -> tuple[Account | None, Employee | None]:
    """By the claim with the employee number where one is set, else by a verified e-mail.

    Exactly one account, or none: an address that two have tells nobody apart.
    """
    query = select(Account, Employee).outerjoin(Employee, Employee.id == Account.employee_id)
    if claim:
        number = said.get(claim)
        if not isinstance(number, str | int) or isinstance(number, bool):
            return None, None
        query = query.where(Employee.employee_no == str(number).strip())
    else:
        email = said.get("email")
        if said.get("email_verified") is not True or not isinstance(email, str) or not email:
            return None, None
        address = email.strip().lower()
        query = query.where(
            or_(func.lower(Employee.email) == address, func.lower(Account.login) == address)
        )
    found = session.execute(query.limit(2)).all()
    return (found[0].Account, found[0].Employee) if len(found) == 1 else (None, None)
