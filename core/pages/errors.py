"""Error pages: what happened in words, a number that the log knows, no internals."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from flask import Flask, current_app, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response as BaseResponse

from core.db import db
from core.errors import STATUS, Conflict, Refused
from core.faults import outage
from core.forms import keep_typed

_PLAIN = "<!doctype html><meta charset=utf-8><h1>%s</h1><p>%s<p>%s · %s"


def init_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(DBAPIError, _fault)
    app.register_error_handler(OSError, _fault)


def _texts(status: int) -> tuple[str, str]:
    """Title and advice for a status."""
    texts = {
        400: (_("This request was not understood"), _("Go back, reload the page and try again.")),
        403: (_("You may not do this"), _("You can see it, but acting on it needs another role.")),
        404: (
            _("There is nothing here"),
            _("The address may be mistyped, or what it shows is not for you to see."),
        ),
        405: (
            _("This address takes no such request"),
            _("Go back and use the page's own buttons."),
        ),
        409: (_("This cannot be done now"), _("Reload the page to see how things stand.")),
        413: (_("The file is too large"), _("Split it, or export a shorter period.")),
        429: (_("Too many tries"), _("Wait a little, then try again.")),
        503: (_("This cannot be done now"), _("Wait a little, then try again.")),
    }
    return texts.get(
        status,
        (
            _("Something went wrong"),
            _("Nothing was changed. If it happens again, tell an administrator the number below."),
        ),
    )


def _page(status: int, number: str, texts: Callable[[], tuple[str, str]]) -> tuple[str, int]:
    title = advice = ""
    try:
        title, advice = texts()
        html = render_template(
            "errors/error.html", status=status, title=title, advice=advice, number=number
        )
    except Exception:
        # Whatever broke the page may break this one too (a database that is gone).
        current_app.logger.exception("error page %s could not be shown", number)
        html = _PLAIN % (escape(title or status), escape(advice), status, number)
    return html, status


def _http(error: HTTPException) -> tuple[str, int] | BaseResponse:
    if error.response is not None:
        return error.response
    number = secrets.token_hex(4)
    status = error.code or 500
    if status >= 500:
        db.session.rollback()
        # Flask has logged the traceback itself, just before.
        current_app.logger.error("%s: %s %s failed", number, request.method, request.path)
    else:
        current_app.logger.info("%s: %s %s: %s", number, request.method, request.path, status)
    return _page(status, number, lambda: _texts(status))


def _fault(error: DBAPIError | OSError) -> tuple[str, int]:
    """What is wrong outside, where that is known; whatever else it is, something went wrong."""
    db.session.rollback()
    told = outage(error)
    status, number = 500 if told is None else 503, secrets.token_hex(4)
    current_app.logger.exception("%s: %s %s failed", number, request.method, request.path)

    def texts() -> tuple[str, str]:
        title, advice = _texts(status)
        return title, advice if told is None else _(told)

    return _page(status, number, texts)


def _refused(error: Refused) -> tuple[str, int]:
    db.session.rollback()
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    number = secrets.token_hex(4)
    if isinstance(error, Conflict) and request.method == "POST":
        keep_typed()
    # Without the parameters, which may be names: logs bear ids only.
    level = logging.ERROR if status >= 500 else logging.INFO
    reason = error.message.msgid
    current_app.logger.log(level, "%s: %s %s: %s", number, request.method, request.path, reason)

    def texts() -> tuple[str, str]:
        title, advice = _texts(status)
        return title, advice if status == 404 else error.message.render(_)

    return _page(status, number, texts)


def _expired(error: CSRFError) -> tuple[str, int]:
    number = secrets.token_hex(4)
    current_app.logger.info("%s: %s without its token", number, request.path)
    return _page(
        400,
        number,
        lambda: (
            _("This form has expired"),
            _("It stood open too long, or came from elsewhere. Go back, reload it and try again."),
        ),
    )
