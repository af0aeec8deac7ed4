"""What a month whose payroll was exported would pay by now, person by person. Stores nothing.

Such a month stays as it was closed. It is computed again as of its close, by its own policy and
its own facts, with what was granted on appeals since: corrected values, checks and days, and what
was voided. What that pays more, or less, than was exported is what is left to adjust.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from closing.appeals.adjustments import adjust
from closing.appeals.models import Appeal, AppealLine, PayAdjustment
from closing.appeals.settled import is_settled
from closing.cards import CardView, preview_views, stored_views
from closing.facts import Sheet
from closing.gather import Gathered, decisions
from closing.months import closed_month
from closing.policy import Policy
from closing.services import run
from closing.simulation import closed_inputs, paid, replace_facts
from closing.versions import policy_of_closing
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time, wall_seconds
from core.errors import N_, Conflict
from core.models import Closing
from core.values import Fact, Month
from evaluations.fact_queries import spot_check_facts
from evaluations.models import SpotCheck
from rewards.entries import Occurrence
from rewards.models import Incident
from staff.attendance.catalogue import attendance_facts
from staff.attendance.models import Excuse, Punch
from staff.attendance.queries import days_for_policy

NOTHING = Decimal("0.00")
Granted = Sequence[tuple[AppealLine, Appeal]]


@dataclass(frozen=True, slots=True)
class Due:
    """``paid`` was exported, ``now`` would be; both without what is taken off wages. ``adjusted``
    is the sum of the adjustments for the month that there are already."""

    employee_id: int
    employee_no: str
    name: str
    team: str | None
    paid: Decimal
    now: Decimal
    adjusted: Decimal

    @property
    def difference(self) -> Decimal:
        return self.now - self.paid

    @property
    def left(self) -> Decimal:
        return self.difference - self.adjusted


def differences(session: Session, month: Month) -> list[Due]:
    """Everybody whom the month would pay another sum by now, by employee number.

    Raises ``Conflict`` for a month whose payroll was not exported.
    """
    closing, exported = _exported(session, month)
    now = {view.employee_id: paid(view) for view in cards_by_now(session, closing, exported)}
    adjusted = _adjusted(session, month)
    found = [
        Due(
            view.employee_id,
            view.employee_no,
            view.name,
            view.team,
            paid(view),
            now.get(view.employee_id, NOTHING),
            adjusted.get(view.employee_id, NOTHING),
        )
        for view in stored_views(session, closing)
    ]
    return [each for each in found if each.difference]


def cards_by_now(session: Session, closing: Closing, exported: datetime) -> list[CardView]:
    """The scorecards that the closing would have with what was granted since the export."""
    policy = policy_of_closing(session, closing.document_version_id).policy
    gathered = _corrected(session, closing, policy, _granted(session, closing.month, exported))
    return preview_views(
        run(session, gathered, policy, closing.closed_at),
        gathered.rows,
        month=closing.month,
        policy_version=0,
        as_of=gathered.as_of,
    )


def adjust_difference(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    employee_id: int,
    seen: Decimal,
    reason: str,
) -> PayAdjustment:
    """Adjust what is left, as it was shown. Raises ``Conflict`` where it is another by now."""
    one_at_a_time(session, "months")
    found = {each.employee_id: each.left for each in differences(session, month)}
    if not seen or found.get(employee_id) != seen:
        raise Conflict(N_("The difference is another by now: compute it again."))
    return adjust(
        session,
        actor=actor,
        now=now,
        employee_id=employee_id,
        month=month,
        amount=seen,
        reason=reason,
    )


def _exported(session: Session, month: Month) -> tuple[Closing, datetime]:
    closed = closed_month(session, month)
    if closed is None or closed.state.exported_at is None:
        raise Conflict(
            N_("The payroll of %(month)s was not exported: correct the records instead."),
            month=str(month),
        )
    return closed.closing, closed.state.exported_at


def _granted(session: Session, month: Month, exported: datetime) -> Granted:
    """Lines whose records the month was closed without, because it was paid already."""
    rows = session.execute(
        select(AppealLine, Appeal)
        .join(Appeal, Appeal.id == AppealLine.appeal_id)
        .where(
            Appeal.month == month,
            AppealLine.decision.in_(("accepted", "partly")),
            or_(AppealLine.applied_at.is_(None), AppealLine.applied_at >= exported),
        )
        .order_by(AppealLine.id)
    )
    return [(line, appeal) for line, appeal in rows]


def _corrected(session: Session, closing: Closing, policy: Policy, granted: Granted) -> Gathered:
    """The inputs of the close with what was granted since; the records stay as they are."""
    gathered = closed_inputs(session, closing, policy)
    sheets = {who: dict(sheet) for who, sheet in gathered.inputs.sheets.items()}
    nested = session.begin_nested()
    try:
        for line, appeal in granted:
            _try(session, line, appeal)
        session.flush()
        _take_checks(session, closing.month, sheets, _people(granted, "check"))
        _take_days(session, closing, policy, sheets, _people(granted, "day"))
    finally:
        nested.rollback()
    for line, appeal in granted:
        change = dict(line.change or {})
        if line.record == "metric" and "value" in change and appeal.employee_id in sheets:
            fact = Fact(change["value"], change["sample_size"], "entered")
            sheets[appeal.employee_id][line.key] = fact
    voided, incidents = _voided(session, closing.month, granted)
    occurrences = {
        who: [_now(each, incidents) for each in listed]
        for who, listed in gathered.inputs.occurrences.items()
    }
    inputs = replace(gathered.inputs, sheets=sheets, occurrences=occurrences, voided=voided)
    return replace(gathered, inputs=inputs)


def _try(session: Session, line: AppealLine, appeal: Appeal) -> None:
    """Change a check or a day, to be rolled back."""
    change = dict(line.change or {})
    if line.record not in ("check", "day") or is_settled(session, appeal, line):
        return
    if "score" in change:
        check = session.get_one(SpotCheck, int(line.key))
        if change["score"] is None:
            session.delete(check)
        else:
            check.score = change["score"]
    elif "punch" in change:
        at = wall_seconds(datetime.fromisoformat(change["punch"]))
        session.add(Punch(employee_id=appeal.employee_id, at=at, correction=True))
    elif "excuse" in change:
        session.add(
            Excuse(
                employee_id=appeal.employee_id,
                day=date.fromisoformat(line.key),
                kind=change["excuse"],
                reason="appeal",
                decided_by="",
                decided_at=appeal.lodged_at,
            )
        )
    session.flush()


def _people(granted: Granted, record: str) -> set[int]:
    return {appeal.employee_id for line, appeal in granted if line.record == record}


def _take_checks(
    session: Session, month: Month, sheets: Mapping[int, Sheet], people: Collection[int]
) -> None:
    if people:
        fresh = spot_check_facts(session, month)
        replace_facts(_of(people, sheets), ("qa_score",), fresh)


def _take_days(
    session: Session,
    closing: Closing,
    policy: Policy,
    sheets: Mapping[int, Sheet],
    people: Collection[int],
) -> None:
    if people:
        keys = tuple(attendance_facts(policy.attendance))
        fresh = days_for_policy(
            session, closing.month, policy.attendance, policy.leave, closing.calendar
        )
        replace_facts(_of(people, sheets), keys, fresh)


def _of(people: Collection[int], sheets: Mapping[int, Sheet]) -> dict[int, Sheet]:
    return {who: sheets[who] for who in people if who in sheets}


def _voided(
    session: Session, month: Month, granted: Granted
) -> tuple[dict[int, set[str]], frozenset[int]]:
    """Rules by employee id, and incidents, that count no more."""
    rules = {who: set(codes) for who, codes in decisions(session, month).voided.items()}
    incidents = set(session.scalars(select(Incident.id).where(Incident.status == "voided")))
    for line, appeal in granted:
        if not (line.change or {}).get("void"):
            continue
        if line.record == "incident":
            incidents.add(int(line.key))
        else:
            rules.setdefault(appeal.employee_id, set()).add(line.key)
    return rules, frozenset(incidents)


def _now(each: Occurrence, voided: frozenset[int]) -> Occurrence:
    return replace(each, state="voided") if each.id in voided else each


def _adjusted(session: Session, month: Month) -> dict[int, Decimal]:
    rows: Any = session.execute(
        select(PayAdjustment.employee_id, func.sum(PayAdjustment.amount))
        .where(PayAdjustment.for_month == month)
        .group_by(PayAdjustment.employee_id)
    )
    return dict(rows.all())
