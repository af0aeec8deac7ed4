"""Certificates of honour as PDF, a page each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask_babel import force_locale, gettext

from core import pdf
from core.i18n import language
from core.pages import filters as written
from core.values import Names

TEMPLATE = Path(__file__).with_name("certificate.typ")


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def pdf_of(rows: Sequence[Any], *, locale: str) -> bytes:
    """``rows`` are some of ``rewards.announcements.honours``."""
    with force_locale(locale):
        data = {"lang": language(), "pages": [_page(row) for row in rows]}
    return pdf.render(TEMPLATE, data)


def _page(row: Any) -> dict[str, str]:
    centre, _slash, team = (row.team or "").partition("/")
    return {
        "title": _("Certificate of Honour"),
        "name": row.name,
        "number": row.employee_no,
        "team": team.replace("/", " · "),
        "text": _(
            "has won this award in %(month)s by outstanding work. In recognition of it this "
            "certificate is given.",
            month=written.month(row.month),
        ),
        "award": Names(**row.names).get(language()),
        "centre": centre,
        "day": written.day(row.final_after + timedelta(days=1)),
        "serial": _("No. %(serial)s", serial=f"{row.month}-{row.id:04d}"),
        "seal": _("(seal)"),
    }
