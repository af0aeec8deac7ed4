"""The rules that apply to somebody, as the handbook's table, with what each did in a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import abort, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from closing.acknowledging import acknowledged_at
from closing.cards import stored_views
from closing.pages.matrix import categories_of
from closing.policy import Policy
from core import web
from core.db import db
from core.i18n import language
from core.permissions import Permission
from core.values import Month, flat
from reports.blueprints import scorecards
from reports.reach import Looked, look
from reports.scorecards.rules import RuleView, rule_views
from staff.queries import assignments_on

READ = Permission.SCORECARDS_READ


@dataclass(frozen=True, slots=True)
class Found:
    """The position that the rules are those of, and what they did, by code; None: no results."""

    position: str | None
    did: Mapping[str, list[RuleView]] | None


@scorecards.get("/rules/mine")
@web.requires(READ)
def my_rules() -> Response:
    """One's own page of the month looked at; who is no employee gets the whole handbook."""
    month = web.selected_month()
    if web.viewer().employee_id is None:
        return redirect(url_for("rewards.matrix", month=month))
    return web.to_own("scorecards.rules", month=month)


@scorecards.get("/scorecards/<month:month>/mine")
@web.requires(READ)
def own_card(month: Month) -> Response:
    """One's own scorecard, wherever a notice leads everybody to theirs."""
    return web.to_own("scorecards.card", month=month)


@scorecards.get("/scorecards/<month:month>/<employee_no>/rules")
@web.requires(READ)
def rules(month: Month, employee_no: str) -> str:
    session = db.session()
    looked = look(session, web.viewer(), employee_no, month, web.today())
    if looked is None or not looked.person.may(READ, closed=looked.closed is not None):
        abort(404)
    if looked.policy is None or looked.document is None:
        return str(render_template("rewards/no_policy.html"))
    found = _found(looked, looked.policy, month)
    said: datetime | None = None
    if looked.person.is_me:
        said = acknowledged_at(session, looked.person.id, looked.document.id)
    return str(
        render_template(
            "reports/scorecards/rules.html",
            person=looked.person,
            month=month,
            policy=looked.policy,
            version=looked.document.number,
            template_name=_template_name(looked.policy, found.position),
            categories=categories_of(looked.policy, found.position),
            did=found.did,
            acknowledged_at=said,
        )
    )


def _template_name(policy: Policy, position: str | None) -> str | None:
    """What the policy calls those of a position; the position itself where it names none."""
    for template in policy.templates.values():
        if position in template.positions:
            return template.names.get(language())
    return position


def _found(looked: Looked, policy: Policy, month: Month) -> Found:
    """From the scorecard where the viewer may see it; else the position alone."""
    session, person, closed = db.session(), looked.person, looked.closed
    if closed is not None and person.may_see_results(closed):
        for view in stored_views(session, closed.closing, [person.id]):
            did: dict[str, list[RuleView]] = defaultdict(list)
            for each in rule_views(view.rules, policy, flat(dict(view.facts))):
                if not each.undecided:
                    did[each.code].append(each)
            return Found(view.position, did)
    assigned = assignments_on(min(month.last_day, max(web.today(), month.first_day)))
    position = session.scalar(
        select(assigned.c.position).where(assigned.c.employee_id == person.id)
    )
    return Found(position, None)
