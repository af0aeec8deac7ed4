"""The second decider: what HR may not decide, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from factories import offices, people
from factories.offices import AWARD, NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from sqlalchemy import select
from support.markup import markup
from support.site import Site

from closing.appeals.models import Appeal, AppealLine
from core.models import AuditEntry, Setting
from core.permissions import Role
from evaluations.scorecards.models import Scorecard
from rewards.models import Incident
from staff.models import Account, Notice, RoleGrant
from staff.second_decider import APPOINTED

LIST = f"/rewards/awards/2026-09/{AWARD}"
NEW = "/rewards/incidents/new"
FORM = {
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
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        accounts = offices.office(session, SEPTEMBER, OCTOBER)
        accounts["outsider"] = people.account(
            session, people.employee(session, "E0020", position=None, team_path=None)
        )
    with site.session() as session:
        offices.close(session, SEPTEMBER)
    return accounts


def appoint(site: Site, accounts: dict[str, Account], role: str = "outsider", do: str = "",
            seen: str = "") -> Any:  # fmt: skip
    admin = site.signed_in(accounts["admin"])
    url = f"/accounts/{accounts[role].id}/second-decider"
    return site.post(admin, url, {"do": do, **({"seen": seen} if seen else {})}, form="/accounts/")


def record(site: Site, client: FlaskClient, about: str) -> int:
    answer = site.post(client, NEW, {**FORM, "employee": about}, form=NEW)
    return int(answer.headers["Location"].rpartition("/")[2])


def decide(site: Site, client: FlaskClient, incident: int) -> int:
    reason = {"reason": "Seen by everybody"}
    answer = site.post(client, f"/rewards/incidents/{incident}/approve", reason, form="/account")
    return answer.status_code


def status(site: Site, incident: int) -> tuple[str, str | None]:
    with site.session() as session:
        row = session.get_one(Incident, incident)
        return row.status, row.decided_by


def test_what_hr_recorded_is_decided_by_the_second_decider_once_appointed(
    site: Site, accounts: dict[str, Account]
) -> None:
    recorded = record(site, site.signed_in(accounts["hr"]), "E0009")
    outsider = site.signed_in(accounts["outsider"])
    assert decide(site, outsider, recorded) == 403
    assert appoint(site, accounts).status_code == 302
    assert decide(site, outsider, recorded) == 302
    assert status(site, recorded) == ("approved", "E0020")
    assert outsider.get(f"/rewards/incidents/{recorded}").status_code == 200
    appoint(site, accounts, do="take")
    assert outsider.get(f"/rewards/incidents/{recorded}").status_code == 404


def test_what_others_recorded_about_others_is_none_of_theirs(
    site: Site, accounts: dict[str, Account]
) -> None:
    appoint(site, accounts)
    theirs = record(site, site.signed_in(accounts["supervisor"]), "E0004")
    outsider = site.signed_in(accounts["outsider"])
    assert decide(site, outsider, theirs) == 404
    assert outsider.get("/rewards/incidents").get_data(as_text=True).count("E0004") == 0
    data = {"chosen": [f"incident:{theirs}"], "decision": "approved", "reason": "Yes"}
    answer = site.post(outsider, "/rewards/proposals/2026-10", data, form="/account")
    assert answer.status_code == 404
    assert status(site, theirs) == ("recorded", None)


def test_what_is_about_hr_is_decided_by_the_second_decider_and_says_so(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        about = Incident(
            employee_id=accounts["hr"].employee_id,
            day=NOW.date(),
            rule="CON-P1",
            description="Late",
            recorded_by="E0001",
            recorded_by_id=accounts["manager"].employee_id,
            status="recorded",
        )
        session.add(about)
        session.flush()
        number = about.id
    hr = site.signed_in(accounts["hr"])
    approval = f"/rewards/incidents/{number}/approve"
    assert "second decider" in markup(site.post(hr, approval, form="/account")).words
    assert status(site, number) == ("recorded", None)
    appoint(site, accounts)
    assert decide(site, site.signed_in(accounts["outsider"]), number) == 302
    assert status(site, number)[0] == "approved"


def test_an_award_for_which_hr_is_a_candidate_is_decided_by_the_second_decider(
    site: Site, accounts: dict[str, Account]
) -> None:
    appoint(site, accounts)
    outsider = site.signed_in(accounts["outsider"])
    winner = {"winners": ["E0004"]}
    assert site.post(outsider, LIST, winner, form="/account").status_code == 302  # led away
    assert LIST not in outsider.get("/rewards/awards/2026-09").get_data(as_text=True)
    with site.session() as session:
        session.add(RoleGrant(account_id=accounts["other"].id, role=Role.HR))
    candidate = site.signed_in(accounts["other"])
    assert site.post(candidate, LIST, winner, form="/account").status_code == 403
    assert markup(outsider.get(LIST)).boxes == ["E0004", "E0005", "E0009"]
    assert LIST in outsider.get("/rewards/awards/2026-09").get_data(as_text=True)
    site.post(outsider, LIST, winner, form=LIST)
    assert "1 winner is confirmed." in markup(outsider.get(LIST)).words
    site.post(outsider, f"{LIST}/undo", {"reason": "A slip"}, form=LIST)
    assert "The decision is taken back." in markup(outsider.get(LIST)).words


def test_appointing_is_for_others_outside_hr_audited_and_told(
    site: Site, accounts: dict[str, Account]
) -> None:
    assert appoint(site, accounts, "admin").status_code == 403
    assert appoint(site, accounts, "hr").status_code == 400
    with site.session() as session:
        accounts["puppet"] = people.account(session, login="puppet")
    assert appoint(site, accounts, "puppet").status_code == 400
    assert appoint(site, accounts, do="take").status_code == 404
    appoint(site, accounts)
    assert appoint(site, accounts, "manager", seen="99").status_code == 409  # others were first
    appoint(site, accounts, "manager")
    with site.session() as session:
        (value,) = session.scalars(select(Setting.value).filter_by(key="second_decider"))
        assert value == str(accounts["manager"].id)
        entries = session.scalars(select(AuditEntry).filter_by(action="role.second_decider")).all()
        assert [(each.actor, each.subject) for each in entries] == [
            ("admin", "E0020"),
            ("admin", "E0001"),
        ]
        told = set(session.scalars(select(Notice.employee_id).filter_by(kind=APPOINTED)))
        assert told == {accounts[role].employee_id for role in ("hr", "outsider", "manager")}


@pytest.mark.parametrize("maker", ["E0003", "E0003 for E0008"])
def test_an_appeal_against_a_record_that_hr_made_is_decided_by_the_second_decider(
    site: Site, accounts: dict[str, Account], maker: str
) -> None:
    with site.session() as session:
        card = session.scalars(
            select(Scorecard).where(Scorecard.employee_id == accounts["agent"].employee_id)
        ).one()
        appeal = Appeal(
            scorecard_id=card.id,
            employee_id=card.employee_id,
            month=SEPTEMBER,
            lodged_at=NOW,
            due_on=NOW.date(),
        )
        session.add(appeal)
        session.flush()
        lines = [
            AppealLine(
                appeal_id=appeal.id, record="metric", key=key, makers=[by],
                was={"value": 0.9, "sample_size": 9},
                reason="Not so", asked="Another value",
            )
            for key, by in (("csat", maker), ("qa_score", "E0002"))
        ]  # fmt: skip
        session.add_all(lines)
        session.flush()
        place = f"/appeals/{appeal.id}"
        by_hr, by_boss = (f"{place}/lines/{line.id}" for line in lines)
        mine = lines[0].id
    outsider = site.signed_in(accounts["outsider"])
    assert outsider.get(place).status_code == 404
    appoint(site, accounts)
    assert by_hr in outsider.get(place).get_data(as_text=True)
    assert by_boss not in outsider.get(place).get_data(as_text=True)
    decision = {"decision": "declined", "reason": "It was so"}
    refused = site.post(outsider, by_boss, decision, form="/account")
    assert refused.status_code in (403, 404)
    hr = site.signed_in(accounts["hr"])
    barred = site.post(hr, by_hr, decision, form="/account")
    assert "second decider" in markup(barred).words
    assert site.post(outsider, by_hr, decision, form="/account").status_code == 302
    with site.session() as session:
        assert session.get_one(AppealLine, mine).decided_by == "E0020"
