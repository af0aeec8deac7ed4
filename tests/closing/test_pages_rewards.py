"""The pages of rewards: matrix, incidents, proposals and awards, through the eyes of each role."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from factories import offices
from factories.offices import AWARD, NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from sqlalchemy import select
from support.markup import Markup, markup
from support.site import Site

from closing.services import views_of
from core.values import Month
from rewards.models import AwardWinner, Incident, RuleApproval
from staff.models import Account

PROPOSALS = "/rewards/proposals/2026-10?figures=1"
NEW = "/rewards/incidents/new"
LIST = f"/rewards/awards/2026-09/{AWARD}"
PHONE = {
    "employee": "E0004",
    "rule": "CON-P1",
    "day": "2026-10-12",
    "description": "On the phone",
    "evidence": "Camera 3",
}


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    """September is closed; in October E0005 has complaints that ask for a decision."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        accounts = offices.office(session, SEPTEMBER, OCTOBER)
        offices.complaints(session, "E0005")
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


def record(site: Site, client: FlaskClient, **changes: Any) -> int:
    answer = site.post(client, NEW, {**PHONE, **changes}, form=NEW)
    assert answer.status_code == 302, markup(answer).words
    return int(answer.headers["Location"].rpartition("/")[2])


def decide(
    site: Site, client: FlaskClient, *keys: str, decision: str = "approved", reason: str = ""
) -> Any:
    data = {"chosen": list(keys), "decision": decision, "reason": reason}
    return site.post(client, PROPOSALS, data, form="/account")


def close(site: Site, *months: Month) -> None:
    with site.session() as session:
        offices.close(session, *months)


def entries(site: Site, number: str, month: Month) -> dict[str, str]:
    with site.session() as session:
        (view,) = [each for each in views_of(session, month) if each.employee_no == number]
        return {entry.rule: entry.state for entry in view.rules if entry.state != "undecided"}


# The matrix


def test_everybody_reads_the_rules_in_words(site: Site, accounts: dict[str, Account]) -> None:
    for account in accounts.values():
        found = page(site.signed_in(account), "/rewards/matrix")
        row = found.row("Work attitude")
        assert "High upheld complaint rate ATT-P2" in row[2]
        assert "Upheld complaint rate > 0.3% and Upheld complaints ≥ 3" in row[2]
        assert "Counts only if approved" in row[2]
        assert "−3 points" in row[2]
        late = found.row("Attendance")
        assert "Late more than three times (LAT-P1) fired 2 times within 6 months" in late[2]
        assert "at most 4 times" in late[2]
        assert "INN-P1" not in found.words


def test_the_matrix_shows_the_version_in_force_or_the_one_asked_for(
    site: Site, hr: FlaskClient
) -> None:
    with site.session() as session:
        changed = offices.policy(effective_from="2026-11", scoring={"adjust_cap": 5})
        offices.publish(session, changed)
    assert "within ±10" in page(hr, "/rewards/matrix?month=2026-10").words
    assert "within ±5" in page(hr, "/rewards/matrix?month=2026-11").words
    assert "within ±5" in page(hr, "/rewards/matrix?month=2026-10&version=2").words
    assert hr.get("/rewards/matrix?version=9").status_code == 404


# Incidents


def test_a_supervisor_records_in_the_team_and_somebody_above_approves(
    site: Site, accounts: dict[str, Account]
) -> None:
    supervisor = site.signed_in(accounts["supervisor"])
    number = record(site, supervisor)
    url = f"/rewards/incidents/{number}"
    own = page(supervisor, url)
    assert "Waiting for a decision" in own.words
    assert f"{url}/approve" not in own.actions
    assert site.post(supervisor, f"{url}/approve", form=url).status_code == 403
    manager = site.signed_in(accounts["manager"])
    assert f"{url}/approve" in page(manager, url).actions
    site.post(manager, f"{url}/approve", {"reason": "Seen by all"}, form=url)
    assert "Approved counts in October 2026" in page(manager, url).words
    close(site, OCTOBER)
    assert entries(site, "E0004", OCTOBER) == {"CON-P1": "counts"}


def test_what_is_refused_keeps_what_was_typed(site: Site, accounts: dict[str, Account]) -> None:
    supervisor = site.signed_in(accounts["supervisor"])
    for change, said in (
        ({"employee": "E0009"}, "Nobody among those about whom you may record"),
        ({"employee": "E0002"}, "Nobody among those about whom you may record"),
        ({"day": "2026-11-03"}, "This day is still to come."),
        ({"description": " "}, "Say what happened."),
        ({"rule": "LAT-P1"}, "Not a valid choice"),
    ):
        answer = site.post(supervisor, NEW, {**PHONE, **change}, form=NEW)
        assert answer.status_code == 200
        shown = markup(answer)
        assert said in shown.words
        assert shown.fields["evidence"] == "Camera 3"
    with site.session() as session:
        assert session.scalars(select(Incident)).all() == []


def test_hr_does_not_approve_what_hr_recorded(site: Site, hr: FlaskClient) -> None:
    url = f"/rewards/incidents/{record(site, hr, employee='Person E0004')}"
    assert "You recorded this" in page(hr, url).words
    refused = site.post(hr, f"{url}/approve", form=url)
    assert "somebody else decides it" in refused.text
    with site.session() as session:
        assert session.scalars(select(Incident.status)).all() == ["recorded"]


def test_declining_asks_for_a_reason_and_shows_it(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    number = record(site, site.signed_in(accounts["supervisor"]))
    url = f"/rewards/incidents/{number}"
    assert "Say why it is declined." in site.post(hr, f"{url}/decline", form=url).text
    site.post(hr, f"{url}/decline", {"reason": "It was her break"}, form=url)
    agent = site.signed_in(accounts["agent"])
    assert "It was her break" in page(agent, url).words


def test_people_see_their_own_incidents_and_auditors_those_of_closed_months(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    number = record(site, site.signed_in(accounts["supervisor"]))
    url = f"/rewards/incidents/{number}"
    expected = {"agent": 200, "colleague": 404, "other": 404, "auditor": 404, "manager": 200}
    for role, status in expected.items():
        assert site.signed_in(accounts[role]).get(url).status_code == status
    site.post(hr, f"{url}/approve", {"reason": "Seen by all"}, form=url)
    close(site, OCTOBER)
    auditor = site.signed_in(accounts["auditor"])
    assert "The month in which it counts is closed" in page(auditor, url).words
    assert "/approve" not in "".join(page(hr, url).actions)


def test_the_list_of_incidents_filters_and_exports(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    supervisor = site.signed_in(accounts["supervisor"])
    record(site, supervisor)
    record(site, supervisor, rule="SEC-R1", description="Reported a leak")
    listed = page(hr, "/rewards/incidents")
    assert listed.heading == "2 incidents and merits on record"
    assert "month-switch" not in hr.get("/rewards/incidents").get_data(as_text=True)
    assert len(listed.rows[0]) == 6
    row = listed.row("On the phone")
    assert row[1] == "Person E0004 E0004 · One"
    assert row[4:] == [
        "Waiting for a decision The person is not told yet",
        "October 2026 if it is approved",
    ]
    assert "Waiting for a decision" in listed.row("Reported a leak")  # a merit has no procedure
    close(site, OCTOBER)
    listed = page(hr, "/rewards/incidents")
    assert listed.row("On the phone")[-1] == "November 2026 if it is approved"
    assert "counts in November 2026 if it is approved" in page(hr, listed.links[row[0]]).words
    assert len(page(hr, "/rewards/incidents?kind=reward").rows) == 2
    assert "On the phone" in page(hr, "/rewards/incidents?category=conduct").words
    assert "Reported" not in page(hr, "/rewards/incidents?category=conduct").words
    assert "Nothing matches" in page(hr, "/rewards/incidents?status=approved").words
    file = hr.get("/rewards/incidents?kind=reward&format=csv").get_data(as_text=True)
    assert "Reported a leak" in file
    assert "E0004,Person E0004,Centre/One" in file
    assert "On the phone" not in file


# Proposals


def key(site: Site, number: str, code: str) -> str:
    with site.session() as session:
        return f"rule:{offices.employee_id(session, number)}:{code}"


def test_a_proposal_tells_why_and_counts_once_approved(site: Site, hr: FlaskClient) -> None:
    shown = page(hr, PROPOSALS)
    assert shown.heading == "October 2026: 1 proposal waits for a decision"
    row = shown.row("E0005")
    assert "Upheld complaint rate > 0.3% (Upheld complaint rate: 1%)" in row[2]
    wanted = key(site, "E0005", "ATT-P2")
    assert shown.boxes == [wanted]
    assert decide(site, hr, wanted).status_code == 302
    assert "1 approved." in page(hr, PROPOSALS).words
    close(site, OCTOBER)
    assert entries(site, "E0005", OCTOBER)["ATT-P2"] == "counts"
    assert page(hr, PROPOSALS).boxes == []


def test_several_are_decided_at_once_or_none(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    phone = f"incident:{record(site, site.signed_in(accounts['supervisor']))}"
    wanted = key(site, "E0005", "ATT-P2")
    refused = decide(site, hr, phone, wanted, decision="declined")
    assert refused.status_code == 400
    shown = markup(refused)
    assert "Say why it is declined." in shown.words
    assert set(shown.ticked) == {phone, wanted}
    decide(site, hr, phone, wanted, decision="declined", reason="Seen to otherwise")
    with site.session() as session:
        assert session.scalars(select(Incident.status)).all() == ["declined"]
        assert session.scalars(select(RuleApproval.decision)).all() == ["declined"]
    close(site, OCTOBER)
    assert entries(site, "E0005", OCTOBER)["ATT-P2"] == "declined"


def test_the_same_decision_twice_is_told(site: Site, hr: FlaskClient) -> None:
    wanted = key(site, "E0005", "ATT-P2")
    decide(site, hr, wanted)
    again = decide(site, hr, wanted)
    assert "is decided already" in markup(again).words


def test_managers_decide_about_their_own_people_only(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        offices.complaints(session, "E0009")
    manager = site.signed_in(accounts["manager"])
    shown = page(manager, PROPOSALS)
    assert shown.boxes == [key(site, "E0005", "ATT-P2")]
    refused = decide(site, manager, key(site, "E0009", "ATT-P2"))
    assert refused.status_code == 404
    assert decide(site, manager, shown.boxes[0]).status_code == 302
    for role in ("supervisor", "agent", "auditor"):
        assert site.signed_in(accounts[role]).get(PROPOSALS).status_code == 403
    assert site.signed_in(accounts["admin"]).get(PROPOSALS).status_code == 404


def test_nobody_decides_about_themselves_nor_what_they_recorded(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    manager = site.signed_in(accounts["manager"])
    mine = f"incident:{record(site, manager)}"
    about = f"incident:{record(site, hr, employee='E0001')}"
    shown = page(manager, PROPOSALS)
    assert mine not in shown.boxes
    assert about not in shown.boxes
    assert "You recorded this: somebody else decides." in shown.words
    assert "This is about you: somebody else decides." in shown.words
    assert "somebody else decides it" in markup(decide(site, manager, mine)).words
    assert "Nobody decides about themselves." in markup(decide(site, manager, about)).words


def test_nothing_ticked_and_nonsense_are_told(site: Site, hr: FlaskClient) -> None:
    assert "Tick at least one" in markup(decide(site, hr)).words
    for nonsense in ("rule:x:y", "incident:999", "incident:", "rule:1:NONE", "other"):
        assert decide(site, hr, nonsense).status_code == 404


def test_decisions_of_a_closed_month_stay(site: Site, hr: FlaskClient) -> None:
    close(site, OCTOBER)
    refused = decide(site, hr, key(site, "E0005", "ATT-P2"))
    assert "2026-10 is closed; its decisions stay." in markup(refused).words


def test_an_incident_of_a_closed_month_waits_in_the_open_one(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    number = record(site, site.signed_in(accounts["supervisor"]), day="2026-09-14")
    assert f"incident:{number}" in page(hr, PROPOSALS).boxes
    decide(site, hr, f"incident:{number}", reason="Seen by all")
    with site.session() as session:
        made = session.scalars(select(Incident)).one()
        assert (made.day, made.counts_in) == (date(2026, 9, 14), Month(2026, 11))


# Awards


def test_the_list_of_an_award_ranks_and_explains(site: Site, hr: FlaskClient) -> None:
    shown = page(hr, LIST)
    assert shown.heading == "Steady hand, September 2026: 3 eligible"
    assert shown.row("E0004")[1] == "1"
    assert shown.row("E0004")[-1] == "proposed"
    assert shown.ticked == ["E0004"]
    assert "Too little data" in shown.row("E0002")[2]


def test_a_winner_is_confirmed_and_rests_in_the_next_month(site: Site, hr: FlaskClient) -> None:
    site.post(hr, LIST, {"winners": ["E0004"]}, form=LIST)
    assert "1 winner is confirmed." in page(hr, LIST).words
    again = site.post(hr, LIST, {"winners": ["E0004"]}, form=LIST)
    assert "decided already" in markup(again).words
    close(site, OCTOBER)
    october = page(hr, f"/rewards/awards/2026-10/{AWARD}")
    row = october.row("E0004")
    assert row[2] == "won in September 2026, eligible again from December 2026"


def test_replacing_a_proposed_winner_needs_a_reason(site: Site, hr: FlaskClient) -> None:
    refused = site.post(hr, LIST, {"winners": ["E0005"]}, form=LIST)
    assert refused.status_code == 400
    shown = markup(refused)
    assert "Say why you depart from the proposal." in shown.words
    assert shown.ticked == ["E0005"]
    site.post(hr, LIST, {"winners": ["E0005"], "reason": "She led"}, form=LIST)
    assert "not as proposed" in page(hr, LIST).words
    site.post(hr, f"{LIST}/undo", {"reason": "A slip"}, form=LIST)
    with site.session() as session:
        assert session.scalars(select(AwardWinner)).all() == []


def test_employees_see_winners_but_not_the_list(
    site: Site, accounts: dict[str, Account], hr: FlaskClient
) -> None:
    site.post(hr, LIST, {"winners": ["E0004"]}, form=LIST)
    agent = site.signed_in(accounts["colleague"])
    assert agent.get(LIST).headers["Location"] == "/rewards/awards/2026-09"
    shown = page(agent, "/rewards/awards/2026-09")
    assert "Person E0004" in shown.words
    assert LIST not in shown.links.values()
    assert site.post(agent, f"{LIST}/undo", {"reason": "No"}, form="/account").status_code == 403
    auditor = site.signed_in(accounts["auditor"])
    assert page(auditor, LIST).boxes == []
    assert site.post(auditor, LIST, {"winners": ["E0004"]}, form="/account").status_code == 403


def test_awards_of_an_open_month_cannot_be_decided(site: Site, hr: FlaskClient) -> None:
    assert "once the month is closed" in page(hr, "/rewards/awards/2026-10").words
    assert hr.get(f"/rewards/awards/2026-10/{AWARD}").status_code == 409
    assert hr.get("/rewards/awards/2026-09/none").status_code == 404


def test_hr_who_is_a_candidate_only_looks(site: Site, accounts: dict[str, Account]) -> None:
    from core.permissions import Role
    from staff.models import RoleGrant

    with site.session() as session:
        session.add(RoleGrant(account_id=accounts["other"].id, role=Role.HR))
    client = site.signed_in(accounts["other"])
    shown = page(client, LIST)
    assert "You are a candidate yourself" in shown.words
    assert shown.boxes == []
    assert site.post(client, LIST, {"winners": ["E0004"]}, form="/account").status_code == 403
