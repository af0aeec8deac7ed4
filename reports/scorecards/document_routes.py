"""A scorecard to keep: the PDF of what its page shows. That it was taken is in the audit trail."""

from __future__ import annotations

from flask import Response, abort, request
from flask_babel import gettext as _

from core import tables, web
from core.access import note
from core.db import db
from core.permissions import Permission
from core.values import Month
from reports.blueprints import scorecards
from reports.reach import look
from reports.scorecards.assembling import assembled
from reports.scorecards.document import comments_of, document

READ = Permission.SCORECARDS_READ


@scorecards.get("/scorecards/<month:month>/<employee_no>.pdf")
@web.requires(READ)
def pdf(month: Month, employee_no: str) -> Response:
    """To whom the page opens, and nobody else."""
    session, now = db.session(), web.now()
    found = look(session, web.viewer(), employee_no, month, web.today())
    if found is None or not found.person.may(READ):
        abort(404)
    if found.closed is None or not found.person.may_see_results(found.closed):
        abort(404)
    whole = assembled(session, found.person, found.closed, request.args.get("revision", ""))
    if whole is None:
        abort(404)
    printed = _(
        "Pingyou · printed %(at)s by %(who)s",
        at=f"{now.wall:%Y-%m-%d %H:%M}",
        who=web.viewer().label,
    )
    feedback = found.feedback if found.person.may(Permission.EVALUATIONS_READ) else None
    said = found.person.may(Permission.REVIEWS_READ, closed=False)
    comments = comments_of(session, whole.page.reviews, found.person.id) if said else {}
    body = document(whole, found.person, printed, feedback, comments)
    name = f"scorecard-{month}-{found.person.employee_no}-r{whole.view.revision}.pdf"
    note(web.current_actor(), now.moment, "export", name)
    return tables.attachment(body, name, "application/pdf")
