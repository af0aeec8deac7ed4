"""The way back in from the server, for one whom no page can help any more."""

from __future__ import annotations

import click
from flask_babel import gettext

from core.cli import acting, now, refusing
from core.db import db, transaction
from core.errors import N_, NotFound
from core.permissions import Role
from staff.accounts import factor, roles
from staff.accounts.administration import issue_code_from_server
from staff.accounts.naming import find

account_group = click.Group("account", help=N_("Help somebody who cannot sign in."))


@account_group.command(
    "confirm", help=N_("Confirm a ROLE that an administrator gave to LOGIN, where nobody else can.")
)
@click.argument("login")
@click.argument("role", type=click.Choice([str(role) for role in roles.BY_HAND]))
@click.option("--as", "actor", help=N_("Who acts."))
@refusing
def confirm_command(login: str, role: str, actor: str | None) -> None:
    who, moment = acting(actor), now()
    with transaction():
        account = find(db.session(), login)
        if account is None:
            raise NotFound(N_("%(login)s has no account."), login=login)
        roles.confirm_role(
            db.session(), actor=who, now=moment, account_id=account.id, role=Role(role)
        )
    click.echo(gettext("The roles are changed."))


@account_group.command(
    "code", help=N_("Print a one-time code for LOGIN: a number, an e-mail address or a login.")
)
@click.argument("login")
@click.option("--factor", "with_factor", is_flag=True, help=N_("Take off the second factor too."))
@click.option("--as", "actor", help=N_("Who acts."))
@refusing
def code_command(login: str, with_factor: bool, actor: str | None) -> None:
    who, moment = acting(actor), now()
    with transaction():
        account = find(db.session(), login)
        if account is None:
            raise NotFound(N_("%(login)s has no account."), login=login)
        code = issue_code_from_server(db.session(), actor=who, now=moment, account_id=account.id)
        if with_factor and account.second_factor is not None:
            factor.remove(db.session(), actor=who, now=moment, account_id=account.id)
    click.echo(gettext("one-time code: %(code)s", code=code))
