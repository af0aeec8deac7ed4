"""Awards: what a month proposes, who is not eligible and why, winners confirmed or taken back."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from closing import winners
from closing.award_reasons import AwardList, award_list
from closing.awards import award_of, propose
from closing.catalogue import award_catalogue
from closing.months import current_closing
from closing.pages import words
from closing.pages.award_words import (
    key_text,
    objection_states,
    quota_text,
    shown_line,
    states,
)
from closing.pages.blueprints import rewards
from closing.pages.common import attempt_on, names_by_id, policy_or_none, session
from closing.policy import Policy
from closing.versions import policy_of_closing
from core import web
from core.db import transaction
from core.errors import N_, Conflict, Forbidden, Refused
from core.forms import keep_typed
from core.models import MonthState
from core.permissions import Permission
from core.values import Month
from rewards import announcements, nominations, queries
from rewards.models import AwardWinner


@rewards.get("/awards/<month:month>")
@web.requires(Permission.AWARDS_READ)
def awards(month: Month) -> str:
    closing = current_closing(session(), month)
    if closing is None:
        policy = policy_or_none(session(), month)
    else:
        policy = policy_of_closing(session(), closing.document_version_id).policy
    if policy is None:
        return render_template("rewards/no_policy.html")
    viewer, today = web.viewer(), web.today()
    everything = viewer.reaches_all(Permission.AWARDS_WRITE)
    found = queries.winners(session(), month, announced=None if everything else today)
    decided = announcements.states(session(), month, today)
    return render_template(
        "rewards/awards.html",
        month=month,
        closed=closing is not None,
        policy=policy,
        conditions=_conditions(policy),
        quotas={key: quota_text(award) for key, award in policy.awards.items()},
        winners=found,
        decided={
            key: value for key, value in decided.items() if everything or value[1] != "planned"
        },
        states=states(),
        names=names_by_id(session(), {each.employee_id for each in found}),
        may_see_reasons=_leads_on(month, policy) if closing is not None else frozenset(),
    )


def _conditions(policy: Policy) -> dict[str, str]:
    facts = award_catalogue(policy)
    return {key: words.say_condition(award.eligible, facts) for key, award in policy.awards.items()}


def _leads_on(month: Month, policy: Policy) -> frozenset[str]:
    """The awards whose list with the reasons the viewer may read."""
    if not web.viewer().may(Permission.CLOSING_READ) and web.viewer().hr is None:
        return frozenset()
    return frozenset(key for key in policy.awards if _sees_reasons(month, key))


def _sees_reasons(month: Month, key: str) -> bool:
    """The list with its reasons is for those who decide, and for auditors."""
    return web.viewer().may(Permission.CLOSING_READ) or decides(month, key)


def decides(month: Month, key: str) -> bool:
    """HR, and the second decider about an award for which somebody of HR is a candidate."""
    viewer = web.viewer()
    if viewer.reaches_all(Permission.AWARDS_WRITE):
        return True
    return viewer.hr is not None and any(
        viewer.decides_for_hr(None, each.employee_no) for each in propose(session(), month, key)
    )


@rewards.route("/awards/<month:month>/<award>", methods=["GET", "POST"])
@web.requires(Permission.AWARDS_READ)
def award(month: Month, award: str) -> str | Redirect | tuple[str, int]:
    if not _sees_reasons(month, award):
        award_of(session(), month, award)
        return redirect(url_for("rewards.awards", month=month))
    if request.method == "POST":
        if not decides(month, award):
            web.refuse(Permission.AWARDS_WRITE)
        return _confirm(month, award)
    return award_page(month, award)


def _confirm(month: Month, key: str) -> Redirect | tuple[str, int]:
    try:
        with transaction():
            made = winners.confirm_winners(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                month=month,
                key=key,
                numbers=request.form.getlist("winners"),
                reason=request.form.get("reason", "")[:1000],
                announced_on=_day(request.form.get("announced_on", "")),
            )
        flash(ngettext("%(num)d winner is confirmed.", "%(num)d winners are confirmed.", len(made)))
        return redirect(url_for("rewards.award", month=month, award=key))
    except Forbidden:
        raise
    except Refused as refused:
        if isinstance(refused, Conflict):
            keep_typed()
        page = award_page(month, key, refused.field or "", refused.message.render(_))
        return page, 409 if isinstance(refused, Conflict) else 400


def _day(text: str) -> date | None:
    """What was typed as the day of the announcement; nothing means today."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(N_("Type a day such as 2026-10-31."), field="announced_on") from None


def award_page(month: Month, key: str, field: str = "", problem: str = "") -> str:
    found = award_list(session(), month, key)
    confirmed, exported = _confirmed(month, key)
    shown = [shown_line(found, line) for line in found.lines]
    selected = {line.proposal.employee_no for line in found.lines if line.proposal.selected}
    sent = request.form if request.endpoint == "rewards.award" else {}
    ticked = set(request.form.getlist("winners")) if sent else selected
    return render_template(
        "rewards/award.html",
        month=month,
        award=found.award,
        keys=[key_text(found.facts, each) for each, _direction in found.award.rank_by],
        directions=[direction for _key, direction in found.award.rank_by],
        condition=words.say_condition(found.award.eligible, found.facts),
        quota=quota_text(found.award),
        currency=found.policy.currency,
        eligible=[each for each in shown if each.line.proposal.eligible],
        others=[each for each in shown if not each.line.proposal.eligible],
        confirmed=confirmed,
        names={each.employee_id: (each.proposal.employee_no, each.name) for each in found.lines},
        exported=exported,
        ticked=ticked,
        passed_over=found.passed_over,
        decides=decides(month, key),
        is_candidate=any(web.viewer().is_person(each.employee_id) for each in found.lines),
        reason=sent.get("reason", ""),
        today=web.today(),
        announced_on=sent.get("announced_on", str(web.today())),
        field=field,
        problem=problem,
        **_about_decision(month, key),
        **_nominated(month, key, found),
    )


def _about_decision(month: Month, key: str) -> dict[str, Any]:
    """The decision that stands, how far it is, objections; and those that were taken back."""
    decision, lodged, taken_back = announcements.of_award(session(), month, key)
    waiting = sum(each.AwardObjection.state == "open" for each in lodged)
    state = announcements.state_of(decision, web.today(), waiting) if decision else None
    return {
        "decision": decision,
        "state": state,
        "states": states(),
        "objections": lodged,
        "objection_states": objection_states(),
        "taken_back": taken_back,
    }


def _nominated(month: Month, key: str, found: AwardList) -> dict[str, Any]:
    """Nominations by the candidate's id, and those of people who are no candidates."""
    listed = {line.employee_id for line in found.lines}
    by_person = defaultdict(list)
    for each in nominations.of_month(session(), month, key):
        by_person[each.employee_id].append(each)
    others = [each for who, all_of in by_person.items() if who not in listed for each in all_of]
    return {"nominated": by_person, "nominated_others": others}


def _confirmed(month: Month, key: str) -> tuple[list[AwardWinner], bool]:
    """The winners, and whether the payroll with one of their prizes went out."""
    rows = (
        session()
        .execute(
            select(AwardWinner, MonthState.exported_at)
            .outerjoin(MonthState, MonthState.month == AwardWinner.pay_month)
            .where(AwardWinner.month == month, AwardWinner.award == key)
            .order_by(AwardWinner.id)
        )
        .all()
    )
    return [row.AwardWinner for row in rows], any(row.exported_at for row in rows)


@rewards.post("/awards/<month:month>/<award>/undo")
@web.requires(Permission.AWARDS_WRITE)
def undo_award(month: Month, award: str) -> Redirect | tuple[str, int]:
    if not decides(month, award):
        web.refuse(Permission.AWARDS_WRITE)
    return attempt_on(
        lambda: award_page(month, award),
        lambda: winners.undo_confirmation(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            month=month,
            key=award,
            reason=request.form.get("reason", "")[:1000],
            seen=request.form.get("seen"),
        ),
        _("The decision is taken back."),
        url_for("rewards.award", month=month, award=award),
    )
