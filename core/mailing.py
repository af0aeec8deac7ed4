"""Who sends letters: a thread of the web process after each request that wrote some, and a command.

The thread ends when nothing is due. What failed is tried again with the next letter, or by
``flask mail send``, which belongs into cron.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask import Flask, current_app
from flask_babel import gettext
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.background import Background
from core.cli import refusing
from core.db import db
from core.errors import N_, Refused
from core.mail import QUEUED, Delivered, Server, deliver


def is_configured() -> bool:
    """Whether this installation sends letters at all."""
    return bool(current_app.config.get("SMTP_URL"))


def send_due() -> Delivered:
    """Send what is due by the configured server, in a session of its own."""
    with Session(db.engine) as session:
        return deliver(
            session,
            Server.parse(current_app.config["SMTP_URL"]),
            sender=current_app.config["MAIL_FROM"],
            now=lambda: datetime.now(UTC).replace(microsecond=0),
        )


def postman(app: Flask) -> Background:
    return Background(app, "postman", send_due, "letters could not be sent")


@event.listens_for(db.session, "after_commit")
def _after_commit(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(QUEUED, False):
        sender: Background | None = current_app.extensions.get("postman")
        if sender is not None and is_configured():
            sender.call()


@event.listens_for(db.session, "after_rollback")
def _after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(QUEUED, None)


mail_group = click.Group("mail", help=N_("Letters that go out."))


@mail_group.command("send", help=N_("Send the letters that are due."))
@refusing
def send_command() -> None:
    if not is_configured():
        raise Refused(N_("SMTP_URL is not set: there is no server to send by."))
    done = send_due()
    click.echo(gettext("sent %(sent)d, failed %(failed)d", sent=done.sent, failed=done.failed))


def init_mail(app: Flask) -> None:
    """Letters of requests go out by themselves; in tests only when they are told to."""
    if not app.config["TESTING"]:
        app.extensions["postman"] = postman(app)
    app.cli.add_command(mail_group)
