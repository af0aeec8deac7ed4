"""``flask key``: the master key copied out, and replaced."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask_babel import gettext

from core import audit, keyring
from core.cli import acting, now, refusing
from core.db import db, transaction
from core.drafted import drafted, put_new, sweep
from core.errors import N_, Conflict, Refused
from core.secrets import KeyFile, MasterKey

key_group = click.Group("key", help=N_("The master key."))


@key_group.command(
    "export",
    help=N_(
        "Write the master key into FILE, which only its owner can read; it must not be there yet."
    ),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def export_command(file: Path, login: str | None) -> None:
    session = db.session()
    taken = Conflict(N_("%(file)s is there already; nothing was written."), file=str(file))
    sweep(file)  # also where one was killed when the file was there already
    if file.exists():
        raise taken
    with drafted(file, keyring.master_of(session).text.encode(), 0o600) as draft:
        with transaction():
            actor = acting(login)
            audit.record(
                session, actor=actor, at=now().moment, action="key.exported", subject="key"
            )
        # After the commit that tells of it: no key goes out that the trail does not know of.
        if not put_new(draft, file):
            raise taken
    click.echo(
        gettext("The master key is in %(file)s. Keep it apart from the database.", file=file)
    )


@key_group.command(
    "rotate", help=N_("Replace the master key: every key of the database is wrapped anew.")
)
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def rotate_command(login: str | None) -> None:
    place = current_app.config["MASTER_KEYS"]
    if not isinstance(place, KeyFile):
        raise Refused(
            N_(
                "The key comes from PINGYOU_KEY, which cannot be changed from here: write it into"
                " instance/master.key, unset PINGYOU_KEY, rotate, and export the new key."
            )
        )
    new = MasterKey.new()
    with transaction():
        session = db.session()
        keyring.hold(session)
        keyring.forget(session)
        keyring.master_of(session)  # before anything is written; it ends a rotation that broke off
        place.prepare(new)
        count = keyring.rewrap(session, new)
        actor = acting(login)
        audit.record(
            session,
            actor=actor,
            at=now().moment,
            action="key.rotated",
            subject="key",
            after={"wrapped": count},
        )
    place.settle(new)
    click.echo(gettext("The master key was replaced. Copies made before need the key of then."))
