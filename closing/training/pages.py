"""These pages: importing their routes puts them on the blueprint."""

from __future__ import annotations

from closing.training import course_routes as _courses  # noqa: F401
from closing.training import due_routes as _due  # noqa: F401
from closing.training import person_routes as _person  # noqa: F401
from closing.training import session_routes as _sessions  # noqa: F401
from closing.training.blueprint import training

__all__ = ["training"]
