"""Entries of the audit trail that a viewer may read, newest first."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.orm import Session

from core.actor import FOR
from core.models import AuditEntry
from core.permissions import Permission, Scope
from core.viewer import Viewer

# What tells of signing in and of accounts, as actions begin.
SIGN_INS = (
    *("sign_in", "sign_out", "session.", "account.", "address.", "code.", "factor.", "role."),
    "deputy.",
)
# Columns by label, whatever their types: a list is read by its names.
_select: Callable[..., Any] = select


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for; empty is everything. Days are of the organisation's clock."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None


def entries(viewer: Viewer, wanted: Wanted, zone: str) -> Select[Any]:
    """Columns: id, at, actor, action, subject, origin, payload, payload_hash."""
    entry = AuditEntry
    conditions = [reach(viewer)]
    if wanted.actor:
        conditions.append(done_by(wanted.actor))
    if wanted.action:
        conditions.append(entry.action == wanted.action)
    if wanted.subject:
        conditions.append(entry.subject.icontains(wanted.subject, autoescape=True))
    if wanted.first:
        conditions.append(entry.at >= _start(wanted.first, zone))
    if wanted.last:
        conditions.append(entry.at < _start(wanted.last + timedelta(days=1), zone))
    found: Select[Any] = _select(
        entry.id,
        entry.at,
        entry.actor,
        entry.action,
        entry.subject,
        entry.origin,
        entry.payload,
        entry.payload_hash,
    ).where(*conditions)
    return found


def actions(session: Session, viewer: Viewer) -> list[str]:
    """The actions that occur among the entries that the viewer may read."""
    found = select(AuditEntry.action).where(reach(viewer)).distinct()
    return sorted(session.scalars(found))


def reach(viewer: Viewer) -> ColumnElement[bool]:
    """Everything; what tells of signing in; what one did, and the sign-ins to one's account.

    What one did, or a deputy did in one's place.
    """
    held = viewer.scopes(Permission.AUDIT_READ)
    if Scope.ALL in held:
        return true()
    signing_in = or_(*(AuditEntry.action.startswith(each, autoescape=True) for each in SIGN_INS))
    label = viewer.own_label
    own = or_(done_by(label), and_(AuditEntry.subject == label, signing_in))
    return or_(own, signing_in) if Scope.SIGN_INS in held else own


def done_by(label: str) -> ColumnElement[bool]:
    """Condition: by this person, as somebody's deputy too, or by a deputy of theirs."""
    actor = AuditEntry.actor
    return or_(
        actor == label,
        actor.startswith(f"{label}{FOR}", autoescape=True),
        actor.endswith(f"{FOR}{label}", autoescape=True),
    )


def details(payload: str | None) -> list[tuple[str, Any, Any]]:
    """(field, before, after) of a content; the field is empty where it is one value."""
    if payload is None:
        return []
    content = json.loads(payload)
    before, after = content.get("before"), content.get("after")
    if not isinstance(before, dict | None) or not isinstance(after, dict | None):
        return [("", before, after)]
    names = dict.fromkeys([*(before or {}), *(after or {})])
    return [(name, (before or {}).get(name), (after or {}).get(name)) for name in names]


def _start(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
