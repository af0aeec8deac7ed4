"""Pages that read across packages: importing their routes puts them on the blueprints."""

from __future__ import annotations

from reports.audit import routes as _audit  # noqa: F401
from reports.blueprints import audit, reports, scorecards
from reports.dashboard import routes as _dashboard  # noqa: F401
from reports.heatmap import routes as _heatmap  # noqa: F401
from reports.records import routes as _records  # noqa: F401
from reports.scorecards import document_routes as _documents  # noqa: F401
from reports.scorecards import routes as _scorecards  # noqa: F401
from reports.scorecards import rules_routes as _rules  # noqa: F401

BLUEPRINTS = (reports, scorecards, audit)
