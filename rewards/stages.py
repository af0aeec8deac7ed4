"""Where an incident stands in its procedure. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

Stage = Literal["recorded", "told", "silent", "heard", "decided", "served", "final", "ended"]


def stage_of(row: Any, today: date) -> Stage:
    """``row`` has the columns of ``Incident``; ``ended`` is what was declined or voided."""
    if row.status in ("declined", "voided"):
        return "ended"
    if row.status == "approved":
        if row.served_on is None:
            return "decided"
        return "final" if today >= row.final_from else "served"
    if row.notified_at is None:
        return "recorded"
    if row.statement_at is not None:
        return "heard"
    return "told" if today <= row.statement_due else "silent"
