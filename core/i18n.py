"""Languages: which one a reader gets, and compiled catalogues made where they are missing or old.

Message ids are English. ``zh`` and ``en`` are what settings, accounts and sessions say; Babel's
name of the folder is ``zh_Hans_CN`` (a folder ``zh_CN`` would silently not be read).
"""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, current_app, has_request_context, session
from flask_babel import Babel, get_locale
from flask_login import current_user
from sqlalchemy.exc import DBAPIError

LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
NAMES = {"zh": "中文", "en": "English"}
LANGUAGE = "language"

babel = Babel()
log = logging.getLogger(__name__)


def init_i18n(app: Flask) -> None:
    folder = Path(app.root_path) / "translations"
    compile_catalogues(folder)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    app.config["BABEL_DEFAULT_LOCALE"] = LOCALES[app.config["LANGUAGE"]]
    app.config["BABEL_DEFAULT_TIMEZONE"] = app.config["TIMEZONE"]
    babel.init_app(app, locale_selector=_select)


def language() -> str:
    """``zh`` or ``en``: what the reader gets here and now."""
    return "en" if str(get_locale() or "").startswith("en") else "zh"


def _select() -> str | None:
    """The account's choice, else the session's, else the setting's (commands: the setting's)."""
    if not has_request_context():
        return None
    try:
        viewer = getattr(current_user, "viewer", None)
    except DBAPIError:  # which is to be told in some language
        viewer = None
    chosen = (viewer.language if viewer else None) or session.get(LANGUAGE)
    return LOCALES.get(chosen or "") or LOCALES[current_app.config["LANGUAGE"]]


def compile_catalogues(folder: Path) -> None:
    """Compile every ``.po`` that is newer than its ``.mo``; safe with several processes at once."""
    for source in folder.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        try:
            handle, name = tempfile.mkstemp(dir=source.parent, suffix=".tmp")
        except OSError as error:
            log.warning("translations are not compiled: %s", error)
            continue
        with os.fdopen(handle, "wb") as file:
            write_mo(file, catalogue)
        Path(name).chmod(0o644)
        Path(name).replace(target)
