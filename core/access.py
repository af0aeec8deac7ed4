"""Access events: sign-ins, exports, refusals. Written in a transaction of their own.

They tell what happened at the door, so they stay although the request that caused them failed or
only read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.db import db
from core.models import RefusalCount

REFUSED = "access.refused"
EXPORTED = "export"
# Refusals of one account that a minute keeps: enough to see what somebody tries, and too few to
# fill the disk by trying.
PER_MINUTE = 20


def note(actor: Actor, at: datetime, action: str, subject: str, after: object = None) -> None:
    """Append one entry to the audit trail and commit it, whatever becomes of the request."""
    with Session(db.engine) as session:
        audit.record(session, actor=actor, at=at, action=action, subject=subject[:200], after=after)
        audit.write(session)
        session.commit()


def note_refusal(actor: Actor, at: datetime, subject: str, after: object = None) -> None:
    """``note`` that somebody was refused; of a flood only its beginning is kept, and that it was.

    ``subject`` names what was asked for.
    """
    with Session(db.engine) as session:
        number = _count(session, f"{actor.account_id}:{actor.label}"[:140], at)
        if number > PER_MINUTE:
            subject, after = "more in this minute, which are not kept", None
        if number <= PER_MINUTE + 1:
            audit.record(
                session, actor=actor, at=at, action=REFUSED, subject=subject[:200], after=after
            )
            audit.write(session)
        session.commit()


def _count(session: Session, who: str, at: datetime) -> int:
    """The how manieth refusal of this minute it is, over all processes: one statement."""
    minute = int(at.timestamp()) // 60
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    counted: Any = dialect.insert(RefusalCount).values(who=who, minute=minute, number=1)
    same = RefusalCount.minute == counted.excluded.minute
    counted = counted.on_conflict_do_update(
        index_elements=[RefusalCount.who],
        set_={
            "minute": counted.excluded.minute,
            "number": case((same, RefusalCount.number + 1), else_=1),
        },
    ).returning(RefusalCount.number)
    return int(session.execute(counted).scalar_one())
