"""Guesses that come all at once: no more of them are looked at than one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyotp
import pytest
import time_machine
from factories import people
from flask.testing import FlaskClient
from sqlalchemy import select
from support.site import Site

from core.actor import SYSTEM
from core.models import AuditEntry
from staff.accounts import factor, passwords
from staff.models import SignInFailure

AT_ONCE = 24
FREE = 5  # tries that one name has from one address, one after the other


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel(people.NOW.moment, tick=False):
        yield


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was looked at as a password."""
    seen: list[str] = []
    verify = passwords.Hasher.verify

    def noted(self: passwords.Hasher, stored: str | None, password: str) -> bool:
        seen.append(password)
        return verify(self, stored, password)

    monkeypatch.setattr(passwords.Hasher, "verify", noted)
    return seen


def all_at_once(work: Callable[[int], int]) -> list[int]:
    barrier = Barrier(AT_ONCE)

    def begin(number: int) -> int:
        barrier.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(begin, range(AT_ONCE)))


def posting(site: Site, clients: list[FlaskClient], form: str) -> Callable[[int, str, str], int]:
    tokens = [site.token(client, form) for client in clients]

    def post(number: int, field: str, value: str) -> int:
        data = {"csrf_token": tokens[number], "name": "E0004", field: value}
        return clients[number].post(form, data=data).status_code

    return post


def test_of_many_passwords_at_once_only_the_free_tries_are_looked_at(
    any_site: Site, verified: list[str]
) -> None:
    with any_site.session() as session:
        people.centre(session)
    post = posting(any_site, [any_site.client() for _ in range(AT_ONCE)], "/sign-in")
    answers = all_at_once(lambda number: post(number, "password", f"guess {number}"))
    assert len(verified) == FREE
    assert sorted(set(answers)) == [401, 429]
    assert answers.count(401) == FREE
    with any_site.session() as session:
        counts = dict(session.execute(select(SignInFailure.key, SignInFailure.count)).all())
        assert set(counts.values()) == {FREE}
        failed = session.scalars(select(AuditEntry.id).filter_by(action="sign_in.failed"))
        assert len(list(failed)) == FREE


def test_many_right_passwords_at_once_all_enter_and_leave_no_failure(any_site: Site) -> None:
    with any_site.session() as session:
        people.centre(session)
    clients = [any_site.client() for _ in range(FREE)]
    post = posting(any_site, clients, "/sign-in")
    with ThreadPoolExecutor(FREE) as pool:
        answers = pool.map(lambda number: post(number, "password", people.PASSWORD), range(FREE))
        assert set(answers) == {302}
    with any_site.session() as session:
        counts = session.scalars(select(SignInFailure.count))
        assert set(counts) <= {0}


def test_of_many_codes_at_once_only_the_free_tries_are_looked_at(
    any_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def step_of(_secret: str, code: str, _now: object) -> None:
        seen.append(code)

    with any_site.session() as session:
        agent = people.centre(session)["agent"]
        code = pyotp.TOTP(secret := factor.new_secret()).at(people.NOW.moment)
        factor.enrol(
            session,
            actor=SYSTEM,
            now=people.NOW,
            account_id=agent.id,
            secret=secret,
            code=code,
        )
    clients = [any_site.client() for _ in range(AT_ONCE)]
    for client in clients:
        any_site.post(
            client, "/sign-in", {"name": "E0004", "password": people.PASSWORD}, form="/sign-in"
        )
    monkeypatch.setattr(factor, "step_of", step_of)
    post = posting(any_site, clients, "/sign-in/code")
    answers = all_at_once(lambda number: post(number, "code", f"{number:06}"))
    assert len(seen) == FREE
    assert answers.count(429) == AT_ONCE - FREE
