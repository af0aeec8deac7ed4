"""The preview: the scorecards of an open month as they would be now."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Redirect

from closing.awards import totals_before
from closing.kept_preview import PreviewCard, kept_summary, summary
from closing.months import current_closing
from closing.pages import words
from closing.pages.blueprints import closing
from closing.pages.common import session
from closing.policy import Policy
from closing.services import required_policy
from core import tables, web
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month, half_up

Change = Callable[[PreviewCard], float | None]


@closing.get("/closing/<month:month>/preview")
@web.requires(Permission.CLOSING_WRITE)
def preview(month: Month) -> str | Response | Redirect:
    if current_closing(session(), month) is not None:
        return redirect(url_for("closing.month", month=month))
    policy = required_policy(session(), month).policy
    computed = kept_summary(session(), month, web.now().moment)
    if computed is None:
        if not (request.args.get("figures") or request.args.get("format")):
            return render_template("closing/preview_wait.html", month=month)
        computed = summary(session(), month, web.now().moment)
    change = _change_since(totals_before(session(), month))
    return tables.respond(
        _listing(policy, change),
        computed.cards,
        "closing/preview.html",
        filename=f"preview-{month}",
        month=month,
        change=change,
        statuses=words.statuses(),
        templates=policy.templates,
    )


def _change_since(before: dict[int, float]) -> Change:
    """The change of a total since the month before, by employee id."""

    def change(view: PreviewCard) -> float | None:
        old = before.get(view.employee_id)
        if old is None or view.status != "complete" or view.total is None:
            return None
        return float(half_up(view.total - old, 2))

    return change


def _listing(policy: Policy, change: Change) -> Listing:
    templates = policy.templates
    grades = [(grade.key, grade.key) for grade in policy.grades]
    payout = _("Payout, %(currency)s", currency=policy.currency)
    return Listing(
        columns=[
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column(
                "template", _l("Template"), "names", lambda view: templates[view.template].names
            ),
            Column("status", _l("Status"), value=lambda view: words.statuses()[view.status]),
            Column("total", _l("Total"), "number"),
            Column("change", _l("Change"), "number", value=change),
            Column("grade", _l("Grade")),
            Column("company_rank", _l("Rank"), "short"),
            Column("payout", payout, "number", lambda view: view.payout),
        ],
        order=["employee_no"],
        default="employee_no",
        search=["employee_no", "name"],
        filters=[
            Filter("grade", _l("Grade"), grades),
            Filter("status", _l("Status"), list(words.statuses().items())),
        ],
    )
