"""Importing the modules of these pages puts their routes on the blueprint."""

from __future__ import annotations

import closing.evaluation.check_routes
import closing.evaluation.check_sheet
import closing.evaluation.checklist_routes
import closing.evaluation.complaint_page
import closing.evaluation.complaint_routes
import closing.evaluation.note_routes
import closing.evaluation.person_routes
import closing.evaluation.routes  # noqa: F401
from closing.evaluation.blueprint import evaluations

__all__ = ["evaluations"]
