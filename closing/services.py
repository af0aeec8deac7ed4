"""Closing a month, opening it again, and trying another policy on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing import left_out
from closing.cards import CardView, preview_views, stored_views
from closing.gather import Gathered, gather
from closing.history import StoredHistory
from closing.month import MonthResult, compute_month
from closing.months import closed_months, current_closing, last_revision, newest_closed
from closing.policy import Policy
from closing.store import write_result
from closing.versions import PolicyVersion, policy_in_force
from core import audit
from core.actor import Actor
from core.bulk import in_one_go
from core.db import one_at_a_time
from core.errors import N_, Conflict, Refused
from core.jobs import Told, nobody_is_told
from core.models import Closing, MonthState, Reopening
from core.values import Month
from evaluations.fact_queries import latest_ticket_time
from evaluations.review_queries import seal_round
from evaluations.rounds.ending import settle_for_close
from rewards.rules import compile_rules
from staff.attendance import queries as attendance
from staff.attendance import services as days
from staff.attendance.calendars import calendar_json

STEPS = 5  # of a close: days, facts, scores, storing, sealing


@dataclass(frozen=True, slots=True)
class Computed:
    """A month computed but not stored; ``left_out`` says what it leaves out."""

    month: Month
    version: PolicyVersion
    gathered: Gathered
    result: MonthResult
    left_out: list[left_out.Omission]

    def views(self) -> list[CardView]:
        return preview_views(
            self.result,
            self.gathered.rows,
            month=self.month,
            policy_version=self.version.number,
            as_of=self.gathered.as_of,
        )


def sections_of(session: Session) -> days.SectionsOf:
    """The policy's attendance sections by month, as the attendance services ask for them."""

    def sections(month: Month) -> days.Sections | None:
        version = policy_in_force(session, month)
        return (version.policy.attendance, version.policy.leave) if version else None

    return sections


def required_policy(session: Session, month: Month) -> PolicyVersion:
    """The version in force; raises ``Refused`` where there is none."""
    version = policy_in_force(session, month)
    if version is None:
        raise Refused(N_("No policy is in force in %(month)s."), month=str(month))
    return version


def compute_open_month(
    session: Session,
    month: Month,
    told: Told = nobody_is_told,
    now: datetime | None = None,
) -> Computed:
    """What a close would give, at ``now`` if given.

    Brings the month's person-days up to date (it writes them).
    """
    version = required_policy(session, month)
    told("days", 1, STEPS)
    days.ensure_month(session, month)
    days.refresh_days(session, sections_of(session))
    told("facts", 2, STEPS)
    facts = attendance.attendance_facts(session, month, version.policy.attendance)
    as_of = latest_ticket_time(session)
    gathered = gather(session, month, version.policy, facts, as_of, now=now)
    if not any(person.employed_days for person in gathered.inputs.people):
        raise Refused(N_("Nobody is employed in %(month)s."), month=str(month))
    told("scores", 3, STEPS)
    result = run(session, gathered, version.policy)
    omissions = left_out.omissions(session, month, result, gathered.rows)
    return Computed(month, version, gathered, result, omissions)


def run(
    session: Session, gathered: Gathered, policy: Policy, until: datetime | None = None
) -> MonthResult:
    """The pure close over gathered inputs and the stored history, that of ``until`` if given."""
    rules = compile_rules(policy.rules.values(), grades=[grade.key for grade in policy.grades])
    history = StoredHistory(session, gathered.inputs.month, until)
    return compute_month(gathered.inputs, policy, rules, history)


def check_closable(session: Session, month: Month) -> None:
    """Raises ``Conflict`` for a month that is closed, or has closed months after it."""
    if current_closing(session, month) is not None:
        raise Conflict(N_("%(month)s is closed already."), month=str(month))
    check_order(newest_closed(session), month)


def check_order(newest: Month | None, month: Month) -> None:
    """Raises ``Conflict`` for an open month before the newest closed one."""
    if newest is not None and newest > month:
        raise Conflict(
            N_("%(month)s cannot be closed while %(later)s, a later month, is. Reopen that first."),
            month=str(month),
            later=str(newest),
        )


def close_month(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    month: Month,
    seal: Callable[[str], str],
    told: Told = nobody_is_told,
) -> Closing:
    """Compute the month, store it as a new revision, and lock it. One transaction.

    ``seal`` digests the rows of the 360° round with a key outside the database. Raises
    ``Conflict`` or ``Refused``; nothing is changed then.
    """
    one_at_a_time(session, "months")  # whoever closes or reopens meanwhile has ended
    check_closable(session, month)
    settle_for_close(session, now=now, month=month)
    with in_one_go():
        computed = compute_open_month(session, month, told)
        return _store(session, computed, actor, now, seal, told)


def _store(
    session: Session,
    computed: Computed,
    actor: Actor,
    now: datetime,
    seal: Callable[[str], str],
    told: Told,
) -> Closing:
    month = computed.month
    gathered = computed.gathered
    told("storing", 4, STEPS)
    closing = _begin(session, computed, actor, now)
    # First what is deleted: the results then fill its place in the file.
    seal_round(session, month, gathered.reviews, seal, gathered.single)
    employed = [row for row in gathered.rows if row.employed]
    closing.digest = write_result(session, closing, computed.result, employed)
    told("sealing", 5, STEPS)
    closing.sealed = True
    session.flush()
    state = session.get(MonthState, month) or MonthState(month=month)
    state.state, state.closing_id = "closed", closing.id
    session.add(state)
    audit.record(
        session,
        actor=actor,
        at=now,
        action="month.closed",
        subject=f"month:{month}",
        after={
            "revision": closing.revision,
            "policy": computed.version.number,
            "digest": closing.digest,
            "scorecards": len(computed.result.cards),
            "audit_head": closing.audit_head,
        },
    )
    session.flush()
    return closing


def _begin(session: Session, computed: Computed, actor: Actor, now: datetime) -> Closing:
    """The next revision, with the head of the audit trail at this moment; not sealed yet."""
    number, head = audit.head(session)
    closing = Closing(
        month=computed.month,
        revision=last_revision(session, computed.month) + 1,
        document_version_id=computed.version.id,
        document_hash=computed.version.policy.hash,
        as_of=computed.gathered.as_of,
        calendar=calendar_json(session, computed.month),
        closed_at=now,
        closed_by=actor.label,
        left_out=[each.as_json() for each in computed.left_out],
        audit_number=number,
        audit_head=head,
        sealed=False,
    )
    session.add(closing)
    session.flush()
    return closing


def reopen_month(
    session: Session, *, actor: Actor, now: datetime, month: Month, reason: str, cascade: bool
) -> list[Month]:
    """Open a closed month again, and with ``cascade`` every later one; newest first.

    Every revision is kept. Raises ``Refused`` without a reason, ``Conflict`` where later months
    are closed (and not ``cascade``) or where payroll was exported.
    """
    if not reason.strip():
        raise Refused(N_("A reason is needed to reopen a month."), field="reason")
    one_at_a_time(session, "months")
    later = [each for each in closed_months(session) if each >= month]
    if month not in later:
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    if len(later) > 1 and not cascade:
        raise Conflict(
            N_("Later months are closed: %(months)s. Reopen them too, or none."),
            months=", ".join(str(each) for each in later if each != month),
        )
    for each in reversed(later):
        _reopen(session, actor, now, each, reason.strip())
    return list(reversed(later))


def _reopen(session: Session, actor: Actor, now: datetime, month: Month, reason: str) -> None:
    state = session.get_one(MonthState, month, with_for_update=True)
    if state.exported_at is not None:
        raise Conflict(
            N_("The payroll of %(month)s was exported: correct it in an open month instead."),
            month=str(month),
        )
    closing_id = state.closing_id
    if closing_id is None:
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    audit.record(
        session,
        actor=actor,
        at=now,
        action="month.reopened",
        subject=f"month:{month}",
        after={"closing": closing_id, "reason": reason},
    )
    entry = audit.write(session)
    session.add(
        Reopening(
            closing_id=closing_id,
            at=now,
            by=actor.label,
            reason=reason,
            audit_id=entry,
            published_at=state.published_at,
        )
    )
    session.flush()
    state.state, state.closing_id = "open", None
    state.published_at = state.publish_at = None
    session.flush()
    days.mark_month(session, month)


def views_of(
    session: Session, month: Month, *, preview: bool = False, now: datetime | None = None
) -> list[CardView]:
    """The scorecards of a closed month, or with ``preview`` those that a close would give."""
    closing = current_closing(session, month)
    if closing is not None:
        return stored_views(session, closing)
    if not preview:
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    return compute_open_month(session, month, now=now).views()


def revisions(session: Session, month: Month) -> list[Closing]:
    """Every closing of the month, the newest first."""
    found = session.scalars(
        select(Closing).where(Closing.month == month).order_by(Closing.revision.desc())
    )
    return list(found)
