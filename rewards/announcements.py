"""Decisions on awards as they are announced: planned, announced, held by objections, final."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import Session

from core.values import Month
from rewards.models import AwardDecision, AwardObjection, AwardWinner
from staff.models import Employee

State = Literal["planned", "announced", "held", "final"]
_OPEN = exists().where(
    AwardObjection.decision_id == AwardDecision.id, AwardObjection.state == "open"
)


def standing(session: Session, month: Month, award: str) -> AwardDecision | None:
    """The decision that stands, None where there is none."""
    return session.scalar(
        select(AwardDecision).where(
            AwardDecision.month == month,
            AwardDecision.award == award,
            AwardDecision.taken_back_at.is_(None),
        )
    )


def taken_back(session: Session, month: Month, award: str) -> Sequence[AwardDecision]:
    """Decisions that no longer stand, the newest first."""
    return session.scalars(
        select(AwardDecision)
        .where(
            AwardDecision.month == month,
            AwardDecision.award == award,
            AwardDecision.taken_back_at.is_not(None),
        )
        .order_by(AwardDecision.id.desc())
    ).all()


def of_award(
    session: Session, month: Month, award: str
) -> tuple[AwardDecision | None, list[Any], list[AwardDecision]]:
    """The decision that stands, objections to it, and those taken back, the newest first.

    One statement. Columns of objections: AwardDecision, AwardObjection, employee_no, name.
    """
    rows = session.execute(
        select(AwardDecision, AwardObjection, Employee.employee_no, Employee.name)
        .outerjoin(AwardObjection, AwardObjection.decision_id == AwardDecision.id)
        .outerjoin(Employee, Employee.id == AwardObjection.employee_id)
        .where(AwardDecision.month == month, AwardDecision.award == award)
        .order_by(AwardDecision.id.desc(), AwardObjection.id)
    ).all()
    known = list(dict.fromkeys(row.AwardDecision for row in rows))
    stands = next((each for each in known if each.taken_back_at is None), None)
    lodged = [row for row in rows if row.AwardDecision is stands and row.AwardObjection]
    return stands, lodged, [each for each in known if each is not stands]


def state_of(decision: AwardDecision, today: date, waiting: int) -> State:
    """``waiting`` is how many objections are undecided."""
    if today < decision.announced_on:
        return "planned"
    if today <= decision.objections_until:
        return "announced"
    return "held" if waiting else "final"


def states(session: Session, month: Month, today: date) -> dict[str, tuple[AwardDecision, State]]:
    """By award: what stands in a month, and how far it is."""
    query = select(AwardDecision, _OPEN).where(
        AwardDecision.month == month, AwardDecision.taken_back_at.is_(None)
    )
    return {
        decision.award: (decision, state_of(decision, today, int(waits)))
        for decision, waits in session.execute(query.order_by(AwardDecision.award))
    }


def announced(session: Session, month: Month, today: date) -> set[str]:
    """The awards of which everybody may know that they are decided."""
    found = states(session, month, today)
    return {award for award, (_decision, state) in found.items() if state != "planned"}


def is_final(day: date) -> ColumnElement[bool]:
    """Whether a decision is final on ``day``, as part of a query over ``AwardDecision``."""
    return and_(AwardDecision.taken_back_at.is_(None), AwardDecision.objections_until < day, ~_OPEN)


def awaited(session: Session, today: date) -> Sequence[AwardDecision]:
    """What everybody may know to be decided and is not final yet, the oldest first."""
    return session.scalars(
        select(AwardDecision)
        .where(
            AwardDecision.taken_back_at.is_(None),
            AwardDecision.announced_on <= today,
            ~is_final(today),
        )
        .order_by(AwardDecision.month, AwardDecision.award)
    ).all()


def objections(session: Session, decision_id: int) -> Sequence[Any]:
    """Of one decision, as they were lodged. Columns: AwardObjection, employee_no, name."""
    return session.execute(
        select(AwardObjection, Employee.employee_no, Employee.name)
        .join(Employee, Employee.id == AwardObjection.employee_id)
        .where(AwardObjection.decision_id == decision_id)
        .order_by(AwardObjection.id)
    ).all()


def objection_of(
    session: Session, decision_id: int, employee_id: int | None
) -> AwardObjection | None:
    """What somebody lodged against one decision."""
    return session.scalar(
        select(AwardObjection).where(
            AwardObjection.decision_id == decision_id,
            AwardObjection.employee_id == (employee_id or -1),
        )
    )


def honours(today: date) -> Select[Any]:
    """Every winner of a final decision.

    Columns: id, month, award, names, employee_id, employee_no, name, team (path), final_after.
    """
    columns: list[Any] = [
        AwardWinner.id,
        AwardWinner.month,
        AwardWinner.award,
        AwardDecision.names,
        AwardWinner.employee_id,
        Employee.employee_no,
        Employee.name,
        AwardWinner.team,
        AwardDecision.objections_until.label("final_after"),
    ]
    return (
        select(*columns)
        .join(AwardDecision, AwardDecision.id == AwardWinner.decision_id)
        .join(Employee, Employee.id == AwardWinner.employee_id)
        .where(is_final(today))
    )


def years_of_honours(session: Session, today: date) -> list[int]:
    """The years of which there are final awards, the newest first."""
    months = session.scalars(select(AwardDecision.month).where(is_final(today)).distinct()).all()
    return sorted({month.year for month in months}, reverse=True)
