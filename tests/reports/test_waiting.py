"""The dashboard says what waits for whom, leads to where it is done, and forgets it then."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest
import time_machine
from factories import offices
from factories.offices import NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from support.site import Site
from support.statements import sent

from core.actor import Actor
from core.clock import Now
from core.db import db
from core.models import ImportBatch, MonthState, UnmappedRow
from rewards.models import AwardDecision, AwardObjection, Task
from staff import deputies
from staff.models import Account, RoleRequest

LINK = re.compile(r'<li><a href="([^"]+)">([^<]+)</a></li>')


@pytest.fixture
def office(site: Site) -> Iterator[dict[str, Account]]:
    """September closed and published, October to be evaluated."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = site.app.config["LANGUAGE"] = "en"
    with time_machine.travel(NOW, tick=False):
        with site.session() as session:
            accounts = offices.office(session, SEPTEMBER, OCTOBER)
            offices.close(session, SEPTEMBER)
            session.get_one(MonthState, SEPTEMBER).published_at = NOW
            session.flush()
            for account in accounts.values():
                session.refresh(account)
        yield accounts


def waits(client: FlaskClient) -> dict[str, str]:
    """Addresses by text, of what waits."""
    page = client.get("/", headers={"Accept-Language": "en"}).text
    section = page.partition('class="place-list waits"')[2].partition("</ul>")[0]
    return {text: html.unescape(path) for path, text in LINK.findall(section)}


def test_what_waits_depends_on_who_looks(site: Site, office: dict[str, Account]) -> None:
    receipt = "Confirm that you have read your scorecard of September 2026"
    found = {name: waits(site.signed_in(account)) for name, account in office.items()}
    assert found["agent"][receipt] == "/scorecards/2026-09/E0004"
    assert "Read the rules in force and confirm it" in found["agent"]
    evaluate = "Submit 2 evaluations of October 2026"
    assert found["supervisor"][evaluate] == "/evaluations/2026-10"
    close = "October 2026 is not closed yet: see what is missing"
    assert found["hr"][close] == "/closing/2026-10"
    assert not {evaluate, close} & set(found["agent"])
    theirs = "2 evaluations of October 2026 are not submitted yet by their supervisors"
    assert found["manager"][theirs] == "/evaluations/2026-10"
    assert "Submit 1 evaluation of October 2026" in found["manager"]  # the supervisor's
    assert theirs not in found["supervisor"]


def test_no_awards_wait_where_the_policy_has_none(
    site: Site, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offices, "policy", partial(offices.policy, awards={}))
    office = request.getfixturevalue("office")
    assert not [text for text in waits(site.signed_in(office["hr"])) if "awards" in text]


def test_what_is_done_waits_no_more(site: Site, office: dict[str, Account]) -> None:
    client = site.signed_in(office["agent"])
    before = waits(client)
    rules = before["Read the rules in force and confirm it"]
    answer = site.post(client, "/policy/1/acknowledgements", form=rules)
    assert answer.status_code == 302
    assert set(before) - set(waits(client)) == {"Read the rules in force and confirm it"}


def test_every_way_leads_somewhere(site: Site, office: dict[str, Account]) -> None:
    for account in office.values():
        client = site.signed_in(account)
        for path in waits(client).values():
            assert client.get(path).status_code == 200, path


def test_a_deputy_finds_nothing_of_their_own(site: Site, office: dict[str, Account]) -> None:
    client = site.signed_in(office["colleague"])
    assert "My scorecard" in client.get("/").text
    with site.session() as session:
        away = deputies.name_deputy(
            session,
            actor=Actor("E0002", offices.employee_id(session, "E0002")),
            now=Now(NOW, NOW.replace(tzinfo=None)),
            absent_id=offices.employee_id(session, "E0002"),
            deputy_no="E0005",
            first=NOW.date(),
            last=NOW.date(),
        ).id
    site.post(client, "/account/acting", {"for": away}, form="/account/deputies")
    shown = client.get("/").text
    assert "You act for" in shown
    assert "My scorecard" not in shown
    for path in waits(client).values():
        assert client.get(path).status_code == 200, path


def test_the_dashboard_of_who_leads_a_team_stays_cheap(
    site: Site, office: dict[str, Account]
) -> None:
    for name in ("supervisor", "hr", "agent"):
        client = site.signed_in(office[name])
        with site.app.app_context(), sent(db.session()) as found:
            client.get("/")
        assert 1 < len(found.statements) <= 12, name


def test_whoever_has_an_office_is_told_what_waits_for_it(
    site: Site, office: dict[str, Account]
) -> None:
    with site.session() as session:
        account = office["agent"].id
        session.add(
            RoleRequest(account_id=account, role="hr", asked_by_id=office["supervisor"].id,
                        asked_by="E0002", asked_at=NOW)
        )  # fmt: skip
        session.get_one(MonthState, SEPTEMBER).published_at = None
        session.get_one(Account, office["colleague"].id).password_hash = None
        batch = ImportBatch(kind="tickets", filename="x.csv", sha256="0" * 64, state="applied",
                            created_at=NOW, created_by="E0003")  # fmt: skip
        session.add(batch)
        session.flush()
        for row in (2, 3):  # two rows of one id
            session.add(
                UnmappedRow(batch_id=batch.id, kind="tickets", source="zendesk", external_id="77",
                            column="agent", ways="id", row_number=row, digest=str(row), values={})
            )  # fmt: skip
    found = waits(site.signed_in(office["hr"]))
    assert found["September 2026 is closed and not published"] == "/closing/2026-09"
    assert found["1 id of a file belongs to nobody yet"] == "/imports/unmapped"
    assert "1 role waits to be confirmed by a second person" in found
    awards = "/rewards/awards/2026-09"
    assert found["The awards of September 2026 are not decided"] == awards
    object_to_an_award(site)
    found = waits(site.signed_in(office["hr"]))
    assert found["1 objection to an award waits for a decision"] == awards
    assert "The awards of September 2026 are not decided" not in found
    admin = waits(site.signed_in(office["admin"]))
    assert "1 role waits to be confirmed by a second person" in admin
    assert "1 person has no password yet" in admin
    assert not any("published" in text or "belongs" in text for text in admin)


def object_to_an_award(site: Site) -> None:
    with site.session() as session:
        decision = AwardDecision(month=SEPTEMBER, award="best", names={}, proposed=[], chosen=[],
                                 announced_on=date(2026, 11, 2), objections_until=date(2026, 11, 5),
                                 decided_by="E0003", decided_at=NOW)  # fmt: skip
        session.add(decision)
        session.flush()
        who = offices.employee_id(session, "E0004")
        session.add(
            AwardObjection(decision_id=decision.id, employee_id=who, text="No", lodged_at=NOW)
        )


def test_what_has_a_last_day_names_it_and_says_when_it_is_past(
    site: Site, office: dict[str, Account]
) -> None:
    with site.session() as session:
        owner = offices.employee_id(session, "E0002")
        subject = offices.employee_id(session, "E0004")
        task = Task(
            source="incident:1",
            action="interview",
            employee_id=subject,
            rule="X",
            owner_id=owner,
            due=date(2026, 11, 5),
            created_at=NOW,
            created_by="E0003",
        )
        session.add(task)
        session.flush()
        number = task.id
    client = site.signed_in(office["supervisor"])
    assert waits(client)["1 task is yours to do (until Nov 5, 2026)"].startswith("/rewards/tasks")
    with site.session() as session:
        session.get_one(Task, number).due = date(2026, 11, 1)
    assert "1 task is yours to do (overdue since Nov 1, 2026)" in waits(client)


def test_where_nothing_waits_it_is_said(site: Site, office: dict[str, Account]) -> None:
    assert "Nothing waits for you." in site.signed_in(office["admin"]).get("/").text
