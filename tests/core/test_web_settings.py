"""What stands between a request and the pages: proxies, host names, cookies, sizes, other hosts."""

from __future__ import annotations

import errno
import io
import os
import re
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import people
from flask import request
from sqlalchemy import inspect
from support.databases import Kind
from support.no_network import Elsewhere
from support.site import Site, application

from app import create_app
from core import private, web
from core.db import db
from core.pages.headers import POLICY
from core.settings import settings

Make = Callable[..., Site]


@pytest.fixture
def make(fresh_database_url: Callable[[Kind], str], tmp_path: Path) -> Iterator[Make]:
    made: list[Site] = []

    def site(**given: Any) -> Site:
        found = Site(application(fresh_database_url("sqlite"), tmp_path, **given))
        seen = web.public(lambda: f"{request.remote_addr} {request.scheme} {request.host}")
        found.app.add_url_rule("/seen", "seen", seen)
        made.append(found)
        return found

    yield site
    for each in made:
        with each.app.app_context():
            db.session.remove()
            db.engine.dispose()


FORWARDED = {
    "X-Forwarded-For": "10.9.9.9, 192.0.2.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "elsewhere.example",
}


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [("0", "127.0.0.1 http localhost"), ("1", "192.0.2.7 https localhost")],
)
def test_as_many_proxies_are_believed_as_there_are(make: Make, proxies: str, seen: str) -> None:
    """What stands before them in the header came from the browser, which may say anything."""
    answer = make(PINGYOU_PROXIES=proxies).client().get("/seen", headers=FORWARDED)
    assert answer.get_data(as_text=True) == seen
    assert ("Strict-Transport-Security" in answer.headers) == (proxies == "1")


def test_only_the_named_hosts_are_served_where_some_are_named(make: Make) -> None:
    client = make(PINGYOU_HOSTS="pingyou.example, localhost").client()
    assert client.get("/sign-in").status_code == 200
    refused = client.get("/sign-in", headers={"Host": "elsewhere.example"})
    assert refused.status_code == 400
    assert refused.headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize(("tls", "secure"), [("1", True), ("", False)])
def test_the_cookie_travels_over_tls_only_where_there_is_tls(
    make: Make, tls: str, secure: bool
) -> None:
    cookie = make(PINGYOU_TLS=tls).client().get("/sign-in").headers["Set-Cookie"]
    flags = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax"} <= flags
    assert ("Secure" in flags) == secure


def test_the_policy_for_contents_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
    allowed = {source for part in POLICY.split("; ") for source in part.split()[1:]}
    assert allowed == {"'none'", "'self'", "data:"}


def test_every_kind_of_answer_has_the_policy(make: Make) -> None:
    site = make()
    with site.session() as session:
        hr = people.centre(session)["hr"]
    client = site.signed_in(hr)
    site.app.config["MAX_CONTENT_LENGTH"] = 1000
    big = {"file": (io.BytesIO(b"x" * 5000), "big.csv")}
    answers = {
        "page": client.get("/sign-in"),
        "redirect": site.client().get("/"),
        "nothing": client.get("/nothing"),
        "static": client.get("/static/pingyou.css"),
        "wrong method": client.get("/sign-out"),
        "no token": client.post("/sign-out"),
        "download": client.get("/staff/?format=csv"),
        "too large": client.post("/imports/", data=big),
    }
    statuses = {name: answer.status_code for name, answer in answers.items()}
    for each in answers.values():
        each.close()
    assert statuses["too large"] == 413
    assert statuses["download"] == 200
    assert [
        name
        for name, each in answers.items()
        if each.headers.get("Content-Security-Policy") != POLICY
    ] == []
    assert {each.headers["X-Content-Type-Options"] for each in answers.values()} == {"nosniff"}


def test_every_installation_has_a_key_of_its_own(tmp_path: Path) -> None:
    made = [settings(tmp_path / name, {"SECRET_KEY": ""})["SECRET_KEY"] for name in "ab"]
    again = settings(tmp_path / "a", {"SECRET_KEY": ""})["SECRET_KEY"]
    assert made[0] != made[1]
    assert again == made[0]
    assert min(len(each) for each in made) >= 32


def _read_only(path: Path, _mode: int) -> None:
    raise OSError(errno.EROFS, "Read-only file system", str(path))


def test_an_installation_is_its_owners_alone_and_an_older_one_becomes_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "instance"
    given = {"INSTANCE": folder, "DATABASE_URL": "", "PINGYOU_LANGUAGE": "en", "TESTING": True}

    def init() -> str:
        app = create_app({**given, "PASSWORD_MEMORY": 8, "PASSWORD_ROUNDS": 1})
        done = app.test_cli_runner().invoke(args=["init"])
        with app.app_context():
            db.session.remove()
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
            db.engine.dispose()
        assert done.exit_code == 0
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {"pingyou.db", "pingyou.db-wal", "pingyou.db-shm", "master.key"} <= set(modes)
        assert set(modes.values()) == {0o600}
        return done.stderr

    before = os.umask(0)
    try:
        assert init() == ""
        folder.chmod(0o755)
        (folder / "pingyou.db").chmod(0o644)
        assert init().splitlines() == [
            f"{path} was open to others; it is its owner's alone now"
            for path in (folder, folder / "pingyou.db")
        ]
        database = (folder / "pingyou.db").resolve()
        database.chmod(0o644)
        assert list(private.tighten(folder, "sqlite:///pingyou.db")) == [database]
        folder.chmod(0o755)
        monkeypatch.setattr(Path, "chmod", _read_only)
        assert list(private.tighten(folder, "postgresql+psycopg://db/pingyou")) == []
    finally:
        os.umask(before)


def test_init_makes_nothing_where_the_key_at_hand_is_none(tmp_path: Path) -> None:
    key = tmp_path / "master.key"
    key.touch(mode=0o600)
    app = create_app({"INSTANCE": tmp_path, "DATABASE_URL": "", "PINGYOU_LANGUAGE": "en"})
    refused = app.test_cli_runner().invoke(args=["init"])
    with app.app_context():
        assert inspect(db.engine).get_table_names() == []
        db.engine.dispose()
    assert (refused.exit_code, key.read_bytes()) == (1, b"")
    assert "key cannot be used" in refused.stderr


def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        settings(tmp_path, {"SECRET_KEY": "changeme"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PINGYOU_PROXIES", "one"),
        ("PINGYOU_PROXIES", "-1"),
        ("PINGYOU_IDLE_MINUTES", "an hour"),
        ("PASSWORD_MEMORY", "-4"),
        ("PINGYOU_TIMEZONE", "Mars/Olympus"),
        ("PINGYOU_TIMEZONE", "../etc"),
        ("DATABASE_URL", "the database"),
        ("DATABASE_URL", "mysql://pingyou@localhost/pingyou"),
    ],
)
def test_what_a_setting_cannot_be_is_told_by_its_name(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(ValueError, match=name):
        settings(tmp_path, {name: value})


def test_a_missing_driver_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.settings.find_spec", lambda _name: None)
    with pytest.raises(ValueError, match=r"pip install 'psycopg\[binary\]'"):
        settings(tmp_path, {"DATABASE_URL": "postgresql://localhost/pingyou"})


@pytest.mark.parametrize("name", ["PINGYOU_LANGUAGE", "PINGYOU_KEY"])
def test_starting_with_a_wrong_setting_ends_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import app

    monkeypatch.setattr(app, "ROOT", tmp_path)
    monkeypatch.setenv(name, "AAAA")
    with pytest.raises(SystemExit, match=f"^Error: {name}"):
        app.create_app()


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "///elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example/",
        "/\t/elsewhere.example/",
        "/\n/elsewhere.example/",
        " //elsewhere.example/",
        "javascript:alert(1)",
        "elsewhere.example",
        "",
    ],
)
def test_nobody_is_sent_to_another_site(target: str) -> None:
    assert web.safe_next(target) is None
    assert web.safe_next("/scorecards/2026-10?sort=name") == "/scorecards/2026-10?sort=name"


def test_nothing_in_these_tests_reaches_another_machine() -> None:
    with pytest.raises(Elsewhere):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(Elsewhere):
        socket.create_connection(("pingyou.example", 80), timeout=1)
    with socket.socket() as plain, pytest.raises(Elsewhere):
        plain.connect(("192.0.2.1", 80))


def test_templates_name_no_other_host() -> None:
    folder = Path(__file__).parents[2] / "templates"
    loads = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""")
    found = [path.name for path in folder.rglob("*.html") if loads.search(path.read_text("utf-8"))]
    assert found == []
