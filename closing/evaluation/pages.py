"""Importing the modules of these pages puts their routes on the blueprint."""

from __future__ import annotations

import closing.evaluation.note_routes
import closing.evaluation.person_routes
import closing.evaluation.routes  # noqa: F401
from closing.evaluation.blueprint import evaluations

__all__ = ["evaluations"]
