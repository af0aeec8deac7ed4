"""One's own e-mail address: changed by its owner alone, once the new mailbox has confirmed it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from factories import people
from flask.testing import FlaskClient
from sqlalchemy import select, update
from support.site import Site

from core import keyring
from core.models import AuditEntry, OutgoingMail
from staff.accounts import codes
from staff.models import Account, EmailChange, Employee, OneTimeCode, SignedInSession

PLACE = "/account/email"
HOST = "https://pingyou.example.org"


@pytest.fixture
def accounts(writing: Site) -> dict[str, Account]:
    with writing.session() as session:
        return people.centre(session)


def ask(site: Site, client: FlaskClient, address: str) -> Any:
    return site.post(client, PLACE, {"email": address}, form=PLACE)


def letters(site: Site) -> list[tuple[str | None, str]]:
    with site.session() as session:
        return [
            (
                each.recipient,
                keyring.decrypt(session, f"outgoing_mails:{each.reference}:body", each.body),
            )
            for each in session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))
        ]


def link_to(site: Site, address: str) -> str:
    body = next(body for to, body in reversed(letters(site)) if to == address)
    found = re.search(rf"{HOST}(\S+)", body)
    assert found is not None
    return found[1]


def address_of(site: Site, account: Account) -> str | None:
    with site.session() as session:
        return session.get_one(Employee, account.employee_id).email


def test_a_new_address_holds_once_its_owner_confirms_it_from_there(
    writing: Site, accounts: dict[str, Account]
) -> None:
    agent = writing.signed_in(accounts["agent"])
    assert ask(writing, agent, " New@Example.org ").location == PLACE
    assert "new@example.org" in agent.get(PLACE).text
    assert address_of(writing, accounts["agent"]) == "agent@example.org"
    link = link_to(writing, "new@example.org")
    stranger = writing.client()
    assert stranger.get(link).location.startswith("/sign-in?next=")
    other = writing.signed_in(accounts["colleague"])
    assert other.get(link, follow_redirects=True).request.path == PLACE  # nothing of theirs waits
    assert address_of(writing, accounts["agent"]) == "agent@example.org"
    with writing.session() as session:  # a forgotten password was asked for before
        open_ = [accounts["agent"].id]
        codes.issue(session, account_ids=open_, purpose="reset", now=people.NOW)
    agent.get(link)  # looking changes nothing
    confirm = f"{PLACE}/confirm"
    assert "new@example.org" in agent.get(confirm).text
    assert address_of(writing, accounts["agent"]) == "agent@example.org"
    assert writing.post(agent, confirm, form=confirm).location == "/account"
    assert address_of(writing, accounts["agent"]) == "new@example.org"
    to, body = letters(writing)[-1]
    assert to == "agent@example.org"
    assert "new@example.org" in body
    agent.get(link)
    assert agent.get(confirm).location == PLACE  # it counts once
    with writing.session() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("account.email"))
        ).all()
        assert None not in session.scalars(select(OneTimeCode.used_at)).all()
        assert [(each.action, each.actor, each.subject) for each in entries] == [
            ("account.email_asked", "E0004", "E0004"),
            ("account.email", "E0004", "E0004"),
        ]


def test_a_wrong_or_late_link_and_an_address_of_somebody_else_change_nothing(
    writing: Site, accounts: dict[str, Account]
) -> None:
    colleague = writing.signed_in(accounts["colleague"])
    other = writing.signed_in(accounts["other"])
    with writing.session() as session:  # somebody whom the last file brought has no account yet
        new = Employee(employee_no="E0099", name="Zhao Rui", hire_date=people.NOW.wall.date())
        new.email = "rui@example.org"
        session.add(new)
    for bad, says in (
        ("nobody", "no e-mail"),
        ("AGENT@example.org", "somebody"),
        ("rui@example.org", "somebody"),
    ):
        assert says in ask(writing, other, bad).text
    assert letters(writing) == []
    confirm = f"{PLACE}/confirm"
    ask(writing, colleague, "li@example.org")
    link = link_to(writing, "li@example.org")
    colleague.get(f"{PLACE}/aaaa-bbbb-cccc-dddd")
    assert writing.post(colleague, confirm, form=confirm).status_code == 409
    ask(writing, colleague, "min@example.org")  # which voids the one before
    colleague.get(link)
    assert writing.post(colleague, confirm, form=confirm).status_code == 409
    colleague.get(link_to(writing, "min@example.org"))
    token = writing.token(colleague, confirm)
    with writing.session() as session:
        session.execute(update(Employee).where(Employee.id == 1).values(email="min@example.org"))
    assert colleague.post(confirm, data={"csrf_token": token}).status_code == 400  # just taken
    colleague.get(link_to(writing, "min@example.org"))
    with writing.session() as session:
        early = people.NOW.moment - timedelta(days=700)
        session.execute(update(EmailChange).values(asked_at=early, expires_at=people.NOW.moment))
    assert colleague.get(confirm).location == PLACE
    assert address_of(writing, accounts["colleague"]) is None


def test_it_takes_a_fresh_proof_and_letters_that_go_out(
    site: Site, writing: Site, accounts: dict[str, Account]
) -> None:
    agent = writing.signed_in(accounts["agent"])
    with writing.session() as session:
        for row in session.scalars(select(SignedInSession)):
            row.proven_at -= timedelta(minutes=6)
    assert agent.get(PLACE).location == "/account/prove"
    proof = {"current": people.PASSWORD}
    assert writing.post(agent, "/account/prove", proof, form="/account/prove").location == PLACE
    assert ask(writing, agent, "new@example.org").status_code == 302
    assert [ask(writing, agent, f"n{each}@example.org").status_code for each in range(3)] == [
        *(302, 302, 429)
    ]
    with site.session() as session:
        mute = people.centre(session)
    client = site.signed_in(mute["agent"])
    assert 'name="email"' not in client.get(PLACE).text
    answer = site.post(client, PLACE, {"email": "new@example.org"}, form="/account/password")
    assert answer.status_code == 200
    with site.session() as session:
        assert session.scalars(select(EmailChange)).all() == []
    admin = site.signed_in(mute["admin"])
    assert 'name="email"' not in admin.get(PLACE).text
