"""Opening months again, with the rows that came late for them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from closing.imports.late import apply_late_rows
from closing.imports.world import Seal
from closing.services import reopen_month
from core.actor import Actor
from core.clock import Now
from core.values import Month


@dataclass(frozen=True, slots=True)
class Reopened:
    """The months, newest first, and what became of their late rows: counts by outcome."""

    months: list[Month]
    late: dict[str, int]


def reopen(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    month: Month,
    reason: str,
    cascade: bool,
    seal: Seal,
) -> Reopened:
    """Reopen a month and take in its late rows; those that are no longer good stay set aside.

    Raises what ``closing.services.reopen_month`` raises.
    """
    months = reopen_month(
        session, actor=actor, now=now.moment, month=month, reason=reason, cascade=cascade
    )
    late = apply_late_rows(
        session, months=months, clock=now.wall, seal=seal, actor=actor, now=now.moment
    )
    return Reopened(months, late)
