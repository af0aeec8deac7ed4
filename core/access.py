"""Access events: sign-ins, exports, refusals. Written in a transaction of their own.

They tell what happened at the door, so they stay although the request that caused them failed or
only read.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from threading import Lock

from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.db import db

REFUSED = "access.refused"
EXPORTED = "export"
# Refusals of one account that a minute keeps: enough to see what somebody tries, and too few to
# fill the disk by trying.
PER_MINUTE = 20
_COUNTED = 5000


class Flood:
    """How many refusals each account had in its present minute, in the memory of this process."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = Lock()

    def count(self, who: str, at: datetime) -> int:
        """The how manieth of this minute it is."""
        minute = int(at.timestamp()) // 60
        with self._lock:
            last, number = self._counts.pop(who, (minute, 0))
            number = number + 1 if last == minute else 1
            self._counts[who] = (minute, number)
            while len(self._counts) > _COUNTED:
                self._counts.popitem(last=False)
            return number


_flood = Flood()


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
    number = _flood.count(f"{db.engine.url!r} {actor.label}", at)
    if number <= PER_MINUTE:
        note(actor, at, REFUSED, subject, after)
    elif number == PER_MINUTE + 1:
        note(actor, at, REFUSED, "more in this minute, which are not kept")
