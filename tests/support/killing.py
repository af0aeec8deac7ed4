"""Commands that are killed in the middle: kill -9 at a named point, or at any moment.

The command runs in a process of its own, which ends like one that lost its power: no handler, no
rollback, no closing of connections. The points are found by listening to SQLAlchemy, so nothing in
the product knows of them.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from core.db import db

WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True)
class Point:
    """``what``: ``write`` (after the n-th), ``commit`` (before it), ``committed`` (after it)."""

    what: str
    number: int


@dataclass(frozen=True, slots=True)
class Ended:
    """``status`` is the exit status, or None where it was killed; ``open`` whether a transaction
    had written and was not committed then; ``seen`` counts the points that were passed.
    ``working`` are the seconds from the start to the first write and to the last commit."""

    status: int | None
    open: bool
    seen: dict[str, int]
    seconds: float
    working: tuple[float, float]


class _Watch:
    """In the process of the command: counts points, and notes them where the other sees them."""

    def __init__(self, notes: Path, point: Point | None, began: float) -> None:
        self._began = began
        self._first = self._last = 0.0
        self._notes = os.open(notes, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        self._point = point
        self._seen = {"write": 0, "commit": 0, "committed": 0}
        self._open = False

    def listen(self) -> None:
        event.listen(Engine, "after_cursor_execute", self._executed)
        event.listen(Engine, "commit", self._committing)
        event.listen(Engine, "rollback", self._rolled_back)
        event.listen(db.session, "after_commit", self._committed)

    def _executed(self, _c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            self._open = True
            self._first = self._first or time.perf_counter() - self._began
            self._pass("write")

    def _committing(self, _connection: Any) -> None:
        if self._open:
            self._last = time.perf_counter() - self._began
            self._pass("commit")

    def _committed(self, _session: Any) -> None:
        if self._open:
            self._open = False
            self._pass("committed")

    def _rolled_back(self, _connection: Any) -> None:
        self._open = False
        self._note()

    def _pass(self, what: str) -> None:
        self._seen[what] += 1
        self._note()
        if self._point == Point(what, self._seen[what]):
            os.kill(os.getpid(), signal.SIGKILL)

    def _note(self) -> None:
        numbers = " ".join(str(number) for number in self._seen.values())
        note = f"{int(self._open)} {numbers} {self._first:.4f} {self._last:.4f}"
        os.pwrite(self._notes, note.ljust(80).encode(), 0)


def run_and_kill(
    make: Callable[[], Flask],
    words: list[str],
    notes: Path,
    *,
    point: Point | None = None,
    after: float | None = None,
) -> Ended:
    """Run a command in a new process; kill it at ``point``, or ``after`` so many seconds."""
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        _be_the_command(make, words, notes, point, began)
    if after is not None:
        _wait_at_most(child, after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    seconds = time.perf_counter() - began
    nothing = ["0", "0", "0", "0", "0", "0"]
    opened, *seen, first, last = (notes.read_text() if notes.exists() else "").split() or nothing
    killed = os.WIFSIGNALED(status)
    return Ended(
        None if killed else os.WEXITSTATUS(status),
        opened == "1",
        dict(zip(("write", "commit", "committed"), map(int, seen), strict=True)),
        seconds,
        (float(first), float(last)),
    )


def _wait_at_most(child: int, seconds: float) -> None:
    """Without reaping it: it may have ended by itself, and is a zombie until it is."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(0.002)


def _be_the_command(
    make: Callable[[], Flask], words: list[str], notes: Path, point: Point | None, began: float
) -> None:
    status = 70
    try:
        _Watch(notes, point, began).listen()
        result = make().test_cli_runner().invoke(args=words)
        status = result.exit_code
        if result.exception is not None and status != 0:
            notes.with_suffix(".error").write_text(result.output + repr(result.exception))
    except BaseException:
        notes.with_suffix(".error").write_text(traceback.format_exc())
    finally:
        os._exit(status)
