"""Winners confirmed and taken back; publishing; what the export of payroll makes final."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from factories import offices
from factories.offices import AWARD, NOW, OCTOBER, SEPTEMBER
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.site import Site

from closing import winners
from closing.award_reasons import award_list
from closing.awards import propose
from closing.payroll import mark_exported, pay_lines
from closing.publishing import publish_results, withhold_results
from closing.services import reopen_month
from core.actor import SYSTEM, Actor
from core.clock import Now
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.models import MonthState
from core.values import Month
from rewards.models import AwardWinner

CLOCK = Now(NOW, NOW.replace(tzinfo=None))


@pytest.fixture
def session(any_site: Site) -> Iterator[Session]:
    """September is closed, October open."""
    with any_site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
        offices.close(session, SEPTEMBER)
        yield session


def hr(session: Session) -> Actor:
    return Actor("E0003", offices.employee_id(session, "E0003"))


def confirm(
    session: Session, *numbers: str, month: Month = SEPTEMBER, reason: str = ""
) -> list[AwardWinner]:
    return winners.confirm_winners(
        session,
        actor=hr(session),
        now=CLOCK,
        month=month,
        key=AWARD,
        numbers=numbers,
        reason=reason,
    )


def undo(session: Session, actor: Actor | None = None, reason: str = "A mistake") -> None:
    winners.undo_confirmation(
        session, actor=actor or hr(session), now=CLOCK, month=SEPTEMBER, key=AWARD, reason=reason
    )


def export(session: Session, month: Month) -> None:
    mark_exported(session, actor=SYSTEM, now=NOW, month=month)


def test_the_proposed_winner_is_confirmed_with_the_prize(session: Session) -> None:
    (made,) = confirm(session, "E0004")
    assert (made.proposed, made.amount, made.pay_month) == (True, Decimal("300.00"), SEPTEMBER)
    prizes = [line for line in pay_lines(session, SEPTEMBER) if line.line == "prize"]
    assert [(line.employee_no, line.payout, line.note) for line in prizes] == [
        ("E0004", Decimal("300.00"), AWARD)
    ]


def test_whoever_departs_from_the_proposal_says_why(session: Session) -> None:
    with pytest.raises(Refused) as refused:
        confirm(session, "E0005")
    assert refused.value.field == "reason"
    (made,) = confirm(session, "E0005", reason="She trained the others")
    assert (made.proposed, made.reason) == (False, "She trained the others")


@pytest.mark.parametrize("numbers", [(), ("E0004", "E0005"), ("E0002",), ("E0099",)])
def test_nobody_too_many_and_the_ineligible_are_refused(
    session: Session, numbers: tuple[str, ...]
) -> None:
    with pytest.raises(Refused) as refused:
        confirm(session, *numbers, reason="Because")
    assert refused.value.field == "winners"


def test_an_award_is_decided_once(session: Session) -> None:
    confirm(session, "E0004")
    with pytest.raises(Conflict):
        confirm(session, "E0004")
    with pytest.raises(Conflict):
        confirm(session, "E0005", reason="Rather her")


def test_a_candidate_decides_nothing(session: Session) -> None:
    candidate = Actor("E0009", offices.employee_id(session, "E0009"))
    with pytest.raises(Forbidden):
        winners.confirm_winners(
            session,
            actor=candidate,
            now=CLOCK,
            month=SEPTEMBER,
            key=AWARD,
            numbers=["E0004"],
        )
    confirm(session, "E0009", reason="Rather her")
    with pytest.raises(Forbidden):
        undo(session, candidate)


def test_an_open_month_and_an_unknown_award_decide_nothing(session: Session) -> None:
    with pytest.raises(Conflict):
        confirm(session, "E0004", month=OCTOBER)
    with pytest.raises(NotFound):
        winners.confirm_winners(
            session, actor=hr(session), now=CLOCK, month=SEPTEMBER, key="none", numbers=["E0004"]
        )


def test_winners_of_late_months_are_out_for_the_cooldown(session: Session) -> None:
    confirm(session, "E0004")
    offices.close(session, OCTOBER)
    found = {each.employee_no: each for each in propose(session, OCTOBER, AWARD)}
    assert found["E0004"].reasons == ("cooldown",)
    assert found["E0005"].selected
    line = next(
        each
        for each in award_list(session, OCTOBER, AWARD).lines
        if each.proposal.employee_no == "E0004"
    )
    assert (line.won, line.again) == (SEPTEMBER, Month(2026, 12))


def test_once_payroll_went_out_the_prize_comes_with_the_next_open_month(session: Session) -> None:
    export(session, SEPTEMBER)
    (made,) = confirm(session, "E0004")
    assert made.pay_month == OCTOBER
    offices.close(session, OCTOBER)
    (prize,) = [line for line in pay_lines(session, OCTOBER) if line.line == "prize"]
    assert (prize.for_month, prize.month) == (SEPTEMBER, OCTOBER)


def test_a_decision_is_taken_back_until_the_prize_was_paid(session: Session) -> None:
    confirm(session, "E0004")
    with pytest.raises(Refused) as refused:
        undo(session, reason=" ")
    assert refused.value.field == "reason"
    undo(session)
    assert session.scalars(select(AwardWinner)).all() == []
    with pytest.raises(NotFound):
        undo(session)
    confirm(session, "E0004")
    export(session, SEPTEMBER)
    with pytest.raises(Conflict):
        undo(session)


def test_results_are_published_once_and_hidden_again_until_payroll_goes_out(
    session: Session,
) -> None:
    def published() -> object:
        return session.get_one(MonthState, SEPTEMBER).published_at

    publish_results(session, actor=hr(session), now=NOW, month=SEPTEMBER)
    assert published() == NOW
    with pytest.raises(Conflict):
        publish_results(session, actor=hr(session), now=NOW, month=SEPTEMBER)
    withhold_results(session, actor=hr(session), now=NOW, month=SEPTEMBER)
    assert published() is None
    with pytest.raises(Conflict):
        withhold_results(session, actor=hr(session), now=NOW, month=SEPTEMBER)
    publish_results(session, actor=hr(session), now=NOW, month=SEPTEMBER)
    export(session, SEPTEMBER)
    with pytest.raises(Conflict):
        withhold_results(session, actor=hr(session), now=NOW, month=SEPTEMBER)


def test_an_open_month_is_not_published(session: Session) -> None:
    with pytest.raises(Conflict):
        publish_results(session, actor=hr(session), now=NOW, month=OCTOBER)


def test_an_exported_month_is_not_reopened_even_with_the_ones_before_it(session: Session) -> None:
    offices.close(session, OCTOBER)
    export(session, OCTOBER)
    with pytest.raises(Conflict):
        reopen_month(
            session, actor=SYSTEM, now=NOW, month=SEPTEMBER, reason="Why not", cascade=True
        )
