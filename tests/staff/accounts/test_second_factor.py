"""The second factor: required, set up, asked for, never taken twice, recovered, reset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from factories import people
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.site import Site
from werkzeug.test import TestResponse

from core.actor import SYSTEM
from core.clock import Now
from core.errors import Refused
from core.models import AuditEntry
from staff.accounts import factor, throttles
from staff.models import Account, RecoveryCode

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as travelling:
        yield travelling


def at(**span: float) -> Now:
    return replace(people.NOW, moment=START + timedelta(**span))


def code_at(now: datetime, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(now)


def enrolled(session: Session, login: str = "admin") -> tuple[Account, list[str]]:
    account = people.account(session, login=login)
    made = factor.enrol(
        session,
        actor=SYSTEM,
        now=at(),
        account_id=account.id,
        secret=SECRET,
        code=code_at(START),
    )
    return account, made


def right(session: Session, account: Account, code: str, now: Now) -> bool:
    return verdict_on(session, account, code, now).right


def verdict_on(session: Session, account: Account, code: str, now: Now) -> throttles.Verdict:
    claimed = throttles.claim(session, throttles.for_factor(account.id), now.moment)
    return factor.verify(session, account_id=account.id, code=code, now=now, claimed=claimed)


def test_a_code_fits_a_step_early_and_late_and_no_more(any_site: Site) -> None:
    for seconds, fits in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        code = code_at(START + timedelta(seconds=seconds))
        assert (factor.step_of(SECRET, code, START) is not None) == fits


def test_no_code_is_taken_twice_and_none_from_before_the_last(any_site: Site) -> None:
    with any_site.session() as session:
        account, _ = enrolled(session)
        assert not right(session, account, code_at(START), at()), "used to set it up"
        now = at(seconds=60)
        assert right(session, account, code_at(now.moment), now)
        assert not right(session, account, code_at(now.moment), now)
        before = code_at(now.moment - timedelta(seconds=30))
        assert not right(session, account, before, now)
        later = at(seconds=90)
        assert right(session, account, code_at(later.moment), later)


def test_the_secret_is_encrypted_for_its_account(any_site: Site) -> None:
    with any_site.session() as session:
        one, _ = enrolled(session)
        other = people.account(session, login="other")
        assert one.second_factor is not None
        assert SECRET not in one.second_factor
        other.second_factor = one.second_factor
        session.flush()
        with pytest.raises(Refused):
            right(session, other, code_at(START), at(seconds=60))


def test_a_recovery_code_counts_once(any_site: Site) -> None:
    with any_site.session() as session:
        account, made = enrolled(session)
        assert len(set(made)) == 10
        stored = session.scalars(select(RecoveryCode.hash)).all()
        assert not set(made) & set(stored)
        assert right(session, account, made[0].upper(), at())
        assert not right(session, account, made[0], at())
        assert factor.recovery_codes_left(session, account.id) == 9
        renewed = factor.renew_recovery_codes(
            session, actor=SYSTEM, now=at(), account_id=account.id
        )
        assert not right(session, account, made[1], at())
        assert right(session, account, renewed[0], at())


def test_a_recovery_code_is_no_use_to_another_account(site: Site) -> None:
    with site.session() as session:
        _, made = enrolled(session)
        other, _ = enrolled(session, "other")
        assert not right(session, other, made[0], at())


def test_wrong_codes_delay_the_right_one(any_site: Site) -> None:
    with any_site.session() as session:
        account, _ = enrolled(session)
        for _ in range(5):
            assert not right(session, account, "000000", at(seconds=60))
        code = code_at(START + timedelta(seconds=60))
        verdict = verdict_on(session, account, code, at(seconds=60))
        assert (verdict.right, verdict.wait) == (False, 2)
        now = at(seconds=63)
        assert right(session, account, code_at(now.moment), now)


# Pages


def sign_in(site: Site, client: FlaskClient, name: str) -> TestResponse:
    data = {"name": name, "password": people.PASSWORD}
    return site.post(client, "/sign-in", data, form="/sign-in")


def set_up(site: Site, client: FlaskClient) -> tuple[str, list[str]]:
    """Follow the page: the secret that it shows, and the recovery codes."""
    page = client.get("/account/factor").get_data(as_text=True)
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret is not None
    assert 'src="data:image/svg+xml' in page
    key = secret[1].replace(" ", "")
    code = code_at(datetime.now(UTC), key)
    answer = site.post(client, "/account/factor", {"code": code}, form="/account/factor")
    assert answer.status_code == 200
    return key, re.findall(r"<code>([a-z0-9-]+)</code>", answer.get_data(as_text=True))


@pytest.mark.parametrize("name", ["E0003", "admin"])
def test_hr_and_administrators_set_it_up_before_anything_else(
    strict: Site, clock: time_machine.Traveller, name: str
) -> None:
    with strict.session() as session:
        people.centre(session)
    client = strict.client()
    sign_in(strict, client, name)
    for page in ("/", "/staff/", "/accounts/", "/account"):
        assert client.get(page).location == "/account/factor"
    elsewhere = strict.client()
    sign_in(strict, elsewhere, name)
    _, recovery = set_up(strict, client)
    assert len(recovery) == 10
    assert client.get("/").status_code == 200
    assert elsewhere.get("/account/factor").status_code == 302, "began without a second factor"


def test_others_need_none_and_may_have_one(strict: Site, clock: time_machine.Traveller) -> None:
    with strict.session() as session:
        people.centre(session)
    client = strict.client()
    sign_in(strict, client, "E0004")
    assert client.get("/").status_code == 200
    set_up(strict, client)
    answer = sign_in(strict, strict.client(), "E0004")
    assert answer.location == "/sign-in/code"


def test_the_password_alone_opens_nothing(strict: Site, clock: time_machine.Traveller) -> None:
    with strict.session() as session:
        people.centre(session)
    first = strict.client()
    sign_in(strict, first, "E0003")
    secret, recovery = set_up(strict, first)
    client = strict.client()
    assert sign_in(strict, client, "E0003").location == "/sign-in/code"
    assert client.get("/").location.startswith("/sign-in")
    wrong = strict.post(client, "/sign-in/code", {"code": "123456"}, form="/sign-in/code")
    assert wrong.status_code == 401
    replayed = strict.post(
        client, "/sign-in/code", {"code": code_at(START, secret)}, form="/sign-in/code"
    )
    assert replayed.status_code == 401, "it was used to set up"
    clock.shift(timedelta(seconds=30))
    code = code_at(START + timedelta(seconds=30), secret)
    assert (
        strict.post(client, "/sign-in/code", {"code": code}, form="/sign-in/code").status_code
        == 302
    )
    assert client.get("/").status_code == 200
    again = strict.client()
    sign_in(strict, again, "E0003")
    strict.post(again, "/sign-in/code", {"code": recovery[0]}, form="/sign-in/code")
    assert again.get("/").status_code == 200
    with strict.session() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"factor.set", "sign_in.password", "sign_in.failed", "sign_in", "factor.recovery"} <= (
        actions
    )


def test_half_a_sign_in_is_forgotten_after_five_minutes(
    strict: Site, clock: time_machine.Traveller
) -> None:
    with strict.session() as session:
        account, _ = enrolled(session)
        del account
    client = strict.client()
    sign_in(strict, client, "admin")
    assert client.get("/sign-in/code").status_code == 200
    clock.shift(timedelta(minutes=5))
    assert client.get("/sign-in/code").location == "/sign-in"


def test_wrong_codes_make_the_page_wait(strict: Site, clock: time_machine.Traveller) -> None:
    with strict.session() as session:
        enrolled(session)
    client = strict.client()
    sign_in(strict, client, "admin")
    statuses = [
        strict.post(client, "/sign-in/code", {"code": "1"}, form="/sign-in/code").status_code
        for _ in range(6)
    ]
    assert statuses == [401] * 5 + [429]


def test_it_is_taken_off_by_a_code_only(strict: Site, clock: time_machine.Traveller) -> None:
    with strict.session() as session:
        people.centre(session)
    client = strict.client()
    sign_in(strict, client, "E0003")
    secret, _ = set_up(strict, client)
    form = "/account/factor"
    strict.post(client, "/account/factor/off", {"code": "123456"}, form=form)
    assert client.get("/").status_code == 200
    clock.shift(timedelta(seconds=60))
    code = code_at(START + timedelta(seconds=60), secret)
    strict.post(client, "/account/factor/off", {"code": code}, form=form)
    assert client.get("/").location == "/account/factor", "HR needs a new one"


def test_in_a_browser_left_open_the_password_is_asked_again(
    strict: Site, clock: time_machine.Traveller
) -> None:
    with strict.session() as session:
        people.centre(session)
    client = strict.client()
    sign_in(strict, client, "E0004")
    secret, _ = set_up(strict, client)
    clock.shift(timedelta(minutes=5))
    assert client.get("/account/factor").status_code == 200
    clock.shift(timedelta(seconds=60))
    assert client.get("/account/factor").location == "/account/prove"
    code = {"code": code_at(START + timedelta(seconds=360), secret)}
    for place in ("/account/factor", "/account/factor/off", "/account/factor/codes"):
        answer = strict.post(client, place, code, form="/account/prove")
        assert answer.location == "/account/prove"
    with strict.session() as session:
        account = session.scalars(select(Account).where(Account.second_factor.is_not(None))).one()
        assert factor.recovery_codes_left(session, account.id) == 10
    wrong = strict.post(client, "/account/prove", {"current": "wrong"}, form="/account/prove")
    assert wrong.status_code == 400
    assert client.get("/account/factor").status_code == 302
    right_one = {"current": people.PASSWORD}
    answer = strict.post(client, "/account/prove", right_one, form="/account/prove")
    assert answer.location == "/account/factor"
    strict.post(client, "/account/factor/off", code, form="/account/factor")
    with strict.session() as session:
        assert session.scalars(select(Account.second_factor).distinct()).all() == [None]
        assert "session.proven" in set(session.scalars(select(AuditEntry.action)))


def test_a_password_typed_again_wrongly_has_to_wait_too(
    strict: Site, clock: time_machine.Traveller
) -> None:
    with strict.session() as session:
        agent = people.centre(session)["agent"]
    client = strict.signed_in(agent)
    statuses = [
        strict.post(client, "/account/prove", {"current": "x"}, form="/account/prove").status_code
        for _ in range(6)
    ]
    assert statuses == [400] * 5 + [429]


def test_a_page_says_that_it_is_switched_off(site: Site, strict: Site) -> None:
    words = "第二验证因素", "second factor is switched off"
    assert any(word in site.client().get("/sign-in").get_data(as_text=True) for word in words)
    assert "switched off" not in strict.client().get("/sign-in").get_data(as_text=True)


def test_a_demo_switches_it_off(strict: Site) -> None:
    with strict.session() as session:
        account = people.centre(session)["hr"]
        factor.switch_off(session, actor=SYSTEM, now=at())
    client = strict.signed_in(account)
    page = client.get("/")
    assert page.status_code == 200
    assert "switched off" in page.get_data(as_text=True)
