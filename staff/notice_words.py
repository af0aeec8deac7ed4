"""What a notice says and where it leads, in the language of whoever gets it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import current_app
from flask_babel import force_locale, gettext
from werkzeug.routing import BuildError

from core.i18n import LOCALES, language
from core.mail import Letter
from core.pages import filters
from core.values import Month, Names

SUBJECT = 200  # as long as ``outgoing_mails.subject``


def text(template: str | None, params: Mapping[str, Any]) -> str:
    """The notice in the reader's language; ``template`` is None where its kind is no more."""
    if template is None:
        return str(gettext("A notice of a kind that is not sent any more."))
    return str(gettext(template) % {name: _written(value) for name, value in params.items()})


def _written(value: Any) -> Any:
    """A parameter as ``stored`` keeps it: what is no plain text says what it is."""
    if not isinstance(value, dict):
        return value
    if "month" in value:
        return filters.month(Month.parse(value["month"]))
    if "day" in value:
        return filters.day(date.fromisoformat(value["day"]))
    return value[language()]


def stored(value: str | int | Month | date | Names) -> Any:
    """A parameter as JSON; months and days are marked, for a text may look like one."""
    if isinstance(value, Names):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Month):
        return {"month": str(value)}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value


def address(endpoint: str, values: Mapping[str, Any]) -> str | None:
    """The path of the page it leads to, in requests and commands alike; None if it is gone."""
    try:
        return current_app.url_map.bind("").build(endpoint, dict(values))
    except BuildError:
        return None


def letter(
    chosen: str | None,
    template: str,
    params: Mapping[str, Any],
    endpoint: str,
    values: Mapping[str, Any],
    name: str,
) -> Letter:
    """What is written by mail: the text, and where to read more."""
    locale = LOCALES.get(chosen or "") or LOCALES[current_app.config["LANGUAGE"]]
    link = f"{current_app.config['SITE_URL']}{address(endpoint, values) or ''}"
    with force_locale(locale):
        said = text(template, params)
        body = gettext(
            "Dear %(name)s,\n\n%(text)s\n\nRead it in Pingyou:\n%(link)s\n",
            name=name,
            text=said,
            link=link,
        )
        subject = re.sub(r"\s+", " ", gettext("Pingyou: %(text)s", text=said)).strip()
    return Letter(subject[:SUBJECT], body)
