"""How versions of the policy came about: what article 4 of the Labour Contract Law asks for.

Rules that touch what employees earn are discussed with all of them or their representatives, agreed
upon with the union or those, and announced. What is known of it stays with the version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from closing.models import PolicyRecord
from closing.versions import policy_version
from core import audit
from core.actor import Actor
from core.db import one_at_a_time
from core.seen import check_seen, state_of


@dataclass(frozen=True, slots=True)
class Consultation:
    """How a version came about (article 4 of the Labour Contract Law); all of it may be empty."""

    discussed_on: date | None = None
    discussed_with: str = ""
    opinions: str = ""
    announced_on: date | None = None
    announced_how: str = ""

    @property
    def complete(self) -> bool:
        said = (self.discussed_on, self.discussed_with, self.announced_on, self.announced_how)
        return all(said)

    def as_json(self) -> dict[str, Any]:
        days = {"discussed_on": self.discussed_on, "announced_on": self.announced_on}
        return {
            **{key: str(day) if day else None for key, day in days.items()},
            "discussed_with": self.discussed_with,
            "opinions": self.opinions,
            "announced_how": self.announced_how,
        }


NOTHING = Consultation()


def keep_consultation(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    number: int,
    consultation: Consultation,
    seen: str | None = None,
) -> None:
    """How a version came about, or what is known of it now. Raises ``NotFound``, and ``Meanwhile``
    where ``seen`` is not the ``seen_of`` what is kept."""
    version = policy_version(session, number)
    one_at_a_time(session, "policy records")
    row = session.get(PolicyRecord, version.id)
    before = consultation_of(row).as_json() if row else None
    if before == consultation.as_json():
        return
    check_seen(seen, before or NOTHING.as_json())
    if row is None:
        row = PolicyRecord(version_id=version.id)
        session.add(row)
    row.discussed_on, row.announced_on = consultation.discussed_on, consultation.announced_on
    row.discussed_with, row.opinions = consultation.discussed_with, consultation.opinions
    row.announced_how = consultation.announced_how
    row.at, row.by = now, actor.label
    session.flush()
    audit.record(
        session,
        actor=actor,
        at=now,
        action="policy.record_kept",
        subject=f"policy:{number}",
        before=before,
        after=consultation.as_json(),
    )


def seen_of(row: PolicyRecord | None) -> str:
    """Tells apart two states of a record."""
    return state_of((consultation_of(row) if row else NOTHING).as_json())


def record_of(session: Session, version_id: int) -> PolicyRecord | None:
    return session.get(PolicyRecord, version_id)


def consultation_of(row: PolicyRecord) -> Consultation:
    return Consultation(
        discussed_on=row.discussed_on,
        discussed_with=row.discussed_with,
        opinions=row.opinions,
        announced_on=row.announced_on,
        announced_how=row.announced_how,
    )
