"""What accepted lines change: records put right and the month closed anew, or pay adjusted.

While a month is open its records are corrected. A closed month is opened, corrected and closed
again as its next revision, with all later ones, in one transaction. Once its payroll was exported
it stays as it is: what was paid is adjusted in the next open month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.appeals import adjustments, telling
from closing.appeals.models import Appeal, AppealLine
from closing.appeals.services import APPEALS, check_decider, found, lines_of, month_is
from closing.appeals.settled import is_settled
from closing.publishing import plan_results, publish_results
from closing.services import close_month, reopen_month
from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from core.models import MonthState
from core.values import Month
from evaluations.corrections import correct_check, correct_metric
from rewards.voiding import void_incident, void_rule
from staff.attendance.decisions import add_correction, excuse_day
from staff.models import Employee

GRANTED = ("accepted", "partly")
Published = dict[Month, tuple[bool, datetime | None]]  # whether it was, and when it is to be


@dataclass(frozen=True, slots=True)
class Acting:
    """Who puts right, when, whose appeal."""

    session: Session
    actor: Actor
    now: Now
    appeal: Appeal

    @property
    def reason(self) -> str:
        return f"Appeal {self.appeal.id}"


def waiting(lines: list[AppealLine]) -> list[AppealLine]:
    """Granted lines that did not take effect yet."""
    return [line for line in lines if line.decision in GRANTED and line.applied_at is None]


def is_by_hand(line: AppealLine) -> bool:
    return bool(line.change and "by_hand" in line.change)


def apply_lines(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    appeal_id: int,
    seal: Callable[[str], str],
    cascade: bool = False,
) -> list[Month]:
    """Correct the records of all granted lines; the months that were closed anew, oldest first.

    A closed month is reopened and closed again, and what was published is published again; with
    ``cascade`` so are all later ones. Raises ``Conflict`` where nothing waits, where payroll was
    exported, and where later months are closed and not meant; ``Refused`` about oneself, and while
    a line still has to be corrected by hand.
    """
    acting = _begin(session, actor, now, appeal_id)
    month = acting.appeal.month
    pending = _ready(acting)
    state = month_is(session, month)
    if state == "paid":
        raise Conflict(
            N_("The payroll of %(month)s was exported: correct it in an open month instead."),
            month=str(month),
        )
    published = _published_from(session, month) if state == "closed" else {}
    if state == "closed":
        reopen_month(
            session,
            actor=actor,
            now=now.moment,
            month=month,
            reason=acting.reason,
            cascade=cascade,
        )
    for line in pending:
        _correct(acting, session.get_one(AppealLine, line.id))
        _mark(acting, session.get_one(AppealLine, line.id))
    _close_anew(acting, published, seal)
    _finish(acting)
    return list(published)


def _ready(acting: Acting) -> list[AppealLine]:
    """The lines that can take effect now; raises as ``apply_lines`` says."""
    pending = waiting(lines_of(acting.session, acting.appeal.id))
    if not pending:
        raise Conflict(N_("Nothing of this appeal waits."))
    for line in pending:
        check_decider(acting.session, acting.actor, acting.appeal, line)
    if any(is_by_hand(line) for line in pending):
        raise Refused(N_("First mark as done what has to be corrected by hand."))
    return pending


def _close_anew(acting: Acting, published: Published, seal: Callable[[str], str]) -> None:
    """Close the months in order, and publish again what was published or planned."""
    session, actor, moment = acting.session, acting.actor, acting.now.moment
    for each, (was_published, planned) in published.items():
        close_month(session, actor=actor, now=moment, month=each, seal=seal)
        if was_published or (planned is not None and planned <= moment):
            publish_results(session, actor=actor, now=moment, month=each)
        elif planned is not None:
            plan_results(session, actor=actor, now=moment, month=each, when=planned)


def mark_done(session: Session, *, actor: Actor, now: Now, line_id: int) -> Appeal:
    """Note that what had to be corrected by hand was; an exported month needs nothing more."""
    acting, line = _line(session, actor, now, line_id)
    if not is_by_hand(line) and month_is(session, acting.appeal.month) != "paid":
        raise Conflict(N_("This line is applied by the program."))
    _void(acting, line)
    _mark(acting, line)
    _finish(acting)
    return acting.appeal


def adjust_line(
    session: Session, *, actor: Actor, now: Now, line_id: int, amount: Decimal, reason: str
) -> Appeal:
    """Settle a granted line of an exported month by an amount paid with the next open one.

    What the line voids is voided all the same: it does not count in later months.
    """
    acting, line = _line(session, actor, now, line_id)
    adjustments.adjust(
        session,
        actor=actor,
        now=now,
        employee_id=acting.appeal.employee_id,
        month=acting.appeal.month,
        amount=amount,
        reason=reason,
        appeal_line_id=line_id,
    )
    line = session.get_one(AppealLine, line_id)
    _void(acting, line)
    _mark(acting, line)
    _finish(acting)
    return acting.appeal


def _begin(session: Session, actor: Actor, now: Now, appeal_id: int) -> Acting:
    one_at_a_time(session, APPEALS)
    appeal = found(session, appeal_id)
    if appeal.state != "decided":
        raise Conflict(N_("Only a decided appeal whose lines wait is applied."))
    return Acting(session, actor, now, appeal)


def _line(session: Session, actor: Actor, now: Now, line_id: int) -> tuple[Acting, AppealLine]:
    line = session.get(AppealLine, line_id)
    if line is None:
        raise NotFound(N_("There is no such line."))
    acting = _begin(session, actor, now, line.appeal_id)
    line = session.get_one(AppealLine, line_id)
    check_decider(session, actor, acting.appeal, line)
    if line.decision not in GRANTED or line.applied_at is not None:
        raise Conflict(N_("Nothing of this line waits."))
    return acting, line


def _published_from(session: Session, month: Month) -> Published:
    """This month and the closed ones after it, in order."""
    rows = session.scalars(
        select(MonthState)
        .where(MonthState.state == "closed", MonthState.month >= month)
        .order_by(MonthState.month)
    )
    return {row.month: (row.published_at is not None, row.publish_at) for row in rows}


def _correct(acting: Acting, line: AppealLine) -> None:
    change, appeal = dict(line.change or {}), acting.appeal
    if is_settled(acting.session, appeal, line):
        return
    common: dict[str, Any] = {"actor": acting.actor, "reason": acting.reason}
    moment, who = acting.now.moment, appeal.employee_id
    if line.record == "metric":
        correct_metric(
            acting.session,
            now=moment,
            employee_id=who,
            month=appeal.month,
            metric=line.key,
            value=change["value"],
            sample_size=change["sample_size"],
            **common,
        )
    elif line.record == "check":
        correct_check(
            acting.session,
            now=moment,
            check_id=int(line.key),
            employee_id=who,
            day=date.fromisoformat(line.was["day"]),
            score=change["score"],
            **common,
        )
    elif "punch" in change:
        at = datetime.fromisoformat(change["punch"])
        add_correction(acting.session, now=acting.now, employee_id=who, at=at, **common)
    elif line.record == "day":
        excuse_day(
            acting.session,
            now=acting.now,
            employee_id=who,
            day=date.fromisoformat(line.key),
            kind=change["excuse"],
            **common,
        )
    else:
        _void(acting, line)


def _void(acting: Acting, line: AppealLine) -> None:
    """Void what the line voids, whether or not its month is still open."""
    if not line.change or not line.change.get("void"):
        return
    if is_settled(acting.session, acting.appeal, line):
        return
    if line.record == "incident":
        void_incident(
            acting.session,
            actor=acting.actor,
            now=acting.now,
            incident_id=int(line.key),
            reason=acting.reason,
        )
    else:
        void_rule(
            acting.session,
            actor=acting.actor,
            now=acting.now,
            month=acting.appeal.month,
            employee_id=acting.appeal.employee_id,
            code=line.key,
            reason=acting.reason,
        )


def _mark(acting: Acting, line: AppealLine) -> None:
    line = acting.session.get_one(AppealLine, line.id)
    line.applied_by, line.applied_at = acting.actor.label, acting.now.moment
    acting.session.flush()


def _finish(acting: Acting) -> None:
    """With the last granted line the appeal took effect; the person is told."""
    session, appeal = acting.session, acting.session.get_one(Appeal, acting.appeal.id)
    if waiting(lines_of(session, appeal.id)):
        return
    appeal.state, appeal.applied_at = "applied", acting.now.moment
    session.flush()
    number = session.get_one(Employee, appeal.employee_id).employee_no
    audit.record(
        session,
        actor=acting.actor,
        at=acting.now.moment,
        action="appeal.applied",
        subject=f"appeal:{appeal.id}:{number}:{appeal.month}",
    )
    telling.applied(session, acting.now, appeal)
