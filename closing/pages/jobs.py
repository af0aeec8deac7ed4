"""How far a close is that takes longer than a request."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from closing import jobs as closes
from closing.pages.blueprints import closing
from closing.pages.common import session
from core import jobs, web
from core.messages import Message
from core.models import Job
from core.permissions import Permission

STEPS = {
    "days": _l("Days of attendance are brought up to date"),
    "facts": _l("Records become facts"),
    "scores": _l("Scorecards are computed"),
    "storing": _l("Scorecards are stored"),
    "sealing": _l("The month is locked"),
}


@closing.get("/closing/jobs/<int:number>")
@web.requires(Permission.CLOSING_WRITE)
def job(number: int) -> str | Response:
    found = _found(number)
    if found.state == "done":
        return make_response(redirect(url_for("closing.month", month=closes.month_of(found))))
    return render_template("closing/job.html", **_shown(found))


@closing.get("/closing/jobs/<int:number>/progress")
@web.requires(Permission.CLOSING_WRITE)
def job_progress(number: int) -> str | Response:
    """The part of the page that asks for itself anew until the job has ended."""
    found = _found(number)
    if found.state == "done":
        response = make_response("")
        response.headers["HX-Redirect"] = url_for("closing.month", month=closes.month_of(found))
        return response
    return render_template("closing/job_progress.html", **_shown(found))


def _found(number: int) -> Job:
    found = session().get(Job, number)
    if found is None or found.kind != closes.CLOSE:
        abort(404)
    if found.state in jobs.UNFINISHED:
        jobs.wake()  # after a restart nobody else would go on with it
    return found


def _shown(found: Job) -> dict[str, Any]:
    progress = jobs.progress(found.id)
    reason = Message(found.message, found.params or {}).render(_) if found.message else None
    return {
        "job": found,
        "month": closes.month_of(found),
        "progress": progress,
        "step": STEPS.get(progress.step, _("It waits for its turn.")),
        "reason": reason,
    }
