"""Incidents step by step, notices, tasks and files, through the eyes of each who takes part."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from factories import offices
from factories.offices import NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from sqlalchemy import select
from support.markup import Markup, markup
from support.pdf import pages
from support.site import Site

from rewards.models import Incident, Task
from staff.models import Account

NEW = "/rewards/incidents/new"
PHONE = {
    "employee": "E0004",
    "rule": "SEC-P1",
    "day": "2026-10-12",
    "description": "Left the door open",
    "case": "K1",
    "tell": "y",
}


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        return offices.office(session, SEPTEMBER, OCTOBER)


def page(client: FlaskClient, url: str) -> Markup:
    answer = client.get(url)
    assert answer.status_code == 200
    return markup(answer)


def record(site: Site, client: FlaskClient, **changes: Any) -> str:
    """The address of a new incident."""
    data = {**PHONE, **changes}
    answer = site.post(client, NEW, data, form=NEW)
    assert answer.status_code == 302, markup(answer).words
    return str(answer.headers["Location"])


def test_an_incident_goes_its_whole_way_in_the_browser(
    site: Site, accounts: dict[str, Account]
) -> None:
    supervisor, hr = site.signed_in(accounts["supervisor"]), site.signed_in(accounts["hr"])
    agent = site.signed_in(accounts["agent"])
    evidence = (io.BytesIO(b"%PDF-1.7 camera"), "camera.pdf")
    url = record(site, supervisor, files=[evidence])
    assert "until Nov 5, 2026" in page(supervisor, url).words
    found = page(agent, url)
    assert f"{url}/statement" in found.actions
    assert f"{url}/served" not in found.actions
    assert agent.get(f"{url}/files/1").data == b"%PDF-1.7 camera"
    data = {"statement": "The lock was broken", "files": [(io.BytesIO(b"photo"), "lock.txt")]}
    site.post(agent, f"{url}/statement", data, form=url)
    assert "The lock was broken" in page(hr, url).words
    site.post(hr, f"{url}/approve", form=url)
    assert "retraining" in page(agent, url).words
    site.post(
        supervisor,
        f"{url}/served",
        {"day": "2026-11-02", "how": "refused", "by": "Person E0002"},
        form=url,
    )
    with site.session() as session:
        assert session.scalars(select(Incident)).one().served_on is None  # a witness is missing
    served = {"day": "2026-11-02", "how": "refused", "by": "Person E0002", "note": "E0005"}
    assert site.post(supervisor, f"{url}/served", served, form=url).status_code == 302
    assert "refused, Person E0002: E0005" in page(agent, url).words


def test_approving_without_a_hearing_asks_for_a_reason_wherever_it_is_done(
    site: Site, accounts: dict[str, Account]
) -> None:
    url = record(site, site.signed_in(accounts["supervisor"]))
    hr = site.signed_in(accounts["hr"])
    site.post(hr, f"{url}/approve", form=url)
    assert "was not heard yet" in page(hr, url).words
    proposals = "/rewards/proposals/2026-10"
    data = {"chosen": [f"incident:{url.rpartition('/')[2]}"], "decision": "approved", "reason": ""}
    assert site.post(hr, proposals, data, form="/account").status_code == 400
    site.post(hr, proposals, {**data, "reason": "The month closes"}, form="/account")
    with site.session() as session:
        assert session.scalars(select(Incident)).one().reason == "The month closes"


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("colleague", "", 404),
        ("other", "/files/1", 404),
        ("auditor", "/files/1", 404),
        ("agent", "/tell", 403),
        ("supervisor", "/statement", 403),
        ("manager", "/statement", 403),
        ("hr", "/files/2", 404),
    ],
)
def test_each_does_their_own_part_only(
    site: Site, accounts: dict[str, Account], who: str, path: str, status: int
) -> None:
    supervisor = site.signed_in(accounts["supervisor"])
    url = record(site, supervisor, tell="", files=[(io.BytesIO(b"%PDF-1.7 x"), "x.pdf")])
    client = site.signed_in(accounts[who])
    if path in ("", "/files/1", "/files/2"):
        assert client.get(url + path).status_code == status
    else:
        assert site.post(client, url + path, form="/account").status_code == status


def test_a_file_of_another_kind_is_refused_with_the_incident_and_none_is_no_file(
    site: Site, accounts: dict[str, Account]
) -> None:
    supervisor = site.signed_in(accounts["supervisor"])
    data = {**PHONE, "files": [(io.BytesIO(b"MZ\x90\x00"), "camera.pdf")]}
    answer = site.post(supervisor, NEW, data, form=NEW)
    assert "camera.pdf is no PDF" in markup(answer).words
    with site.session() as session:
        assert session.scalars(select(Incident)).all() == []
    url = record(site, supervisor, tell="")
    site.post(supervisor, f"{url}/files", form=url)
    assert "Choose a file." in markup(supervisor.get(url)).words


def test_notices_are_printed_in_both_languages(site: Site, accounts: dict[str, Account]) -> None:
    supervisor, hr = site.signed_in(accounts["supervisor"]), site.signed_in(accounts["hr"])
    url = record(site, supervisor)
    chinese = " ".join(pages(hr.get(f"{url}/notice/told.pdf?lang=zh").data))
    assert "事件告知书" in chinese
    assert "当事人签收" in chinese
    assert hr.get(f"{url}/notice/decided.pdf").status_code == 404
    site.post(hr, f"{url}/approve", {"reason": "Seen by all"}, form=url)
    english = " ".join(pages(hr.get(f"{url}/notice/decided.pdf?lang=en").data))
    assert "Notice of a decision" in english
    assert "Seen by all" in english


def test_of_one_case_the_page_says_which_counts(site: Site, accounts: dict[str, Account]) -> None:
    supervisor, hr = site.signed_in(accounts["supervisor"]), site.signed_in(accounts["hr"])
    urls = [record(site, supervisor), record(site, supervisor, rule="CON-P1")]
    for url in urls:
        site.post(hr, f"{url}/approve", {"reason": "Seen by all"}, form=url)
    words = page(hr, urls[1]).words
    assert "Superseded by a graver one" in words
    assert "SEC-P1" in words


def test_tasks_are_done_by_their_owner_and_read_by_the_person(
    site: Site, accounts: dict[str, Account]
) -> None:
    supervisor, hr = site.signed_in(accounts["supervisor"]), site.signed_in(accounts["hr"])
    agent = site.signed_in(accounts["agent"])
    url = record(site, supervisor)
    site.post(hr, f"{url}/approve", {"reason": "Seen by all"}, form=url)
    assert "2 follow-up tasks are open" in page(supervisor, "/rewards/tasks?mine=1").words
    task = "/rewards/tasks/1"
    assert site.post(agent, f"{task}/end", {"outcome": "x"}, form="/account").status_code == 403
    site.post(supervisor, f"{task}/end", {"outcome": "Signed on Monday"}, form=task)
    assert "Signed on Monday" in page(agent, task).words
    other = site.signed_in(accounts["other"])
    assert other.get(task).status_code == 404
    changed = {"owner": str(accounts["manager"].employee_id), "due": "2026-12-01"}
    assert site.post(hr, "/rewards/tasks/2/change", changed, form=task.replace("1", "2")).location
    assert "2 rows" in page(hr, "/rewards/tasks").words
    with site.session() as session:
        assert session.get_one(Task, 2).owner_id == accounts["manager"].employee_id


def test_rules_of_a_closed_month_are_taken_up_as_tasks_once(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        offices.complaints(session, "E0005")
    with site.session() as session:
        offices.close(session, SEPTEMBER, OCTOBER)
    hr = site.signed_in(accounts["hr"])
    assert "nobody has taken up" in page(hr, "/rewards/tasks").words
    path = "/rewards/tasks/taken-up/2026-10"
    site.post(hr, path, form="/rewards/tasks")
    with site.session() as session:
        made = len(session.scalars(select(Task)).all())
    assert made > 0
    assert "nobody has taken up" not in page(hr, "/rewards/tasks").words
    site.post(hr, path, form="/rewards/tasks")
    with site.session() as session:
        assert len(session.scalars(select(Task)).all()) == made


def test_the_file_of_a_person_holds_all_of_it_and_is_exported(
    site: Site, accounts: dict[str, Account]
) -> None:
    supervisor, hr = site.signed_in(accounts["supervisor"]), site.signed_in(accounts["hr"])
    url = record(site, supervisor)
    site.post(hr, f"{url}/approve", {"reason": "Seen by all"}, form=url)
    with site.session() as session:
        offices.close(session, SEPTEMBER, OCTOBER)
    mine = "/rewards/people/E0004"
    found = page(hr, mine)
    assert "Left the door open" in found.words
    rows = hr.get(f"{mine}?format=csv").get_data(as_text=True)
    assert rows.count("\n") == 5  # heads, an incident, its consequence, two tasks
    own = site.signed_in(accounts["agent"]).get(f"{mine}?format=csv").get_data(as_text=True)
    assert "Consequence" not in own  # October is not published
    assert site.signed_in(accounts["colleague"]).get(mine).status_code == 404
