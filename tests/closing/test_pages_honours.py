"""Pages of nominations, announcements, objections, the wall of honours and certificates."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from factories import offices
from factories.offices import AWARD, NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from sqlalchemy import select
from support.markup import Markup, markup
from support.pdf import pages
from support.site import Site
from support.statements import sent

from closing.pages import certificate
from core.db import db
from rewards.models import AwardNomination, AwardObjection, AwardWinner
from staff.models import Account, Employee

MONTH = "/rewards/awards/2026-09"
LIST = f"{MONTH}/{AWARD}"
ANNOUNCED = f"{LIST}/announcement"
NOMINATE = "/rewards/nominations/2026-09"
FINAL = NOW + timedelta(days=7)
LONG = "Maximiliane-Theodora Alexandrowna von und zu Hohenstein-Wittgenstein-Berleburg"
TEXT = "She was away all month"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def accounts(site: Site, clock: Any) -> dict[str, Account]:
    """September is closed."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        accounts = offices.office(session, SEPTEMBER, OCTOBER)
    with site.session() as session:
        offices.close(session, SEPTEMBER)
    return accounts


@pytest.fixture
def hr(site: Site, accounts: dict[str, Account]) -> FlaskClient:
    return site.signed_in(accounts["hr"])


def page(client: FlaskClient, url: str) -> Markup:
    answer = client.get(url)
    assert answer.status_code == 200
    return markup(answer)


def later(site: Site, accounts: dict[str, Account], clock: Any, role: str) -> FlaskClient:
    """Somebody signed in a week later, when sessions of today are over."""
    clock.move_to(FINAL)
    return site.signed_in(accounts[role])


def test_a_supervisor_nominates_in_the_team_and_hr_reads_it_beside_the_candidate(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    supervisor = site.signed_in(accounts["supervisor"])
    shown = page(supervisor, NOMINATE)
    assert shown.heading == "September 2026: you nominated nobody yet"
    assert "E0009" not in shown.words
    form = {"employee": "E0004", "award": AWARD, "reason": "She led the night shift"}
    foreign = site.post(supervisor, NOMINATE, {**form, "employee": "E0009"}, form=NOMINATE)
    assert "Not a valid choice" in markup(foreign).words
    assert site.post(supervisor, NOMINATE, form, form=NOMINATE).status_code == 302
    assert "She led the night shift" in page(supervisor, NOMINATE).words
    assert "nominated She led the night shift Person E0002" in page(hr, LIST).words
    other = site.signed_in(accounts["manager"])
    assert "She led the night shift" not in page(other, NOMINATE).words
    with site.session() as session:
        number = session.scalars(select(AwardNomination.id)).one()
    withdraw = f"/rewards/nominations/{number}/withdraw"
    assert site.post(other, withdraw, form="/account").status_code == 404
    assert site.post(supervisor, withdraw, form=NOMINATE).status_code == 302
    assert "She led the night shift" not in page(hr, LIST).words


def test_everybody_sees_the_announcement_from_its_first_day_on(
    site: Site, accounts: dict[str, Account], hr: FlaskClient, clock: Any
) -> None:
    data = {"winners": ["E0004"], "announced_on": "2026-11-03"}
    assert site.post(hr, LIST, data, form=LIST).status_code == 302
    colleague = site.signed_in(accounts["colleague"])
    assert colleague.get(ANNOUNCED).status_code == 404
    assert "Person E0004" not in page(colleague, MONTH).words
    supervisor = site.signed_in(accounts["supervisor"])
    assert "All awards of this month are decided" not in page(supervisor, NOMINATE).words
    assert "Not announced yet" in page(hr, LIST).words
    clock.move_to(NOW + timedelta(days=1))
    colleague = site.signed_in(accounts["colleague"])
    assert "Announced Objections until Nov 6, 2026" in page(colleague, MONTH).words
    supervisor = site.signed_in(accounts["supervisor"])
    assert "All awards of this month are decided" in page(supervisor, NOMINATE).words
    assert "Person E0004" in page(colleague, ANNOUNCED).words


@pytest.mark.parametrize("typed", ["tomorrow", "2026-10-01"])
def test_a_day_that_cannot_be_is_refused_beside_its_field(
    site: Site, hr: FlaskClient, typed: str
) -> None:
    answer = site.post(hr, LIST, {"winners": ["E0004"], "announced_on": typed}, form=LIST)
    assert answer.status_code == 400
    assert markup(answer).fields["announced_on"] == typed
    assert markup(answer).ticked == ["E0004"]


def test_an_objection_names_nobody_but_to_hr_and_is_answered(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    site.post(hr, LIST, {"winners": ["E0004"]}, form=LIST)
    colleague = site.signed_in(accounts["colleague"])
    empty = site.post(colleague, ANNOUNCED, {"text": " "}, form=ANNOUNCED)
    assert "Say what you object to." in markup(empty).words
    assert site.post(colleague, ANNOUNCED, {"text": TEXT}, form=ANNOUNCED).status_code == 302
    assert TEXT in page(colleague, ANNOUNCED).words
    assert "Person E0005" in page(hr, LIST).words
    assert TEXT in page(hr, LIST).words
    for role in ("agent", "supervisor", "manager", "other"):
        assert TEXT not in page(site.signed_in(accounts[role]), ANNOUNCED).words
    auditor = page(site.signed_in(accounts["auditor"]), LIST)
    assert TEXT not in auditor.words
    with site.session() as session:
        number = session.scalars(select(AwardObjection.id)).one()
    url, answer = f"/rewards/awards/objections/{number}", {"decision": "upheld"}
    assert site.post(colleague, url, answer, form="/account").status_code == 403
    assert "Give a reason." in markup(site.post(hr, url, answer, form=LIST)).words
    site.post(hr, url, {**answer, "reason": "It is so"}, form=LIST)
    shown = page(hr, LIST)
    assert "winners were E0004" in shown.words
    assert shown.ticked == ["E0004"]
    mine = page(colleague, ANNOUNCED)
    assert "was taken back" in mine.words
    assert "It is so" in mine.words
    assert "Person E0004" not in mine.words


def test_the_wall_shows_final_awards_and_winners_get_their_own_certificate(
    site: Site, accounts: dict[str, Account], hr: FlaskClient, clock: Any
) -> None:
    site.post(hr, LIST, {"winners": ["E0004"]}, form=LIST)
    waits = page(hr, "/rewards/honours").words
    assert "Nobody has won an award yet" in waits
    assert "Steady hand, September 2026" in waits
    assert "objections until" in waits
    with site.session() as session:
        winner = session.scalars(select(AwardWinner)).one()
        session.get_one(Employee, winner.employee_id).name = LONG
        own = f"/rewards/certificates/{winner.id}.pdf"
    whole = "/rewards/certificates/2026-09.pdf"
    assert hr.get(own).status_code == hr.get(whole).status_code == 404
    agent = later(site, accounts, clock, "agent")
    wall = page(agent, "/rewards/honours")
    assert wall.heading == "1 honour in 2026"
    assert "September 2026 Steady hand" in wall.words
    assert own in wall.links.values()
    assert whole not in wall.links.values()
    for lang, words in (("en", "Certificate of Honour"), ("zh", "荣誉证书")):
        answer = agent.get(f"{own}?lang={lang}")
        assert answer.mimetype == "application/pdf"
        (text,) = pages(answer.data)
        assert words in text
        assert LONG in text.split("\n")  # in one piece
    assert agent.get(whole).status_code == 403
    for role, status in {"colleague": 403, "supervisor": 403, "auditor": 403, "hr": 200}.items():
        assert site.signed_in(accounts[role]).get(own).status_code == status
    again = site.signed_in(accounts["hr"])
    assert len(pages(again.get(whole).data)) == 1
    assert again.get("/rewards/certificates/2026-08.pdf").status_code == 404
    assert "Take the decision back" not in page(again, LIST).words
    export = again.get("/rewards/honours/list?format=csv").get_data(as_text=True)
    assert LONG in export


def test_pages_take_few_statements(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    site.post(hr, LIST, {"winners": ["E0004"]}, form=LIST)
    colleague = site.signed_in(accounts["colleague"])
    site.post(colleague, ANNOUNCED, {"text": TEXT}, form=ANNOUNCED)
    supervisor = site.signed_in(accounts["supervisor"])
    for client, url in (
        (hr, LIST),
        (hr, MONTH),
        (hr, ANNOUNCED),
        (supervisor, NOMINATE),
        (hr, "/rewards/honours"),
        (hr, "/rewards/honours/list"),
    ):
        with site.app.app_context(), sent(db.session()) as found:
            assert client.get(url).status_code == 200
        assert 0 < len(found.statements) <= 12, (url, found.statements)


def test_a_certificate_takes_a_twentieth_of_a_second(site: Site) -> None:
    """Of the processor, each: one by itself, and one of many."""

    def rows(number: int) -> list[Any]:
        return [
            SimpleNamespace(
                id=each,
                month=SEPTEMBER,
                names={"zh": "月度优秀客服", "en": "Agents of the month"},
                employee_no=f"E{each:04d}",
                name="欧阳千一",
                team="客服中心/售前一组",
                final_after=FINAL.date(),
            )
            for each in range(number)
        ]

    with site.app.test_request_context():
        certificate.pdf_of(rows(1), locale="zh_Hans_CN")  # fonts are read once
        for number in (1, 40):
            start = time.process_time()
            made = certificate.pdf_of(rows(number), locale="zh_Hans_CN")
            taken = time.process_time() - start
            assert len(pages(made)) == number
            assert taken / number <= 0.050
