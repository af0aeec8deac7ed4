"""The results of a closed month shown to those whom they are about, or held back again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict
from core.models import MonthState
from core.values import Month
from evaluations.scorecards.models import Scorecard
from staff import notices

PUBLISHED = notices.kind("results.published", N_("Your scorecard of %(month)s is there."))


def publish_results(session: Session, *, actor: Actor, now: datetime, month: Month) -> None:
    """From now on everybody sees their own scorecard of the month.

    Raises ``Conflict`` for an open month, and where they are published already.
    """
    state = _closed(session, month)
    if state.published_at is not None:
        raise Conflict(N_("The results of %(month)s are published already."), month=str(month))
    state.published_at = now
    session.flush()
    _record(session, actor, now, "results.published", month)
    notices.notify(
        session,
        now=now,
        to=session.scalars(
            select(Scorecard.employee_id).where(Scorecard.closing_id == state.closing_id)
        ),
        kind=PUBLISHED,
        params={"month": str(month)},
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


def _closed(session: Session, month: Month) -> MonthState:
    one_at_a_time(session, "months")
    state = session.get(MonthState, month, with_for_update=True)
    if state is None or state.state != "closed":
        raise Conflict(N_("%(month)s is not closed."), month=str(month))
    return state


def _record(session: Session, actor: Actor, now: datetime, action: str, month: Month) -> None:
    audit.record(session, actor=actor, at=now, action=action, subject=f"month:{month}")
