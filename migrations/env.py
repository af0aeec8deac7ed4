"""Runs migrations on the application's own engine, one transaction each."""

from __future__ import annotations

from alembic import context
from flask import current_app

from core.db import db


def run() -> None:
    configure = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        context.configure(connection=connection, target_metadata=db.metadata, **configure)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
