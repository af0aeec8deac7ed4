"""Award proposals of closed months, from what was stored: docs/scoring.md, Award selection."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.centres import NOW, Examples, close, expected, import_one, opened, reopen
from support.databases import KINDS, Kind
from support.made_up import COLUMNS, write_rows

from closing.awards import propose
from core.db import transaction
from core.errors import Conflict, NotFound
from core.models import LateRow
from core.values import Month
from rewards.models import AwardDecision, AwardWinner
from rewards.selection import Proposal
from staff.models import Employee

CENTRE = "centre-b"
OCTOBER = Month(2026, 10)
AWARD = "agent_of_the_month"


def selected(found: list[Proposal]) -> list[str]:
    return [each.employee_no for each in found if each.selected]


def won(session: Session, person: Employee, month: Month) -> AwardWinner:
    decision = AwardDecision(
        month=month,
        award=AWARD,
        names={"zh": "奖", "en": "award"},
        proposed=[person.employee_no],
        chosen=[person.employee_no],
        decided_by="x",
        decided_at=NOW,
        announced_on=month.last_day,
        objections_until=month.last_day,
    )
    session.add(decision)
    session.flush()
    return AwardWinner(
        decision_id=decision.id,
        month=month,
        award=AWARD,
        employee_id=person.id,
        proposed=True,
        amount=Decimal(0),
        pay_month=month,
        decided_by="x",
        decided_at=NOW,
    )


def test_an_open_month_and_an_unknown_award_have_no_proposal(examples: Examples) -> None:
    with opened(examples.to_read("sqlite", CENTRE)) as session:
        with pytest.raises(Conflict):
            propose(session, Month(2026, 11), AWARD)
        with pytest.raises(NotFound):
            propose(session, OCTOBER, "nobody_knows")


@pytest.mark.parametrize("kind", KINDS)
def test_who_won_before_cools_down_and_the_next_moves_up(examples: Examples, kind: Kind) -> None:
    with opened(examples.closed(kind, CENTRE)) as session:
        first = propose(session, OCTOBER, AWARD)
        winners = selected(first)
        assert winners != []
        person = session.scalars(select(Employee).where(Employee.employee_no == winners[0])).one()
        with transaction():
            session.add(won(session, person, Month(2026, 9)))
        again = {each.employee_no: each for each in propose(session, OCTOBER, AWARD)}
        assert again[winners[0]].as_json()["reasons"] == ["cooldown"]
        assert not again[winners[0]].selected
        other = propose(session, OCTOBER, "top_learner")
        assert [each.as_json() for each in other] == expected(CENTRE, f"{OCTOBER}.top_learner")


def test_a_win_of_the_month_itself_or_a_later_one_does_not_cool_down(examples: Examples) -> None:
    with opened(examples.closed("sqlite", CENTRE)) as session:
        winners = selected(propose(session, OCTOBER, AWARD))
        person = session.scalars(select(Employee).where(Employee.employee_no == winners[0])).one()
        for month in (OCTOBER, Month(2026, 11)):
            with transaction():
                session.add(won(session, person, month))
        assert selected(propose(session, OCTOBER, AWARD)) == winners


def test_a_hire_date_corrected_later_does_not_change_a_closed_months_proposal(
    examples: Examples, tmp_path: Path
) -> None:
    """Ties are broken by the hire date: by that of the closing."""
    with opened(examples.closed("sqlite", CENTRE)) as session:
        before = [each.as_json() for each in propose(session, OCTOBER, AWARD)]
        with transaction():
            for place, person in enumerate(session.scalars(select(Employee))):
                person.hire_date = person.hire_date.replace(year=2000 + place % 20, day=1)
        assert [each.as_json() for each in propose(session, OCTOBER, AWARD)] == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_penalty_of_an_earlier_month_bars_as_long_as_its_rule_says(
    examples: Examples, kind: Kind, tmp_path: Path
) -> None:
    """QUA-P3 bars for three months, the one of the incident included."""
    with opened(examples.imported(kind, CENTRE)) as session:
        months = [Month(2026, 8), Month(2026, 9), OCTOBER]
        close(session, *months)
        winners = selected(propose(session, OCTOBER, AWARD))
        reopen(session, months[0], cascade=True)
        row = {
            "employee_no": winners[0],
            "date": "2026-08-20",
            "rule": "QUA-P3",
            "description": "重大投诉",
            "approved_by_no": "E0001",
        }
        write_rows(tmp_path / "incidents.csv", COLUMNS["incidents"].split(), [row])
        import_one(session, "incidents", tmp_path / "incidents.csv")
        assert session.scalars(select(LateRow)).all() == []
        close(session, *months)
        found = {each.employee_no: each.as_json() for each in propose(session, OCTOBER, AWARD)}
        assert found[winners[0]]["reasons"] == ["barred"]
