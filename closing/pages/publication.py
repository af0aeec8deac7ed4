"""Publishing results: at once, at a moment that is set, and hiding them again."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing import publishing
from closing.pages import words
from closing.pages.blueprints import closing
from closing.pages.common import attempt, session
from core import clock, web
from core.errors import N_, Refused
from core.permissions import Permission
from core.values import Month


@closing.post("/closing/<month:month>/publish")
@web.requires(Permission.CLOSING_WRITE)
def publish(month: Month) -> Redirect:
    return attempt(
        lambda: publishing.publish_results(
            session(), actor=web.current_actor(), now=web.now().moment, month=month
        ),
        _("The results of %(month)s are published.", month=words.month_text(month)),
        url_for("closing.month", month=month),
    )


@closing.post("/closing/<month:month>/withhold")
@web.requires(Permission.CLOSING_WRITE)
def withhold(month: Month) -> Redirect:
    return attempt(
        lambda: publishing.withhold_results(
            session(), actor=web.current_actor(), now=web.now().moment, month=month
        ),
        _("The results of %(month)s are hidden again.", month=words.month_text(month)),
        url_for("closing.month", month=month),
    )


@closing.post("/closing/<month:month>/publish-at/remove")
@web.requires(Permission.CLOSING_WRITE)
def unplan(month: Month) -> Redirect:
    return attempt(
        lambda: publishing.unplan_results(
            session(), actor=web.current_actor(), now=web.now().moment, month=month
        ),
        _("The results are published when you say so."),
        url_for("closing.month", month=month),
    )


def plan_asked(month: Month, *, needed: bool = False) -> None:
    """Set the moment that the form asks for, if it asks for one. Raises ``Refused``."""
    given = request.form.get("publish_at", "").strip()
    if not given and not needed:
        return
    try:
        wall = datetime.fromisoformat(given).replace(tzinfo=None)
        when = clock.moment_of(wall, current_app.config["TIMEZONE"])
    except (ValueError, OverflowError):  # the first day of the calendar has none before it
        raise Refused(
            N_("Type a day and a time, like 2026-11-05 09:00."), field="publish_at"
        ) from None
    publishing.plan_results(
        session(),
        actor=web.current_actor(),
        now=web.now().moment,
        month=month,
        when=when,
        seen=request.form.get("seen"),
    )
