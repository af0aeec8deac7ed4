"""Pay lines of a closed month: the bonus of each scorecard; prizes and adjustments of earlier
months as lines of their own.

Columns are documented in docs/file-formats.md. What the product computes is a proposal (拟核减)
that a named person decides; wage deductions stand apart from the payout.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.appeals.models import PayAdjustment
from closing.cards import stored_views
from closing.months import current_closing
from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict
from core.models import Closing, MonthState
from core.values import Month
from rewards.models import AwardWinner
from staff.models import Employee

COLUMNS = (
    "month",
    "employee_no",
    "name",
    "team",
    "position",
    "line",
    "for_month",
    "grade",
    "coefficient",
    "bonus_base",
    "ratio",
    "bonus",
    "deducted",
    "rewards",
    "payout",
    "wage_deduction",
    "wage_deduction_asked",
    "note",
)
NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class PayLine:
    """One line: ``bonus`` of a scorecard, ``prize`` of an award (``note`` is its key), or
    ``adjustment`` of ``for_month``, whose payroll was exported (``note`` is the reason).
    """

    month: Month
    employee_no: str
    name: str
    team: str | None
    position: str | None
    line: str
    for_month: Month
    payout: Decimal
    grade: str | None = None
    coefficient: float | None = None
    bonus_base: float | None = None
    ratio: float | None = None
    bonus: Decimal | None = None
    deducted: Decimal | None = None
    rewards: float | None = None
    wage_deduction: Decimal = NOTHING
    wage_deduction_asked: Decimal = NOTHING
    note: str = ""

    def as_row(self) -> list[Any]:
        """The cells in the order of ``COLUMNS``; months as text."""
        cells = [getattr(self, name) for name in COLUMNS]
        return [str(cell) if isinstance(cell, Month) else cell for cell in cells]


def pay_lines(session: Session, month: Month, employee_ids: Any | None = None) -> list[PayLine]:
    """Every line to pay with the month, by employee number and then by kind of line.

    Raises ``Conflict`` for an open month.
    """
    closing = current_closing(session, month)
    if closing is None:
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    return lines_of(session, closing, employee_ids)


def lines_of(session: Session, closing: Closing, employee_ids: Any | None = None) -> list[PayLine]:
    """The same, where the closing in force is known."""
    month = closing.month
    views = stored_views(session, closing, employee_ids)
    lines = [
        PayLine(
            month=month,
            employee_no=view.employee_no,
            name=view.name,
            team=view.team,
            position=view.position,
            line="bonus",
            for_month=month,
            payout=view.pay.payout,
            grade=view.grade,
            coefficient=view.coefficient,
            bonus_base=view.pay.bonus_base,
            ratio=view.pay.ratio,
            bonus=view.pay.bonus,
            deducted=view.pay.deducted,
            rewards=view.pay.amount,
            wage_deduction=view.pay.wage_deduction,
            wage_deduction_asked=view.pay.wage_deduction_asked,
        )
        for view in views
    ]
    teams = {view.employee_no: (view.team, view.position) for view in views}
    lines += _prizes(session, month, teams, employee_ids)
    lines += _adjustments(session, month, teams, employee_ids)
    return sorted(
        lines, key=lambda line: (line.employee_no, line.line, str(line.for_month), line.note)
    )


def _prizes(
    session: Session,
    month: Month,
    teams: dict[str, tuple[str | None, str]],
    employee_ids: Any | None,
) -> list[PayLine]:
    statement = (
        select(AwardWinner, Employee.employee_no, Employee.name)
        .join(Employee, Employee.id == AwardWinner.employee_id)
        .where(AwardWinner.pay_month == month)
    )
    if employee_ids is not None:
        statement = statement.where(AwardWinner.employee_id.in_(employee_ids))
    return [
        PayLine(
            month=month,
            employee_no=employee_no,
            name=name,
            team=teams.get(employee_no, (None, None))[0],
            position=teams.get(employee_no, (None, None))[1],
            line="prize",
            for_month=winner.month,
            payout=winner.amount,
            note=winner.award,
        )
        for winner, employee_no, name in session.execute(statement)
    ]


def _adjustments(
    session: Session,
    month: Month,
    teams: dict[str, tuple[str | None, str]],
    employee_ids: Any | None,
) -> list[PayLine]:
    statement = (
        select(PayAdjustment, Employee.employee_no, Employee.name)
        .join(Employee, Employee.id == PayAdjustment.employee_id)
        .where(PayAdjustment.pay_month == month)
        .order_by(PayAdjustment.id)
    )
    if employee_ids is not None:
        statement = statement.where(PayAdjustment.employee_id.in_(employee_ids))
    return [
        PayLine(
            month=month,
            employee_no=employee_no,
            name=name,
            team=teams.get(employee_no, (None, None))[0],
            position=teams.get(employee_no, (None, None))[1],
            line="adjustment",
            for_month=row.for_month,
            payout=row.amount,
            note=row.reason,
        )
        for row, employee_no, name in session.execute(statement)
    ]


def mark_exported(session: Session, *, actor: Actor, now: datetime, month: Month) -> None:
    """From now on the month cannot be reopened: corrections are dated adjustments.

    Exporting again changes nothing but the trail. Raises ``Conflict`` for an open month.
    """
    one_at_a_time(session, "months")  # whoever reopens or adjusts meanwhile has ended
    state = session.get(MonthState, month, with_for_update=True)
    if state is None or state.state != "closed":
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    if state.exported_at is None:
        state.exported_at = now
    adjusted = select(PayAdjustment.id).where(PayAdjustment.pay_month == month)
    numbers = sorted(session.scalars(adjusted))
    audit.record(
        session,
        actor=actor,
        at=now,
        action="payroll.exported",
        subject=f"month:{month}",
        after={"adjustments": numbers} if numbers else None,
    )
