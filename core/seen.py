"""Two people change one record: whoever saves second is told, and writes nothing over it unseen.

A form carries the state of the record as it was shown; the service compares it with the state that
stands there, in the transaction in which it writes. What the page shows: ``core.forms.beside``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from core.errors import N_, Conflict

MEANWHILE = N_("Somebody else saved this meanwhile.")


class Meanwhile(Conflict):
    """Somebody else changed the record since it was shown."""


def state_of(contents: Mapping[str, object]) -> str:
    """Tells apart two states of a record."""
    said = repr(sorted((key, str(value)) for key, value in contents.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def check_seen(seen: str | None, contents: Mapping[str, object]) -> None:
    """Raises ``Meanwhile`` where ``seen`` is not the state of what stands there; None asks not."""
    if seen is not None and seen != state_of(contents):
        raise Meanwhile(MEANWHILE)
