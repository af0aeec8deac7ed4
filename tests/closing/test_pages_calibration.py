"""The page of calibration: HR sees everybody, a manager their people; changes are listed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from factories import offices, people
from factories.offices import NOW, OCTOBER, SEPTEMBER
from sqlalchemy.orm import Session
from support.markup import Markup, markup
from support.site import Site
from support.statements import sent

from closing.calibration_queries import changed
from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import db
from core.values import FactSpec, Names
from evaluations.models import MetricValue, SpotCheck
from evaluations.monthly.cells import version_of
from evaluations.monthly.services import Entry, enter_values, give_back, submit
from staff.models import Account

PAGE = "/closing/2026-10/calibration"
SECOND = Now(NOW, NOW.replace(tzinfo=None))
SPEC = FactSpec("qa_score", "score", Names("质检", "Quality"), "", False)


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    """Five agents under E0002, six under E0008 who reports to nobody; September is closed."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        accounts = offices.office(session)
        other = people.employee(session, "E0008", position="supervisor", team_path="Centre/Two")
        supervisor = session.get_one(type(other), offices.employee_id(session, "E0002"))
        for at in range(9):
            first = at < 3
            number = f"E002{at}"
            people.employee(session, number, supervisor=supervisor if first else other,
                            team_path="Centre/One" if first else "Centre/Two")  # fmt: skip
            for month in (SEPTEMBER, OCTOBER):
                offices.values(session, number, month, qa_score=70 + at)
        for number in ("E0004", "E0005"):
            offices.values(session, number, SEPTEMBER)
        offices.close(session, SEPTEMBER)
        for account in accounts.values():
            session.refresh(account)
        return accounts


def page(site: Site, account: Account, query: str = "") -> Markup:
    answer = site.signed_in(account).get(f"{PAGE}?figures=1{query}")
    assert answer.status_code == 200
    return markup(answer)


def _version(session: Session, who: int) -> str:
    row = session.query(MetricValue).filter_by(
        employee_id=who, month=OCTOBER, metric="qa_score"
    ).one()  # fmt: skip
    return version_of(row.value, row.sample_size)


def test_hr_sees_every_group_beside_the_month_before(
    site: Site, accounts: dict[str, Account]
) -> None:
    found = page(site, accounts["hr"])
    first, second = found.row("Person E0002 E0002"), found.row("Person E0008 E0008")
    assert (first[1], second[1]) == ("5", "6")
    assert all(float(cell) > 0 for cell in (first[7], first[8], first[9]))
    assert found.row("Person E0001 E0001")[2] == "Too few to compare."
    by_team = page(site, accounts["hr"], "&by=team")
    assert by_team.row("Centre/Two")[1] == "8"  # with their supervisor, and E0009


def test_a_manager_sees_their_own_people_and_nobody_below_that_enters(
    site: Site, accounts: dict[str, Account]
) -> None:
    found = page(site, accounts["manager"], "&group=2")
    assert found.row("Person E0002 E0002")[1] == "5"
    assert "E0008" not in found.words
    assert "E0023" not in found.words
    assert page(site, accounts["manager"], "&group=8").words.count("E0023") == 0
    for role in ("agent", "supervisor", "auditor", "admin"):
        assert site.signed_in(accounts[role]).get(PAGE).status_code in (403, 404)


def test_the_members_of_a_group_lead_to_their_evaluations(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        group = offices.employee_id(session, "E0008")
    found = page(site, accounts["hr"], f"&group={group}")
    assert found.row("Person E0023 E0023")[4] == "Open the evaluation"
    assert found.links["Open the evaluation"].startswith("/evaluations/2026-10/E002")


def test_spot_checks_of_somebody_are_set_beside_those_of_the_others(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        for at in range(10):
            checker = "E0002" if at < 5 else "E0008"
            session.add(
                SpotCheck(
                    employee_id=offices.employee_id(session, "E0004"),
                    day=date(2026, 10, 5 + at),
                    score=90 if at < 5 else 80,
                    checked_by_id=offices.employee_id(session, checker),
                )
            )
    found = page(site, accounts["hr"])
    assert "+10.0" in found.row("Person E0002 E0002")[-1]
    assert "−10.0" in found.row("Person E0008 E0008")[-1]


def test_what_was_given_back_and_corrected_is_listed_with_before_and_after(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        who = offices.employee_id(session, "E0004")
        supervisor = Actor("E0002", offices.employee_id(session, "E0002"))
        submit(session, actor=supervisor, now=SECOND, month=OCTOBER, people=[who])
        give_back(session, actor=Actor("E0003", 3), now=SECOND, month=OCTOBER, employee_id=who,
                  reason="far above the others")  # fmt: skip
        entry = Entry(who, SPEC, "90", _version(session, who), departs=True)
        (made,) = enter_values(session, actor=supervisor, now=SECOND, month=OCTOBER,
                               entries=[entry], reason="heard again")  # fmt: skip
        assert made.state == "saved"
    found = page(site, accounts["hr"])
    value, back = (row for row in found.rows if "E0004 Person E0004" in row)
    assert value[3:7] == ["96", "90", "heard again", "E0002 Person E0002"]
    assert back[2:7] == ["Given back", "—", "—", "far above the others", "E0003 Person E0003"]
    assert "heard again" in page(site, accounts["manager"]).words


def test_what_came_after_the_return_of_somebody_else_is_not_listed(
    site: Site, accounts: dict[str, Account]
) -> None:
    """Of an employee number that would match others, were it a pattern."""
    with site.session() as session:
        other = people.employee(session, "E00_4", position="agent").id
        who = offices.employee_id(session, "E0004")
        for action, subject in (
            ("returned", "E00_4"), ("value", "E0004:csat"), ("value", "E00_4:csat")
        ):  # fmt: skip
            audit.record(session, actor=Actor("E0002"), at=NOW, action=f"evaluation.{action}",
                         subject=f"evaluation:2026-10:{subject}", after={})  # fmt: skip
        session.commit()
        found = changed(session, OCTOBER, [who, other])
    assert {each.employee_no for each in found} == {"E00_4"}
    assert len(found) == 2


def test_the_page_does_not_wait_for_the_preview(site: Site, accounts: dict[str, Account]) -> None:
    client = site.signed_in(accounts["hr"])
    with site.app.app_context(), sent(db.session()) as cold:
        first = client.get(PAGE).get_data(as_text=True)
    assert "figures=1" in first
    client.get(f"{PAGE}?figures=1")
    with site.app.app_context(), sent(db.session()) as kept:
        assert "Mean total" in client.get(PAGE).get_data(as_text=True)
    assert max(len(cold.statements), len(kept.statements)) <= 12


def test_the_chart_shows_groups_that_can_be_compared(
    site: Site, accounts: dict[str, Account]
) -> None:
    answer = site.signed_in(accounts["hr"]).get(f"{PAGE}.svg")
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"
    assert site.signed_in(accounts["manager"]).get(f"{PAGE}.svg").status_code == 404


def test_a_closed_month_is_past_calibration(site: Site, accounts: dict[str, Account]) -> None:
    answer = site.signed_in(accounts["hr"]).get("/closing/2026-09/calibration")
    assert answer.headers["Location"] == "/scorecards/2026-09"
