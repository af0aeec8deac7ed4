"""Whether the audit trail and the closed months are what they were (``flask audit verify``)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.policy import canonical_text, hash_of
from closing.store import is_sealed_as_it_was
from core import audit
from core.messages import N_, Said
from core.models import AuditEntry, Closing, DocumentVersion, MonthState, Reopening

CUT_OFF = N_(
    "%(month)s, revision %(revision)s: the audit trail was cut off or replaced since it was closed"
)
ANOTHER = N_("%(month)s, revision %(revision)s: not the closing that the audit trail tells of")
OPENED = N_("%(month)s, revision %(revision)s: was opened without a trace")
CHANGED = N_("%(month)s, revision %(revision)s: its results were changed")
REMOVED = N_("%(month)s, revision %(revision)s: was removed")
SHOWING = ("month.closed", "results.published", "results.withheld", "payroll.exported")


def verify(session: Session, found: audit.Trail | None = None) -> Iterator[Said]:
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
        place = {"month": str(closing.month), "revision": closing.revision}
        if not _has_head(session, closing):
            yield Said(CUT_OFF, **place)
        if said.get((str(closing.month), closing.revision)) != closing.digest:
            yield Said(ANOTHER, **place)
        elif closing.id not in current and closing.id not in reopened:
            yield Said(OPENED, **place)
        elif closing.id in current and not is_sealed_as_it_was(session, closing):
            yield Said(CHANGED, **place)
    kept = {
        (str(month), revision)
        for month, revision in session.execute(select(Closing.month, Closing.revision))
    }
    for month, revision in said:
        if (month, revision) not in kept:
            yield Said(REMOVED, month=month, revision=revision)
    yield from _shown(session)
    yield from _policies(session)


def _shown(session: Session) -> Iterator[Said]:
    """Closed months that are published or paid at another moment than the trail tells."""
    published: dict[str, datetime | None] = {}
    exported: dict[str, datetime | None] = {}
    rows = session.execute(
        select(AuditEntry.action, AuditEntry.subject, AuditEntry.at)
        .where(AuditEntry.action.in_(SHOWING))
        .order_by(AuditEntry.id)
    )
    for action, subject, at in rows:
        month = subject.removeprefix("month:")
        if action == "results.published":
            published[month] = at
        elif action == "payroll.exported":
            exported[month] = exported.get(month) or at
        else:
            published[month] = None
    for state in session.scalars(
        select(MonthState).where(MonthState.state == "closed").order_by(MonthState.month)
    ):
        if published.get(str(state.month)) != state.published_at:
            yield Said(
                N_("%(month)s: not published when the audit trail tells"), month=str(state.month)
            )
        if exported.get(str(state.month)) != state.exported_at:
            yield Said(
                N_("%(month)s: its payroll was not exported when the audit trail tells"),
                month=str(state.month),
            )


def _policies(session: Session) -> Iterator[Said]:
    """Versions whose text, or month, is not the one that was published; those that nobody
    published, and those that are gone."""
    entries = session.execute(
        select(AuditEntry.subject, AuditEntry.payload).where(
            AuditEntry.action == "policy.published"
        )
    )
    said = {
        subject: None if payload is None else json.loads(payload)["after"]
        for subject, payload in entries
    }
    kept = {
        f"policy:{row.number}": row
        for row in session.scalars(select(DocumentVersion).order_by(DocumentVersion.id))
    }
    for place, row in kept.items():
        if place not in said or not _is_published(row, said[place]):
            yield Said(N_("%(place)s: is not what was published"), place=place)
    for place in said:
        if place not in kept:
            yield Said(N_("%(place)s: was removed"), place=place)


def _is_published(row: DocumentVersion, said: dict[str, str] | None) -> bool:
    """``said`` is None where its entry was blanked for erasure."""
    hashed = hash_of(canonical_text(json.loads(row.body)))
    told = said or {"hash": row.hash, "effective_from": str(row.effective_from)}
    return hashed == row.hash == told["hash"] and str(row.effective_from) == told["effective_from"]


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
