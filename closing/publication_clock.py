"""Who publishes when the moment has come: a thread of the web process, and a command.

Requests wake the thread, at most once a minute and at the next moment that it knows of; where
nobody looks, nothing has to be shown. ``flask results publish`` belongs into cron where letters
are to go out on time at night too.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

import click
from flask import Flask, current_app
from flask_babel import gettext
from werkzeug.wrappers import Response

from closing.publishing import next_due, publish_due
from core.cli import now as command_now
from core.cli import refusing
from core.db import db, transaction
from core.messages import N_

log = logging.getLogger(__name__)
PAUSE = timedelta(minutes=1)
BEGINNING = datetime.min.replace(tzinfo=UTC)


class Publisher:
    """At most one thread, and nothing to do for a request that comes before the next look."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._next = BEGINNING

    def wake(self, now: datetime) -> threading.Thread | None:
        with self._lock:
            if now < self._next:
                return None
            self._next = now + PAUSE
        thread = threading.Thread(target=self._work, args=(now,), name="publisher", daemon=True)
        thread.start()
        return thread

    def _work(self, now: datetime) -> None:
        try:
            with self._app.app_context():
                with transaction():
                    publish_due(db.session(), now=now)
                due = next_due(db.session())
                db.session.remove()
        except Exception:
            log.exception("results that were due could not be published")
            return
        with self._lock:
            self._next = min(self._next, due) if due is not None else self._next


def _wake(response: Response) -> Response:
    publisher = current_app.extensions.get("publisher")
    if publisher is not None:
        publisher.wake(datetime.now(UTC).replace(microsecond=0))
    return response


results_group = click.Group("results", help=N_("Results of closed months."))


@results_group.command("publish", help=N_("Publish the results whose moment has come."))
@refusing
def publish_command() -> None:
    with transaction():
        months = publish_due(db.session(), now=command_now().moment)
    listed = ", ".join(str(month) for month in months)
    click.echo(gettext("published: %(months)s", months=listed or "0"))


def init_publication(app: Flask) -> None:
    """Moments pass by themselves; in tests only when they are told to."""
    app.cli.add_command(results_group)
    if not app.config["TESTING"]:
        app.extensions["publisher"] = Publisher(app)
        app.after_request(_wake)
