"""Results that are published at a moment that HR sets: nobody sees anything before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import time_machine
from factories import offices
from factories.offices import NOW, OCTOBER
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from support.databases import Kind
from support.markup import markup
from support.site import Site, application

from closing import publishing
from closing.appeals.models import Receipt
from closing.appeals.windows import deadlines_of
from closing.publication_clock import Publisher
from closing.services import reopen_month
from core.actor import SYSTEM
from core.clock import Now
from core.db import db
from core.errors import Conflict, Refused
from core.models import AuditEntry, Closing, MonthState
from evaluations.scorecards.models import Scorecard
from staff.models import Account, Notice

WHEN = datetime(2026, 11, 5, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
BEFORE = WHEN - timedelta(seconds=1)
CARD = "/scorecards/2026-10/E0004"
# Every page on which one meets one's own results, and what it must not show before.
OWN = ("/", CARD, f"{CARD}.pdf", "/scorecards/2026-10", "/heatmap/2026-10",
       "/records/2026-10/E0004/metrics", "/evaluations/2026-10/E0004", f"{CARD}/rules",
       "/rewards/people/E0004", "/appeals/new/2026-10", "/scorecards")  # fmt: skip


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    site.app.config["BABEL_DEFAULT_LOCALE"] = site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        made = offices.office(session, OCTOBER)
        offices.close(session, OCTOBER)
        for account in made.values():
            session.refresh(account)
        return made


def plan(session: Session, when: datetime = WHEN) -> None:
    publishing.plan_results(session, actor=SYSTEM, now=NOW, month=OCTOBER, when=when)


def told(session: Session) -> int:
    kind = publishing.PUBLISHED
    return session.scalar(select(func.count()).where(Notice.kind == kind)) or 0


def total_of(site: Site) -> float:
    with site.session() as session:
        who = offices.employee_id(session, "E0004")
        return session.query(Scorecard).filter_by(employee_id=who).one().total or 0


def test_an_employee_sees_nothing_before_and_everything_after(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        plan(session)
    with time_machine.travel(BEFORE, tick=False):
        client = site.signed_in(accounts["agent"])
        with site.session() as session:
            assert publishing.publish_due(session, now=BEFORE) == []
        assert client.get(CARD).status_code == 404
        total = f"{total_of(site):.2f}"
        for url in OWN:
            assert total not in client.get(url).get_data(as_text=True), url
        site.post(client, "/receipts/2026-10/mine", form="/account/password")
        with site.session() as session:
            assert (told(session), session.query(Receipt).count()) == (0, 0)
    with time_machine.travel(WHEN, tick=False):
        client = site.signed_in(accounts["agent"])
        with site.session() as session:
            assert publishing.publish_due(session, now=WHEN) == [OCTOBER]
        assert total in client.get(CARD).get_data(as_text=True)


def test_everybody_is_told_exactly_once_however_many_look(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        plan(session)
    publisher = Publisher(site.app)
    for moment in (BEFORE, WHEN, WHEN, WHEN + timedelta(hours=1)):
        thread = publisher.wake(moment)
        if thread is not None:
            thread.join(20)
        with site.session() as session:
            assert told(session) == (0 if moment == BEFORE else 5)


def test_a_publisher_looks_once_a_minute_and_at_the_next_moment_that_it_knows(
    site: Site, accounts: dict[str, Account]
) -> None:
    publisher = Publisher(site.app)
    with site.session() as session:
        plan(session)

    def looked(moment: datetime) -> bool:
        thread = publisher.wake(moment)
        if isinstance(thread, Thread):
            thread.join(20)
        return thread is not None

    assert looked(WHEN - timedelta(seconds=90))
    assert not looked(WHEN - timedelta(seconds=80))
    assert looked(WHEN - timedelta(seconds=20))
    assert looked(WHEN)  # 20 seconds later: it knows the moment
    assert not looked(WHEN + timedelta(seconds=30))


def test_appeals_are_open_for_five_working_days_from_the_moment_of_publication(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        plan(session)
        publishing.publish_due(session, now=WHEN)
        state = session.get_one(MonthState, OCTOBER)
        assert state.published_at == WHEN
        now = Now(WHEN, WHEN.replace(tzinfo=None) + timedelta(hours=8))
        until = deadlines_of(
            session.get_one(Closing, state.closing_id), offices.policy().appeals, WHEN, now
        )
        assert until.lodge.isoformat() == "2026-11-12"


def test_a_plan_is_for_a_moment_to_come_and_is_replaced_or_removed(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        for when in (NOW, NOW - timedelta(days=1), NOW + timedelta(days=400)):
            with pytest.raises(Refused) as refused:
                plan(session, when)
            assert refused.value.field == "publish_at"
        with pytest.raises(Conflict):
            publishing.unplan_results(session, actor=SYSTEM, now=NOW, month=OCTOBER)
        plan(session)
        plan(session, WHEN + timedelta(days=1))
        assert publishing.publish_due(session, now=WHEN) == []
        publishing.unplan_results(session, actor=SYSTEM, now=NOW, month=OCTOBER)
        assert publishing.publish_due(session, now=WHEN + timedelta(days=2)) == []
    with site.session() as session:
        planned = select(func.count()).where(AuditEntry.action == "results.planned")
        assert session.scalar(planned) == 3


def test_publishing_by_hand_and_reopening_end_a_plan(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        plan(session)
        publishing.publish_results(session, actor=SYSTEM, now=NOW, month=OCTOBER)
        assert publishing.publish_due(session, now=WHEN) == []
        with pytest.raises(Conflict):
            plan(session)
        publishing.withhold_results(session, actor=SYSTEM, now=NOW, month=OCTOBER)
        plan(session)
        reopen_month(session, actor=SYSTEM, now=NOW, month=OCTOBER, reason="x", cascade=False)
        assert publishing.publish_due(session, now=WHEN) == []
        assert session.get_one(MonthState, OCTOBER).publish_at is None


def test_a_month_is_not_published_by_a_plan_before_it_is_closed(
    fresh_database_url: Callable[[Kind], str], tmp_path: Path
) -> None:
    site = Site(application(fresh_database_url("sqlite"), tmp_path))
    with site.session() as session:
        offices.office(session, OCTOBER)
        plan(session)
        assert publishing.publish_due(session, now=WHEN) == []
        offices.close(session, OCTOBER)
        assert publishing.publish_due(session, now=WHEN) == [OCTOBER]
    with site.app.app_context():
        db.engine.dispose()


def test_the_database_holds_no_plan_for_what_is_published(
    any_site: Site,
) -> None:
    with any_site.session() as session:
        offices.office(session, OCTOBER)
        offices.close(session, OCTOBER)
        publishing.publish_results(session, actor=SYSTEM, now=NOW, month=OCTOBER)
    change = update(MonthState).where(MonthState.month == OCTOBER).values(publish_at=WHEN)
    with any_site.app.app_context(), pytest.raises(IntegrityError):
        db.session.execute(change)


@pytest.fixture
def hr(site: Site, accounts: dict[str, Account]) -> Iterator[FlaskClient]:
    with time_machine.travel(NOW, tick=False):
        yield site.signed_in(accounts["hr"])


def test_hr_sets_the_moment_on_the_organisations_clock(site: Site, hr: FlaskClient) -> None:
    page = "/closing/2026-10"
    for never in ("never", "0001-01-01T00:00"):
        answer = site.post(hr, f"{page}/publish-at", {"publish_at": never}, form=page)
        assert "Type a day and a time" in answer.text
    site.post(hr, f"{page}/publish-at", {"publish_at": "2026-11-05T09:00"}, form=page)
    with site.session() as session:
        assert session.get_one(MonthState, OCTOBER).publish_at == WHEN
    assert "Will be published 2026-11-05 09:00" in markup(hr.get(page)).words
    site.post(hr, f"{page}/publish-at/remove", form=page)
    with site.session() as session:
        assert session.get_one(MonthState, OCTOBER).publish_at is None


def test_the_moment_is_set_with_the_close_or_neither_happens(site: Site, hr: FlaskClient) -> None:
    with site.session() as session:
        reopen_month(session, actor=SYSTEM, now=NOW, month=OCTOBER, reason="x", cascade=False)
    page = "/closing/2026-10"
    site.post(hr, f"{page}/close", {"publish_at": "2020-01-01T09:00"}, form=page)
    with site.session() as session:
        assert session.get_one(MonthState, OCTOBER).state == "open"
    site.post(hr, f"{page}/close", {"publish_at": "2026-11-05T09:00"}, form=page)
    with site.session() as session:
        state = session.get_one(MonthState, OCTOBER)
        assert (state.state, state.publish_at, state.published_at) == ("closed", WHEN, None)


def test_the_command_publishes_what_is_due(site: Site, accounts: dict[str, Account]) -> None:
    with site.session() as session:
        plan(session)
    runner = site.app.test_cli_runner()
    with time_machine.travel(BEFORE, tick=False):
        assert "0" in runner.invoke(args=["results", "publish"]).output
    with time_machine.travel(WHEN, tick=False):
        assert "2026-10" in runner.invoke(args=["results", "publish"]).output
