"""Sessions: listed, revoked, ended by a new password, by idling, by age."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from factories import people
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.site import Site

from core.actor import Actor
from core.clock import Now
from core.errors import NotFound
from core.models import AuditEntry
from staff.accounts import sessions
from staff.models import SignedInSession

IDLE = timedelta(minutes=60)
LIMITS = sessions.Limits(idle=IDLE)


def later(**span: float) -> Now:
    return replace(people.NOW, moment=people.NOW.moment + timedelta(**span))


def begun(session: Session, login: str = "admin", **more: str) -> tuple[int, str]:
    account = people.account(session, login=login)
    given = {"address": "192.0.2.7", "agent": "Browser"} | more
    return account.id, sessions.begin(session, account_id=account.id, now=people.NOW, **given)


def is_open(session: Session, token: str, now: Now) -> bool:
    return sessions.find(session, token, now=now.moment, limits=LIMITS) is not None


def actor_of(account_id: int) -> Actor:
    return Actor("admin", None, account_id, "192.0.2.7")


def test_a_session_is_found_by_its_token_and_only_the_hash_is_kept(any_site: Site) -> None:
    with any_site.session() as session:
        _, token = begun(session)
        assert is_open(session, token, people.NOW)
        assert not is_open(session, token[:-1], people.NOW)
        row = session.scalars(select(SignedInSession)).one()
        stored = [str(getattr(row, column.key)) for column in SignedInSession.__table__.columns]
        assert not any(token in text for text in stored)


def test_an_hour_without_a_request_ends_a_session(site: Site) -> None:
    with site.session() as session:
        _, token = begun(session)
        assert is_open(session, token, later(minutes=59))
        assert not is_open(session, token, later(minutes=60))


def test_use_keeps_a_session_open_but_not_for_more_than_twelve_hours(site: Site) -> None:
    with site.session() as session:
        _, token = begun(session)
        row = session.scalars(select(SignedInSession)).one()
        for hour in range(1, 24):
            now = later(hours=hour / 2)
            assert is_open(session, token, now)
            sessions.touch(session, row.id, now.moment)
            session.expire_all()
        assert not is_open(session, token, later(hours=12))


def test_using_an_ended_session_does_not_bring_it_back(site: Site) -> None:
    with site.session() as session:
        account_id, token = begun(session)
        row = session.scalars(select(SignedInSession)).one()
        sessions.revoke(
            session,
            actor=actor_of(account_id),
            now=people.NOW,
            account_id=account_id,
            session_id=row.id,
        )
        sessions.touch(session, row.id, later(minutes=5).moment)
        session.expire_all()
        assert session.get_one(SignedInSession, row.id).seen_at == people.NOW.moment
        assert not is_open(session, token, people.NOW)


def test_nobody_ends_a_session_of_somebody_else(site: Site) -> None:
    with site.session() as session:
        _, token = begun(session)
        row = session.scalars(select(SignedInSession)).one()
        other, _ = begun(session, "other")
        with pytest.raises(NotFound):
            sessions.revoke(
                session,
                actor=actor_of(other),
                now=people.NOW,
                account_id=other,
                session_id=row.id,
            )
        assert is_open(session, token, people.NOW)


def test_sessions_that_ran_out_are_not_listed(site: Site) -> None:
    with site.session() as session:
        account_id, _ = begun(session)
        listed = sessions.open_sessions(
            session, account_id, now=later(minutes=59).moment, limits=LIMITS
        )
        assert len(listed) == 1
        assert not sessions.open_sessions(
            session, account_id, now=later(minutes=61).moment, limits=LIMITS
        )


def signed_in(site: Site, name: str) -> FlaskClient:
    client = site.client()
    data = {"name": name, "password": people.PASSWORD}
    assert site.post(client, "/sign-in", data, form="/sign-in").status_code == 302
    return client


def test_a_page_idle_for_an_hour_asks_to_sign_in_again(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
    with time_machine.travel(datetime(2026, 11, 2, 1, 0, tzinfo=UTC), tick=False) as clock:
        client = signed_in(site, "E0004")
        for _ in range(3):
            clock.shift(timedelta(minutes=50))
            assert client.get("/").status_code == 200
        clock.shift(timedelta(minutes=61))
        assert client.get("/").status_code == 302


def test_the_account_page_lists_sessions_and_ends_them_one_by_one(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
    here, there, third = (signed_in(site, "E0004") for _ in range(3))
    with site.session() as session:
        ids = session.scalars(select(SignedInSession.id).order_by(SignedInSession.id)).all()
    page = here.get("/account").get_data(as_text=True)
    assert [f'action="/account/sessions/{each}"' in page for each in ids] == [False, True, True]
    site.post(here, f"/account/sessions/{ids[1]}", form="/account")
    assert [client.get("/").status_code for client in (here, there, third)] == [200, 302, 200]
    site.post(here, "/account/sessions", form="/account")
    assert [client.get("/").status_code for client in (here, third)] == [200, 302]


def test_a_page_does_not_end_the_session_of_a_colleague(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
    mine, theirs = signed_in(site, "E0004"), signed_in(site, "E0005")
    with site.session() as session:
        last = session.scalars(select(SignedInSession.id).order_by(SignedInSession.id)).all()[-1]
    answer = site.post(mine, f"/account/sessions/{last}", form="/account")
    assert answer.status_code == 404
    assert theirs.get("/").status_code == 200


def test_a_cookie_from_before_signing_out_is_worth_nothing(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
    client = signed_in(site, "E0004")
    kept = client.get_cookie("session")
    assert kept is not None
    site.post(client, "/sign-out", form="/account")
    thief = site.client()
    thief.set_cookie("session", kept.value)
    assert thief.get("/").status_code == 302
    with site.session() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert "sign_out" in actions


def test_signing_in_starts_a_new_session(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
    client = site.client()
    client.get("/sign-in")
    before = client.get_cookie("session")
    assert before is not None
    data = {"name": "E0004", "password": people.PASSWORD}
    site.post(client, "/sign-in", data, form="/sign-in")
    after = client.get_cookie("session")
    assert after is not None
    assert before.value != after.value
    with client.session_transaction() as stored:
        first = stored["_user_id"]
    with signed_in(site, "E0004").session_transaction() as stored:
        assert stored["_user_id"] != first


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8.0", "curl/8.0"),
        ("", ""),
    ],
)
def test_browsers_are_told_apart_in_words(agent: str, told: str) -> None:
    assert sessions.browser_of(agent) == told
