"""Migrations. What they stand on takes memory, and is loaded by the commands that need it alone."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app

from core.db import db, migration_type

DIRECTORY = Path(__file__).parents[1] / "migrations"


def install(app: Flask) -> None:
    """``flask db``, where the application is made for a command and not for a worker."""
    if click.get_current_context(silent=True) is not None:
        _install(app)


def _install(app: Flask) -> None:
    from flask_migrate import Migrate

    migrate = Migrate(
        render_as_batch=True,
        directory=str(DIRECTORY),
        compare_type=True,
        render_item=migration_type,
    )
    migrate.init_app(app, db)


def upgrade(revision: str = "head") -> None:
    """Bring the database to the newest schema, or to that of a revision."""
    from flask_migrate import upgrade as upgrade_to

    if "migrate" not in current_app.extensions:
        _install(current_app)
    upgrade_to(revision=revision)


def newest_after(revision: str) -> str | None:
    """The newest revision; raises ``LookupError`` where this version does not know the other."""
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    scripts = ScriptDirectory(str(DIRECTORY))
    try:
        scripts.get_revision(revision)
    except CommandError as error:
        raise LookupError(revision) from error
    return scripts.get_current_head()
