"""Appeals, receipts and adjustments through the eyes of each role."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from factories import offices
from factories.offices import OCTOBER
from flask.testing import FlaskClient
from support.markup import Markup, markup
from support.site import Site
from support.statements import sent

from closing.payroll import mark_exported
from closing.publishing import publish_results
from core.actor import SYSTEM
from core.db import db
from evaluations.models import SpotCheck
from staff.models import Account

PUBLISHED = datetime(2026, 11, 2, 1, tzinfo=UTC)
CARD = "/scorecards/2026-10/E0004"
NEW = "/appeals/new/2026-10"
MOST = 12


@pytest.fixture
def accounts(site: Site) -> Iterator[dict[str, Account]]:
    """October is closed and published; E0004 had a spot check of 70 by the supervisor."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with time_machine.travel(datetime(2026, 11, 3, 1, tzinfo=UTC), tick=False):
        with site.session() as session:
            accounts = offices.office(session, OCTOBER)
            check = SpotCheck(
                employee_id=offices.employee_id(session, "E0004"),
                day=date(2026, 10, 8),
                score=70,
                checked_by_id=offices.employee_id(session, "E0002"),
            )
            session.add(check)
            offices.values(session, "E0004", OCTOBER, csat=0.9)
        with site.session() as session:
            offices.close(session, OCTOBER)
            publish_results(session, actor=SYSTEM, now=PUBLISHED, month=OCTOBER)
        yield accounts


def page(client: FlaskClient, url: str) -> Markup:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return markup(answer)


def lodge(site: Site, client: FlaskClient, **more: Any) -> Any:
    data = {
        "reason-check:1": "The customer hung up",
        "asked-check:1": "Listen again",
        "reason-metric:csat": "A test ticket",
        "asked-metric:csat": "Leave it out",
        "files": (io.BytesIO(b"It was otherwise."), "note.txt"),
        **more,
    }
    return site.post(client, NEW, data, form=NEW)


def test_an_appeal_from_the_scorecard_to_the_new_revision(
    site: Site, accounts: dict[str, Account]
) -> None:
    agent, hr = site.signed_in(accounts["agent"]), site.signed_in(accounts["hr"])
    supervisor = site.signed_in(accounts["supervisor"])
    assert "Appeals are possible until Nov 9, 2026" in page(agent, CARD).words
    answer = lodge(site, agent)
    assert answer.headers["Location"] == "/appeals/1"
    assert agent.get(NEW).headers["Location"] == "/appeals/1"
    assert "Appeal: lodged" in page(agent, CARD).words

    url = "/appeals/1/comments"
    assert site.post(agent, url, {"text": "Me"}, form="/account").status_code == 403
    site.post(supervisor, url, {"text": "I heard it"}, form="/appeals/1")
    seen = page(agent, "/appeals/1")
    assert "I heard it" in seen.words
    assert agent.get("/appeals/1/files/1").data == b"It was otherwise."

    assert supervisor.get("/appeals/1/lines/1").status_code == 403
    refused = site.post(
        hr, "/appeals/1/lines/1", {"decision": "accepted", "reason": "Yes"}, form="/account"
    )
    assert "Type a number." in markup(refused).words
    for line, value in ((1, "95"), (2, "94%")):
        decision = {"decision": "accepted", "reason": "Heard again", "value": value}
        url = f"/appeals/1/lines/{line}"
        assert site.post(hr, url, decision, form=url).status_code == 302
    late = site.post(hr, url, {"decision": "declined", "reason": "Too late"}, form=url)
    assert late.status_code == 409
    assert "Too late" in late.text  # what was typed is not lost
    assert "95 of 100" in page(agent, "/appeals/1").words
    site.post(hr, "/appeals/1/apply", form="/appeals/1")
    seen = page(agent, "/appeals/1")
    assert "revision 1:" in seen.words
    assert "→ revision 2:" in seen.words
    assert "not read yet" in page(hr, CARD).words


def test_what_is_refused_keeps_what_was_typed(site: Site, accounts: dict[str, Account]) -> None:
    agent = site.signed_in(accounts["agent"])
    answer = lodge(site, agent, **{"asked-check:1": ""})
    found = markup(answer)
    assert answer.status_code == 400
    assert "Say what you ask for." in found.words
    assert "The customer hung up" in found.words
    answer = lodge(site, agent, files=(io.BytesIO(b"MZ\x00\x01"), "note.exe"))
    assert answer.status_code == 400
    assert agent.get("/appeals/1").status_code == 404


def test_after_the_window_the_page_tells_its_date(site: Site, accounts: dict[str, Account]) -> None:
    with time_machine.travel(datetime(2026, 11, 10, 1, tzinfo=UTC), tick=False):
        agent = site.signed_in(accounts["agent"])
        assert "Appeals were possible until Nov 9, 2026" in page(agent, NEW).words
        assert NEW not in page(agent, CARD).links
        answer = lodge_without_form(site, agent)
    assert "Appeals were possible until" in markup(answer).words


def lodge_without_form(site: Site, client: FlaskClient) -> Any:
    data = {"reason-metric:csat": "Late", "asked-metric:csat": "More"}
    return site.post(client, NEW, data, form="/account")


def test_an_appeal_is_seen_by_whom_the_table_names(
    site: Site, accounts: dict[str, Account]
) -> None:
    lodge(site, site.signed_in(accounts["agent"]))
    seen = {
        role: site.signed_in(account).get("/appeals/1").status_code
        for role, account in accounts.items()
    }
    allowed = {"agent", "supervisor", "manager", "hr", "auditor"}
    assert {role for role, status in seen.items() if status == 200} == allowed
    assert seen["admin"] == 404
    listed = page(site.signed_in(accounts["supervisor"]), "/appeals?waits=overdue").words
    assert "Nothing matches these filters." in listed
    with time_machine.travel(datetime(2026, 11, 18, 1, tzinfo=UTC), tick=False):
        hr = site.signed_in(accounts["hr"])
        assert "overdue" in page(hr, "/appeals?waits=overdue").row("E0004")[-1]


def test_a_receipt_and_a_comment_reach_supervisor_and_hr(
    site: Site, accounts: dict[str, Account]
) -> None:
    agent = site.signed_in(accounts["agent"])
    site.post(agent, "/receipts/2026-10/mine", form=CARD)
    site.post(agent, "/receipts/2026-10/mine", {"comment": "I was ill"}, form=CARD)
    for role in ("supervisor", "hr"):
        client = site.signed_in(accounts[role])
        assert "I was ill" in page(client, CARD).words
        assert "I was ill" in page(client, "/receipts/2026-10").row("E0004")[-1]
        assert "E0004" not in page(client, "/receipts/2026-10?read=no").words
    assert "E0005" not in page(agent, "/receipts/2026-10").words


def test_an_exported_month_is_adjusted_and_the_payroll_tells(
    site: Site, accounts: dict[str, Account]
) -> None:
    hr = site.signed_in(accounts["hr"])
    form = "/payroll/adjustments/new"
    assert "No payroll was exported yet" in page(hr, form).words
    with site.session() as session:
        mark_exported(session, actor=SYSTEM, now=PUBLISHED, month=OCTOBER)
    data = {"employee": "E0004", "month": "2026-10", "amount": "-12.50", "reason": "Paid twice"}
    refused = site.post(hr, form, {**data, "employee": "E0099"}, form=form)
    assert "Nobody goes by this number." in markup(refused).words
    assert site.post(hr, form, data, form=form).status_code == 302
    row = page(hr, "/payroll/adjustments").row("E0004")
    assert row[3:5] == ["November 2026", "−12.50"]
    site.post(
        hr, "/payroll/adjustments/1/remove", {"reason": "A mistake"}, form="/payroll/adjustments"
    )
    assert "Nothing was adjusted" in page(hr, "/payroll/adjustments").words
    computed = "/payroll/2026-10/differences"
    assert "Compute the differences" in page(hr, computed).words
    assert "nothing is left to adjust" in page(hr, f"{computed}?figures=1").words
    site.post(hr, computed, {"employee_no": "E0004", "amount": "5"}, form=form)
    assert "The difference is another by now" in page(hr, "/payroll/adjustments").words
    odd = site.post(hr, computed, {"employee_no": "E0004", "amount": "sNaN"}, form=form)
    assert odd.status_code == 400
    assert hr.get("/payroll/2026-09/differences").status_code == 404
    lodge(site, site.signed_in(accounts["agent"]))
    line = "/appeals/1/lines/1"
    decision = {"decision": "accepted", "reason": "Heard again", "value": "70"}
    site.post(hr, line, decision, form=line)
    same = "the month would pay the same"
    amount = f"{line}/adjustment?figures=1"
    shown = page(hr, amount).words
    refused = site.post(hr, amount, {"amount": "5", "reason": ""}, form=amount)
    assert (same in shown, same in markup(refused).words) == (True, False)


def test_pages_take_few_statements(site: Site, accounts: dict[str, Account]) -> None:
    clients = {role: site.signed_in(accounts[role]) for role in ("agent", "hr", "supervisor")}
    lodge(site, clients["agent"])
    assert "1 appeal is not decided" in page(clients["hr"], "/payroll/2026-10").words
    for role, url, most in (
        ("agent", CARD, 17),
        ("agent", "/appeals/1", MOST),
        ("hr", "/appeals", MOST),
        ("hr", "/appeals/1", MOST),
        ("hr", "/appeals/1/lines/1", MOST),
        ("supervisor", "/receipts/2026-10", MOST),
    ):
        with site.app.app_context(), sent(db.session()) as found:
            assert clients[role].get(url).status_code == 200
        assert len(found.statements) <= most, (url, found.statements)
