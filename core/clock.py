"""The only place that asks what time it is; everything else is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Now:
    """One moment: ``moment`` in UTC, ``wall`` on the organisation's clock (naive)."""

    moment: datetime
    wall: datetime


def now(zone: str) -> Now:
    moment = datetime.now(UTC).replace(microsecond=0)
    return Now(moment, moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None))


def moment_of(wall: datetime, zone: str) -> datetime:
    """The moment at which the organisation's clock shows ``wall`` (naive)."""
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
