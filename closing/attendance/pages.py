"""These pages: importing their routes puts them on the blueprint."""

from __future__ import annotations

from closing.attendance import ask_routes as _ask  # noqa: F401
from closing.attendance import excuse_routes as _excuses  # noqa: F401
from closing.attendance import month_routes as _month  # noqa: F401
from closing.attendance import request_routes as _requests  # noqa: F401
from closing.attendance.blueprint import attendance

__all__ = ["attendance"]
