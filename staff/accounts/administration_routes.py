"""Everybody's accounts: the list, one of them, roles, closing, codes, delays."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from core import mailing, tables, web
from core.db import db, transaction
from core.errors import N_, NotFound, Refused
from core.forms import show
from core.permissions import Permission, Role
from core.tables import Column, Filter, Listing
from staff import second_decider
from staff.accounts import administration as acting
from staff.accounts import codes, first_passwords, letters, listing, throttles
from staff.accounts import roles as role_services
from staff.accounts.blueprints import ROLE_NAMES, administration
from staff.accounts.forms import NewAccountForm
from staff.guard import person_or_abort
from staff.models import Account, Employee

STATES = {
    "open": _l("in use"),
    "new": _l("no password yet"),
    "closed": _l("closed"),
    "left": _l("left"),
}


def role_names(row: Any) -> str:
    """The special roles of a row of the list, in words."""
    held = [str(ROLE_NAMES[role]) for role in listing.SPECIAL if getattr(row, role)]
    return str(gettext(", ")).join(held)


def positions() -> dict[str, Role]:
    found: dict[str, Role] = current_app.config["ROLE_POSITIONS"]
    return found


def whose() -> dict[str, Any]:
    """Who acts on whom may be asked for in the service: what all of them are told."""
    return {
        "actor": web.current_actor(),
        "now": web.now(),
    }


@administration.get("/")
@web.requires(Permission.ACCOUNTS_READ)
def people() -> str | Any:
    found = Listing(
        columns=[
            Column("number", _l("Sign-in")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("roles", _l("Roles"), value=role_names, sortable=False),
            Column("state", _l("State"), value=lambda row: STATES[row.state]),
            Column("factor", _l("Second factor"), value=lambda row: _yes(row.factor)),
            Column("seen_at", _l("Last seen")),
        ],
        order=["number", "id"],
        default="number",
        search=["number", "name", "email"],
        filters=[
            Filter(
                "role",
                _l("Role"),
                [(str(role), ROLE_NAMES[role]) for role in listing.SPECIAL],
                where=lambda fields, role: fields[role],
            ),
            Filter("state", _l("State"), list(STATES.items())),
        ],
    )
    query = listing.everybody(web.today(), positions())
    return tables.respond(
        found,
        query,
        "accounts/people.html",
        filename="accounts",
        states=STATES,
        role_names=role_names,
        waiting=[
            (each, ROLE_NAMES[Role(each.role)]) for each in role_services.waiting(db.session())
        ],
        new=len(first_passwords.newcomers(db.session(), web.today())),
        missing=len(first_passwords.without_account(db.session(), web.today())),
    )


def _yes(value: bool) -> str:
    return str(gettext("yes") if value else gettext("no"))


@administration.get("/<int:account_id>")
@web.requires(Permission.ACCOUNTS_READ)
def person(account_id: int) -> str:
    return _person(account_id)


def _person(account_id: int, code: str | None = None) -> str:
    row = listing.one(db.session(), account_id, web.today(), positions())
    if row is None:
        raise NotFound(N_("There is no such account."))
    by_hand = acting.roles_by_hand(db.session(), account_id)
    asked = role_services.waiting(db.session(), account_id)
    taken = {*by_hand, *(Role(each.role) for each in asked)}
    waiting = throttles.delays(db.session(), web.now().moment)
    return render_template(
        "accounts/person.html",
        row=row,
        state=STATES[row.state],
        roles=role_names(row),
        by_hand=[(role, ROLE_NAMES[role]) for role in by_hand],
        to_give=[(role, ROLE_NAMES[role]) for role in role_services.BY_HAND if role not in taken],
        asked=[(each, ROLE_NAMES[Role(each.role)]) for each in asked],
        by_position=_waits_by_position(row, by_hand),
        delay=next((each for each in waiting if each.account_id == row.id), None),
        own=row.id == web.viewer().account_id,
        decides=(decider := second_decider.account_of(db.session())) == row.id,
        decider=decider or "",
        code=code,
        hours=_hours(),
    )


def _waits_by_position(row: Any, by_hand: list[Role]) -> bool:
    """Whether the position is an administrator's, and no administrator has given the role."""
    named = positions().get(row.position) == Role.ADMINISTRATOR
    return named and Role.ADMINISTRATOR not in by_hand


def _hours() -> int:
    return int(codes.LASTS["handed"].total_seconds() // 3600)


@administration.get("/codes")
@web.requires(Permission.ACCOUNTS_CODES)
def to_help() -> str | Any:
    """Whom a supervisor may issue a code to: their team."""
    found = Listing(
        columns=[
            Column("number", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("do", "", value=lambda row: "", sortable=False),
        ],
        order=["number"],
        default="number",
        search=["number", "name"],
    )
    query = listing.to_help(web.viewer(), web.today())
    return tables.respond(found, query, "accounts/codes.html", filename="codes")


@administration.post("/<int:account_id>/code")
@web.requires(Permission.ACCOUNTS_CODES)
def issue_code(account_id: int) -> str:
    """A code, shown once, to hand over."""
    account = db.session.get(Account, account_id)
    viewer = web.viewer()
    if account is None or account.employee_id is None:
        if account is None or not viewer.reaches_all(Permission.ACCOUNTS_CODES):
            raise NotFound(N_("There is no such account."))
    else:
        owner = db.session.get_one(Employee, account.employee_id)
        person_or_abort(owner.employee_no, Permission.ACCOUNTS_CODES)
    notice = None
    if mailing.is_configured():
        notice = letters.code_was_issued(account.language, f"{viewer.name} ({viewer.label})")
    with transaction():
        code = acting.issue_code(
            db.session(),
            **whose(),
            account_id=account_id,
            roles=viewer.roles,
            positions=positions(),
            notice=notice,
        )
    if viewer.may(Permission.ACCOUNTS_READ):
        return _person(account_id, code)
    owner = db.session.get_one(Employee, account.employee_id)
    return render_template("accounts/code.html", owner=owner, code=code, hours=_hours())


@administration.post("/<int:account_id>/factor")
@web.requires(Permission.ACCOUNTS_HELP)
def reset_factor(account_id: int) -> Response:
    with transaction():
        acting.reset_factor(
            db.session(),
            **whose(),
            account_id=account_id,
            roles=web.viewer().roles,
            positions=positions(),
        )
    flash(gettext("The second factor is taken off; every session of the account has ended."))
    return redirect(url_for("administration.person", account_id=account_id))


@administration.post("/<int:account_id>/sessions")
@web.requires(Permission.ACCOUNTS_HELP)
def end_sessions(account_id: int) -> Response:
    with transaction():
        ended = acting.end_sessions(
            db.session(),
            **whose(),
            account_id=account_id,
            roles=web.viewer().roles,
            positions=positions(),
        )
    flash(gettext("Sessions ended: %(ended)d", ended=ended))
    return redirect(url_for("administration.person", account_id=account_id))


@administration.post("/<int:account_id>/release")
@web.requires(Permission.ACCOUNTS_HELP)
def release(account_id: int) -> Response:
    with transaction():
        throttles.release_account(db.session(), **whose(), account_id=account_id)
    flash(gettext("They can sign in again at once."))
    return redirect(web.safe_next(request.form.get("next")) or url_for("administration.delays"))


@administration.get("/delays")
@web.requires(Permission.ACCOUNTS_HELP)
def delays() -> str:
    found = throttles.delays(db.session(), web.now().moment)
    return render_template("accounts/delays.html", delays=found)


@administration.post("/delays/address")
@web.requires(Permission.ACCOUNTS_HELP)
def release_address() -> Response:
    address = request.form.get("address", "")[:80]
    with transaction():
        throttles.release_address(db.session(), **whose(), address=address)
    flash(gettext("They can sign in again at once."))
    return redirect(url_for("administration.delays"))


@administration.route("/new", methods=["GET", "POST"])
@web.requires(Permission.ACCOUNTS_WRITE)
def create() -> str | Response:
    form = NewAccountForm()
    form.role.choices = [
        SelectChoice("", gettext("none by hand")),
        *(SelectChoice(str(role), str(ROLE_NAMES[role])) for role in role_services.BY_HAND),
    ]
    if form.validate_on_submit():
        try:
            with transaction():
                made = acting.create(
                    db.session(),
                    **whose(),
                    employee_no=form.employee_no.data or "",
                    login=form.login.data or "",
                )
                if form.role.data:
                    role_services.give_role(
                        db.session(),
                        **whose(),
                        account_id=made.id,
                        role=Role(form.role.data),
                        positions=positions(),
                    )
            flash(gettext("The account is made. Issue a code, so that its owner can sign in."))
            return redirect(url_for("administration.person", account_id=made.id))
        except Refused as refused:
            show(form, refused)
    return render_template("accounts/new.html", form=form)


@administration.post("/<int:account_id>/state")
@web.requires(Permission.ACCOUNTS_WRITE)
def change_state(account_id: int) -> Response:
    """Close an account, or open it again."""
    active = request.form.get("active") == "1"
    with transaction():
        acting.set_active(db.session(), **whose(), account_id=account_id, active=active)
    flash(gettext("The account is open.") if active else gettext("The account is closed."))
    return redirect(url_for("administration.person", account_id=account_id))
