"""The default policy as a document to be changed, read once per process."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from closing.policy_text import default_policy


@cache
def _read() -> dict[str, Any]:
    return default_policy().document


def default_document() -> dict[str, Any]:
    """A copy of one's own."""
    return copy.deepcopy(_read())
