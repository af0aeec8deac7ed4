"""The blueprint of these pages and its place in the rail."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from core.pages.places import place
from core.permissions import Permission

training = Blueprint("training", __name__, url_prefix="/training")
place("training", _l("Training"), "training.home", Permission.TRAINING_READ, icon="book", order=45)
