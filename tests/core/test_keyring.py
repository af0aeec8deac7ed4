"""Keys of the database under the master key: what opens, what does not, what is never redone."""

from __future__ import annotations

import base64
import stat
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from support.databases import Kind
from support.rows import everything

from app import create_app
from closing.verification import verify
from core import keyring
from core.actor import SYSTEM
from core.db import db, transaction
from core.keyring import Box, WrongKey
from core.models import AuditEntry, WrappedKey
from core.secrets import BadKey, KeyFile, MasterKey, master_keys, session_secret
from staff.wages import opening, sealing


class Installation:
    """An application on a database, with the folder where its key is; opened as often as needed."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._apps: list[Flask] = []

    @property
    def key(self) -> Path:
        return self.folder / "master.key"

    def start(self, **settings: Any) -> Flask:
        """As after a restart: nothing is remembered."""
        app = create_app(
            {
                "DATABASE_URL": self.url,
                "INSTANCE": self.folder,
                "TESTING": True,
                "PINGYOU_LANGUAGE": "en",
                "PASSWORD_MEMORY": 8,
                "PASSWORD_ROUNDS": 1,
                **settings,
            }
        )
        self._apps.append(app)
        return app

    def run(self, *words: str, **settings: Any) -> Result:
        return self.start(**settings).test_cli_runner().invoke(args=list(words))

    def stop(self) -> None:
        for app in self._apps:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Any:
    made = Installation(database_url, tmp_path / "instance")
    yield made
    made.stop()


@pytest.fixture
def ready(place: Installation) -> Installation:
    """After ``flask init``."""
    done = place.run("init")
    assert done.exit_code == 0, done.output
    return place


def rows(place: Installation) -> dict[str, list[Any]]:
    with place.start().app_context():
        return everything(db.session())


# What a box does


def test_what_is_sealed_opens_in_its_place_only(ready: Installation) -> None:
    with ready.start().app_context():
        box = Box(db.session())
        sealed = box.seal("assignments:1:2026-01-01:base_wage", "5200.00")
        assert box.open("assignments:1:2026-01-01:base_wage", sealed) == "5200.00"
        for other in ("assignments:2:2026-01-01:base_wage", "assignments:1:2026-02-01:base_wage"):
            with pytest.raises(WrongKey):
                box.open(other, sealed)


def test_one_value_is_never_sealed_the_same_way_twice(ready: Installation) -> None:
    with ready.start().app_context():
        box = Box(db.session())
        assert box.seal("x", "1") != box.seal("x", "1")


def test_sums_of_different_lengths_are_sealed_at_one_length(ready: Installation) -> None:
    with ready.start().app_context():
        box = Box(db.session())
        sums = [Decimal("0.00"), Decimal("5200.50"), Decimal("1000000000.00")]
        sealed = [box.seal_money("x", each) for each in sums]
        assert len({len(each) for each in sealed}) == 1
        assert [box.open_money("x", each) for each in sealed] == sums


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-4] + ("AAAA" if not text.endswith("AAAA") else "BBBB"),
        lambda text: text.partition(":")[2],
        lambda text: "9999" + text[text.index(":") :],
        lambda text: text + "%%%",
        lambda _text: "",
    ],
)
def test_what_was_changed_does_not_open(ready: Installation, spoil: Callable[[str], str]) -> None:
    with ready.start().app_context():
        box = Box(db.session())
        with pytest.raises(WrongKey):
            box.open("x", spoil(box.seal("x", "5200.00")))


def test_a_wage_moved_to_another_row_does_not_open(ready: Installation) -> None:
    from datetime import date

    start = date(2026, 1, 1)
    with ready.start().app_context():
        sealed = sealing(db.session())(1, start, Decimal("5200.00"))
        assert opening(db.session())(1, start, sealed) == Decimal("5200.00")
        with pytest.raises(WrongKey):
            opening(db.session())(2, start, sealed)


# Where the key is


def test_the_key_is_made_once_and_only_its_owner_reads_it(ready: Installation) -> None:
    assert stat.S_IMODE(ready.key.stat().st_mode) == 0o600
    before = ready.key.read_bytes()
    assert ready.run("init").exit_code == 0
    assert ready.key.read_bytes() == before


def test_a_start_alone_makes_no_key(place: Installation) -> None:
    place.start()
    assert not place.key.exists()


def test_the_keys_of_a_transaction_that_failed_are_not_kept(place: Installation) -> None:
    """Else secrets would be encrypted under keys that no database holds."""
    with place.start().app_context():
        with pytest.raises(RuntimeError, match="after"), transaction():
            _make_and_fail()
        assert db.session.scalars(select(WrappedKey.id)).all() == []
        with transaction():
            sealed = keyring.encrypt(db.session(), "x", "text")
    with place.start().app_context():
        assert keyring.decrypt(db.session(), "x", sealed) == "text"


def _make_and_fail() -> None:
    keyring.ring(db.session())
    keyring.ring(db.session())  # the second call finds what the first one wrote
    raise RuntimeError("after the keys were made")


def test_keys_made_inside_a_savepoint_that_failed_are_not_kept(place: Installation) -> None:
    with place.start().app_context(), transaction():
        session = db.session()
        savepoint = session.begin_nested()
        keyring.ring(session)
        savepoint.rollback()
        sealed = keyring.encrypt(session, "x", "text")
    with place.start().app_context():
        assert keyring.decrypt(db.session(), "x", sealed) == "text"


def test_keys_are_never_deleted(ready: Installation) -> None:
    with ready.start().app_context(), pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(delete(WrappedKey))


@pytest.mark.parametrize("text", ["", "not base64 !", base64.b64encode(b"short").decode(), "键"])
def test_a_file_that_holds_no_key_is_an_error_and_stays(ready: Installation, text: str) -> None:
    ready.key.write_text(text, encoding="utf-8")
    before = rows(ready)
    for words in (("audit", "verify"), ("init",)):
        refused = ready.run(*words)
        assert refused.exit_code == 1
        assert "key cannot be used" in refused.stderr
    assert ready.key.read_text(encoding="utf-8") == text
    assert rows(ready) == before


def test_a_bad_key_in_the_environment_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadKey, match="PINGYOU_KEY"):
        master_keys(tmp_path, "abc")


def test_a_key_does_not_show_in_a_traceback() -> None:
    key = MasterKey.new()
    assert key.text not in repr(key)
    assert repr(key.secret) not in repr(key)


def test_a_new_master_key_signs_nobody_out(ready: Installation) -> None:
    before = session_secret(ready.folder, None)
    assert ready.run("key", "rotate").exit_code == 0
    assert session_secret(ready.folder, None) == before


# A lost or wrong key


LOST = "is missing"
WRONG = "does not open this database"


def _lose(place: Installation) -> str:
    place.key.unlink()
    return LOST


def _replace(place: Installation) -> str:
    place.key.write_text(MasterKey.new().text)
    return WRONG


@pytest.mark.parametrize("spoil", [_lose, _replace])
@pytest.mark.parametrize(
    "words",
    [
        ["init"],
        ["audit", "verify"],
        ["key", "rotate"],
        ["key", "export", "copy.key"],
        ["import", "employees", "people.csv"],
        ["close", "2026-10"],
    ],
    ids=" ".join,
)
def test_without_the_right_key_commands_refuse_and_change_nothing(
    ready: Installation,
    spoil: Callable[[Installation], str],
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    people = "employee_no,name,hire_date,position,base_wage\nE1,柳青禾,2025-01-06,agent,5200\n"
    Path("people.csv").write_text(people)
    if words[0] == "close":
        assert ready.run("import", "employees", "people.csv").exit_code == 0
    said = spoil(ready)
    before, key = rows(ready), ready.key.read_bytes() if ready.key.exists() else None
    refused = ready.run(*words)
    assert refused.exit_code == 1
    assert said in refused.stderr, refused.output
    assert rows(ready) == before
    assert (ready.key.read_bytes() if ready.key.exists() else None) == key
    assert not Path("copy.key").exists()


def test_signing_in_without_the_key_is_a_clear_page_and_changes_nothing(
    ready: Installation,
) -> None:
    from support.site import Site

    _lose(ready)
    before = rows(ready)
    site = Site(ready.start())
    client = site.client()
    answer = site.post(client, "/sign-in", {"name": "admin", "password": "wrong"}, form="/sign-in")
    assert answer.status_code == 503
    assert "master.key" in answer.get_data(as_text=True)
    after = rows(ready)
    # A try is counted before it is looked at, whatever comes of it.
    assert after.pop("sign_in_failures") != before.pop("sign_in_failures")
    assert after == before
    assert not ready.key.exists()


def test_the_key_put_back_opens_everything_again(ready: Installation) -> None:
    text = ready.key.read_text()
    ready.key.unlink()
    assert ready.run("audit", "verify").exit_code == 1
    ready.key.write_text(text)
    done = ready.run("audit", "verify")
    assert done.exit_code == 0, done.output


def test_a_trail_whose_keys_were_removed_gets_no_new_ones(ready: Installation) -> None:
    """Whoever has the database alone must not start a second chain."""
    from sqlalchemy import text

    with ready.start().app_context(), transaction():
        if db.engine.dialect.name == "sqlite":
            db.session.execute(text("DROP TRIGGER " + _trigger()))
        else:
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
        db.session.execute(text("DELETE FROM wrapped_keys"))
    refused = ready.run("policy", "load", "closing/policies/none.yaml")
    assert refused.exit_code != 0
    with ready.start().app_context(), pytest.raises(WrongKey, match="removed"):
        keyring.ring(db.session())


def _trigger() -> str:
    from sqlalchemy import text

    found: str = db.session.scalars(
        text("SELECT name FROM sqlite_master WHERE name GLOB 'lock_wrapped_keys_delete_*'")
    ).one()
    return found


# Export and rotation


def test_an_exported_key_opens_the_database_elsewhere(ready: Installation, tmp_path: Path) -> None:
    copy = tmp_path / "copy.key"
    done = ready.run("key", "export", str(copy))
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.read_text() not in done.output
    ready.key.unlink()
    assert ready.run("audit", "verify", PINGYOU_KEY=copy.read_text()).exit_code == 0


def test_an_export_does_not_overwrite(ready: Installation, tmp_path: Path) -> None:
    copy = tmp_path / "copy.key"
    copy.write_text("something else")
    before = rows(ready)
    refused = ready.run("key", "export", str(copy))
    assert refused.exit_code == 1
    assert copy.read_text() == "something else"
    nowhere = ready.run("key", "export", str(tmp_path / "none" / "copy.key"))
    assert (nowhere.exit_code, f"{tmp_path / 'none'}: " in nowhere.stderr) == (1, True)
    assert rows(ready) == before


def test_after_a_rotation_only_the_new_key_opens_what_was_encrypted(ready: Installation) -> None:
    with ready.start().app_context(), transaction():
        sealed = keyring.encrypt(db.session(), "x", "old")
        audit_key = keyring.key_for(db.session(), "audit")
    old = ready.key.read_text()
    done = ready.run("key", "rotate")
    assert done.exit_code == 0, done.output
    assert ready.key.read_text() != old
    assert stat.S_IMODE(ready.key.stat().st_mode) == 0o600
    assert sorted(path.name for path in ready.folder.glob("*master.key*")) == ["master.key"]
    with ready.start().app_context():
        session = db.session()
        assert keyring.decrypt(session, "x", sealed) == "old"
        assert keyring.key_for(session, "audit") == audit_key
        assert list(verify(session)) == []
        actions = set(session.scalars(select(AuditEntry.action)))
        assert "key.rotated" in actions
        newer = keyring.encrypt(session, "x", "new")
        assert newer.partition(":")[0] != sealed.partition(":")[0]
    refused = ready.run("audit", "verify", PINGYOU_KEY=old)
    assert (refused.exit_code, WRONG in refused.stderr) == (1, True)


def test_a_process_that_runs_on_opens_what_was_encrypted_after_a_rotation(
    ready: Installation,
) -> None:
    running = ready.start()
    with running.app_context():
        keyring.ring(db.session())
        db.session.rollback()
    assert ready.run("key", "rotate").exit_code == 0
    with ready.start().app_context(), transaction():
        newer = keyring.encrypt(db.session(), "x", "new")
    with running.app_context():
        assert keyring.decrypt(db.session(), "x", newer) == "new"


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_rotation_that_broke_off_loses_nothing(
    ready: Installation, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    with ready.start().app_context(), transaction():
        sealed = keyring.encrypt(db.session(), "x", "text")
    old = ready.key.read_text()

    def fall(place: Any, key: Any) -> None:
        if not isinstance(place, KeyFile) or key in place.present()[1:]:
            raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        if moment == "before the commit":
            broken.setattr(keyring, "rewrap", fall)
        else:
            broken.setattr(KeyFile, "settle", fall)
        (ready.folder / ".master.key.next.0badc0de").touch()  # of one that was killed
        assert ready.run("key", "rotate").exit_code != 0
    assert ready.key.read_text() == old
    with ready.start().app_context():
        assert keyring.decrypt(db.session(), "x", sealed) == "text"
        db.session.rollback()
    assert (ready.key.read_text() == old) is (moment == "before the commit")
    done = ready.run("key", "rotate")
    assert done.exit_code == 0, done.output
    assert [path.name for path in ready.folder.glob("*master.key*")] == ["master.key"]
    with ready.start().app_context():
        assert keyring.decrypt(db.session(), "x", sealed) == "text"
        assert list(verify(db.session())) == []


def test_a_key_from_the_environment_is_not_rotated(ready: Installation) -> None:
    before = rows(ready)
    refused = ready.run("key", "rotate", PINGYOU_KEY=ready.key.read_text())
    assert refused.exit_code == 1
    assert "PINGYOU_KEY" in refused.stderr
    assert rows(ready) == before


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_who_acts_is_recorded_with_the_key(
    fresh_database_url: Callable[[Kind], str], tmp_path: Path, kind: Kind
) -> None:
    place = Installation(fresh_database_url(kind), tmp_path / "instance")
    assert place.run("init").exit_code == 0
    assert place.run("key", "rotate", "--as", "admin").exit_code == 0
    assert place.run("key", "rotate", "--as", "nobody").exit_code == 1
    with place.start().app_context():
        entries = select(AuditEntry.actor).where(AuditEntry.action == "key.rotated")
        assert db.session.scalars(entries).all() == ["admin"]
        assert SYSTEM.label != "admin"
    place.stop()
