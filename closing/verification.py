"""Whether the audit trail and the closed months are what they were (``flask audit verify``)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.store import digest
from core import audit
from core.models import AuditEntry, Closing, MonthState, Reopening


def verify(session: Session, found: audit.Trail | None = None) -> Iterator[str]:
    """Every broken link: the first in the chain of entries, then of closings that changed.

    ``found`` is told how long the trail is. Raises ``WrongKey``.
    """
    yield from audit.verify(session, found)
    said = _digests_said(session)
    current = {each.closing_id for each in session.scalars(select(MonthState)) if each.closing_id}
    reopened = set(session.scalars(select(Reopening.closing_id)))
    for closing in session.scalars(
        select(Closing).where(Closing.sealed.is_(True)).order_by(Closing.id)
    ):
        place = f"{closing.month}, revision {closing.revision}"
        if not _has_head(session, closing):
            yield f"{place}: the audit trail was cut off or replaced since it was closed"
        if said.get((str(closing.month), closing.revision)) != closing.digest:
            yield f"{place}: not the closing that the audit trail tells of"
        elif closing.id not in current and closing.id not in reopened:
            yield f"{place}: was opened without a trace"
        elif closing.id in current and digest(session, closing) != closing.digest:
            yield f"{place}: its results were changed"
    kept = {
        (str(month), revision)
        for month, revision in session.execute(select(Closing.month, Closing.revision))
    }
    for month, revision in said:
        if (month, revision) not in kept:
            yield f"{month}, revision {revision}: was removed"


def _has_head(session: Session, closing: Closing) -> bool:
    number, mac = closing.audit_number, closing.audit_head
    return number is not None and mac is not None and audit.has(session, number, mac)


def _digests_said(session: Session) -> dict[tuple[str, int], str]:
    rows = session.execute(
        select(AuditEntry.subject, AuditEntry.payload).where(AuditEntry.action == "month.closed")
    )
    found = {}
    for subject, payload in rows:
        if payload is not None:
            after = json.loads(payload)["after"]
            found[subject.removeprefix("month:"), after["revision"]] = after["digest"]
    return found
