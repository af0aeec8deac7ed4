"""The audit trail: who did what, when, from where; filtered, paged and exported."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core import tables, web
from core.audit import NO_CONTENT
from core.db import db
from core.permissions import Permission
from core.tables import Column, Listing
from reports.audit import queries
from reports.audit.queries import Wanted
from reports.audit.words import action_words, value_words
from reports.blueprints import audit


@audit.get("/")
@web.requires(Permission.AUDIT_READ)
def trail() -> str | Response:
    zone: str = current_app.config["TIMEZONE"]
    wanted = _wanted()
    return tables.respond(
        _listing(zone),
        queries.entries(web.viewer(), wanted, zone),
        "reports/audit/trail.html",
        filename="audit",
        wanted=wanted,
        actions=[
            (each, action_words(each)) for each in queries.actions(db.session(), web.viewer())
        ],
        all_of_it=web.viewer().reaches_all(Permission.AUDIT_READ),
    )


def _wanted() -> Wanted:
    args = request.args
    return Wanted(
        actor=args.get("actor", "").strip()[:120],
        action=args.get("action", "")[:60],
        subject=args.get("subject", "").strip()[:100],
        first=_day(args.get("from", "")),
        last=_day(args.get("to", "")),
    )


def _day(text: str) -> date | None:
    """None for what is no date: nothing of the address is trusted."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1950 <= found.year <= 2100 else None


def _listing(zone: str) -> Listing:
    def local(row: Any) -> str:
        at: datetime = row.at
        return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")

    return Listing(
        columns=[
            Column("id", _l("Entry")),
            Column("at", _l("When"), value=local),
            Column("actor", _l("Who")),
            Column("action", _l("What"), value=lambda row: action_words(row.action)),
            Column("subject", _l("About")),
            Column("details", _l("Before and after"), value=_details, sortable=False),
            Column("origin", _l("From where")),
        ],
        order=["id"],
        default="id",
        descending=True,
    )


def _details(row: Any) -> str:
    if row.payload is None:
        return "" if row.payload_hash == NO_CONTENT else _("(blanked)")
    return "; ".join(
        _detail(name, before, after) for name, before, after in queries.details(row.payload)
    )


def _detail(name: str, before: Any, after: Any) -> str:
    change = (
        value_words(after) if before is None else f"{value_words(before)} → {value_words(after)}"
    )
    return f"{name}: {change}" if name else change
