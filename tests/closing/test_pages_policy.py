"""Versions of the policy on pages: read, check, try on a month, publish."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import time_machine
from factories import offices
from factories.offices import NOW, OCTOBER
from flask.testing import FlaskClient
from support.markup import Markup, markup
from support.rows import everything
from support.site import Site

from closing.policy_text import dump, load_policy
from closing.versions import versions
from staff.models import Account

NEW = "/policy/new"


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        accounts = offices.office(session)
    with site.session() as session:
        offices.close(session, OCTOBER)
    return accounts


@pytest.fixture
def hr(site: Site, accounts: dict[str, Account]) -> FlaskClient:
    return site.signed_in(accounts["hr"])


def page(client: FlaskClient, url: str) -> Markup:
    answer = client.get(url)
    assert answer.status_code == 200
    return markup(answer)


def text(**changes: object) -> str:
    return dump(offices.policy(effective_from="2026-11", **changes))


def numbers(site: Site) -> list[int]:
    with site.session() as session:
        return [each.number for each in versions(session)]


def test_a_version_is_read_and_downloaded(hr: FlaskClient) -> None:
    assert page(hr, "/policy/").row("1")[1] == "January 2026 in force"
    shown = page(hr, "/policy/1")
    assert "effective_from: 2026-01" in shown.text
    file = hr.get(shown.links["policy-1.yaml"])
    assert load_policy(file.get_data()).hash in shown.words
    assert hr.get("/policy/9").status_code == 404


def test_a_new_version_begins_with_the_newest(hr: FlaskClient) -> None:
    assert load_policy(page(hr, NEW).fields["text"]).hash == offices.policy().hash


def test_problems_are_named_by_place_and_nothing_typed_is_lost(site: Site, hr: FlaskClient) -> None:
    typed = text().replace("min_days: 10", "min_days: many").replace("kind: rate", "kind: rat")
    answer = site.post(hr, NEW, {"text": typed, "action": "publish"}, form=NEW)
    assert answer.status_code == 400
    shown = markup(answer)
    assert "problems to mend" in shown.heading
    assert shown.row("scoring.min_days")
    assert shown.fields["text"] == typed
    assert numbers(site) == [1]


def test_a_file_takes_the_place_of_the_text(site: Site, hr: FlaskClient) -> None:
    data = {"text": "x: 1", "action": "check", "file": (io.BytesIO(text().encode()), "p.yaml")}
    shown = markup(site.post(hr, NEW, data, form=NEW))
    assert shown.heading == "Checked: this can be published as version 2"
    assert shown.fields["text"].strip() == text().strip()
    data = {"text": "x: 1", "action": "check", "file": (io.BytesIO(b"\xff\xfe\x00"), "p.yaml")}
    refused = site.post(hr, NEW, data, form=NEW)
    assert refused.status_code == 400
    assert markup(refused).fields["text"] == "x: 1"


def test_a_month_is_tried_under_it_person_by_person_and_nothing_is_stored(
    site: Site, hr: FlaskClient
) -> None:
    pay = {**offices.policy().document["pay"], "ungraded": "A"}
    pay["bonus_base"] = {**pay["bonus_base"], "agent": 2000}
    with site.session() as session:
        before = everything(session)
    data = {"text": text(pay=pay), "action": "try", "month": "2026-10"}
    shown = markup(site.post(hr, NEW, data, form=NEW))
    row = shown.row("E0004")
    assert float(row[5].replace(",", "")) == 2 * float(row[4].replace(",", ""))
    assert row[6].startswith("+")
    differences = [
        float(each[6].replace(",", "").replace("−", "-"))
        for each in shown.rows
        if len(each) == 7 and each[0].startswith("Person E")
    ]
    assert f"{sum(differences):,.2f}" in shown.words
    with site.session() as session:
        assert everything(session) == before


def test_publishing_makes_the_next_version_in_force(site: Site, hr: FlaskClient) -> None:
    changed = text(scoring={"adjust_cap": 5})
    answer = site.post(hr, NEW, {"text": changed, "action": "publish"}, form=NEW)
    assert answer.headers["Location"] == "/policy/2"
    assert "Version 2 is in force from November 2026." in page(hr, "/policy/2").words
    again = markup(site.post(hr, NEW, {"text": changed, "action": "check"}, form=NEW))
    assert again.heading == "This is the newest version, unchanged"
    site.post(hr, NEW, {"text": changed, "action": "publish"}, form=NEW)
    assert numbers(site) == [2, 1]
    assert "within ±5" in page(hr, "/rewards/matrix?month=2026-11").words


def test_a_version_for_a_closed_month_is_refused(site: Site, hr: FlaskClient) -> None:
    typed = dump(offices.policy(scoring={"adjust_cap": 5}))
    answer = site.post(hr, NEW, {"text": typed, "action": "publish"}, form=NEW)
    assert answer.status_code == 400
    assert "is not after 2026-10, which is closed" in markup(answer).words
    checked = markup(site.post(hr, NEW, {"text": typed, "action": "check"}, form=NEW))
    assert checked.row("effective_from")
    assert "Publish version" not in checked.words
    assert numbers(site) == [1]


def test_auditors_read_and_nobody_else_but_hr_enters(
    site: Site, accounts: dict[str, Account]
) -> None:
    auditor = site.signed_in(accounts["auditor"])
    assert auditor.get("/policy/1").status_code == 200
    assert auditor.get(NEW).status_code == 403
    for role in ("agent", "supervisor", "manager", "admin"):
        client = site.signed_in(accounts[role])
        assert client.get("/policy/").status_code == 404
        assert client.get("/policy/1.yaml").status_code == 404
        assert client.get(NEW).status_code == 403
