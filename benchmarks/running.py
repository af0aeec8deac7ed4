"""An application on a database file, a process of its own for each measurement, and the machine."""

from __future__ import annotations

import base64
import multiprocessing
import os
import platform
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask

from app import create_app
from core.db import db
from core.serving import post_worker_init

Result = TypeVar("Result")


def settings_of(database: Path) -> dict[str, str]:
    """What the application on a database file is told, in whatever process it runs."""
    return {
        "DATABASE_URL": f"sqlite:///{database}",
        "PINGYOU_SECOND_FACTOR": "off",
        "PINGYOU_KEY": base64.b64encode(bytes(range(32))).decode(),
        "SECRET_KEY": "of benchmarks, which nobody has to guess",
    }


@contextmanager
def application(database: Path, **settings: Any) -> Iterator[Flask]:
    """The application on a file of its own."""
    app = create_app(
        {
            **settings_of(database),
            "INSTANCE": str(database.parent / "instance"),
            **settings,
        }
    )
    post_worker_init(None)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def alone(function: Callable[..., Result], *words: Any) -> tuple[Result, float]:
    """What the function returns in a new process, and the most memory that it took, in MB."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measured, function, *words).result()


def _measured(function: Callable[..., Result], *words: Any) -> tuple[Result, float]:
    result = function(*words)
    return result, memory("VmHWM", os.getpid())


def memory(field: str, process: int) -> float:
    """A field of /proc/PID/status in MB; 0 where there is none."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    found = [int(line.split()[1]) for line in lines if line.startswith(f"{field}:")]
    return found[0] / 1024 if found else 0.0


def copy_of(database: Path, name: str) -> Path:
    """A copy beside it, without the log of an earlier one."""
    target = database.with_name(name)
    for end in ("", "-wal", "-shm"):
        target.with_name(name + end).unlink(missing_ok=True)
    with sqlite3.connect(database) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=WAL")
    source.close()
    copy.close()
    return target


def machine() -> str:
    """What the figures were taken on."""
    model = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        names = [
            line.partition(":")[2].strip()
            for line in cpus.read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    return (
        f"{os.cpu_count()} × {model}, {platform.system()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}"
    )
