"""Which months are closed, and by which closing."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.models import Closing, DocumentVersion, MonthState
from core.values import Month


def closed_months(session: Session) -> list[Month]:
    """In calendar order."""
    found = session.scalars(
        select(MonthState.month).where(MonthState.state == "closed").order_by(MonthState.month)
    )
    return list(found)


def newest_closed(session: Session) -> Month | None:
    return session.scalar(select(func.max(MonthState.month)).where(MonthState.state == "closed"))


def passed_over(newest: Month | None, month: Month) -> str:
    """The open months between the newest closed one and ``month``: closed, it leaves them behind.

    ``2026-11``, or from the first to the last of them; empty without any.
    """
    if newest is None or month.index - newest.index < 2:
        return ""
    first, last = newest.plus(1), month.plus(-1)
    return str(first) if first == last else f"{first} – {last}"


def is_closed(session: Session, month: Month) -> bool:
    return current_closing(session, month) is not None


def current_closing(session: Session, month: Month) -> Closing | None:
    """The closing by which the month is closed now; None while it is open."""
    return session.scalar(
        select(Closing)
        .join(MonthState, MonthState.closing_id == Closing.id)
        .where(MonthState.month == month, MonthState.state == "closed")
    )


class ClosedMonth(NamedTuple):
    """What a page about a closed month begins with; while it is held, none of it is read again."""

    closing: Closing
    state: MonthState
    document: DocumentVersion


def closed_month(session: Session, month: Month) -> ClosedMonth | None:
    """The closing in force, with the month's state and its version of the policy; None if open."""
    row = session.execute(
        select(Closing, MonthState, DocumentVersion)
        .join(MonthState, MonthState.closing_id == Closing.id)
        .join(DocumentVersion, DocumentVersion.id == Closing.document_version_id)
        .where(MonthState.month == month, MonthState.state == "closed")
    ).one_or_none()
    return None if row is None else ClosedMonth(*row)


def last_revision(session: Session, month: Month) -> int:
    """0 where the month was never closed."""
    return session.scalar(select(func.max(Closing.revision)).where(Closing.month == month)) or 0
