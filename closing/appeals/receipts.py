"""Receipt of one's scorecard (已阅知), which is not agreement, and a comment on it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from closing.appeals.models import Receipt
from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound
from core.models import MonthState
from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer
from evaluations.scorecards.models import Scorecard
from staff.models import Employee, Team
from staff.queries import visible_employees


def acknowledge(
    session: Session, *, actor: Actor, now: datetime, scorecard_id: int, comment: str = ""
) -> Receipt:
    """Note that somebody has read their own scorecard; a comment replaces the one before.

    Raises ``NotFound`` for one that is not published, ``Forbidden`` for somebody else's,
    ``Conflict`` where it was replaced by a later revision.
    """
    one_at_a_time(session, "appeals")
    card = published_card(session, scorecard_id)
    if actor.employee_id != card.employee_id:
        raise Forbidden(N_("Only its owner takes note of a scorecard."))
    comment = comment.strip()
    receipt = session.get(Receipt, scorecard_id)
    before = None if receipt is None else {"comment": receipt.comment}
    if receipt is not None and (not comment or comment == receipt.comment):
        return receipt
    receipt = receipt or Receipt(scorecard_id=scorecard_id, read_at=now)
    if comment:
        receipt.comment, receipt.commented_at = comment, now
    session.add(receipt)
    session.flush()
    number = session.get_one(Employee, card.employee_id).employee_no
    audit.record(
        session,
        actor=actor,
        at=now,
        action="scorecard.read" if before is None else "scorecard.commented",
        subject=f"scorecard:{card.month}:{number}",
        before=before,
        after={"comment": receipt.comment},
    )
    return receipt


def published_card(session: Session, scorecard_id: int) -> Scorecard:
    """A scorecard of a published month, in force; else ``NotFound`` or ``Conflict``."""
    card = session.get(Scorecard, scorecard_id)
    state = session.get(MonthState, card.month) if card is not None else None
    if card is None or state is None or state.published_at is None:
        raise NotFound(N_("This scorecard is not published."))
    if state.closing_id != card.closing_id:
        raise Conflict(N_("This revision was replaced by a later one."))
    return card


def receipts(viewer: Viewer, day: date, month: Month) -> Select[Any]:
    """Everybody whom the viewer may see with a published scorecard of the month.

    Columns: id, employee_no, name, team (path), read_at, comment, commented_at.
    """
    ids = visible_employees(viewer, Permission.SCORECARDS_READ, day=day, closed=True)
    columns: list[Any] = [
        Scorecard.id,
        Employee.employee_no,
        Employee.name,
        Team.path.label("team"),
        Receipt.read_at,
        Receipt.comment,
        Receipt.commented_at,
    ]
    return (
        select(*columns)
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .join(Employee, Employee.id == Scorecard.employee_id)
        .outerjoin(Team, Team.id == Scorecard.team_id)
        .outerjoin(Receipt, Receipt.scorecard_id == Scorecard.id)
        .where(
            MonthState.month == month,
            MonthState.published_at.is_not(None),
            Scorecard.employee_id.in_(ids),
        )
    )
