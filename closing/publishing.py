"""The results of a closed month shown to those whom they are about, or held back again.

They are shown at once, or at a moment that HR sets: nothing asks for that moment but
``publish_due``, which publishes like HR does, so until then no page can show anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.appeals.carrying import carry_over
from core import audit
from core.actor import SYSTEM, Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict, Refused
from core.models import Closing, MonthState
from core.seen import MEANWHILE, Meanwhile
from core.values import Month
from evaluations.scorecards.models import Scorecard
from staff import notices

PUBLISHED = notices.kind("results.published", N_("Your scorecard of %(month)s is there."))
REVISED = notices.kind("results.revised", N_("Your scorecard of %(month)s was revised."))
FARTHEST = timedelta(days=366)


def publish_results(session: Session, *, actor: Actor, now: datetime, month: Month) -> None:
    """From now on everybody sees their own scorecard of the month.

    Of a month that was published before, those are told whose result is another than then.
    Raises ``Conflict`` for an open month, and where they are published already.
    """
    state = _closed(session, month)
    if state.published_at is not None:
        raise Conflict(N_("The results of %(month)s are published already."), month=str(month))
    state.published_at, state.publish_at = now, None
    session.flush()
    _record(session, actor, now, "results.published", month)
    carried = carry_over(session, session.get_one(Closing, state.closing_id))
    cards = select(Scorecard.employee_id).where(Scorecard.closing_id == state.closing_id)
    new = set(session.scalars(cards)) - carried.same - carried.changed
    for kind, people in ((PUBLISHED, new), (REVISED, carried.changed)):
        notices.notify(
            session,
            now=now,
            to=sorted(people),
            kind=kind,
            params={"month": month},
            endpoint="scorecards.own_card",
            values={"month": str(month)},
        )


def withhold_results(session: Session, *, actor: Actor, now: datetime, month: Month) -> None:
    """Hide published results again, until payroll was exported.

    Raises ``Conflict`` after that, for an open month and where nothing is published.
    """
    state = _closed(session, month)
    if state.published_at is None:
        raise Conflict(N_("The results of %(month)s are not published."), month=str(month))
    if state.exported_at is not None:
        raise Conflict(
            N_("The payroll of %(month)s was exported: its results stay published."),
            month=str(month),
        )
    state.published_at = None
    session.flush()
    _record(session, actor, now, "results.withheld", month)


def plan_results(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    month: Month,
    when: datetime,
    seen: str | None = None,
) -> None:
    """Publish the results at a moment to come, once the month is closed; replaces an earlier plan.

    Raises ``Refused`` for a moment that is past or too far, ``Conflict`` where they are published,
    ``Meanwhile`` where the plan is not the one ``seen`` (``plan_of``).
    """
    one_at_a_time(session, "months")
    state = session.get(MonthState, month, with_for_update=True)
    if state is not None and state.published_at is not None:
        raise Conflict(N_("The results of %(month)s are published already."), month=str(month))
    if when <= now:
        raise Refused(N_("Choose a moment that is still to come."), field="publish_at")
    if when > now + FARTHEST:
        raise Refused(N_("Choose a moment within a year."), field="publish_at")
    state = state or MonthState(month=month, state="open")
    if seen not in (None, plan_of(state)):
        raise Meanwhile(MEANWHILE)
    before, state.publish_at = state.publish_at, when
    session.add(state)
    session.flush()
    _record(session, actor, now, "results.planned", month, before, when)


def plan_of(state: MonthState) -> str:
    """Tells apart two plans."""
    return "" if state.publish_at is None else state.publish_at.isoformat()


def unplan_results(session: Session, *, actor: Actor, now: datetime, month: Month) -> None:
    """Publish at no moment by itself. Raises ``Conflict`` where that is not planned."""
    one_at_a_time(session, "months")
    state = session.get(MonthState, month, with_for_update=True)
    if state is None or state.publish_at is None:
        raise Conflict(N_("No moment is set for the results of %(month)s."), month=str(month))
    before, state.publish_at = state.publish_at, None
    session.flush()
    _record(session, actor, now, "results.planned", month, before)


def publish_due(session: Session, *, now: datetime) -> list[Month]:
    """Publish the results of closed months whose moment has come, each once; oldest first."""
    due = select(MonthState.month).where(MonthState.state == "closed", MonthState.publish_at <= now)
    if session.scalar(due.limit(1)) is None:
        return []
    one_at_a_time(session, "months")  # who published or held back meanwhile has ended
    months = list(session.scalars(due.order_by(MonthState.month)))
    for month in months:
        publish_results(session, actor=SYSTEM, now=now, month=month)
    return months


def next_due(session: Session) -> datetime | None:
    """The next moment at which ``publish_due`` has something to do."""
    planned = select(MonthState.publish_at).where(
        MonthState.state == "closed", MonthState.publish_at.is_not(None)
    )
    return session.scalar(planned.order_by(MonthState.publish_at).limit(1))


def _closed(session: Session, month: Month) -> MonthState:
    one_at_a_time(session, "months")
    state = session.get(MonthState, month, with_for_update=True)
    if state is None or state.state != "closed":
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    return state


def _record(
    session: Session,
    actor: Actor,
    now: datetime,
    action: str,
    month: Month,
    before: datetime | None = None,
    after: datetime | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now,
        action=action,
        subject=f"month:{month}",
        before=None if before is None else {"publish_at": before.isoformat()},
        after=None if after is None else {"publish_at": after.isoformat()},
    )
