"""The two sets of pages about accounts: one's own, and everybody else's."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from core.pages.places import place
from core.permissions import Permission, Role

accounts = Blueprint("accounts", __name__)
administration = Blueprint("administration", __name__, url_prefix="/accounts")
place(
    "accounts",
    _l("Accounts"),
    "administration.people",
    Permission.ACCOUNTS_READ,
    icon="key",
    order=120,
)

ROLE_NAMES = {
    Role.EMPLOYEE: _l("Employee"),
    Role.SUPERVISOR: _l("Supervisor"),
    Role.MANAGER: _l("Manager"),
    Role.HR: _l("HR"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.AUDITOR: _l("Auditor"),
}
