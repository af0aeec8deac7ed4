"""Versions of the policy: publishing one, and which is in force in a month."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from closing.months import newest_closed
from closing.policy import Policy, parse_policy
from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict, NotFound, Refused
from core.models import Closing, DocumentVersion, MonthState
from core.values import Month
from staff import notices
from staff.attendance.models import AttendanceMonth
from staff.attendance.services import mark_month
from staff.models import Employee

KIND = "policy"
PUBLISHED = notices.kind(
    "policy.published",
    N_("Version %(number)d of the policy is in force from %(month)s. Please read it."),
)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """``number`` counts from 1."""

    id: int
    number: int
    policy: Policy


def publish_policy(
    session: Session, *, actor: Actor, now: datetime, policy: Policy, newest: int | None = None
) -> PolicyVersion:
    """Store a policy as a new version; the same as the newest one is not stored again.

    ``newest`` is the version that the actor knew as the newest. Raises ``Conflict`` where another
    was published meanwhile, ``Refused`` where its ``effective_from`` is not after every closed
    month.
    """
    one_at_a_time(session, "months")  # no month closes meanwhile
    last = _newest(session)
    if newest is not None and last is not None and last.number != newest:
        raise Conflict(
            N_("Version %(number)d was published meanwhile. Look at it first."), number=last.number
        )
    if last is not None and last.hash == policy.hash:
        return _versioned(last)
    check_publishable(session, policy)
    row = DocumentVersion(
        kind=KIND,
        number=(last.number if last else 0) + 1,
        effective_from=policy.effective_from,
        hash=policy.hash,
        body=json.dumps(policy.document, ensure_ascii=False),
        created_at=now,
        created_by=actor.label,
    )
    session.add(row)
    session.flush()
    kept = session.scalars(
        select(AttendanceMonth.month).where(AttendanceMonth.month >= row.effective_from)
    )
    for month in kept.all():  # leave types and repeats may differ now
        mark_month(session, month)
    audit.record(
        session,
        actor=actor,
        at=now,
        action="policy.published",
        subject=f"policy:{row.number}",
        after={"hash": row.hash, "effective_from": str(row.effective_from)},
    )
    _tell(session, now, row)
    return _versioned(row)


def _tell(session: Session, now: datetime, row: DocumentVersion) -> None:
    notices.notify(
        session,
        now=now,
        to=session.scalars(select(Employee.id)),
        kind=PUBLISHED,
        params={"number": row.number, "month": row.effective_from},
        endpoint="scorecards.my_rules",
        values={"month": str(row.effective_from)},
    )


def check_publishable(session: Session, policy: Policy) -> None:
    """Raises ``Refused`` where ``effective_from`` is not after every closed month."""
    newest = newest_closed(session)
    if newest is not None and policy.effective_from <= newest:
        raise Refused(
            N_("effective_from: %(month)s is not after %(closed)s, which is closed"),
            month=str(policy.effective_from),
            closed=str(newest),
        )


def policy_in_force(session: Session, month: Month) -> PolicyVersion | None:
    """The version with the latest ``effective_from`` not after the month; of two the newer."""
    row = session.scalar(
        select(DocumentVersion)
        .where(DocumentVersion.kind == KIND, DocumentVersion.effective_from <= month)
        .order_by(DocumentVersion.effective_from.desc(), DocumentVersion.number.desc())
        .limit(1)
    )
    return _versioned(row) if row else None


def in_force_id(month: Month) -> Any:
    """The id of the version in force in a month, as part of another query."""
    return (
        select(DocumentVersion.id)
        .where(DocumentVersion.kind == KIND, DocumentVersion.effective_from <= month)
        .order_by(DocumentVersion.effective_from.desc(), DocumentVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )


def policy_of_month(session: Session, month: Month) -> tuple[PolicyVersion, bool] | None:
    """That of the month's closing, else the one in force; and whether there is a closing.

    One statement.
    """
    closed = (
        select(Closing.document_version_id)
        .join(MonthState, MonthState.closing_id == Closing.id)
        .where(MonthState.month == month)
        .scalar_subquery()
    )
    row = session.execute(
        select(DocumentVersion, closed.is_not(None)).where(
            DocumentVersion.id == func.coalesce(closed, in_force_id(month))
        )
    ).one_or_none()
    return (_versioned(row[0]), bool(row[1])) if row else None


def policy_version(session: Session, number: int | None = None) -> PolicyVersion:
    """One version, the newest by default; raises ``NotFound``."""
    row = _newest(session) if number is None else _numbered(session, number)
    if row is None:
        raise NotFound(N_("There is no such version of the policy."))
    return _versioned(row)


def policy_of_closing(session: Session, document_version_id: int) -> PolicyVersion:
    row = session.get_one(DocumentVersion, document_version_id)
    return _versioned(row)


def versions(session: Session) -> list[DocumentVersion]:
    """Newest first."""
    found = session.scalars(
        select(DocumentVersion)
        .where(DocumentVersion.kind == KIND)
        .order_by(DocumentVersion.number.desc())
    )
    return list(found)


def _newest(session: Session) -> DocumentVersion | None:
    newest = select(func.max(DocumentVersion.number)).where(DocumentVersion.kind == KIND)
    return session.scalar(
        select(DocumentVersion).where(
            DocumentVersion.kind == KIND, DocumentVersion.number == newest.scalar_subquery()
        )
    )


def _numbered(session: Session, number: int) -> DocumentVersion | None:
    return session.scalar(
        select(DocumentVersion).where(
            DocumentVersion.kind == KIND, DocumentVersion.number == number
        )
    )


def _versioned(row: DocumentVersion) -> PolicyVersion:
    return PolicyVersion(row.id, row.number, _parsed(row.body))


@lru_cache(maxsize=16)
def _parsed(body: str) -> Policy:
    return parse_policy(json.loads(body))
