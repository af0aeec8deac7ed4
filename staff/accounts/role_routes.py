"""Roles given by hand, confirmed by a second person; the second decider."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from core import web
from core.db import db, transaction
from core.errors import N_, NotFound, Refused
from core.permissions import Permission, Role
from staff import second_decider
from staff.accounts import administration as acting
from staff.accounts import roles
from staff.accounts.administration_routes import positions, whose
from staff.accounts.blueprints import administration


@administration.post("/<int:account_id>/roles")
@web.requires(Permission.ACCOUNTS_WRITE)
def change_role(account_id: int) -> Response:
    """Give a role by hand, or take it back."""
    wanted = request.form.get("role", "")
    if wanted not in list(Role):
        raise Refused(N_("This role is not given by hand."))
    with transaction():
        if request.form.get("do") == "take":
            acting.take_role(
                db.session(),
                **whose(),
                account_id=account_id,
                role=Role(wanted),
            )
            holds = True
        else:
            holds = roles.give_role(
                db.session(),
                **whose(),
                account_id=account_id,
                role=Role(wanted),
                positions=positions(),
            )
    if holds:
        flash(gettext("The roles are changed."))
    else:
        flash(gettext("The role holds once HR or another administrator has confirmed it."))
    return redirect(url_for("administration.person", account_id=account_id))


@administration.post("/<int:account_id>/second-decider")
@web.requires(Permission.ACCOUNTS_WRITE)
def change_second_decider(account_id: int) -> Response:
    """Appoint the account that decides where HR may not, or take that back."""
    with transaction():
        if request.form.get("do") == "take":
            if second_decider.account_of(db.session()) != account_id:
                raise NotFound(N_("There is no such account."))
            second_decider.dismiss(db.session(), **whose())
            flash(gettext("There is no second decider any more."))
        else:
            second_decider.appoint(
                db.session(),
                **whose(),
                account_id=account_id,
                positions=positions(),
                seen=request.form.get("seen"),
            )
            flash(gettext("The second decider is appointed; HR is told."))
    return redirect(url_for("administration.person", account_id=account_id))


@administration.post("/<int:account_id>/roles/confirm")
@web.requires(Permission.ACCOUNTS_HELP)
def confirm_role(account_id: int) -> Response:
    """Confirm a role that an administrator gave, or decline it."""
    wanted = request.form.get("role", "")
    if wanted not in list(Role):
        raise Refused(N_("This role is not given by hand."))
    declined = request.form.get("do") == "decline"
    act = roles.decline_role if declined else roles.confirm_role
    with transaction():
        act(db.session(), **whose(), account_id=account_id, role=Role(wanted))
    flash(gettext("The role is not given.") if declined else gettext("The roles are changed."))
    return redirect(url_for("administration.person", account_id=account_id))
