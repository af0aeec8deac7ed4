"""What is to be settled before the close: each point with its place and who settles it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from factories import offices, people
from factories.offices import NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from support.markup import Markup, markup
from support.site import Site
from support.statements import sent
from support.walltime import wall

from closing import kept_preview
from closing.appeals.models import Appeal
from core import audit
from core.actor import SYSTEM
from core.clock import Now
from core.db import db
from core.models import ImportBatch, LateRow, UnmappedRow
from evaluations.monthly.services import submit
from evaluations.rounds.models import ReviewRound
from evaluations.scorecards.models import Scorecard
from rewards.models import Incident
from staff.attendance.models import Leave
from staff.models import Account

PAGE = "/closing/2026-10"


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def hr(site: Site) -> FlaskClient:
    site.app.config["BABEL_DEFAULT_LOCALE"] = site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        accounts: dict[str, Account] = offices.office(session, SEPTEMBER, OCTOBER)
        return site.signed_in(accounts["hr"])


def page(client: FlaskClient, url: str = PAGE) -> Markup:
    answer = client.get(url)
    assert answer.status_code == 200
    return markup(answer)


def everything(site: Site) -> None:
    """One of each that waits."""
    with site.session() as session:
        who = offices.employee_id(session, "E0004")
        batch = ImportBatch(
            kind="tickets",
            filename="x.csv",
            sha256="0" * 64,
            state="applied",
            created_at=NOW,
            created_by="E0003",
        )
        session.add(batch)
        session.flush()
        start = wall("2026-10-05 00:00")
        session.add_all(
            (
                Incident(employee_id=who, day=date(2026, 10, 5), rule="X", description="x"),
                Leave(
                    employee_id=who,
                    type="annual",
                    start=start,
                    end=start + 3600,
                    status="requested",
                ),
                LateRow(
                    batch_id=batch.id,
                    kind="tickets",
                    month=OCTOBER,
                    row_number=2,
                    key="x",
                    values={},
                ),
                UnmappedRow(
                    batch_id=batch.id,
                    kind="tickets",
                    source="zendesk",
                    external_id="77",
                    column="agent",
                    ways="id",
                    row_number=3,
                    digest="2" * 64,
                    values={},
                ),
                ReviewRound(
                    month=OCTOBER,
                    first_day=date(2026, 10, 26),
                    last_day=date(2026, 11, 5),
                    starts_at=NOW.replace(day=1),
                    ends_at=NOW.replace(day=6),
                    peers=3,
                    cross_team=3,
                    max_load=10,
                    seed="s",
                    state="open",
                    min_raters=3,
                ),
            )
        )


def test_each_point_leads_to_where_it_is_settled_and_says_who_can(
    site: Site, hr: FlaskClient
) -> None:
    everything(site)
    found = page(hr)
    assert found.heading == "October 2026 cannot be closed yet"
    assert f"{PAGE}/close" not in found.actions
    evaluations = "5 evaluations are not submitted: what is entered counts all the same"
    for text, url in {
        "The 360° round of the month runs: end it, or close later": "/reviews/rounds/2026-10",
        "1 incident is not decided: approved later, it counts in a later month": (
            "/rewards/proposals/2026-10"
        ),
        "1 late row waits and changes nothing": "/imports/late?month=2026-10",
        "1 row is set aside: nobody knows whose id it names": "/imports/unmapped",
        evaluations: "/evaluations/2026-10",
    }.items():
        assert found.links[text] == url
    assert "1 request for leave is not decided and does not count" in found.words
    assert "HR (Person E0003) or the manager; not who recorded it" in found.words
    assert "Their supervisors: Person E0001 (1), Person E0002 (2)" in found.words


def test_what_is_settled_is_shown_as_settled(site: Site, hr: FlaskClient) -> None:
    with site.session() as session:
        numbers = ("E0001", "E0002", "E0004", "E0005", "E0009")
        ids = [offices.employee_id(session, each) for each in numbers]
        submit(
            session, actor=SYSTEM, now=Now(NOW, NOW.replace(tzinfo=None)), month=OCTOBER, people=ids
        )
    found = page(hr)
    assert found.heading == "October 2026 can be closed"
    for text in (
        "No 360° round runs",
        "Every incident is decided",
        "Every evaluation is submitted",
        "Every appeal is decided",
        "No row came late",
    ):
        assert f"Settled {text}" in found.words


def test_an_appeal_that_nobody_decided_is_said(site: Site, hr: FlaskClient) -> None:
    with site.session() as session:
        offices.close(session, SEPTEMBER)
        card = session.query(Scorecard).filter_by(month=SEPTEMBER).first()
        assert card is not None
        session.add(
            Appeal(
                scorecard_id=card.id,
                employee_id=card.employee_id,
                month=SEPTEMBER,
                state="lodged",
                lodged_at=NOW,
                due_on=date(2026, 11, 16),
            )
        )
    found = page(hr)
    assert found.links["1 appeal is not decided"] == "/appeals?state=lodged"
    assert "HR (Person E0003); not who made the record" in found.words


def test_the_page_asks_for_the_preview_as_a_part_and_keeps_it(site: Site, hr: FlaskClient) -> None:
    with site.session() as session:
        offices.close(session, SEPTEMBER)
    with site.app.app_context(), sent(db.session()) as cold:
        first = hr.get(PAGE)
    assert len(cold.statements) <= 12
    assert f'hx-get="{PAGE}/figures"' in first.get_data(as_text=True)
    part = page(hr, f"{PAGE}/figures")
    assert "Every proposal is decided" in part.words
    with site.app.app_context(), sent(db.session()) as kept:
        again = hr.get(PAGE)
    assert len(kept.statements) <= 12
    assert "hx-get" not in again.get_data(as_text=True).split("<main")[1]


def test_a_kept_preview_lasts_until_something_is_recorded(site: Site, hr: FlaskClient) -> None:
    with site.session() as session:
        audit.record(session, actor=SYSTEM, at=NOW, action="sign_in", subject="account:1")
        audit.write(session)
        made = kept_preview.summary(session, OCTOBER, NOW)
        audit.record(session, actor=SYSTEM, at=NOW, action="sign_in", subject="account:1")
        audit.write(session)
        assert kept_preview.kept_summary(session, OCTOBER, NOW) is made
        later = NOW + kept_preview.KEPT_FOR
        assert kept_preview.kept_summary(session, OCTOBER, later) is None
        audit.record(session, actor=SYSTEM, at=NOW, action="evaluation.value", subject="x")
        audit.write(session)
        assert kept_preview.kept_summary(session, OCTOBER, NOW) is None


def test_only_hr_gets_the_part(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        client = site.signed_in(accounts["auditor"])
    assert client.get(f"{PAGE}/figures").status_code == 403
