"""The places of this package. Heat map and records belong to the scorecards."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from core.pages.places import place
from core.permissions import Permission

reports = Blueprint("reports", __name__)
scorecards = Blueprint("scorecards", __name__)
audit = Blueprint("audit", __name__, url_prefix="/audit")

place("dashboard", _l("Dashboard"), "reports.dashboard", Permission.SELF, icon="home", order=0)
place(
    "scorecards",
    _l("Scorecards"),
    "scorecards.newest",
    Permission.SCORECARDS_READ,
    icon="card",
    order=10,
)
place("audit", _l("Audit trail"), "audit.trail", Permission.AUDIT_READ, icon="list", order=130)
