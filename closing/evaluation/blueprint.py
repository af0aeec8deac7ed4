"""The blueprint of the monthly evaluation and its place in the rail."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from core.pages.places import place
from core.permissions import Permission

evaluations = Blueprint("evaluations", __name__, url_prefix="/evaluations")

place(
    "evaluations",
    _l("Evaluations"),
    "evaluations.newest",
    Permission.EVALUATIONS_READ,
    icon="check",
    order=20,
)
