"""Incidents and merits: the list, one of them, and the form that records one."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from closing.pages import words
from closing.pages.blueprints import rewards
from closing.pages.common import attempt, policy_for, policy_or_none, session
from closing.pages.forms import IncidentForm
from closing.pages.proposals import reach
from closing.policy import Policy
from closing.proposals import bar_of
from core import tables, web
from core.db import transaction
from core.errors import N_, Refused
from core.forms import show
from core.i18n import language
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month
from rewards import queries, services
from staff.models import Employee
from staff.queries import visible_employees


@rewards.get("/incidents")
@web.requires(Permission.INCIDENTS_READ)
def incidents() -> str | Response:
    policy = _policy()
    rules = policy.rules if policy else {}
    states = words.incident_states()
    by_category = {
        key: [code for code, rule in rules.items() if rule.category == key]
        for key in (policy.categories if policy else {})
    }
    categories = [
        (key, policy.categories[key].names.get(language()) if policy else key)
        for key, codes in by_category.items()
        if any(rules[code].incident for code in codes)
    ]
    listing = Listing(
        columns=[
            Column("day", _l("Day"), "date"),
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
            Column("rule", _l("Rule"), value=lambda row: _rule_text(row.rule, policy)),
            Column("description", _l("What happened"), sortable=False),
            Column("case", _l("Case")),
            Column("recorded_by", _l("Recorded by"), value=_recorder),
            Column("status", _l("State"), value=lambda row: states[row.status][0]),
            Column("counts_in", _l("Counts in"), "month"),
        ],
        order=["id"],
        default="day",
        descending=True,
        search=["employee_no", "name", "description", "case"],
        filters=[
            Filter("status", _l("State"), [(key, text) for key, (text, _kind) in states.items()]),
            Filter(
                "category",
                _l("Category"),
                categories,
                where=lambda fields, key: fields.rule.in_(by_category[key]),
            ),
            Filter(
                "kind",
                _l("Kind"),
                list(words.kinds().items()),
                where=lambda fields, kind: fields.rule.in_(
                    [code for code, rule in rules.items() if rule.kind == kind]
                ),
            ),
        ],
    )
    query = queries.incidents(web.viewer(), web.today())
    return tables.respond(
        listing,
        query,
        "rewards/incidents.html",
        filename="incidents",
        states=states,
        rule_text=lambda code: _rule_text(code, policy),
        recorder=_recorder,
    )


def _policy() -> Policy | None:
    return policy_or_none(session(), Month.of(web.today()))


def _rule_text(code: str, policy: Policy | None) -> str:
    rule = policy.rules.get(code) if policy else None
    return f"{code} {rule.names.get(language())}" if rule else code


def _recorder(row: Any) -> str | None:
    name: str | None = row.recorded_by or row.recorder
    return name


@rewards.get("/incidents/<int:incident_id>")
@web.requires(Permission.INCIDENTS_READ)
def incident(incident_id: int) -> str:
    row = queries.incident(session(), web.viewer(), web.today(), incident_id)
    if row is None:
        abort(404)
    policy = _policy()
    rule = policy.rules.get(row.rule) if policy else None
    may = web.viewer().may(Permission.INCIDENTS_APPROVE)
    return render_template(
        "rewards/incident.html",
        row=row,
        recorder=_recorder(row),
        rule_text=_rule_text(row.rule, policy),
        rule=rule,
        effects=words.effects_of(policy).get(row.rule, []) if policy else [],
        state=words.incident_states()[row.status],
        bar=bar_of(row, web.viewer(), reach()) if may else "scope",
        closed=row.counts_in in queries.closed_months(session()),
    )


@rewards.post("/incidents/<int:incident_id>/approve")
@web.requires(Permission.INCIDENTS_APPROVE)
def approve(incident_id: int) -> Redirect:
    return _decide(incident_id, services.approve_incident, _("Approved."))


@rewards.post("/incidents/<int:incident_id>/decline")
@web.requires(Permission.INCIDENTS_APPROVE)
def decline(incident_id: int) -> Redirect:
    return _decide(incident_id, services.decline_incident, _("Declined."))


def _decide(incident_id: int, act: Any, done: str) -> Redirect:
    row = queries.incident(session(), web.viewer(), web.today(), incident_id)
    if row is None:
        abort(404)
    if bar_of(row, web.viewer(), reach()) == "scope":
        abort(403)
    return attempt(
        lambda: act(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            incident_id=incident_id,
            reason=request.form.get("reason", ""),
        ),
        done,
        url_for("rewards.incident", incident_id=incident_id),
    )


@rewards.route("/incidents/new", methods=["GET", "POST"])
@web.requires(Permission.INCIDENTS_RECORD)
def new_incident() -> str | Redirect:
    form = IncidentForm()
    policy = policy_for(session(), Month.of(form.day.data or web.today()))
    form.rule.choices = _choices(policy)
    people = _people()
    if form.validate_on_submit():
        try:
            with transaction():
                made = services.record_incident(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    employee_id=_person(form.employee.data or "", people),
                    day=form.day.data or web.today(),
                    code=form.rule.data,
                    description=form.description.data or "",
                    evidence=form.evidence.data or "",
                    case=form.case.data or "",
                    rules=policy.rules,
                )
            flash(_("Recorded. It counts once somebody else has approved it."))
            return redirect(url_for("rewards.incident", incident_id=made.id))
        except Refused as refused:
            show(form, refused)
    elif not form.is_submitted():
        form.employee.data = request.args.get("employee", "")[:40]
        form.day.data = web.today()
    return render_template("rewards/new_incident.html", form=form, people=people)


def _choices(policy: Policy) -> dict[str, list[tuple[str, str]]]:
    """Rules that fire by an incident, under their categories; rewards and penalties told apart."""
    kinds = words.kinds()
    found: dict[str, list[tuple[str, str]]] = {"": [("", _("Choose a rule"))]}
    for rule in policy.rules.values():
        if rule.incident and rule.enabled:
            category = policy.categories[rule.category].names.get(language())
            text = f"{rule.code} {rule.names.get(language())} ({kinds[rule.kind]})"
            found.setdefault(category, []).append((rule.code, text))
    return found


def _people() -> list[tuple[int, str, str]]:
    """Those about whom the viewer may record: id, number, name."""
    ids = visible_employees(web.viewer(), Permission.INCIDENTS_RECORD, day=web.today())
    rows = session().execute(
        select(Employee.id, Employee.employee_no, Employee.name)
        .where(Employee.id.in_(ids))
        .order_by(Employee.employee_no)
    )
    return [(row.id, row.employee_no, row.name) for row in rows]


def _person(typed: str, people: list[tuple[int, str, str]]) -> int:
    """The id of the person that was typed; raises ``Refused`` at the field."""
    typed = typed.strip()
    found = [who for who, number, name in people if typed.lower() == number.lower()]
    found = found or [who for who, number, name in people if typed == name]
    if len(found) > 1:
        raise Refused(N_("Several people have this name: type the number."), field="employee")
    if not found:
        raise Refused(
            N_("Nobody among those about whom you may record goes by this."), field="employee"
        )
    return found[0]
