"""Sign-on by OpenID Connect, against an identity provider that runs on a loopback port."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import people
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from sqlalchemy import select, update
from support.databases import Kind
from support.identity_provider import CLIENT, SECRET, IdentityProvider
from support.identity_provider import provider as provider  # a fixture
from support.site import Site, application
from werkzeug.test import TestResponse

from core.db import db
from core.models import AuditEntry
from staff.models import Account, Employee, SignedInSession

Make = Callable[..., Site]


@pytest.fixture
def make(
    provider: IdentityProvider, fresh_database_url: Callable[[Kind], str], tmp_path: Path
) -> Iterator[Make]:
    made: list[Site] = []

    def site(kind: Kind = "sqlite", **settings: Any) -> Site:
        given = {
            "OIDC_ISSUER": provider.issuer,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET": SECRET,
            "PINGYOU_URL": "http://localhost",
            **settings,
        }
        found = Site(application(fresh_database_url(kind), tmp_path, **given))
        with found.session() as session:
            people.centre(session)
        made.append(found)
        return found

    yield site
    for each in made:
        with each.app.app_context():
            db.session.remove()
            db.engine.dispose()


def there_and_back(client: FlaskClient, provider: IdentityProvider) -> TestResponse:
    away = client.get("/sign-in/sign-on")
    assert away.status_code == 302
    return client.get(provider.authorize(away.location))


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def events(site: Site) -> list[tuple[str, str]]:
    with site.session() as session:
        rows = session.execute(select(AuditEntry.action, AuditEntry.subject))
        return [(a, s) for a, s in rows if a.startswith("sign_in")]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_verified_address_signs_its_owner_in(
    make: Make, provider: IdentityProvider, kind: Kind
) -> None:
    site = make(kind)
    client = site.client()
    assert "/sign-in/sign-on" in client.get("/sign-in").get_data(as_text=True)
    provider.says(email="Agent@Example.org", email_verified=True)
    answer = there_and_back(client, provider)
    assert (answer.status_code, answer.location) == (302, "/")
    assert is_in(client)
    assert events(site) == [("sign_in.provider", "E0004")]


def test_a_claim_with_the_employee_number_signs_its_owner_in(
    make: Make, provider: IdentityProvider
) -> None:
    client = make(OIDC_CLAIM="staff_no").client()
    provider.says(staff_no="E0002")
    there_and_back(client, provider)
    assert "E0002" in client.get("/account").get_data(as_text=True)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("", {"email": "agent@example.org"}),
        ("", {"email": "agent@example.org", "email_verified": False}),
        ("", {"email": "agent@example.org", "email_verified": "true"}),
        ("", {"email": "stranger@example.org", "email_verified": True}),
        ("", {"email": "", "email_verified": True}),
        ("", {"email": ["agent@example.org"], "email_verified": True}),
        ("", {}),
        ("staff_no", {"email": "agent@example.org", "email_verified": True}),
        ("staff_no", {"staff_no": "E9999"}),
        ("staff_no", {"staff_no": "agent@example.org"}),
        ("staff_no", {"staff_no": ["E0004"]}),
        ("staff_no", {"staff_no": ""}),
    ],
)
def test_whom_nobody_vouches_for_stays_out(
    make: Make, provider: IdentityProvider, claim: str, said: dict[str, Any]
) -> None:
    site = make(OIDC_CLAIM=claim)
    client = site.client()
    provider.says(**said)
    answer = there_and_back(client, provider)
    assert answer.status_code == 401
    assert not is_in(client)
    assert events(site) == [("sign_in.failed", "?")]


def test_a_closed_account_and_a_shared_address_stay_out(
    make: Make, provider: IdentityProvider
) -> None:
    site = make()
    provider.says(email="agent@example.org", email_verified=True)
    with site.session() as session:
        person = people.employee(session, "E0050")
        people.account(session, person)
        people.account(session, login="agent@example.com")
        session.scalars(
            select(Account).where(Account.login == "agent@example.com")
        ).one().login = "agent@example.org"
    client = site.client()
    assert there_and_back(client, provider).status_code == 401
    with site.session() as session:
        shared = session.scalars(select(Account).where(Account.login == "agent@example.org")).one()
        shared.login = "other"
        session.scalars(select(Account).where(Account.employee_id == 4)).one().active = False
    assert there_and_back(client, provider).status_code == 401
    assert not is_in(client)


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another", CLIENT], "azp": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": int(time.time()) - 600},
        {"exp": None},
    ],
)
def test_a_token_for_another_moment_or_another_is_refused(
    make: Make, provider: IdentityProvider, changed: dict[str, Any]
) -> None:
    client = make().client()
    provider.says(email="agent@example.org", email_verified=True)
    provider.changed = changed
    assert there_and_back(client, provider).status_code == 401
    assert not is_in(client)


def test_a_token_by_another_key_is_refused(make: Make, provider: IdentityProvider) -> None:
    client = make().client()
    provider.says(email="agent@example.org", email_verified=True)
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    assert there_and_back(client, provider).status_code == 401
    assert not is_in(client)


def test_an_answer_counts_once_and_in_the_browser_that_asked(
    make: Make, provider: IdentityProvider
) -> None:
    site = make()
    provider.says(email="agent@example.org", email_verified=True)
    client, other = site.client(), site.client()
    back = provider.authorize(client.get("/sign-in/sign-on").location)
    assert other.get(back).status_code == 401  # a link that somebody was sent
    assert client.get(back + "x").status_code == 401
    back = provider.authorize(client.get("/sign-in/sign-on").location)
    assert client.get(back).status_code == 302
    assert site.client().get(back).status_code == 401
    assert client.get(back).status_code == 401
    assert client.get("/sign-in/sign-on/back").status_code == 401
    assert client.get("/sign-in/sign-on/back?error=access_denied").status_code == 401


def test_one_comes_back_to_the_page_one_wanted_and_to_no_other_site(
    make: Make, provider: IdentityProvider
) -> None:
    site = make()
    provider.says(email="agent@example.org", email_verified=True)
    for wanted, reached in (("/staff/", "/staff/"), ("https://elsewhere.example/", "/")):
        client = site.client()
        away = client.get("/sign-in/sign-on", query_string={"next": wanted})
        assert client.get(provider.authorize(away.location)).location == reached


def test_the_callback_goes_by_the_setting_and_not_by_what_the_request_says(make: Make) -> None:
    client = make().client()
    away = client.get("/sign-in/sign-on", headers={"Host": "elsewhere.example"})
    assert "elsewhere" not in away.location


def test_nobody_but_the_named_hosts_is_asked(make: Make, provider: IdentityProvider) -> None:
    provider.metadata = {"token_endpoint": provider.issuer.replace("127.0.0.1", "localhost")}
    provider.says(email="agent@example.org", email_verified=True)
    client = make().client()
    assert there_and_back(client, provider).status_code == 401
    assert "/token" not in provider.asked


def test_a_provider_that_is_another_or_not_there_is_a_page_and_no_error(
    make: Make, provider: IdentityProvider
) -> None:
    provider.metadata = {"issuer": "https://another.example"}
    client = make().client()
    assert client.get("/sign-in/sign-on").status_code == 401
    gone = make(OIDC_ISSUER="http://127.0.0.1:1").client()
    assert gone.get("/sign-in/sign-on").status_code == 401
    assert gone.get("/sign-in").status_code == 200


def test_sign_on_stands_for_the_password_and_only_if_trusted_for_the_second_factor(
    make: Make, provider: IdentityProvider
) -> None:
    provider.says(staff_no="E0003")  # HR
    for trusted in ("off", "on"):
        site = make(OIDC_CLAIM="staff_no", OIDC_TRUST_FACTOR=trusted, PINGYOU_SECOND_FACTOR="on")
        client = site.client()
        there_and_back(client, provider)
        answer = client.get("/closing")
        assert (answer.status_code == 302) == (trusted == "off")
        with site.session() as session:
            hr = session.scalars(select(Account).where(Account.employee_id == 3)).one()
            hr.second_factor, hr.must_change = "sealed", True
        client = site.client()
        location = there_and_back(client, provider).location
        assert location == ("/sign-in/code" if trusted == "off" else "/")
        assert (client.get("/closing").status_code == 200) == (trusted == "on")


def test_without_settings_there_is_no_sign_on(site: Site) -> None:
    client = site.client()
    assert client.get("/sign-in/sign-on").status_code == 404
    assert client.get("/sign-in/sign-on/back").status_code == 404
    assert "sign-on" not in client.get("/sign-in").get_data(as_text=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"OIDC_ISSUER": "http://idp.example.org"},
        {"OIDC_CLIENT_SECRET": ""},
        {"PINGYOU_URL": ""},
        {"OIDC_TRUST_FACTOR": "yes"},
    ],
)
def test_settings_that_make_no_sense_are_refused_at_the_start(
    make: Make, settings: dict[str, str]
) -> None:
    with pytest.raises(ValueError):
        make(**settings)


def test_who_has_no_password_proves_by_signing_on_again(
    make: Make, provider: IdentityProvider
) -> None:
    site = make()
    provider.says(email="agent@example.org", email_verified=True)
    client = site.client()
    there_and_back(client, provider)
    with site.session() as session:
        session.execute(update(Account).values(password_hash=None))
        for row in session.scalars(select(SignedInSession)):
            row.proven_at -= timedelta(minutes=6)
    assert client.get("/account/factor").location == "/account/prove"
    page = client.get("/account/prove").text
    assert "/account/prove/sign-on" in page
    assert 'type="password"' not in page

    def proven(**said: Any) -> bool:
        away = client.get("/account/prove/sign-on").location
        assert "prompt=login" in away
        assert "max_age=0" in away
        provider.says(**{"email": "agent@example.org", "email_verified": True, **said})
        place: str = client.get(provider.authorize(away)).location
        return place == "/account/factor"

    now = int(time.time())
    assert not proven()  # the provider does not say when it asked
    assert not proven(auth_time=now - 3600)
    with site.session() as session:
        session.get_one(Employee, 5).email = "li@example.org"
    assert not proven(auth_time=now, email="li@example.org")
    assert client.get("/account/factor").location == "/account/prove"
    assert proven(auth_time=now)
    assert client.get("/account/factor").status_code == 200
    assert site.client().get("/account/prove/sign-on").location.startswith("/sign-in")
