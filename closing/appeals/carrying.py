"""What somebody said to a result goes on where the next revision says the same of them.

A month that is closed anew is a new revision of everybody's scorecard. Whose result did not change
keeps receipt, appeal and the days left for one; everybody else is told, and begins anew. Ranks are
the results of others: they may move without a change of one's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from closing.appeals.models import Appeal, CarriedResult, Receipt
from closing.cards import CardView, stored_views
from core.models import Closing, Reopening
from evaluations.scorecards.models import Scorecard

_OTHER = aliased(CarriedResult)
NOT_OF_THE_RESULT = ("revision", "as_of", "team_rank", "company_rank")


@dataclass(frozen=True, slots=True)
class Carried:
    """Ids of people: whose published result is the same as before, and whose is another."""

    same: frozenset[int]
    changed: frozenset[int]


def carry_over(session: Session, closing: Closing) -> Carried:
    """Compare a closing that is being published with what was published of its month before."""
    row = session.execute(
        select(Closing, Reopening.published_at)
        .join(Reopening, Reopening.closing_id == Closing.id)
        .where(
            Closing.month == closing.month,
            Closing.revision < closing.revision,
            Reopening.published_at.is_not(None),
        )
        .order_by(Closing.revision.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.published_at is None:
        return Carried(frozenset(), frozenset())
    old = {view.employee_id: view for view in stored_views(session, row.Closing)}
    pairs = [
        (old[view.employee_id], view)
        for view in stored_views(session, closing)
        if view.employee_id in old
    ]
    same = {
        now.scorecard_id: then.scorecard_id
        for then, now in pairs
        if _result(then) == _result(now)
        if now.scorecard_id is not None and then.scorecard_id is not None
    }
    _keep(session, same, row.published_at)
    kept = frozenset(now.employee_id for _then, now in pairs if now.scorecard_id in same)
    return Carried(kept, frozenset(now.employee_id for _then, now in pairs) - kept)


def _result(view: CardView) -> dict[str, Any]:
    return {key: said for key, said in view.as_json().items() if key not in NOT_OF_THE_RESULT}


def _keep(session: Session, same: Mapping[int, int], published_at: datetime) -> None:
    """``same`` are scorecards by those that follow them; what is kept already stays as it is."""
    kept = select(CarriedResult.scorecard_id).where(CarriedResult.scorecard_id.in_(sorted(same)))
    known = set(session.scalars(kept))
    earlier = sorted(same.values())
    roots = {
        row.scorecard_id: row
        for row in session.scalars(
            select(CarriedResult).where(CarriedResult.scorecard_id.in_(earlier))
        )
    }
    read = {
        row.scorecard_id: row
        for row in session.scalars(select(Receipt).where(Receipt.scorecard_id.in_(earlier)))
    }
    for new, then in same.items():
        if new in known:
            continue
        root, receipt = roots.get(then), read.get(then)
        session.add(
            CarriedResult(
                scorecard_id=new,
                root_id=root.root_id if root else then,
                published_at=root.published_at if root else published_at,
            )
        )
        if receipt is not None:
            session.add(
                Receipt(
                    scorecard_id=new,
                    read_at=receipt.read_at,
                    comment=receipt.comment,
                    commented_at=receipt.commented_at,
                )
            )
    session.flush()


def concerns() -> ColumnElement[bool]:
    """Condition on ``Appeal``: it is against this ``Scorecard``, or an earlier one that says the
    same. To be joined with ``CarriedResult`` by the id of the scorecard."""
    root = func.coalesce(CarriedResult.root_id, Scorecard.id)
    others = (
        select(_OTHER.scorecard_id)
        .where(_OTHER.root_id == root)
        .correlate(CarriedResult, Scorecard)
    )
    return or_(Appeal.scorecard_id == root, Appeal.scorecard_id.in_(others))
