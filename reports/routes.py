"""Pages that read across packages."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from core import web
from core.pages.places import place
from core.permissions import Permission

reports = Blueprint("reports", __name__)
place("dashboard", _l("Dashboard"), "reports.dashboard", Permission.SELF, icon="home", order=0)


@reports.get("/")
@web.requires(Permission.SELF)
def dashboard() -> str:
    return render_template("reports/dashboard.html")
