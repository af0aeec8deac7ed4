"""The blueprint of the import pages, and what their routes share."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app
from flask_babel import lazy_gettext as _l

from closing.imports import words
from closing.services import sections_of
from core.db import db, transaction
from core.pages.places import place
from core.permissions import Permission
from staff.attendance.services import refresh_days

imports = Blueprint("imports", __name__, url_prefix="/imports")
place("imports", _l("Imports"), "imports.overview", Permission.IMPORTS, icon="inbox", order=90)

KIND_CHOICES = [(key, name) for key, (name, _text) in words.KINDS.items()]


def uploads() -> Path:
    """Where files wait; nobody else on the machine reads them."""
    folder = Path(current_app.config["UPLOADS"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def home() -> ZoneInfo:
    """The organisation's time zone."""
    return ZoneInfo(current_app.config["TIMEZONE"])


def refresh() -> None:
    """Attendance days after something was stored, in a transaction of their own."""
    with transaction():
        refresh_days(db.session(), sections_of(db.session()))
