"""``flask backup`` and ``flask restore`` on both kinds of database, and from one to the other."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from support.centres import KEY, Examples
from support.databases import KINDS, Databases, Kind
from support.site import application

from closing.verification import verify
from core import audit, keyring
from core.backup.tables import tables_of
from core.db import db
from core.models import AuditEntry
from core.secrets import MasterKey
from staff.models import Team

Rows = dict[str, list[bytes]]
OWN = ("audit_entries", "alembic_version")


class Place:
    """Applications on databases, all under the key of the tests."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        self.folder = folder
        self._databases = databases
        self._made: list[str] = []

    def app(self, url: str, key: MasterKey = KEY) -> Flask:
        app = application(url, self.folder / "instance", PINGYOU_LANGUAGE="en")
        keyring.install(lambda: key, app)
        return app

    def empty(self, kind: Kind) -> Flask:
        """On a database without a table."""
        self._made.append(self._databases.empty(kind))
        return self.app(self._made[-1])

    def drop(self) -> None:
        for url in self._made:
            self._databases.drop(url)


@contextmanager
def inside(app: Flask) -> Iterator[Session]:
    with app.app_context():
        try:
            yield db.session()
        finally:
            db.session.remove()
            db.engine.dispose()


def run(app: Flask, *words: object) -> Result:
    with inside(app):
        return app.test_cli_runner().invoke(args=[str(word) for word in words])


def done(app: Flask, *words: object) -> Result:
    result = run(app, *words)
    assert result.exit_code == 0, result.output
    return result


def refused(app: Flask, *words: object) -> str:
    """The reason, one line; no table has a row then."""
    result = run(app, *words)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    (reason,) = result.stderr.splitlines()
    return str(reason)


def rows_of(app: Flask) -> Rows:
    """Every row of every table in an order that is the same everywhere."""
    with inside(app) as session:
        connection = session.connection()
        return {
            table.name: sorted(table.lines(connection))
            for table in tables_of(connection)
            if table.name not in OWN
        }


def is_empty(app: Flask) -> bool:
    with inside(app) as session:
        connection = session.connection()
        return not any(any(table.lines(connection)) for table in tables_of(connection))


@pytest.fixture
def place(tmp_path: Path, databases: Databases) -> Iterator[Place]:
    made = Place(tmp_path, databases)
    yield made
    made.drop()


@pytest.fixture(params=KINDS)
def closed(request: pytest.FixtureRequest, place: Place, examples: Examples) -> Flask:
    """A centre with closed months, once per kind."""
    return place.app(examples.closed(request.param, "centre-a"))


@pytest.fixture(scope="module")
def shelf(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """What tests of this module share; they only read it."""
    made = Place(tmp_path_factory.mktemp("shelf"), databases)
    yield made
    made.drop()


@pytest.fixture(scope="module")
def copy(shelf: Place, examples: Examples) -> Path:
    """A backup of a centre in SQLite."""
    file = shelf.folder / "copy.zip"
    done(shelf.app(examples.closed("sqlite", "centre-a")), "backup", file)
    return file


@pytest.fixture(scope="module", params=KINDS)
def restored(request: pytest.FixtureRequest, shelf: Place, copy: Path) -> Flask:
    """The centre out of the backup, once per kind."""
    app = shelf.empty(request.param)
    done(app, "restore", copy)
    return app


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_restores_into_either_kind(closed: Flask, place: Place, kind: Kind) -> None:
    file = place.folder / "copy.zip"
    before = rows_of(closed)
    assert sum(map(len, before.values())) > 1000
    said = done(closed, "backup", file)
    assert "master.key" in said.stderr
    other = place.empty(kind)
    assert done(other, "restore", file).stdout == said.stdout
    assert rows_of(other) == before
    done(other, "audit", "verify")


def test_from_one_kind_to_the_other_and_back_every_table_is_the_same(
    place: Place, examples: Examples
) -> None:
    first = place.app(examples.closed("sqlite", "centre-b"))
    second, third = place.empty("postgresql"), place.empty("sqlite")
    done(first, "backup", place.folder / "1.zip")
    done(second, "restore", place.folder / "1.zip")
    done(second, "backup", place.folder / "2.zip")
    done(third, "restore", place.folder / "2.zip")
    assert rows_of(first) == rows_of(second) == rows_of(third)


def test_the_backup_and_the_restore_stand_in_the_trail(closed: Flask, place: Place) -> None:
    with inside(closed) as session:
        number, mac = audit.head(session)
    done(closed, "backup", place.folder / "copy.zip")
    other = place.empty("sqlite")
    done(other, "restore", place.folder / "copy.zip")
    newest = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)
    with inside(closed) as session:
        made = session.scalars(newest).one()
        assert (made.action, made.id) == ("backup.made", number + 1)
        assert json.loads(made.payload or "")["after"]["head"] == f"{number}:{mac}"
    with inside(other) as session:
        restored = session.scalars(newest).one()
        assert (restored.action, restored.id, restored.previous) == (
            "backup.restored",
            number + 1,
            mac,
        )
        assert list(verify(session)) == []


def test_closed_months_are_locked_and_new_rows_get_new_numbers_after_a_restore(
    restored: Flask,
) -> None:
    with inside(restored) as session:
        with pytest.raises(DBAPIError, match="locked: the month is closed"):
            session.execute(text("UPDATE scorecards SET total = 99"))
        session.rollback()
        newest = session.scalar(select(func.max(Team.id))) or 0
        team = Team(path="new")
        session.add(team)
        session.flush()
        assert team.id > newest
        session.rollback()


def test_foreign_keys_hold_after_a_restore(restored: Flask) -> None:
    with inside(restored) as session:
        with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
            session.execute(text("INSERT INTO team_leaders VALUES (987654, 987654)"))
        session.rollback()


def test_a_database_that_is_not_empty_refuses(
    copy: Path, closed: Flask, examples: Examples
) -> None:
    before = rows_of(closed)
    assert "not empty" in refused(closed, "restore", copy)
    assert rows_of(closed) == before


@pytest.mark.parametrize("kind", KINDS)
def test_tables_without_rows_are_empty_enough(
    copy: Path, place: Place, fresh_database_url: Callable[[Kind], str], kind: Kind
) -> None:
    app = place.app(fresh_database_url(kind))
    done(app, "restore", copy)
    with inside(app) as session:
        assert list(verify(session)) == []
        assert session.scalar(select(func.count()).select_from(Team)) != 0


def test_a_file_is_never_overwritten(copy: Path, place: Place, examples: Examples) -> None:
    before = copy.read_bytes()
    app = place.app(examples.closed("sqlite", "centre-a"))
    assert "there already" in refused(app, "backup", copy)
    nowhere = copy.parent / "none"
    assert f"{nowhere}: " in refused(app, "backup", nowhere / "copy.zip")
    assert copy.read_bytes() == before


def test_only_its_owner_reads_a_backup_and_nothing_else_is_left(copy: Path) -> None:
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in copy.parent.iterdir() if path.name.startswith(".")] == []


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A valid ZIP with other members."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    other = file.with_name("altered.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return other


def half(file: Path) -> Path:
    other = file.with_name("half.zip")
    other.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return other


def other_byte(file: Path) -> Path:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    other = file.with_name("byte.zip")
    other.write_bytes(bytes(data))
    return other


def fewer_rows(file: Path) -> Path:
    def change(members: dict[str, bytes]) -> None:
        name = "tables/punches.jsonl"
        members[name] = members[name].split(b"\n", 1)[1]

    return rewritten(file, change)


def without_a_table(file: Path) -> Path:
    return rewritten(file, lambda members: members.__delitem__("tables/punches.jsonl"))


def with_another_manifest(file: Path) -> Path:
    """Rows are removed, and the manifest is made to fit: only the seal tells."""

    def change(members: dict[str, bytes]) -> None:
        found: dict[str, Any] = json.loads(members["manifest.json"])
        for table in found["tables"]:
            if table["name"] == "punches":
                table["rows"] = 0
                table["sha256"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        members["tables/punches.jsonl"] = b""
        members["manifest.json"] = json.dumps(found).encode()

    return rewritten(file, change)


def newer(file: Path) -> Path:
    def change(members: dict[str, bytes]) -> None:
        found = json.loads(members["manifest.json"])
        members["manifest.json"] = json.dumps({**found, "revision": "9999"}).encode()

    return rewritten(file, change)


def text_file(file: Path) -> Path:
    other = file.with_name("text.zip")
    other.write_text("not a backup", encoding="utf-8")
    return other


FAULTS = (
    half,
    other_byte,
    fewer_rows,
    without_a_table,
    with_another_manifest,
    newer,
    text_file,
)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_damaged_file_is_refused_and_the_database_stays_empty(
    copy: Path, place: Place, kind: Kind, fault: Callable[[Path], Path]
) -> None:
    other = place.empty(kind)
    assert refused(other, "restore", fault(copy)).startswith("Error: ")
    assert is_empty(other)
    done(other, "restore", copy)


def test_a_copy_under_another_master_key_is_refused(copy: Path, place: Place) -> None:
    url = place.empty("sqlite").config["SQLALCHEMY_DATABASE_URI"]
    other = place.app(url, MasterKey(b"another key of the tests, 32 byt"))
    assert "master key does not open" in refused(other, "restore", copy)
    assert is_empty(other)


def test_a_database_that_was_never_prepared_has_no_backup(place: Place) -> None:
    file = place.folder / "none.zip"
    refused(place.empty("sqlite"), "backup", file)
    assert not file.exists()
