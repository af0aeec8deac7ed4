"""Signing in and out, and one's own password, as a browser does it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from factories import people
from flask.testing import FlaskClient
from sqlalchemy import select
from support.site import Site
from werkzeug.test import TestResponse

from core.models import AuditEntry
from staff.models import Account, Employee, SignInFailure

NEW = "fourteen quiet lanterns"


def sign_in(
    site: Site, client: FlaskClient, name: str, password: str = people.PASSWORD, **more: str
) -> TestResponse:
    data = {"name": name, "password": password, **more}
    return site.post(client, "/sign-in", data, form="/sign-in")


@pytest.mark.parametrize("name", ["E0004", "e0004 ", "agent@example.org", "Agent@Example.org"])
def test_number_and_mail_sign_in_in_any_case(any_site: Site, name: str) -> None:
    with any_site.session() as session:
        people.centre(session)
    client = any_site.client()
    answer = sign_in(any_site, client, name)
    assert answer.status_code == 302
    assert answer.location == "/"
    assert client.get("/").status_code == 200


def test_a_login_signs_in_one_who_is_no_employee(site: Site) -> None:
    with site.session() as session:
        people.account(session, login="admin")
    assert sign_in(site, site.client(), "ADMIN").status_code == 302


@pytest.mark.parametrize(("name", "password"), [("E0004", "wrong"), ("nobody", people.PASSWORD)])
def test_wrong_name_and_wrong_password_are_told_alike(site: Site, name: str, password: str) -> None:
    with site.session() as session:
        people.centre(session)
    client = site.client()
    answer = sign_in(site, client, name, password)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert f'value="{name}"' in text, "what was typed stays"
    assert people.PASSWORD not in text
    assert client.get("/").status_code == 302
    with site.session() as session:
        assert session.scalars(select(AuditEntry.action)).all()[-1] == "sign_in.failed"


def test_an_unknown_name_costs_a_verification_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from staff.accounts import passwords

    seen: list[str | None] = []
    verify = passwords.Hasher.verify

    def watched(hasher: passwords.Hasher, stored: str | None, given: str) -> bool:
        seen.append(stored)
        return verify(hasher, stored, given)

    monkeypatch.setattr(passwords.Hasher, "verify", watched)
    sign_in(site, site.client(), "nobody")
    assert seen == [None]


def test_a_closed_account_and_a_leaver_do_not_sign_in(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        session.get_one(Account, accounts["agent"].id).active = False
        session.get_one(Employee, accounts["colleague"].employee_id).leave_date = date(2025, 2, 1)
    for number in ("E0004", "E0005"):
        assert sign_in(site, site.client(), number).status_code == 401


def test_a_session_ends_when_its_account_is_closed(site: Site) -> None:
    with site.session() as session:
        account = people.centre(session)["agent"]
    client = site.signed_in(account)
    assert client.get("/").status_code == 200
    with site.session() as session:
        session.get_one(Account, account.id).active = False
    assert client.get("/").status_code == 302


def test_failures_make_the_next_try_wait_even_with_the_right_password(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
    client = site.client()
    start = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(5):
            assert sign_in(site, client, "E0004", "wrong").status_code == 401
        refused = sign_in(site, client, "E0004")
        assert refused.status_code == 429
        clock.shift(timedelta(seconds=3))
        assert sign_in(site, client, "E0004").status_code == 302
        with site.session() as session:
            keys = session.scalars(select(SignInFailure.key)).all()
    assert [key.partition(":")[0] for key in keys] == ["address"], "the name starts afresh"


def test_what_was_typed_as_a_name_is_not_kept(site: Site) -> None:
    sign_in(site, site.client(), "my-secret-in-the-wrong-field", "x")
    with site.session() as session:
        rows = [
            *session.scalars(select(SignInFailure.key)),
            *session.scalars(select(AuditEntry.subject)),
        ]
    assert rows
    assert not any("secret" in row for row in rows)


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/staff/?q=a", "/staff/?q=a"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(
    site: Site, target: str, lands: str
) -> None:
    with site.session() as session:
        people.centre(session)
    answer = sign_in(site, site.client(), "E0004", next=target)
    assert answer.location == lands


def test_an_anonymous_reader_comes_back_to_the_page_asked_for(site: Site) -> None:
    answer = site.client().get("/staff/?q=a&month=2026-10")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/staff/?q%3Da%26month%3D2026-10"


def test_a_given_password_has_to_be_replaced_before_anything_else(site: Site) -> None:
    with site.session() as session:
        account = people.account(session, people.employee(session, "E0004"), must_change=True)
    client = site.signed_in(account)
    assert client.get("/").location == "/account/password"
    assert client.get("/staff/").location == "/account/password"
    data = {"current": people.PASSWORD, "password": NEW, "repeat": NEW}
    answer = site.post(client, "/account/password", data, form="/account/password")
    assert answer.location == "/"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "10"),
        ("password1234567890", "guess"),
        ("E0004E0004E0004", "guess"),
        ("aaaaaaaaaaaaaaaa", "guess"),
        ("13800138000138", "guess"),
        (people.PASSWORD, "present"),
    ],
)
def test_a_weak_password_is_refused_beside_its_field(site: Site, password: str, says: str) -> None:
    with site.session() as session:
        account = people.centre(session)["agent"]
    client = site.signed_in(account)
    client.get("/account")
    with client.session_transaction() as stored:
        stored["language"] = "en"
    data = {"current": people.PASSWORD, "password": password, "repeat": password}
    answer = site.post(client, "/account/password", data, form="/account/password")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'aria-describedby="help-password error-password"' in text
    error = text.partition('id="error-password">')[2].partition("</p>")[0]
    assert says in error


def test_a_new_password_ends_the_other_sessions_of_the_account(site: Site) -> None:
    with site.session() as session:
        account = people.centre(session)["agent"]
    here, elsewhere = site.signed_in(account), site.signed_in(account)
    data = {"current": people.PASSWORD, "password": NEW, "repeat": NEW}
    site.post(here, "/account/password", data, form="/account/password")
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert sign_in(site, site.client(), "E0004").status_code == 401
    assert sign_in(site, site.client(), "E0004", NEW).status_code == 302


def test_signing_out_ends_the_session(site: Site) -> None:
    with site.session() as session:
        account = people.centre(session)["agent"]
    client = site.signed_in(account)
    assert client.get("/sign-out").status_code == 405
    site.post(client, "/sign-out", form="/")
    assert client.get("/").status_code == 302


def test_the_language_is_kept_with_the_account(site: Site) -> None:
    with site.session() as session:
        account = people.centre(session)["agent"]
    client = site.signed_in(account)
    assert 'lang="zh-CN"' in client.get("/").get_data(as_text=True)
    data = {"language": "en", "next": "/staff/?q=1"}
    assert site.post(client, "/language", data, form="/").location == "/staff/?q=1"
    assert '<html lang="en">' in site.signed_in(account).get("/").get_data(as_text=True)


def test_the_language_of_a_reader_without_an_account_is_kept_in_the_session(site: Site) -> None:
    client = site.client()
    site.post(client, "/language", {"language": "en", "next": "/sign-in"}, form="/sign-in")
    assert '<html lang="en">' in client.get("/sign-in").get_data(as_text=True)
    site.post(client, "/language", {"language": "xx", "next": "/sign-in"}, form="/sign-in")
    assert '<html lang="en">' in client.get("/sign-in").get_data(as_text=True)
