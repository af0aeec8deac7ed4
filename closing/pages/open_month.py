"""The page of an open month: what is to be settled, and what a close would lock.

The points are counted from the records. What only a preview tells comes as a part of its own: at
once where it is kept, else asked for by the page, so that nobody waits for it to see the rest.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, request
from flask_babel import gettext as _

from closing import checklist, services
from closing.kept_preview import Summary, kept_summary, summary
from closing.months import newest_closed, passed_over
from closing.pages import checklist_words, left_out_words
from closing.pages.blueprints import closing
from closing.pages.common import names_of, session
from closing.versions import PolicyVersion, policy_in_force
from core import web
from core.errors import N_, Refused
from core.messages import message
from core.permissions import Permission
from core.values import Month


def open_page(month: Month) -> str:
    """With ``?figures=1`` the preview is computed, for those without scripts."""
    version = policy_in_force(session(), month)
    newest = newest_closed(session())
    obstacles = _obstacles(month, version, newest)
    found = _checklist(month, version) if version else None
    if found is not None and not found.people:
        obstacles.append(
            message(N_("Nobody is employed in %(month)s."), month=str(month)).render(_)
        )
        found = None
    shown: dict[str, Any] = {}
    if found is not None and version is not None:
        now = web.now().moment
        computed = kept_summary(session(), month, now)
        if computed is None and request.args.get("figures"):
            computed = summary(session(), month, now)
        shown = _figures(month, computed, version, found.hr) if computed else {}
    return render_template(
        "closing/open.html",
        month=month,
        version=version,
        obstacles=obstacles,
        blocked=bool(obstacles) or found is None or found.blocked,
        cards=found.cards if found else 0,
        points=checklist_words.points(month, found) if found else [],
        states=checklist_words.states(),
        behind=passed_over(newest, month),
        unfinished=month.last_day if web.today() <= month.last_day else None,
        revisions=services.revisions(session(), month),
        **({"summary": None} | shown),
    )


@closing.get("/closing/<month:month>/figures")
@web.requires(Permission.CLOSING_WRITE)
def figures(month: Month) -> str:
    """The part of the page that needs a preview."""
    version = services.required_policy(session(), month)
    computed = summary(session(), month, web.now().moment)
    positions = current_app.config["ROLE_POSITIONS"]
    hr = checklist.hr_names(session(), web.today(), positions)
    return render_template(
        "closing/figures.html",
        month=month,
        states=checklist_words.states(),
        **_figures(month, computed, version, hr),
    )


def _obstacles(month: Month, version: PolicyVersion | None, newest: Month | None) -> list[str]:
    found: list[str] = []
    try:
        services.check_order(newest, month)
    except Refused as refused:
        found.append(refused.message.render(_))
    if version is None:
        found.append(message(N_("No policy is in force in %(month)s."), month=str(month)).render(_))
    return found


def _checklist(month: Month, version: PolicyVersion) -> checklist.Checklist:
    return checklist.checklist(
        session(),
        month,
        version.policy,
        web.now().moment,
        web.today(),
        current_app.config["ROLE_POSITIONS"],
    )


def _figures(
    month: Month, computed: Summary, version: PolicyVersion, hr: tuple[str, ...]
) -> dict[str, Any]:
    left_out = list(computed.left_out)
    wanted = left_out_words.numbers(left_out)
    known = {card.employee_no: card.name for card in computed.cards}
    names = known if wanted <= known.keys() else names_of(session(), wanted)
    return {
        "summary": computed,
        "numbers": {
            "cards": len(computed.cards),
            "grades": computed.grades,
            "statuses": computed.statuses,
            "payout": computed.payout,
        },
        "grades": version.policy.grades,
        "left_count": sum(each["count"] for each in left_out),
        "found": checklist_words.of_preview(month, left_out, hr, names),
    }
