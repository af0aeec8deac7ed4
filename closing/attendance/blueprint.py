"""The blueprint of these pages and its place in the rail."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from core.pages.places import place
from core.permissions import Permission

attendance = Blueprint("attendance", __name__, url_prefix="/attendance")
place(
    "attendance",
    _l("Attendance"),
    "attendance.home",
    Permission.ATTENDANCE_READ,
    icon="clock",
    order=30,
)
