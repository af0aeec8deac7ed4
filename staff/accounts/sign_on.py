"""Sign-on by OpenID Connect: there and back, and which account it is.

The provider stands for the password and, where ``OIDC_TRUST_FACTOR`` says so, for the second factor
too (docs/operation.md, Sign-on).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import abort, current_app, redirect, render_template, request, session, url_for
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core import audit, mailing, web
from core.actor import Actor
from core.clock import Now
from core.db import db, transaction
from staff.accounts import provider as providers
from staff.accounts.blueprints import accounts
from staff.accounts.forms import SignInForm
from staff.accounts.naming import label_of
from staff.accounts.provider import NotSignedOn, Provider
from staff.accounts.routes import NEXT, enter_by
from staff.models import Account, Employee
from staff.viewer import has_left


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
