"""A thread of the web process for what requests leave to be done: letters, jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask

log = logging.getLogger(__name__)


class Background:
    """At most one thread; what comes while it works is seen before it ends.

    ``work`` does all that there is, in a context of the application. What it raises is logged
    with ``failed``, and it is tried again with the next call.
    """

    def __init__(self, app: Flask, name: str, work: Callable[[], object], failed: str) -> None:
        self._app, self._name, self._do, self._failed = app, name, work, failed
        self._lock = threading.Lock()
        self._again = self._working = False
        self._thread: threading.Thread | None = None

    def call(self) -> None:
        with self._lock:
            self._again = True
            if self._working:
                return
            self._working = True
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait until it has nothing to do."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._again:
                    self._working = False
                    return
                self._again = False
            try:
                with self._app.app_context():
                    self._do()
            except Exception:
                log.exception(self._failed)
