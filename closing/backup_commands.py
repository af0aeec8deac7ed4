"""``flask backup`` and ``flask restore``."""

from __future__ import annotations

from pathlib import Path

import click
from flask_babel import gettext

from closing.verification import verify
from core.backup.making import make_backup
from core.backup.restoring import restore_backup
from core.cli import acting, now, refusing
from core.db import db, transaction
from core.messages import N_


@click.command(
    "backup", help=N_("Write a copy of the whole database into FILE, while it is in use.")
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def backup_command(file: Path, login: str | None) -> None:
    with transaction():
        made = make_backup(db.session(), actor=acting(login), now=now().moment, file=file)
    click.echo(
        gettext("%(rows)s rows of %(tables)s tables", rows=made.rows, tables=len(made.tables))
        + f"; head {made.audit_number}:{made.audit_head}"
    )
    if made.lost:
        click.echo(
            gettext(
                "Files missing from instance/attachments: %(names)s", names=", ".join(made.lost)
            ),
            err=True,
        )
    click.echo(
        gettext(
            "The master key is not in it: keep instance/master.key too, apart from the backup."
        ),
        err=True,
    )


@click.command(
    "restore",
    help=N_("Put the copy in FILE into an empty database, of whichever kind, and verify it."),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@refusing
def restore_command(file: Path) -> None:
    made = restore_backup(
        db.session(), actor=acting(None), now=now().moment, file=file, check=verify
    )
    click.echo(
        gettext("%(rows)s rows of %(tables)s tables", rows=made.rows, tables=len(made.tables))
        + f"; head {made.audit_number}:{made.audit_head}"
    )
