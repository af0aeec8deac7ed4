"""Characters that no database of both kinds can hold, refused before anything reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flask import Flask, abort, request

_NUL = "\x00"


def check_address(app: Flask) -> None:
    """Register the check of paths and queries; before whatever looks at them."""
    app.before_request(_address)


def check_body(app: Flask) -> None:
    """Register the check of forms and JSON; after the token, which reads the form first."""
    app.before_request(_body)


def _address() -> None:
    values = (text for key, texts in request.args.lists() for text in (key, *texts))
    _refuse((request.path, *values))


def _body() -> None:
    _refuse(text for key, texts in request.form.lists() for text in (key, *texts))
    _refuse(each.filename or "" for each in request.files.values())


def read_json() -> object:
    """What a page sent as JSON; None for what is none, or nested deeper than can be read."""
    try:
        sent: object = request.get_json(silent=True)
        text = json.dumps(sent, ensure_ascii=False)
    except RecursionError:
        return None
    _refuse([text.replace(r"\u0000", _NUL)])
    return sent


def _refuse(texts: Iterable[str]) -> None:
    for text in texts:
        if _NUL in text or not _encodes(text):
            abort(400)


def _encodes(text: str) -> bool:
    """Whether it is free of halves of a pair, which JSON may hold and UTF-8 may not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
