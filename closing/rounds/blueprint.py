"""The blueprint of these pages and its place in the rail."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from core.pages.places import place
from core.permissions import Permission

reviews = Blueprint("reviews", __name__, url_prefix="/reviews")
place("reviews", _l("360°"), "reviews.mine", Permission.REVIEWS_ANSWER, icon="round", order=40)
