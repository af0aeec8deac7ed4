"""Access events: sign-ins, exports, refusals. Written in a transaction of their own.

They tell what happened at the door, so they stay although the request that caused them failed or
only read.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.db import db


def note(actor: Actor, at: datetime, action: str, subject: str, after: object = None) -> None:
    """Append one entry to the audit trail and commit it, whatever becomes of the request."""
    with Session(db.engine) as session:
        audit.record(session, actor=actor, at=at, action=action, subject=subject, after=after)
        audit.write(session)
        session.commit()
