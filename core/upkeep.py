"""What is tidied up once a day: files of attachments that nothing names.

Requests wake a thread, the first one after a start and then one a day, so that a server that runs
for months is tidied too.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from flask import Flask, current_app
from werkzeug.wrappers import Response

from core.attachments import sweep
from core.background import Background
from core.db import db

EVERY = timedelta(days=1)


class Upkeep:
    """Nothing to do for a request that comes within a day of the one before that woke it."""

    def __init__(self, app: Flask) -> None:
        self.thread = Background(app, "upkeep", tidy_up, "it could not be tidied up")
        self._lock = threading.Lock()
        self._next = datetime.min.replace(tzinfo=UTC)

    def wake(self, now: datetime) -> bool:
        """Whether it was time."""
        with self._lock:
            if now < self._next:
                return False
            self._next = now + EVERY
        self.thread.call()
        return True


def tidy_up() -> int:
    """Remove what no transaction will name any more; how many files there were."""
    try:
        return sweep(db.session(), datetime.now(UTC))
    finally:
        db.session.remove()


def _wake(response: Response) -> Response:
    upkeep: Upkeep | None = current_app.extensions.get("upkeep")
    if upkeep is not None:
        upkeep.wake(datetime.now(UTC))
    return response


def init_upkeep(app: Flask) -> None:
    """It is tidied up by itself; in tests only when they are told to."""
    if not app.config["TESTING"]:
        app.extensions["upkeep"] = Upkeep(app)
        app.after_request(_wake)
