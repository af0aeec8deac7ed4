"""Runs migrations on the application's own engine, all in one transaction."""

from __future__ import annotations

from alembic import context
from flask import current_app

from core.db import db


def run() -> None:
    configure = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Its driver begins none for what changes the schema: half of it would stay.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.configure(connection=connection, target_metadata=db.metadata, **configure)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
