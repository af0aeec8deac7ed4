"""Many people deciding the same thing at once: one wins, the others are told, nothing doubles."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from factories import offices
from factories.offices import OCTOBER, SEPTEMBER
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from support.centres import seal
from support.site import Site

from closing import objections, publishing, winners
from closing import services as closing
from closing.verification import verify
from core.actor import Actor
from core.clock import Now
from core.errors import Conflict, Refused
from core.models import AuditEntry, MonthState
from rewards import services as rewards
from rewards.models import AwardDecision, AwardWinner
from rewards.recording import record_incident

NOW = Now(datetime(2026, 11, 2, 1, tzinfo=UTC), datetime(2026, 11, 2, 9))
PEOPLE = 50
RULES = offices.policy().rules
Decide = Callable[[Session, Actor], Any]


def everybody(site: Site, decide: Decide, people: int = PEOPLE) -> list[str]:
    """All of them at the same moment; what each was told (nothing for the one who won)."""
    told: list[str] = []
    start = threading.Barrier(people)

    def one(number: int) -> None:
        start.wait()
        try:
            with site.session() as session:
                decide(session, Actor(f"decider-{number}"))
            told.append("")
        except (Conflict, Refused) as refused:
            told.append(type(refused).__name__)
        except Exception as error:
            told.append(repr(error)[:300])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def one_wins(people: int = PEOPLE) -> list[str]:
    return ["", *["Conflict"] * (people - 1)]


def entries(site: Site, action: str) -> int:
    with site.session() as session:
        assert list(verify(session)) == []
        count = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)
        return session.scalar(count) or 0


@pytest.fixture
def site(any_site: Site) -> Site:
    with any_site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
    return any_site


def decide_rule(session: Session, actor: Actor) -> Any:
    return rewards.decide_rule(
        session,
        actor=actor,
        now=NOW,
        month=OCTOBER,
        employee_id=offices.employee_id(session, "E0004"),
        rule=RULES["ATT-P2"],
        decision="approved",
    )


@pytest.mark.long
def test_fifty_people_decide_the_same_approval(site: Site) -> None:
    assert everybody(site, decide_rule) == one_wins()
    assert entries(site, "rule.approved") == 1


@pytest.mark.long
def test_fifty_people_approve_the_same_incident(site: Site) -> None:
    with site.session() as session:
        number = record_incident(
            session,
            actor=Actor("E0002", offices.employee_id(session, "E0002")),
            now=NOW,
            employee_id=offices.employee_id(session, "E0004"),
            day=date(2026, 10, 12),
            code="CON-P1",
            description="On the phone",
            rules=RULES,
        ).id

    def approve(session: Session, actor: Actor) -> Any:
        return rewards.approve_incident(session, actor=actor, now=NOW, incident_id=number)

    assert everybody(site, approve) == one_wins()
    assert entries(site, "incident.approved") == 1


def close_october(session: Session, actor: Actor) -> Any:
    return closing.close_month(session, actor=actor, now=NOW.moment, month=OCTOBER, seal=seal)


def test_two_tabs_close_the_same_month(site: Site) -> None:
    assert everybody(site, close_october, 2) == one_wins(2)
    assert entries(site, "month.closed") == 1


def test_two_tabs_reopen_the_same_month(site: Site) -> None:
    everybody(site, close_october, 1)

    def reopen(session: Session, actor: Actor) -> Any:
        return closing.reopen_month(
            session,
            actor=actor,
            now=NOW.moment,
            month=OCTOBER,
            reason="a test",
            cascade=False,
        )

    assert everybody(site, reopen, 2) == one_wins(2)
    assert entries(site, "month.reopened") == 1


@pytest.mark.long
def test_fifty_people_publish_the_same_results(site: Site) -> None:
    everybody(site, close_october, 1)

    def publish(session: Session, actor: Actor) -> Any:
        return publishing.publish_results(session, actor=actor, now=NOW.moment, month=OCTOBER)

    assert everybody(site, publish) == one_wins()
    assert entries(site, "results.published") == 1
    with site.session() as session:
        assert session.get_one(MonthState, OCTOBER).published_at is not None


@pytest.mark.long
def test_fifty_people_confirm_the_winners_of_an_award(site: Site) -> None:
    with site.session() as session:
        offices.close(session, SEPTEMBER)

    def confirm(session: Session, actor: Actor) -> Any:
        return winners.confirm_winners(
            session,
            actor=actor,
            now=NOW,
            month=SEPTEMBER,
            key=offices.AWARD,
            numbers=["E0004"],
        )

    assert everybody(site, confirm) == one_wins()
    assert entries(site, "award.confirmed") == 1
    with site.session() as session:
        assert len(session.scalars(select(AwardWinner)).all()) == 1


def test_three_people_uphold_the_same_objection(site: Site) -> None:
    with site.session() as session:
        offices.close(session, SEPTEMBER)
        winners.confirm_winners(
            session,
            actor=Actor("E0003"),
            now=NOW,
            month=SEPTEMBER,
            key=offices.AWARD,
            numbers=["E0004"],
        )
        decision = session.scalars(select(AwardDecision)).one().id
        number = objections.lodge(
            session,
            actor=Actor("E0005", offices.employee_id(session, "E0005")),
            now=NOW,
            decision_id=decision,
            text="She was away",
            hr=[],
        ).id

    def uphold(session: Session, actor: Actor) -> Any:
        return objections.decide(
            session, actor=actor, now=NOW, objection_id=number, decision="upheld", reason="So it is"
        )

    assert everybody(site, uphold, 3) == one_wins(3)
    assert entries(site, "award.undone") == 1
    with site.session() as session:
        assert session.scalars(select(AwardWinner)).all() == []
