"""Disk full, read-only, locked: every command says so in one line and has changed nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import event, inspect
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from support.centres import KEY, Examples, opened, unpacked
from support.databases import KINDS, Databases, Kind
from support.site import application

from core import keyring
from core.backup.tables import tables_of
from core.db import db

CENTRE = "centre-a"
MONTH = "2026-10"
FILES = {"payroll": "pay.csv", "backup": "copy.zip", "key export": "copy.key"}
COMMANDS = ("init", "import", "policy load", "close", "reopen", *FILES)
Fault = Callable[[str], Any]
Rows = dict[str, list[bytes]]


def app_on(url: str, folder: Path) -> Flask:
    app = application(url, folder / "instance", PINGYOU_LANGUAGE="en")
    keyring.install(lambda: KEY, app)
    return app


def run(app: Flask, words: list[str]) -> Result:
    with app.app_context():
        try:
            return app.test_cli_runner().invoke(args=words)
        finally:
            db.session.remove()
            db.engine.dispose()


def rows_of(url: str) -> Rows:
    with opened(url) as session:
        connection = session.connection()
        return {each.name: list(each.lines(connection)) for each in tables_of(connection)}


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def on_connect(*pragmas: str) -> Callable[[Any, Any], None]:
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").fetchall()

    return prepare


@contextmanager
def connecting(*pragmas: str) -> Iterator[None]:
    prepare = on_connect(*pragmas)
    event.listen(Engine, "connect", prepare)
    try:
        yield
    finally:
        event.remove(Engine, "connect", prepare)


@contextmanager
def locked(url: str) -> Iterator[str]:
    """Another connection writes and does not end; the wait is cut short."""
    other = sqlite3.connect(path_of(url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with connecting("busy_timeout=20"):
            yield url
    finally:
        other.close()


@contextmanager
def full(url: str) -> Iterator[str]:
    """Every page is full and the file may not grow."""
    other = sqlite3.connect(path_of(url), isolation_level=None)
    other.execute("VACUUM")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (pages,) = other.execute("PRAGMA page_count").fetchone()
    other.close()
    with connecting(f"max_page_count={max(pages, 1)}"):
        yield url


@contextmanager
def read_only(url: str) -> Iterator[str]:
    """Opened so that SQLite refuses to write, as on a disk that is mounted so."""
    yield f"sqlite:///file:{path_of(url)}?mode=ro&uri=true"


FAULTS: dict[str, tuple[Fault, str]] = {
    "locked": (locked, "locked by another writer"),
    "full": (full, "disk of the database is full"),
    "read-only": (read_only, "read-only"),
}


def words_of(command: str, folder: Path) -> list[str]:
    source = unpacked(CENTRE)
    if command == "import":
        lines = (source / "punches.csv").read_text("utf-8-sig").splitlines()
        number = lines[1].split(",")[0]
        rows = [f"{number},2026-11-01 {n // 60:02}:{n % 60:02}" for n in range(600)]
        (folder / "more.csv").write_text("\n".join([lines[0], *rows]), encoding="utf-8")
        return ["import", "punches", str(folder / "more.csv"), "--clock", "2026-11-02 00:00"]
    if command == "policy load":
        text = (source / "policy.yaml").read_text("utf-8")
        (folder / "policy.yaml").write_text(
            "\n".join(
                "effective_from: 2026-11" if line.startswith("effective_from:") else line
                for line in text.splitlines()
            ),
            encoding="utf-8",
        )
        return ["policy", "load", str(folder / "policy.yaml")]
    return {
        "init": ["init"],
        "close": ["close", MONTH],
        "reopen": ["reopen", MONTH, "--reason", "a long reason " * 5000],
        "payroll": ["payroll", MONTH, "-o", str(folder / FILES["payroll"])],
        "backup": ["backup", str(folder / FILES["backup"])],
        "key export": ["key", "export", str(folder / FILES["key export"])],
    }[command]


@pytest.fixture
def url_for(
    examples: Examples, databases: Databases, tmp_path: Path
) -> Iterator[Callable[[str], str]]:
    made = []

    def url_of(command: str) -> str:
        if command == "init":
            made.append(databases.empty("sqlite"))
            Path(path_of(made[-1])).touch(mode=0o600)
            return made[-1]
        url = examples.closed("sqlite", CENTRE)
        if command == "close":
            words = words_of("reopen", tmp_path)
            assert run(app_on(url, tmp_path), words).exit_code == 0
        return url

    yield url_of
    for url in made:
        databases.drop(url)


def cases() -> list[tuple[str, str]]:
    """What gives a file away writes one entry, for which a full page may still have room."""
    found = [(fault, command) for fault in FAULTS for command in COMMANDS]
    return [each for each in found if each not in [("full", command) for command in FILES]]


@pytest.mark.parametrize(("fault", "command"), cases())
def test_a_fault_of_the_database_is_told_in_one_line_and_nothing_is_changed(
    fault: str, command: str, url_for: Callable[[str], str], tmp_path: Path
) -> None:
    url = url_for(command)
    words = words_of(command, tmp_path)
    before = rows_of(url)
    bring, told = FAULTS[fault]
    with bring(url) as faulty:
        result = run(app_on(faulty, tmp_path), words)
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    assert told in line
    assert result.stdout == ""
    assert rows_of(url) == before
    assert not given_away(tmp_path)
    assert run(app_on(url, tmp_path), words).exit_code == 0, "without the fault it is done"


def given_away(folder: Path) -> list[str]:
    """Files of commands, finished or not."""
    names = (each.name for each in folder.iterdir())
    return [each for each in names if any(name in each for name in FILES.values())]


@pytest.mark.parametrize("command", FILES)
def test_no_file_is_given_away_whose_entry_cannot_be_committed(
    command: str, url_for: Callable[[str], str], tmp_path: Path
) -> None:
    url = url_for(command)
    words = words_of(command, tmp_path)
    before = rows_of(url)

    def stop(_connection: Any) -> None:
        raise OperationalError("COMMIT", {}, Exception("database or disk is full"))

    event.listen(Engine, "commit", stop)
    try:
        result = run(app_on(url, tmp_path), words)
    finally:
        event.remove(Engine, "commit", stop)
    assert result.exit_code == 1
    assert rows_of(url) == before
    assert not given_away(tmp_path)
    assert run(app_on(url, tmp_path), words).exit_code == 0
    assert given_away(tmp_path) == [FILES[command]]


@pytest.mark.parametrize("command", FILES)
def test_a_file_that_cannot_be_written_is_told_and_nothing_is_changed(
    command: str, url_for: Callable[[str], str], tmp_path: Path
) -> None:
    url = url_for(command)
    words = [*words_of(command, tmp_path)[:-1], str(tmp_path / "none" / "file")]
    before = rows_of(url)
    result = run(app_on(url, tmp_path), words)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert f"{tmp_path / 'none'}: No such file or directory" in line
    assert rows_of(url) == before


def test_a_disk_without_room_for_the_file_is_told_and_nothing_is_changed(
    url_for: Callable[[str], str], tmp_path: Path
) -> None:
    url = url_for("payroll")
    before = rows_of(url)
    result = run(app_on(url, tmp_path), ["payroll", MONTH, "-o", "/dev/full"])
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "full" in line
    assert rows_of(url) == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_that_was_interrupted_is_not_half_there(
    databases: Databases, kind: Kind, tmp_path: Path
) -> None:
    url = databases.empty(kind)
    app = app_on(url, tmp_path)
    begun = 0

    def stop(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        nonlocal begun
        begun += statement.lstrip().startswith("CREATE TABLE")
        if begun == 30:
            raise OperationalError(statement, {}, Exception("database or disk is full"))

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        assert run(app, ["init"]).exit_code == 1
    finally:
        event.remove(Engine, "before_cursor_execute", stop)
    with opened(url) as session:
        assert inspect(session.connection()).get_table_names() == []
    assert run(app, ["init"]).exit_code == 0
    databases.drop(url)
