"""The inbox: what somebody was told, newest first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from core import tables, web
from core.db import db, transaction
from core.pages.converters import key
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from staff import notice_words, notices

inbox = Blueprint("inbox", __name__, url_prefix="/inbox")


def told(row: Any) -> str:
    return notice_words.text(notices.kinds().get(row.kind), row.params)


def _in_state(fields: Any, state: str) -> Any:
    return fields.read_at.is_(None) if state == "unread" else fields.read_at.is_not(None)


LISTING = Listing(
    columns=[
        Column("text", _l("Notice"), value=told, sortable=False),
        Column("created_at", _l("When")),
        Column("read_at", _l("Read on")),
    ],
    order=["created_at", "id"],
    default="created_at",
    descending=True,
    filters=[
        Filter("state", _l("State"), [("unread", _l("Unread")), ("read", _l("Read"))],
               where=_in_state),
    ],
)  # fmt: skip


@inbox.get("/")
@web.requires(Permission.SELF)
def notices_list() -> str | Response:
    whose = web.viewer().employee_id
    newest = notices.newest(db.session(), whose)  # before what is listed
    query = notices.listed(whose)
    return tables.respond(
        LISTING,
        query,
        "staff/inbox.html",
        filename="inbox",
        told=told,
        newest=newest,
        leads_on=lambda row: notice_words.address(row.endpoint, row.values),
    )


@inbox.post("/<int:notice_id>")
@web.requires(Permission.SELF)
def read(notice_id: int) -> AnyResponse:
    """Mark one as read; with ``open`` go on to the page that it is about."""
    with transaction():
        notice = notices.read(
            db.session(),
            now=web.now().moment,
            employee_id=web.viewer().employee_id,
            notice_id=notice_id,
        )
    target = notice_words.address(notice.endpoint, notice.values)
    if "open" in request.form and target:
        return redirect(target)
    return redirect(_back())


@inbox.post("/all")
@web.requires(Permission.SELF)
def read_all() -> AnyResponse:
    with transaction():
        count = notices.read_all(
            db.session(),
            now=web.now().moment,
            employee_id=web.viewer().employee_id,
            until=request.form.get("until", 0, type=key),
        )
    flash(
        ngettext("%(num)d notice is marked as read.", "%(num)d notices are marked as read.", count)
        if count
        else gettext("There was nothing unread.")
    )
    return redirect(_back())


def _back() -> str:
    """The inbox as it was filtered and turned to."""
    return web.safe_next(request.form.get("next")) or url_for("inbox.notices_list")
