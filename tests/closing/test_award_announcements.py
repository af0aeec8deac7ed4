"""Awards from the nomination to the final decision: services and constraints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from factories import offices
from factories.offices import AWARD, OCTOBER, SEPTEMBER
from factories.people import NOW
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from support.site import Site

from closing import objections, winners
from closing.award_reasons import award_list
from closing.payroll import mark_exported
from core.actor import Actor
from core.clock import Now
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.models import AuditEntry
from core.values import Month
from rewards import announcements, nominations
from rewards.models import AwardDecision, AwardNomination, AwardObjection, AwardWinner
from staff.attendance.models import CalendarOverride
from staff.models import Notice

POLICY = offices.policy()
UNTIL = date(2026, 11, 5)  # a Thursday, three working days after Monday the second


@pytest.fixture
def session(site: Site) -> Iterator[Session]:
    """September is closed."""
    with site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
        offices.close(session, SEPTEMBER)
        yield session


def actor(session: Session, number: str) -> Actor:
    return Actor(number, offices.employee_id(session, number))


def days(number: int) -> Now:
    return Now(NOW.moment + timedelta(days=number), NOW.wall + timedelta(days=number))


def confirm(session: Session, *numbers: str, on: date | None = None, by: str = "E0003") -> None:
    winners.confirm_winners(
        session,
        actor=actor(session, by),
        now=NOW,
        month=SEPTEMBER,
        key=AWARD,
        numbers=numbers or ("E0004",),
        reason="a test",
        announced_on=on,
    )


def undo(session: Session, now: Now = NOW, by: str = "E0003") -> None:
    winners.undo_confirmation(
        session,
        actor=actor(session, by),
        now=now,
        month=SEPTEMBER,
        key=AWARD,
        reason="A slip",
    )


def standing(session: Session) -> AwardDecision:
    found = announcements.standing(session, SEPTEMBER, AWARD)
    assert found is not None
    return found


def lodge(session: Session, number: str = "E0005", now: Now = NOW) -> AwardObjection:
    return objections.lodge(
        session,
        actor=actor(session, number),
        now=now,
        decision_id=standing(session).id,
        text="She was away all month",
        hr=[offices.employee_id(session, "E0003")],
    )


def decide(session: Session, row: AwardObjection, decision: str, by: str = "E0003") -> None:
    objections.decide(
        session,
        actor=actor(session, by),
        now=days(1),
        objection_id=row.id,
        decision=decision,  # type: ignore[arg-type]
        reason="We looked into it",
    )


def told(session: Session) -> list[tuple[int, str]]:
    about = select(Notice).where(Notice.kind.startswith("award.")).order_by(Notice.id)
    return [(row.employee_id, row.kind) for row in session.scalars(about)]


def nominate(session: Session, number: str = "E0004", by: str = "E0002", **changes: object) -> int:
    values = {"month": SEPTEMBER, "award": POLICY.awards[AWARD], "reason": "She led", **changes}
    return nominations.nominate(
        session,
        actor=actor(session, by),
        now=NOW,
        employee_id=offices.employee_id(session, number),
        **values,  # type: ignore[arg-type]
    ).id


def test_it_is_announced_for_working_days_and_final_after_them(session: Session) -> None:
    confirm(session)
    decision = standing(session)
    assert (decision.announced_on, decision.objections_until) == (NOW.wall.date(), UNTIL)
    assert (decision.proposed, decision.chosen) == (["E0004"], ["E0004"])
    assert announcements.state_of(decision, UNTIL, 0) == "announced"
    after = UNTIL + timedelta(days=1)
    assert announcements.state_of(decision, after, 0) == "final"
    assert announcements.state_of(decision, after, 1) == "held"
    assert session.execute(announcements.honours(UNTIL)).all() == []
    (row,) = session.execute(announcements.honours(after))
    assert (row.employee_no, row.team, row.award) == ("E0004", "Centre/One", AWARD)
    assert told(session) == [(offices.employee_id(session, "E0004"), winners.WON)]


def test_weekends_and_days_of_ones_own_do_not_count(session: Session) -> None:
    session.add(CalendarOverride(day=date(2026, 11, 6), working=False, label="Founding day"))
    confirm(session, on=UNTIL)
    assert standing(session).objections_until == date(2026, 11, 11)
    assert announcements.state_of(standing(session), NOW.wall.date(), 0) == "planned"


@pytest.mark.parametrize("on", [date(2026, 11, 1), date(2026, 12, 4)])
def test_nothing_is_announced_in_the_past_or_far_ahead(session: Session, on: date) -> None:
    with pytest.raises(Refused) as refused:
        confirm(session, on=on)
    assert refused.value.field == "announced_on"


def test_an_objection_holds_the_decision_and_a_declined_one_frees_it(session: Session) -> None:
    confirm(session)
    row = lodge(session)
    after = UNTIL + timedelta(days=1)
    assert session.execute(announcements.honours(after)).all() == []
    decide(session, row, "declined")
    assert len(session.execute(announcements.honours(after)).all()) == 1
    ids = [offices.employee_id(session, number) for number in ("E0004", "E0003", "E0005")]
    kinds = (winners.WON, objections.LODGED, objections.ANSWERED)
    assert told(session) == list(zip(ids, kinds))


def test_an_upheld_objection_takes_the_decision_back_and_the_others_lapse(
    session: Session,
) -> None:
    confirm(session)
    first, second = lodge(session), lodge(session, "E0002")
    decide(session, first, "upheld")
    session.refresh(second)
    assert (first.state, second.state) == ("upheld", "lapsed")
    assert told(session)[-1] == (offices.employee_id(session, "E0002"), winners.LAPSED)
    assert session.scalars(select(AwardWinner)).all() == []
    (old,) = announcements.taken_back(session, SEPTEMBER, AWARD)
    assert (old.chosen, old.taken_back_reason) == (["E0004"], "We looked into it")
    confirm(session, "E0005")
    assert standing(session).id != old.id
    assert standing(session).chosen == ["E0005"]


def test_objections_are_lodged_in_time_once_and_in_ones_own_name(session: Session) -> None:
    confirm(session)
    with pytest.raises(Conflict):
        lodge(session, now=days(4))
    with pytest.raises(Forbidden):
        objections.lodge(
            session,
            actor=Actor("E0002 for E0001", 2, behalf_id=1),
            now=NOW,
            decision_id=standing(session).id,
            text="In their name",
            hr=[],
        )
    lodge(session, now=days(3))
    with pytest.raises(Conflict):
        lodge(session)


def test_nobody_decides_their_own_objection_nor_as_a_candidate(session: Session) -> None:
    confirm(session)
    row, own = lodge(session), lodge(session, "E0003")
    with pytest.raises(Forbidden):
        decide(session, row, "upheld", by="E0009")
    with pytest.raises(Forbidden):
        decide(session, own, "declined")
    decide(session, row, "declined")
    with pytest.raises(Conflict):
        decide(session, row, "upheld")


def test_the_trail_does_not_repeat_the_text_of_an_objection(session: Session) -> None:
    confirm(session)
    lodge(session)
    session.commit()
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "award.objected"))
    assert entry.payload is not None
    assert "away all month" not in entry.payload


def test_what_is_final_or_was_paid_is_not_taken_back(session: Session) -> None:
    confirm(session)
    with pytest.raises(Forbidden):
        undo(session, by="E0009")
    with pytest.raises(Conflict):
        undo(session, days(4))
    row = lodge(session)
    mark_exported(session, actor=actor(session, "E0003"), now=NOW.moment, month=SEPTEMBER)
    with pytest.raises(Conflict):
        undo(session)
    with pytest.raises(Conflict):
        decide(session, row, "upheld")


def test_replacements_keep_to_the_most_of_one_team(site: Site) -> None:
    with site.session() as session:
        offices.office(session, SEPTEMBER)
        award = {**POLICY.document["awards"][AWARD], "quota": 2, "per_team": 1}
        changed = offices.policy(awards={AWARD: award}, effective_from="2026-09")
        offices.publish(session, changed)
        offices.close(session, SEPTEMBER)
        assert award_list(session, SEPTEMBER, AWARD).passed_over == {"E0005"}
        with pytest.raises(Refused) as refused:
            confirm(session, "E0004", "E0005")
        assert refused.value.field == "winners"
        assert "Centre/One has 2" in str(refused.value)


def test_nominations_stand_until_withdrawn_or_decided(session: Session) -> None:
    first = nominate(session)
    with pytest.raises(Conflict):
        nominate(session)
    nominations.withdraw(session, actor=actor(session, "E0002"), now=NOW, nomination_id=first)
    second = nominate(session)
    (row,) = nominations.of_month(session, SEPTEMBER, AWARD)
    assert (row.id, row.employee_no, row.nominator) == (second, "E0004", "Person E0002")
    with pytest.raises(NotFound):
        nominations.withdraw(session, actor=actor(session, "E0001"), now=NOW, nomination_id=second)
    confirm(session, on=UNTIL)
    nominate(session, "E0005")  # nobody is told yet that it is decided
    standing(session).announced_on = NOW.wall.date()
    with pytest.raises(Conflict):
        nominations.withdraw(session, actor=actor(session, "E0002"), now=NOW, nomination_id=second)
    with pytest.raises(Conflict):
        nominate(session, "E0005")


def test_a_nomination_has_a_reason_and_is_never_of_oneself(session: Session) -> None:
    with pytest.raises(Forbidden):
        nominate(session, by="E0004")
    with pytest.raises(Refused) as refused:
        nominate(session, reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises(Refused):
        nominate(session, month=Month(2026, 12))


def test_the_database_holds_what_the_services_promise(any_site: Site) -> None:
    """One decision stands, one nomination of one by one, whole states only."""
    with any_site.session() as session:
        offices.office(session, SEPTEMBER)
        offices.close(session, SEPTEMBER)
        confirm(session)
        lodge(session)
        decision = standing(session)
        copy = {
            column.key: getattr(decision, column.key)
            for column in AwardDecision.__table__.columns
            if column.key != "id"
        }
        nomination = {
            "month": SEPTEMBER,
            "award": AWARD,
            "employee_id": decision.id,
            "reason": "x",
            "nominated_by": "x",
            "nominated_by_id": 2,
            "nominated_at": NOW.moment,
        }
        nomination["employee_id"] = offices.employee_id(session, "E0004")
        session.add(AwardNomination(**nomination))
        session.flush()
        for change in (
            insert(AwardDecision).values(copy),
            insert(AwardNomination).values(nomination),
            insert(AwardNomination).values({**nomination, "employee_id": 2}),
            update(AwardDecision).values(objections_until=date(2026, 1, 1)),
            update(AwardDecision).values(taken_back_by="E0003"),
            update(AwardObjection).values(state="declined"),
            update(AwardObjection).values(state="gone"),
        ):
            point = session.begin_nested()
            with pytest.raises(IntegrityError):
                session.execute(change)
            point.rollback()
