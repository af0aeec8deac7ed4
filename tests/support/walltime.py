"""Times of day in tests: wall seconds from texts."""

from __future__ import annotations

from datetime import datetime

EPOCH = datetime(1970, 1, 1)


def wall(text: str) -> int:
    """``2026-10-12 09:00`` or ``2026-10-12 09:00:30`` as wall seconds."""
    return int((datetime.fromisoformat(text) - EPOCH).total_seconds())
