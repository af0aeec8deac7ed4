"""Centres for tests of the close: the worked examples, and those that a test makes up.

Everything goes the way that users go: files through the imports, a policy through its validator,
months through the close.

    with opened(url) as session: ...               an application on a database
    examples.closed("sqlite", "centre-b")          a copy of an example with every month closed
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from support.databases import SHARED, Databases, Kind, build_schema
from support.made_up import Centre

from closing import services
from closing.imports.services import import_file
from closing.policy import Policy
from closing.policy_text import load_policy
from closing.versions import publish_policy
from core import keyring
from core.actor import SYSTEM
from core.db import db, transaction
from core.secrets import MasterKey
from core.values import Month

CENTRES = ("centre-a", "centre-b", "centre-c")
ARCHIVES = Path(__file__).parents[1] / "examples"
CLOCK = datetime(2026, 11, 2)
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
SECRET = b"a key of the tests, 32 bytes ..."
KEY = MasterKey(SECRET)
KINDS_OF_FILES = (
    *("employees", "rosters", "leave", "overtime", "punches", "tickets", "metrics"),
    *("complaints", "spotchecks", "reviews", "courses", "training", "incidents"),
)


def seal(text: str) -> str:
    """The same in every database, so that two of them can be compared."""
    digest = hmac.digest(KEY.derive("reviews"), text.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


# Flask builds its first route from a syntax tree, which two threads cannot do at once before
# Python 3.11.8 (python/cpython#106905).
_MAKING = threading.Lock()


def application(url: str) -> Flask:
    """As much of an application as services need, on a database, with the key of the tests."""
    with _MAKING:
        app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    keyring.install(lambda: KEY, app)
    return app


@contextmanager
def opened(url: str) -> Iterator[Session]:
    """The session of an application on the database; every connection is gone afterwards."""
    with application(url).app_context():
        try:
            yield db.session()
        finally:
            db.session.remove()
            db.engine.dispose()


def publish(session: Session, policy: Policy) -> None:
    with transaction():
        publish_policy(session, actor=SYSTEM, now=NOW, policy=policy)


def import_folder(session: Session, folder: Path, *, clock: datetime = CLOCK) -> None:
    """Every file that is there, in the order in which a new centre imports them."""
    for kind in KINDS_OF_FILES:
        if (folder / f"{kind}.csv").exists():
            import_one(session, kind, folder / f"{kind}.csv", clock=clock)


def import_centre(session: Session, centre: Centre, folder: Path) -> None:
    """A made-up centre by way of files in an empty folder."""
    centre.write(folder)
    import_one(session, "employees", folder / "employees.csv")
    if centre.moves:
        import_one(session, "employees", folder / "moves.csv")
    for kind in KINDS_OF_FILES[1:]:
        import_one(session, kind, folder / f"{kind}.csv")


def import_one(session: Session, kind: str, path: Path, *, clock: datetime = CLOCK) -> None:
    with transaction():
        report = import_file(
            session, kind=kind, path=path, clock=clock, seal=seal, actor=SYSTEM, now=NOW
        )
    problems = [f"row {each.row}, {each.column}: {each.message}" for each in report.problems]
    assert problems == [], kind


def close(session: Session, *months: Month) -> None:
    for month in months:
        with transaction():
            services.close_month(session, actor=SYSTEM, now=NOW, month=month, seal=seal)


def reopen(session: Session, month: Month, *, cascade: bool = False) -> None:
    with transaction():
        services.reopen_month(
            session, actor=SYSTEM, now=NOW, month=month, reason="a test", cascade=cascade
        )


def cards(session: Session, month: Month) -> list[dict[str, Any]]:
    """The scorecards of a closed month in their promised shape."""
    return [view.as_json() for view in services.views_of(session, month)]


def close_policy(session: Session, folder: Path, policy: Policy, months: Sequence[Month]) -> None:
    """A centre from its files, under a policy, with these months closed in their order."""
    publish(session, policy)
    import_folder(session, folder)
    close(session, *months)


@cache
def unpacked(name: str) -> Path:
    """The folder of an example, unpacked once per run."""
    shared = Path(os.environ[SHARED])
    with (shared / "examples.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        folder = shared / "examples" / name
        if not folder.exists():
            with tarfile.open(ARCHIVES / f"{name}.tar.xz") as archive:
                archive.extractall(shared / "examples", filter="data")
    return folder


def policy_of(name: str) -> Policy:
    return load_policy((unpacked(name) / "policy.yaml").read_bytes())


def expected_months(name: str) -> list[Month]:
    """The months that an example tells the result of, in calendar order."""
    found = (unpacked(name) / "expected").glob("????-??.json")
    return sorted(Month.parse(path.stem) for path in found)


def expected_awards(name: str) -> list[tuple[Month, str]]:
    found = (unpacked(name) / "expected").glob("????-??.*.json")
    pairs = [path.stem.split(".", 1) for path in sorted(found)]
    return [(Month.parse(month), award) for month, award in pairs]


def expected(name: str, what: str) -> list[dict[str, Any]]:
    text = (unpacked(name) / "expected" / f"{what}.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)
    return found


class Examples:
    """Copies of the examples' databases; each is built once per run and kind of database."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._read: dict[tuple[Kind, str], str] = {}
        self._made: list[str] = []

    def imported(self, kind: Kind, name: str) -> str:
        """The files and the policy are in, nothing is closed."""
        return self._copy(kind, f"{name}-imported", lambda url: self._import(url, name))

    def closed(self, kind: Kind, name: str) -> str:
        """Every month that the example tells of is closed."""
        return self._copy(kind, name, lambda url: self._close(url, kind, name))

    def to_read(self, kind: Kind, name: str) -> str:
        """``closed``, the same copy for every test of a worker: they must not write."""
        if (kind, name) not in self._read:
            self._read[kind, name] = self.closed(kind, name)
        return self._read[kind, name]

    def drop(self) -> None:
        for url in self._made:
            self._databases.drop(url)

    def _copy(self, kind: Kind, template: str, build: Callable[[str], None]) -> str:
        self._made.append(self._databases.copy_of(kind, template, build))
        return self._made[-1]

    def _import(self, url: str, name: str) -> None:
        build_schema(url)
        with opened(url) as session:
            publish(session, policy_of(name))
            import_folder(session, unpacked(name))

    def _close(self, url: str, kind: Kind, name: str) -> None:
        self._import(url, name)
        with opened(url) as session:
            close(session, *expected_months(name))


@pytest.fixture(scope="session")
def examples(databases: Databases) -> Iterator[Examples]:
    """The worked examples as databases."""
    made = Examples(databases)
    yield made
    made.drop()
