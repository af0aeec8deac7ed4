"""The blueprints of these pages and their places in the rail."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from core.pages.places import place
from core.permissions import Permission

closing = Blueprint("closing", __name__)
policy = Blueprint("policy", __name__, url_prefix="/policy")
rewards = Blueprint("rewards", __name__, url_prefix="/rewards")

place("rewards", _l("Rewards"), "rewards.matrix", Permission.RULES_READ, icon="star", order=50)
place("closing", _l("Closing"), "closing.months", Permission.CLOSING_READ, icon="lock", order=100)
place(
    "policy",
    _l("Policy"),
    "policy.versions_list",
    Permission.CLOSING_READ,
    icon="scales",
    order=110,
)
