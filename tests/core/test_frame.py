"""What holds for every page: headers, tokens, error pages, the frame."""

from __future__ import annotations

import errno
import io
import re
import sqlite3
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest
from factories import people
from flask import Flask, request
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from support.databases import Kind
from support.site import Site, application

from core import web
from core.errors import Conflict, Refused
from core.pages.characters import read_json
from core.permissions import Permission
from core.values import Month


@pytest.fixture
def broken(site: Site) -> Site:
    """The site with pages that fail in every way."""

    def fail() -> str:
        raise RuntimeError("a secret detail")

    def refuse() -> str:
        raise Refused("Choose %(count)d days.", count=3)

    def conflict() -> str:
        raise Conflict("The month is closed.")

    for view in (fail, refuse, conflict):
        site.app.add_url_rule(f"/{view.__name__}", view.__name__, web.public(view))
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    return site


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    for url in ("/sign-in", "/nowhere", "/static/pingyou.css"):
        with site.client().get(url) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_by_shared_computers_but_files_are(site: Site) -> None:
    assert site.client().get("/sign-in").headers["Cache-Control"] == "no-store"
    with site.client().get("/static/pingyou.css") as file:
        assert "no-store" not in file.headers["Cache-Control"]


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    cookie = site.client().get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_form_without_its_token_is_refused_in_words(site: Site) -> None:
    answer = site.client().post("/sign-in", data={"name": "x", "password": "y"})
    assert answer.status_code == 400
    assert re.search(r"400 · [0-9a-f]{8}", answer.get_data(as_text=True))


@pytest.mark.parametrize(
    ("url", "status"), [("/nowhere", 404), ("/fail", 500), ("/refuse", 400), ("/conflict", 409)]
)
def test_error_pages_have_a_number_that_the_log_knows_and_no_internals(
    broken: Site, caplog: pytest.LogCaptureFixture, url: str, status: int
) -> None:
    caplog.set_level("INFO")
    with broken.session() as session:
        client = broken.signed_in(people.centre(session)["agent"])
    answer = client.get(url)
    text = answer.get_data(as_text=True)
    assert answer.status_code == status
    number = re.search(rf"{status} · ([0-9a-f]{{8}})", text)
    assert number is not None
    assert number[1] in caplog.text
    assert "secret detail" not in text
    assert "Traceback" not in text


def test_a_refusal_says_its_reason_with_its_numbers(broken: Site) -> None:
    assert "Choose 3 days." in broken.client().get("/refuse").get_data(as_text=True)


def test_an_error_page_is_shown_even_when_the_database_is_gone(
    broken: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken.session() as session:
        client = broken.signed_in(people.centre(session)["agent"])
    monkeypatch.setattr("staff.accounts.identity.load_viewer", lambda *_, **__: 1 / 0)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.get_data(as_text=True)


def test_the_application_does_not_start_with_an_unmarked_endpoint(site: Site) -> None:
    site.app.add_url_rule("/open-door", "open_door", lambda: "in")
    with pytest.raises(RuntimeError, match="open_door"):
        web.check_endpoints(site.app)
    assert site.client().get("/open-door").status_code == 404


def test_months_in_the_path_are_months(site: Site) -> None:
    @web.public
    def shown(month: Month) -> str:
        return f"{month!r} {web.selected_month()} {web.here_in_month(month.plus(1))}"

    site.app.add_url_rule("/m/<month:month>", "shown", shown)
    text = site.client().get("/m/2026-12?q=a").get_data(as_text=True)
    assert text == "Month(year=2026, number=12) 2026-12 /m/2027-01?q=a"
    for none in ("2026-13", "0001-01", "1899-12", "2201-01", "9999-12"):
        assert site.client().get(f"/m/{none}").status_code == 404


def test_a_number_that_no_row_can_have_is_no_page(site: Site) -> None:
    site.app.add_url_rule("/n/<int:number>", "numbered", web.public(lambda number: str(number)))
    answers = [site.client().get(f"/n/{each}") for each in (2**31 - 1, 2**31, "9" * 5000)]
    assert [each.status_code for each in answers] == [200, 404, 404]


def test_characters_that_postgresql_cannot_hold_are_refused_wherever_they_stand(
    site: Site,
) -> None:
    @web.public
    def echo(text: str = "") -> str:
        return repr((read_json() if request.is_json else request.form.to_dict(), text))

    site.app.add_url_rule("/echo/<text>", "echo", echo, methods=["GET", "POST"])
    site.app.config["WTF_CSRF_ENABLED"] = False
    client = site.client()
    file = {"file": (io.BytesIO(b"x"), "a\x00.csv")}
    sent: list[tuple[str, dict[str, Any]]] = [
        ("/echo/%00", {}),
        ("/echo/a?q=%00", {}),
        ("/echo/a?%00=q", {}),
        ("/echo/a", {"data": {"name": "a\x00b"}}),
        ("/echo/a", {"data": {"a\x00": "b"}}),
        ("/echo/a", {"json": {"cells": ["a\x00"]}}),
        ("/echo/a", {"data": '{"a": "\\ud800"}', "content_type": "application/json"}),
        ("/echo/a", {"data": file}),
    ]
    assert [client.post(url, **what).status_code for url, what in sent] == [400] * len(sent)
    for what in ({"data": {"name": "甲"}}, {"json": {"name": "甲"}}):
        assert client.post("/echo/a", **what).status_code == 200
    deep = client.post("/echo/a", data="[" * 100_000, content_type="application/json")
    assert deep.text == "(None, 'a')"
    assert client.get("/sign-in?next=%00").status_code == 400


@pytest.mark.parametrize("shown", [True, False])
def test_a_page_tells_what_is_wrong_with_the_database_or_the_disk(
    site: Site, monkeypatch: pytest.MonkeyPatch, shown: bool
) -> None:
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    errors = [
        OperationalError("UPDATE x", {}, busy),
        OperationalError("SELECT 1", {}, Exception('connection to "db.inside" failed')),
        OSError(errno.ENOSPC, "No space left on device", "/srv/x"),
        OSError(errno.ENOENT, "No such file or directory", "/srv/x"),
    ]

    @web.public
    def failing(number: int) -> str:
        raise errors[number]

    site.app.add_url_rule("/failing/<int:number>", "failing", failing)
    if not shown:  # the database that breaks the page breaks the page of the error too
        monkeypatch.setattr("core.pages.errors.render_template", Mock(side_effect=errors[0]))
    answers = [site.client().get(f"/failing/{each}") for each in range(4)]
    assert [each.status_code for each in answers] == [503, 503, 503, 500]
    for answer, told in zip(answers, ("锁定", "没有响应", "磁盘已满", "管理员"), strict=True):
        assert re.search(told, answer.text)
        assert not re.search(r"UPDATE|SELECT|db\.inside|/srv", answer.text)


def test_a_database_that_is_gone_is_told_of_to_whoever_is_signed_in(site: Site) -> None:
    with site.session() as session:
        client = site.signed_in(people.centre(session)["agent"])

    def gone(*_: Any) -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    event.listen(Engine, "before_cursor_execute", gone)
    try:
        answer = client.get("/")
        with client.get("/static/pingyou.css") as style:
            assert style.status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", gone)
    assert answer.status_code == 503
    assert "数据库没有响应" in answer.text
    assert client.get("/").status_code == 200


def test_a_command_of_flask_tells_what_is_wrong_with_the_database_in_a_line(site: Site) -> None:
    @site.app.cli.command("failing")
    def failing() -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    result = site.app.test_cli_runner().invoke(args=["failing"])
    assert (result.exit_code, result.stderr.splitlines()) == (
        1,
        ["错误：数据库没有响应：connection refused"],
    )


def test_the_month_is_carried_along_by_the_rail_and_the_switcher(site: Site) -> None:
    with site.session() as session:
        client = site.signed_in(people.centre(session)["agent"])
    text = client.get("/rewards/matrix?month=2026-03&q=x").get_data(as_text=True)
    assert "2026年3月" in text
    before = re.search(r'href="([^"]+)" rel="prev"', text)
    assert before is not None
    assert parse_qs(urlsplit(unescape(before[1])).query) == {"month": ["2026-02"], "q": ["x"]}
    assert 'href="/?month=2026-03"' in text


def test_places_are_shown_to_those_who_may_enter(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
    rail = re.compile(r'<nav class="rail".*?</nav>', re.S)
    agent = rail.search(site.signed_in(accounts["agent"]).get("/").get_data(as_text=True))
    admin = rail.search(site.signed_in(accounts["admin"]).get("/").get_data(as_text=True))
    assert agent is not None
    assert admin is not None
    assert "/staff/" in agent[0]
    assert "/staff/" not in admin[0]


def test_a_refusal_at_the_door_is_written_into_the_audit_trail(site: Site) -> None:
    from sqlalchemy import select

    from core.models import AuditEntry

    with site.session() as session:
        client = site.signed_in(people.centre(session)["admin"])
    assert client.get("/staff/").status_code == 404
    with site.session() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.actor, entry.action) == ("admin", "access.refused")


def test_seen_but_not_done_is_403_and_not_even_seen_is_404(site: Site) -> None:
    def write() -> str:
        return "written"

    for permission, url in ((Permission.TRAINING_WRITE, "/w"), (Permission.IMPORTS, "/i")):
        marked = web.requires(permission)(lambda: "in")
        site.app.add_url_rule(url, f"test_{url[1:]}", marked)
    with site.session() as session:
        accounts = people.centre(session)
    assert site.signed_in(accounts["agent"]).get("/w").status_code == 403
    assert site.signed_in(accounts["agent"]).get("/i").status_code == 404
    assert site.signed_in(accounts["admin"]).get("/w").status_code == 404
    assert site.signed_in(accounts["hr"]).get("/i").status_code == 200


def test_positions_that_carry_roles_can_be_set(
    fresh_database_url: Callable[[Kind], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINGYOU_ROLE_POSITIONS", "人事主管=hr, 稽核=auditor")
    app: Flask = application(fresh_database_url("sqlite"), tmp_path)
    assert app.config["ROLE_POSITIONS"]["人事主管"] == "hr"
    assert app.config["ROLE_POSITIONS"]["hr"] == "hr"
    monkeypatch.setenv("PINGYOU_ROLE_POSITIONS", "x=king")
    with pytest.raises(ValueError, match="king"):
        application("sqlite://", tmp_path)


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground(theme: str) -> None:
    css = Path("static/pingyou.css").read_text(encoding="utf-8")
    block = re.search(rf'\[data-bs-theme="{theme}"\] {{(.*?)}}', css, re.S)
    assert block is not None
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[1]))
    pairs = [(f"grade-{key}", f"grade-{key}-soft") for key in "abcde"]
    pairs += [(name, f"{name}-soft") for name in ("good", "warn", "bad")]
    pairs += [
        (name, ground)
        for name in ("accent", "quiet", "bad", "good")
        for ground in ("paper", "ground")
    ]
    pairs += [("accent-strong", "accent-soft"), ("bs-body-color", "paper")]
    for text, ground in pairs:
        assert _contrast(colours[text], colours[ground]) >= 4.5, f"{text} on {ground}"
