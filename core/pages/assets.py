"""Templates and the files that browsers load: all served from here, none from elsewhere."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask
from flask_bootstrap import Bootstrap5
from jinja2 import StrictUndefined

from core.forms import form_was
from core.i18n import NAMES, language
from core.pages.places import place_url, places_for


def init_assets(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    Bootstrap5(app)
    app.register_blueprint(
        Blueprint(
            "htmx",
            __name__,
            static_folder=str(files("js_lib_htmx") / "static" / "htmx"),
            static_url_path="/vendor/htmx",
        )
    )
    root = Path(app.static_folder or "")

    @cache
    def version(name: str) -> str:
        return hashlib.sha256((root / name).read_bytes()).hexdigest()[:8]

    @app.url_defaults
    def _fresh(endpoint: str, values: dict[str, Any]) -> None:
        """Own files carry a hash of their content, so that a new version is loaded at once."""
        if endpoint == "static" and "filename" in values:
            values.setdefault("v", version(values["filename"]))

    app.jinja_env.globals.update(
        form_was=form_was,
        language=language,
        languages=NAMES,
        places_for=places_for,
        place_url=place_url,
    )
