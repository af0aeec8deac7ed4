"""Adjustments: what an exported month got wrong, paid with the next open one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from closing.appeals.models import AppealLine, PayAdjustment
from closing.months import newest_closed
from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from core.models import MonthState
from core.values import Month
from staff.models import Employee

LARGEST = Decimal(10) ** 9


def adjust(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    employee_id: int,
    month: Month,
    amount: Decimal,
    reason: str,
    appeal_line_id: int | None = None,
    once: bool = False,
) -> PayAdjustment:
    """Correct what somebody was paid for a month whose payroll was exported.

    It is paid with the next open month, as a line of its own. Raises ``Refused`` about oneself, for
    an amount of nothing, without a reason, and for a month that can still be reopened; where it is
    to be entered ``once``, ``Conflict`` for the same word for word: a form that was sent twice.
    """
    one_at_a_time(session, "months")
    person = session.get(Employee, employee_id)
    if person is None:
        raise NotFound(N_("There is no such person."))
    if actor.is_person(employee_id):
        raise Refused(N_("Nobody decides about themselves."), field="employee")
    _check_amount(amount)
    if not reason.strip():
        raise Refused(N_("Give a reason; it stands on the payroll."), field="reason")
    _check_exported(session, month)
    values = {
        "employee_id": employee_id,
        "for_month": month,
        "pay_month": (newest_closed(session) or month).plus(1),
        "amount": amount,
        "reason": " ".join(reason.split()),
    }
    same = select(PayAdjustment.id).filter_by(**values).limit(1)
    if once and session.scalar(same) is not None:
        raise Conflict(N_("This adjustment is entered already: a second one gives another reason."))
    row = PayAdjustment(
        **values,
        appeal_line_id=appeal_line_id,
        decided_by=actor.label,
        decided_at=now.moment,
    )
    session.add(row)
    session.flush()
    _record(session, actor, now, "pay.adjusted", row, person, None)
    return row


def _check_exported(session: Session, month: Month) -> None:
    state = session.get(MonthState, month)
    if state is None or state.exported_at is None:
        raise Refused(
            N_("The payroll of %(month)s was not exported: correct the records instead."),
            field="month",
            month=str(month),
        )


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or not amount or abs(amount) > LARGEST:
        raise Refused(N_("Type an amount, with a minus where it is taken off."), field="amount")
    if amount != round(amount, 2):
        raise Refused(N_("Type at most two decimals."), field="amount")


def take_back(session: Session, *, actor: Actor, now: Now, adjustment_id: int, reason: str) -> None:
    """Remove one that was entered by hand, until the payroll that pays it was exported."""
    one_at_a_time(session, "months")
    row = session.get(PayAdjustment, adjustment_id)
    if row is None:
        raise NotFound(N_("There is no such adjustment."))
    person = session.get_one(Employee, row.employee_id)
    if actor.is_person(person.id):
        raise Refused(N_("Nobody decides about themselves."))
    if not reason.strip():
        raise Refused(N_("Say why the decision is taken back."), field="reason")
    if row.appeal_line_id is not None:
        raise Conflict(N_("This adjustment settles an appeal: it stays."))
    state = session.get(MonthState, row.pay_month)
    if state is not None and state.exported_at is not None:
        raise Conflict(
            N_("The payroll of %(month)s was exported: the adjustment stays."),
            month=str(row.pay_month),
        )
    session.delete(row)
    session.flush()
    _record(session, actor, now, "pay.adjustment_removed", row, person, reason.strip())


def _record(
    session: Session,
    actor: Actor,
    now: Now,
    action: str,
    row: PayAdjustment,
    person: Employee,
    why: str | None,
) -> None:
    told = {
        "for_month": str(row.for_month),
        "pay_month": str(row.pay_month),
        "amount": str(row.amount),
        "reason": row.reason,
        "appeal_line": row.appeal_line_id,
    }
    removed = why is not None
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=action,
        subject=f"adjustment:{row.id}:{person.employee_no}",
        before=told if removed else None,
        after={"reason": why} if removed else told,
    )


def listed() -> Select[Any]:
    """Every adjustment.

    Columns: id, employee_no, name, for_month, pay_month, amount, reason, appeal_id, decided_by,
    decided_at, exported_at (of the month that pays it).
    """
    columns: list[Any] = [
        PayAdjustment.id,
        PayAdjustment.employee_id,
        Employee.employee_no,
        Employee.name,
        PayAdjustment.for_month,
        PayAdjustment.pay_month,
        PayAdjustment.amount,
        PayAdjustment.reason,
        AppealLine.appeal_id,
        PayAdjustment.decided_by,
        PayAdjustment.decided_at,
        MonthState.exported_at,
    ]
    return (
        select(*columns)
        .join(Employee, Employee.id == PayAdjustment.employee_id)
        .outerjoin(AppealLine, AppealLine.id == PayAdjustment.appeal_line_id)
        .outerjoin(MonthState, MonthState.month == PayAdjustment.pay_month)
    )
