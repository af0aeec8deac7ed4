"""Proposals of a month, approved or declined one by one or several at once."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from closing.kept_preview import kept_summary, summary
from closing.months import closed_month
from closing.pages import words
from closing.pages.blueprints import rewards
from closing.pages.common import open_month, policy_for, session
from closing.policy import Policy
from closing.proposals import Proposal, Source, of_closed, of_preview, proposals
from core import web
from core.access import note
from core.db import transaction
from core.errors import N_, NotFound, Refused
from core.permissions import Permission
from core.values import Month
from rewards import services, tasks
from rewards.entries import Decision
from rewards.models import Incident
from rewards.policy import Rule
from staff.queries import visible_employees

DECISIONS: tuple[Decision, ...] = ("approved", "declined")


@rewards.get("/proposals")
@web.requires(Permission.INCIDENTS_APPROVE)
def newest_proposals() -> Response:
    return redirect(url_for("rewards.month_proposals", month=open_month(session())))


@rewards.route("/proposals/<month:month>", methods=["GET", "POST"])
@web.requires(Permission.INCIDENTS_APPROVE)
def month_proposals(month: Month) -> str | Response | tuple[str, int]:
    problem = ""
    if request.method == "POST":
        try:
            with transaction():
                count = _decide(month)
            flash(_told(count))
            return redirect(url_for("rewards.month_proposals", month=month, figures=1))
        except NotFound:
            raise
        except Refused as refused:
            problem = refused.message.render(_)
    page = _page(month, problem)
    return (page, 400) if problem else page


def _told(count: int) -> str:
    if request.form.get("decision") == "approved":
        return str(ngettext("%(num)d approved.", "%(num)d approved.", count))
    return str(ngettext("%(num)d declined.", "%(num)d declined.", count))


def reach() -> set[int]:
    """Ids of those about whom the viewer may decide."""
    ids = visible_employees(web.viewer(), Permission.INCIDENTS_APPROVE, day=web.today())
    return set(session().scalars(ids))


def _decide(month: Month) -> int:
    chosen = request.form.getlist("chosen")
    decision = next((each for each in DECISIONS if each == request.form.get("decision")), None)
    if decision is None or not chosen:
        raise Refused(N_("Tick at least one proposal, then approve or decline."))
    within, policy = reach(), policy_for(session(), month)
    for key in dict.fromkeys(chosen):
        reason, seen = request.form.get("reason", ""), request.form.get(f"seen:{key}")
        decide_one(month, key, decision, reason, within, policy, seen)
    return len(set(chosen))


def decide_one(
    month: Month,
    key: str,
    decision: Decision,
    reason: str,
    within: set[int],
    policy: Policy,
    seen: str | None = None,
) -> None:
    """Decide what a form names by ``key`` and showed as decided so (``seen``, "" for not yet);
    raises ``Refused``."""
    actor, now = web.current_actor(), web.now()
    kind, _colon, rest = key.partition(":")
    if kind == "incident" and rest.isdecimal() and len(rest) < 10:
        incident = session().get(Incident, int(rest))
        if incident is None:
            raise NotFound(N_("There is no such proposal."))
        if not web.viewer().decides_for_hr(incident.recorded_by_id, incident.recorded_by):
            _check_scope(incident.employee_id, within, actor.employee_id)
        status = "recorded" if seen == "" else seen
        decide_incident(incident.id, decision, reason, policy.rules.get(incident.rule), status)
        return
    who, _colon, code = rest.partition(":")
    rule = policy.rules.get(code)
    if kind != "rule" or not who.isdecimal() or len(who) > 9 or rule is None:
        raise NotFound(N_("There is no such proposal."))
    _check_scope(int(who), within, actor.employee_id)
    services.decide_rule(
        session(),
        actor=actor,
        now=now,
        month=month,
        employee_id=int(who),
        rule=rule,
        decision=decision,
        reason=reason,
        seen=seen,
    )


def decide_incident(
    incident_id: int, decision: Decision, reason: str, rule: Rule | None, seen: str | None
) -> None:
    """Approve or decline it, with the follow-up tasks that ``rule`` asks for."""
    who: dict[str, Any] = {"actor": web.current_actor(), "now": web.now()}
    said: dict[str, Any] = {"incident_id": incident_id, "reason": reason, "seen": seen}
    if decision == "approved":
        hearing = rule is not None and rule.kind == "penalty"
        services.approve_incident(session(), **who, **said, hearing=hearing)
    else:
        services.decline_incident(session(), **who, **said)
    actions = rule.actions if rule else ()
    tasks.follow_incident(session(), **who, incident_id=incident_id, actions=actions)


def _check_scope(employee_id: int, within: set[int], own_id: int | None) -> None:
    """Others are as if they were not there; oneself is the service's to refuse, in better words."""
    if employee_id not in within and employee_id != own_id:
        note(
            web.current_actor(),
            web.now().moment,
            "access.refused",
            f"{Permission.INCIDENTS_APPROVE} employee:{employee_id}",
        )
        raise NotFound(N_("There is no such proposal."))


def _page(month: Month, problem: str) -> str:
    """An open month that is not computed yet asks for itself again, which computes it."""
    found: list[Proposal] = []
    source = None
    obstacle = ""
    closed = closed_month(session(), month)
    try:
        source = of_closed(session(), closed) if closed else _of_preview(month)
        if source is None:
            return render_template("rewards/proposals_wait.html", month=month)
        found = proposals(session(), web.viewer(), month, web.now(), reach(), source)
    except Refused as refused:
        obstacle = refused.message.render(_)
    return render_template(
        "rewards/proposals.html",
        month=month,
        closed=closed is not None,
        waiting=[each for each in found if each.decision is None],
        decided=[each for each in found if each.decision is not None],
        effects=words.effects_of(source.policy) if source else {},
        say_finding=words.say_finding,
        problem=problem,
        obstacle=obstacle,
        ticked=set(request.form.getlist("chosen")),
        reason=request.form.get("reason", ""),
        states=words.incident_states(),
    )


def _of_preview(month: Month) -> Source | None:
    """None where it had to be computed, and was not asked for."""
    now = web.now().moment
    found = kept_summary(session(), month, now)
    if found is None and (request.args.get("figures") or request.method == "POST"):
        found = summary(session(), month, now)
    return of_preview(session(), found) if found else None
