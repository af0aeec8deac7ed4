"""Rows that came for closed months: listed, and taken in once their month is open again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as Redirect

from closing.imports import queries, words
from closing.imports.blueprint import KIND_CHOICES, imports, refresh
from closing.imports.late import apply_late_rows
from closing.imports.registry import columns_of
from closing.months import is_closed
from core import tables, web
from core.cli import seal
from core.db import db, transaction
from core.errors import N_, Conflict
from core.imports.kinds import CHANGED, NEW, REFUSED
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month


def _cells() -> Callable[[Any], str]:
    """A row as the file had it, without what is secret."""
    shown = {
        kind: [(each.name, queries.heading(each)) for each in columns if not each.secret]
        for kind, columns in columns_of(db.session(), web.now().wall).items()
    }

    def text(row: Any) -> str:
        return " · ".join(
            f"{heading} {row.cells[name]}"
            for name, heading in shown[row.kind]
            if row.cells.get(name)
        )

    return text


@imports.get("/late")
@web.requires(Permission.IMPORTS)
def late() -> str | Response:
    months = queries.late_months(db.session())
    cells = _cells()
    listing = Listing(
        columns=[
            Column("month", _l("Month"), "month"),
            Column("kind", _l("Kind"), value=lambda row: str(words.KINDS[row.kind][0])),
            Column("filename", _l("File")),
            Column("row_number", _l("Row"), "short"),
            Column("cells", _l("What it says"), value=cells, sortable=False),
            Column("state", _l("State"), value=lambda row: str(words.LATE_STATES[row.state][0])),
            Column("error", _l("Reason")),
        ],
        order=["id"],
        default="month",
        descending=True,
        search=["filename"],
        filters=[
            Filter(
                "month",
                _l("Month"),
                [(str(each.month), str(each.month)) for each in months],
                read=Month.parse,
            ),
            Filter("kind", _l("Kind"), KIND_CHOICES),
            Filter(
                "state", _l("State"), [(key, name) for key, (name, _b) in words.LATE_STATES.items()]
            ),
        ],
    )
    return tables.respond(
        listing,
        queries.late_rows(),
        "imports/late.html",
        filename="late-rows",
        months=months,
        words=words,
        cells=cells,
    )


@imports.post("/late/<month:month>/take")
@web.requires(Permission.IMPORTS)
def take_late(month: Month) -> Redirect:
    """Store the rows that wait for a month that is open again."""
    present = web.now()
    with transaction():
        if is_closed(db.session(), month):
            raise Conflict(N_("%(month)s is closed; reopen it first"), month=str(month))
        counts = apply_late_rows(
            db.session(),
            months=[month],
            clock=present.wall,
            seal=seal(),
            actor=web.current_actor(),
            now=present.moment,
        )
    refresh()
    taken = counts[NEW] + counts[CHANGED]
    flash(ngettext("%(num)d row is taken in.", "%(num)d rows are taken in.", taken))
    bad = counts[REFUSED]
    if bad:
        flash(
            ngettext(
                "%(num)d row is no longer good and stays here with the reason.",
                "%(num)d rows are no longer good and stay here with the reason.",
                bad,
            ),
            "error",
        )
    return redirect(url_for("imports.late"))
