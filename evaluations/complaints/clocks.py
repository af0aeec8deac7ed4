"""The clocks of a complaint: what has to be done by when, and what became of it. Pure.

Times are seconds of the organisation's clock. Who asks tells what time it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HOUR = 3600
# Step and hours from the receipt on, in the order in which they fall due.
LIMITS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "ordinary": (("contacted_at", 2), ("plan_at", 24)),
    "major": (("escalated_at", 1), ("started_at", 4), ("progress_at", 24)),
}
DETAILS = ("details_asked_at", 1)
CLOSED = "closed_at"

CLASSES: Mapping[str, tuple[str, ...]] = {
    "product": ("defect", "malfunction", "wrong_specification"),
    "service": ("attitude", "slow_response", "cumbersome"),
    "logistics": ("late", "damaged", "wrong_goods", "missing_goods"),
    "other": ("billing", "data_leak"),
}
SEVERITIES = ("ordinary", "major")


@dataclass(frozen=True, slots=True)
class Clock:
    """A step with its deadline. ``state`` is ``met`` or ``late`` once it is done; before that
    ``running`` or ``overdue``, and ``missed`` where the complaint was closed without it."""

    step: str
    due: int
    done: int | None
    state: str

    @property
    def waits(self) -> bool:
        return self.state in ("running", "overdue")


def limits(severity: str, details_missing: bool) -> tuple[tuple[str, int], ...]:
    """Steps with their hours, those that fall due first coming first."""
    return ((DETAILS,) if details_missing else ()) + LIMITS[severity]


def clocks(
    severity: str,
    received: int,
    done: Mapping[str, int | None],
    *,
    now: int,
    details_missing: bool = False,
) -> list[Clock]:
    """Every clock of a complaint as of ``now``; ``done`` are times by step, ``closed_at`` too."""
    closed = done.get(CLOSED)
    found = []
    for step, hours in limits(severity, details_missing):
        due, at = received + hours * HOUR, done.get(step)
        if at is not None:
            state = "met" if at <= due else "late"
        elif closed is not None:
            state = "missed"
        else:
            state = "running" if now <= due else "overdue"
        found.append(Clock(step, due, at, state))
    return found


def next_due(found: Sequence[Clock]) -> Clock | None:
    """The clock that runs out first among those that wait; None where none waits."""
    return min((each for each in found if each.waits), key=lambda each: each.due, default=None)


def number(day: str, channel: str, used: Sequence[str]) -> str:
    """The next free number of a day (``20261003``) and channel: ``20261003-TEL-001``."""
    stem = f"{day}-{channel}-"
    serials = [each.removeprefix(stem) for each in used if each.startswith(stem)]
    highest = max((int(each) for each in serials if each.isascii() and each.isdigit()), default=0)
    return f"{stem}{highest + 1:03d}"
