"""What is noted in the audit trail of an account."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from staff.accounts.naming import label_of
from staff.models import Account


def note(
    session: Session,
    actor: Actor,
    now: Now,
    action: str,
    account: Account,
    before: object = None,
    after: object = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=action,
        subject=label_of(session, account),
        before=before,
        after=after,
    )
