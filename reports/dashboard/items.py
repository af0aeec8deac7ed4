"""One thing that waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do, as a sentence with its number, the address of its page, and its last day
    where it has one."""

    text: str
    url: str
    due: date | None = None
