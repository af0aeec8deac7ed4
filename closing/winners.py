"""Awards decided: winners confirmed from the proposal, announced, or taken back until it is final.

See docs/scoring.md, Award selection, and ``rewards.announcements`` for what an announcement is.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from closing.ballots import Ballot, ballot_of, check_not_candidate, chosen_from, numbers_of
from closing.months import current_closing, newest_closed
from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from core.models import MonthState
from core.seen import MEANWHILE, Meanwhile
from core.values import Month, Names, half_up
from rewards.announcements import objections, standing, state_of
from rewards.models import AwardDecision, AwardObjection, AwardWinner
from rewards.nominations import AWARDS
from rewards.selection import Proposal
from staff import notices
from staff.attendance.calendars import working_days_after
from staff.models import Employee
from staff.second_decider import AS_CANDIDATE

LATEST = timedelta(days=31)  # how far ahead an announcement may be put

WON = notices.kind(
    "award.won", N_("You win the award %(award)s of %(month)s, announced from %(day)s on")
)
TAKEN_BACK = notices.kind(
    "award.taken_back",
    N_("The decision on the award %(award)s of %(month)s is taken back, and made anew"),
)
LAPSED = notices.kind(
    "award.objection_lapsed",
    N_(
        "Your objection to the award %(award)s of %(month)s lapses: the decision is taken back, and"
        " made anew"
    ),
)


def confirm_winners(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    key: str,
    numbers: Collection[str],
    reason: str = "",
    announced_on: date | None = None,
) -> list[AwardWinner]:
    """Decide an award: ``numbers`` are the employee numbers of the winners, who are told.

    It is announced from ``announced_on`` (today) for the award's ``notice_days``. Whoever departs
    from the proposal gives a reason. The prize is paid with the award's month, or with the next
    open one where that month's payroll was exported. Raises ``Conflict`` for an open month and for
    an award that is decided, ``Forbidden`` for a candidate, ``Refused`` with the field ``winners``,
    ``reason`` or ``announced_on``.
    """
    one_at_a_time(session, AWARDS)
    ballot = ballot_of(session, month, key)
    check_not_candidate(session, actor, ballot.proposals)
    chosen = chosen_from(ballot, set(numbers))
    reason = reason.strip()
    if sorted(each.employee_no for each in chosen) != ballot.selected and not reason:
        raise Refused(N_("Say why you depart from the proposal."), field="reason")
    start = _start(now.wall.date(), announced_on)
    if standing(session, month, key) is not None:
        raise Conflict(N_("This award is decided already. Take the decision back first."))
    decision = _decision(session, actor, now, ballot, chosen, reason, start)
    winners = _winners(session, decision, ballot, chosen)
    _record_confirmed(session, actor, now, decision, winners)
    _tell(session, now, WON, decision, [winner.employee_id for winner in winners], day=start)
    return winners


def undo_confirmation(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    key: str,
    reason: str,
    seen: str | None = None,
) -> None:
    """Take every winner of an award back, until it is final or the payroll with the prizes was
    exported; objections that wait lapse, and the winners are told.

    ``seen`` is the id of the decision that was shown. Raises ``Refused`` without a reason,
    ``NotFound`` where nothing is decided, ``Conflict`` where it is too late or another decision
    stands, ``Forbidden`` for a candidate.
    """
    if not reason.strip():
        raise Refused(N_("Say why the decision is taken back."), field="reason")
    one_at_a_time(session, AWARDS)
    decision = standing(session, month, key)
    if decision is None:
        raise NotFound(N_("Nobody has been confirmed for this award."))
    if seen not in (None, str(decision.id)):
        raise Meanwhile(MEANWHILE)
    check_decider(session, actor, decision)
    waiting = [each for each, *_ in objections(session, decision.id) if each.state == "open"]
    if state_of(decision, now.wall.date(), len(waiting)) == "final":
        raise Conflict(N_("The award is final: the decision stays."))
    take_back(session, actor=actor, now=now, decision=decision, reason=reason.strip())


def take_back(
    session: Session, *, actor: Actor, now: Now, decision: AwardDecision, reason: str
) -> None:
    """Winners go, the decision stays as one that was taken back; objections that wait lapse.

    Winners and those who objected are told. Raises ``Conflict`` once the prizes were paid.
    """
    rows = select(AwardWinner).where(AwardWinner.decision_id == decision.id)
    winners = list(session.scalars(rows.order_by(AwardWinner.id)))
    for pay_month in sorted({winner.pay_month for winner in winners}):
        state = session.get(MonthState, pay_month, with_for_update=True)
        if state is not None and state.exported_at is not None:
            raise Conflict(
                N_("The prizes were paid with %(month)s: the decision stays."), month=str(pay_month)
            )
    _tell(session, now, TAKEN_BACK, decision, [winner.employee_id for winner in winners])
    open_ones = [each for each, *_ in objections(session, decision.id) if each.state == "open"]
    _tell(session, now, LAPSED, decision, [each.employee_id for each in open_ones])
    session.execute(delete(AwardWinner).where(AwardWinner.decision_id == decision.id))
    decision.taken_back_at, decision.taken_back_by = now.moment, actor.label
    decision.taken_back_reason = reason
    session.execute(
        update(AwardObjection)
        .where(AwardObjection.decision_id == decision.id, AwardObjection.state == "open")
        .values(state="lapsed", reason=reason, decided_by=actor.label, decided_at=now.moment)
    )
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="award.undone",
        subject=subject(decision),
        before={"winners": decision.chosen},
        after={"reason": reason},
    )


def check_decider(session: Session, actor: Actor, decision: AwardDecision) -> None:
    """Raises ``Forbidden`` for whoever wins or is a candidate."""
    if numbers_of(session, actor) & set(decision.chosen):
        raise Forbidden(AS_CANDIDATE)
    if current_closing(session, decision.month) is not None:  # else it has no candidates now
        ballot = ballot_of(session, decision.month, decision.award)
        check_not_candidate(session, actor, ballot.proposals)


def subject(decision: AwardDecision) -> str:
    return f"award:{decision.month}:{decision.award}"


def _start(today: date, announced_on: date | None) -> date:
    start = announced_on or today
    if not today <= start <= today + LATEST:
        raise Refused(
            N_("Announce it on a day from today on, within %(days)d days."),
            field="announced_on",
            days=LATEST.days,
        )
    return start


def _decision(
    session: Session,
    actor: Actor,
    now: Now,
    ballot: Ballot,
    chosen: list[Proposal],
    reason: str,
    start: date,
) -> AwardDecision:
    award = ballot.award
    decision = AwardDecision(
        month=ballot.month,
        award=award.key,
        names={"zh": award.names.zh, "en": award.names.en},
        proposed=ballot.selected,
        chosen=sorted(each.employee_no for each in chosen),
        reason=reason or None,
        decided_by=actor.label,
        decided_at=now.moment,
        announced_on=start,
        objections_until=working_days_after(session, start, award.notice_days),
    )
    session.add(decision)
    session.flush()
    return decision


def _winners(
    session: Session, decision: AwardDecision, ballot: Ballot, chosen: list[Proposal]
) -> list[AwardWinner]:
    state = session.get(MonthState, ballot.month)
    exported = state is not None and state.exported_at is not None
    numbers = [each.employee_no for each in chosen]
    found = select(Employee.employee_no, Employee.id).where(Employee.employee_no.in_(numbers))
    ids = dict(session.execute(found).all())
    winners = [
        AwardWinner(
            decision_id=decision.id,
            month=ballot.month,
            award=decision.award,
            employee_id=ids[each.employee_no],
            team=ballot.listed[each.employee_no].team,
            proposed=each.selected,
            reason=decision.reason,
            amount=half_up(ballot.award.prize.amount, 2),
            pay_month=_next_open(session) if exported else ballot.month,
            decided_by=decision.decided_by,
            decided_at=decision.decided_at,
        )
        for each in chosen
    ]
    session.add_all(winners)
    session.flush()
    return winners


def _record_confirmed(
    session: Session, actor: Actor, now: Now, decision: AwardDecision, winners: list[AwardWinner]
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="award.confirmed",
        subject=subject(decision),
        before={"proposed": decision.proposed},
        after={
            "winners": decision.chosen,
            "reason": decision.reason,
            "pay_month": str(winners[0].pay_month),
            "announced_on": str(decision.announced_on),
            "objections_until": str(decision.objections_until),
        },
    )


def _tell(
    session: Session,
    now: Now,
    kind: str,
    decision: AwardDecision,
    to: list[int],
    **params: date,
) -> None:
    notices.notify(
        session,
        now=now.moment,
        to=to,
        kind=kind,
        params={"award": Names(**decision.names), "month": decision.month, **params},
        endpoint="rewards.announcement",
        values={"month": decision.month, "award": decision.award},
    )


def _next_open(session: Session) -> Month:
    newest = newest_closed(session)
    if newest is None:
        raise ValueError("an exported month that is not closed")
    return newest.plus(1)
