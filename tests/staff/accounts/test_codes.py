"""One-time codes: redeemed once, in time, by whoever they were made for; resets tell nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from factories import people
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.site import Site
from support.statements import sent

from core import keyring
from core.clock import Now
from core.errors import Refused
from core.mail import Letter
from core.models import AuditEntry, OutgoingMail
from staff.accounts import codes, passwords, sessions, signing_in, throttles
from staff.models import Account, Employee, OneTimeCode

NEW = "fourteen quiet lanterns"
HERE = "192.0.2.7"


def later(**span: float) -> Now:
    return replace(people.NOW, moment=people.NOW.moment + timedelta(**span))


def issued(session: Session, account: Account, purpose: str = "handed") -> str:
    made = codes.issue(session, account_ids=[account.id], purpose=purpose, now=people.NOW)
    return made[account.id]


def redeem(session: Session, code: str, now: Now = people.NOW, password: str = NEW) -> Account:
    return codes.redeem(session, code=code, password=password, address=HERE, now=now)


def test_a_code_sets_a_password_once(any_site: Site) -> None:
    with any_site.session() as session:
        account = people.account(session, login="admin")
        token = sessions.begin(
            session, account_id=account.id, now=people.NOW, address=HERE, agent=""
        )
        code = issued(session, account)
        redeem(session, f" {code.upper().replace('-', ' ')} ")
        assert passwords.hasher().verify(account.password_hash, NEW)
        limits = sessions.Limits(idle=timedelta(hours=1))
        assert sessions.find(session, token, now=people.NOW.moment, limits=limits) is None
        with pytest.raises(codes.Spent):
            redeem(session, code, password="another quiet lantern")


@pytest.mark.parametrize(
    ("purpose", "lasts"),
    [
        ("reset", timedelta(hours=1)),
        ("handed", timedelta(days=1)),
        ("invitation", timedelta(days=7)),
        ("slip", timedelta(days=30)),
    ],
)
def test_a_code_lasts_so_long(site: Site, purpose: str, lasts: timedelta) -> None:
    with site.session() as session:
        code = issued(session, people.account(session, login="admin"), purpose)
        just_before = people.NOW.moment + lasts - timedelta(seconds=1)
        assert codes.find(session, code, now=just_before) is not None
        assert codes.find(session, code, now=people.NOW.moment + lasts) is None


def test_a_new_code_voids_the_old_one_but_asking_by_mail_voids_none(site: Site) -> None:
    with site.session() as session:
        account = people.account(session, login="admin")
        first, asked = issued(session, account), issued(session, account, "reset")
        now = people.NOW.moment
        assert codes.find(session, first, now=now) is not None
        second = issued(session, account)
        assert codes.find(session, first, now=now) is None
        assert codes.find(session, asked, now=now) is None
        assert codes.find(session, second, now=now) is not None


def test_a_weak_password_does_not_use_the_code_up(site: Site) -> None:
    with site.session() as session:
        account = people.account(session, login="admin")
        code = issued(session, account)
        with pytest.raises(Refused) as refused:
            redeem(session, code, password="short")
        assert refused.value.field == "password"
        redeem(session, code)


def test_a_closed_account_and_a_leaver_redeem_nothing(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        made = [issued(session, accounts[name]) for name in ("agent", "colleague")]
        session.get_one(Account, accounts["agent"].id).active = False
        session.get_one(Employee, accounts["colleague"].employee_id).leave_date = date(2026, 11, 1)
        session.flush()
        for code in made:
            with pytest.raises(codes.Spent):
                redeem(session, code)


def test_the_code_itself_is_not_stored(site: Site) -> None:
    with site.session() as session:
        code = issued(session, people.account(session, login="admin"))
        stored = session.scalars(select(OneTimeCode.hash)).one()
        assert code not in stored
        assert len(code.replace("-", "")) == 16


def try_to_sign_in(session: Session, name: str, password: str, address: str) -> signing_in.Outcome:
    claimed = throttles.claim(session, throttles.for_sign_in(name, address), people.NOW.moment)
    return signing_in.sign_in(
        session, name=name, password=password, address=address, now=people.NOW, claimed=claimed
    )


def test_a_code_of_somebody_else_signs_nobody_in(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        code = issued(session, accounts["agent"])
        for name, by_code in (("E0005", None), ("E0004", True)):
            outcome = try_to_sign_in(session, name, code, HERE)
            assert (outcome.by_code or None) == by_code
            assert (outcome.account is not None) == bool(by_code)


def test_an_unknown_name_costs_the_statements_of_a_known_one(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
    seen = []
    for name in ("E0004", "E7777"):
        with site.session() as session, sent(session) as log:
            try_to_sign_in(session, name, "wrong", name)
            session.flush()
            seen.append([shape(text) for text in log.statements])
    assert seen[0] == seen[1]
    assert len(seen[0]) >= 5


def shape(statement: str) -> str:
    return " ".join(statement.split())


def ask(session: Session, name: str, now: Now = people.NOW, address: str = HERE) -> int:
    return codes.ask_for_reset(
        session,
        name=name,
        now=now,
        address=address,
        compose=lambda language, code: Letter("subject", f"code {code}"),
    )


def test_asking_for_an_unknown_name_costs_what_a_known_one_costs(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
    for _ in range(2):  # the key is made, then read and kept
        with site.session() as session:
            ask(session, "E0006")
    ask_once = []
    for name in ("agent@example.org", "E0005", "nobody@example.org"):  # with, without, nobody
        with site.session() as session, sent(session) as log:
            assert ask(session, name, address=name) == 0
            session.flush()
            ask_once.append([shape(text) for text in log.statements])
    assert ask_once[0] == ask_once[1] == ask_once[2]


def test_a_reset_reaches_the_mailbox_of_the_person_and_nobody_else(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        session.get_one(Account, accounts["other"].id).active = False
        session.get_one(Employee, accounts["other"].employee_id).email = "gone@example.org"
        session.flush()
        for name in ("E0004", "E0005", "E0009", "nobody"):
            ask(session, name, address=name)
        session.flush()
        mails = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
        assert [(each.recipient, each.state) for each in mails] == [
            ("agent@example.org", "waiting"),
            (None, "failed"),
            (None, "failed"),
            (None, "failed"),
        ]
        body = keyring.decrypt(session, f"outgoing_mails:{mails[0].reference}:body", mails[0].body)
        redeem(session, body.removeprefix("code "))
        for each in mails[1:]:
            place = f"outgoing_mails:{each.reference}:body"
            in_vain = keyring.decrypt(session, place, each.body).removeprefix("code ")
            with pytest.raises(codes.Spent):
                redeem(session, in_vain)


def test_letters_for_one_name_and_from_one_address_are_limited(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
        assert [ask(session, "E0004", address=str(each)) for each in range(5)] == [0, 0, 0, 2, 2]
        assert [ask(session, "nobody", address=str(each)) for each in range(5)] == [0, 0, 0, 2, 2]


# Pages


def test_the_answer_to_a_forgotten_password_is_the_same_for_everybody(writing: Site) -> None:
    with writing.session() as session:
        people.centre(session)
    pages = []
    for name in ("E0004", "E0005", "nobody"):
        answer = writing.post(
            writing.client(), "/password/forgotten", {"name": name}, form="/password/forgotten"
        )
        pages.append((answer.status_code, re.sub(r"csrf[^>]*|X-CSRFToken[^>]*", "", answer.text)))
    assert pages[0] == pages[1] == pages[2]
    assert pages[0][0] == 200
    assert "on its way" in pages[0][1]


def test_a_link_leads_to_the_configured_site_whatever_the_request_says(writing: Site) -> None:
    with writing.session() as session:
        people.centre(session)
    client = writing.client()
    data = {
        "csrf_token": writing.token(client, "/password/forgotten"),
        "name": "E0004",
    }
    client.post("/password/forgotten", data=data, headers={"X-Forwarded-Host": "evil.example"})
    link = link_in_letter(writing)
    assert link.startswith("https://pingyou.example.org/password/code/")


def link_in_letter(site: Site) -> str:
    with site.session() as session:
        mail = session.scalars(select(OutgoingMail).order_by(OutgoingMail.id.desc())).first()
        assert mail is not None
        text = keyring.decrypt(session, f"outgoing_mails:{mail.reference}:body", mail.body)
    found = re.search(r"https?://\S+", text)
    assert found is not None
    return found[0]


def test_a_link_is_looked_at_used_and_spent(writing: Site) -> None:
    with writing.session() as session:
        people.centre(session)
    asking = writing.client()
    writing.post(asking, "/password/forgotten", {"name": "E0004"}, form="/password/forgotten")
    path = link_in_letter(writing).removeprefix("https://pingyou.example.org")
    for _ in range(2):  # a mailbox that looks at links uses nothing up
        assert writing.client().get(path).location == "/password/new"
    client = writing.client()
    client.get(path)
    answer = writing.post(
        client, "/password/new", {"password": NEW, "repeat": NEW}, form="/password/new"
    )
    assert answer.location == "/"
    assert client.get("/").status_code == 200
    late = writing.client()
    late.get(path)
    assert late.get("/password/new").status_code == 410


def test_a_code_typed_as_a_password_has_to_become_one(any_site: Site) -> None:
    with any_site.session() as session:
        account = people.centre(session)["agent"]
        code = issued(session, account, "slip")
        session.query(OneTimeCode).update({"expires_at": people.NOW.moment + timedelta(days=9999)})
    client = any_site.client()
    answer = any_site.post(client, "/sign-in", {"name": "E0004", "password": code}, form="/sign-in")
    assert answer.location == "/password/new"
    assert client.get("/").status_code == 302, "not signed in yet"
    data = {"password": NEW, "repeat": NEW}
    assert any_site.post(client, "/password/new", data, form="/password/new").location == "/"
    assert client.get("/").status_code == 200
    for password, status in ((code, 401), (people.PASSWORD, 401), (NEW, 302)):
        answer = any_site.post(
            any_site.client(),
            "/sign-in",
            {"name": "E0004", "password": password},
            form="/sign-in",
        )
        assert answer.status_code == status
    with any_site.session() as session:
        payloads = session.scalars(
            select(AuditEntry.payload).where(AuditEntry.action == "account.password")
        ).all()
        assert ['"by": "slip"' in (text or "") for text in payloads] == [True]


def test_guesses_of_the_present_password_in_a_session_have_to_wait(site: Site) -> None:
    with site.session() as session:
        client = site.signed_in(people.centre(session)["agent"])
    data = {"current": "wrong", "password": NEW, "repeat": NEW}
    statuses = [
        site.post(client, "/account/password", data, form="/account/password").status_code
        for _ in range(6)
    ]
    assert statuses == [200] * 5 + [429]
