"""Receipt of one's scorecard, and who has not read theirs yet."""

from __future__ import annotations

from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from werkzeug.wrappers import Response as Redirect

from closing.appeals import queries
from closing.appeals import receipts as services
from closing.appeals.blueprint import appeals
from closing.pages.common import attempt, session
from core import tables, web
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month

P = Permission


@appeals.post("/receipts/<month:month>/mine")
@web.requires(P.APPEALS_LODGE)
def acknowledge(month: Month) -> Redirect:
    card = queries.own_scorecard(session(), web.viewer().employee_id, month)
    if card is None or web.viewer().behalf is not None:
        abort(404)
    return attempt(
        lambda: services.acknowledge(
            session(),
            actor=web.current_actor(),
            now=web.now().moment,
            scorecard_id=card,
            comment=request.form.get("comment", "")[:4000],
        ),
        _("Noted: you have read it. That is not agreement."),
        url_for("scorecards.card", month=month, employee_no=web.viewer().label),
    )


@appeals.get("/receipts/<month:month>")
@web.requires(P.SCORECARDS_READ)
def receipts(month: Month) -> str | Response:
    query = services.receipts(web.viewer(), web.today(), month)
    listed = query.subquery()
    read, everybody = (
        session().execute(select(func.count(listed.c.read_at), func.count(listed.c.id))).one()
    )
    listing = Listing(
        columns=[
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("read_at", _l("Receipt"), value=lambda row: row.read_at),
            Column("comment", _l("Comment"), sortable=False),
        ],
        order=["employee_no"],
        default="employee_no",
        search=["employee_no", "name"],
        filters=[
            Filter(
                "read",
                _l("Receipt"),
                [("no", _l("Not yet")), ("yes", _l("Read")), ("comment", _l("With a comment"))],
                where=lambda fields, key: {
                    "no": fields.read_at.is_(None),
                    "yes": fields.read_at.is_not(None),
                    "comment": fields.comment.is_not(None),
                }[key],
            )
        ],
    )
    return tables.respond(
        listing,
        query,
        "appeals/receipts.html",
        filename=f"receipts-{month}",
        month=month,
        read=read,
        everybody=everybody,
    )
