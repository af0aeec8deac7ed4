"""Incidents and merits: the list, and the form that records one."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from closing.pages import incident_words, words
from closing.pages.blueprints import rewards
from closing.pages.common import policy_for, policy_or_none, session
from closing.pages.forms import IncidentForm
from closing.policy import Policy
from core import tables, web
from core.attachments import attach_all
from core.db import transaction
from core.errors import N_, Refused
from core.forms import show
from core.i18n import language
from core.pages.attachments import given
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month
from rewards import procedure, queries
from rewards.recording import record_incident
from rewards.services import counts_in
from rewards.stages import stage_of
from staff.models import Employee
from staff.queries import visible_employees


@rewards.get("/incidents")
@web.requires(Permission.INCIDENTS_READ)
def incidents() -> str | Response:
    policy = policy_or_none(session(), Month.of(web.today()))
    states = words.incident_states()
    closed = queries.closed_months(session())
    listing = Listing(
        columns=_columns(policy),
        order=["id"],
        default="day",
        descending=True,
        search=["employee_no", "name", "description", "case"],
        filters=_filters(policy),
    )
    return tables.respond(
        listing,
        queries.incidents(web.viewer(), web.today()),
        "rewards/incidents.html",
        filename="incidents",
        states=states,
        stage=lambda row: _stage(row, policy),
        category=lambda code: _category(code, policy),
        will_count=lambda row: will_count(row, closed),
        rule_text=lambda code: incident_words.rule_text(code, policy),
        recorder=recorder,
    )


def _columns(policy: Policy | None) -> list[Column]:
    states = words.incident_states()
    return [
        Column("day", _l("Day"), "date"),
        Column("employee_no", _l("Number"), hidden=True),
        Column("name", _l("Name")),
        Column("team", _l("Team"), hidden=True),
        Column("rule", _l("Rule"), value=lambda row: incident_words.rule_text(row.rule, policy)),
        Column("description", _l("What happened"), sortable=False),
        Column("case", _l("Case"), hidden=True),
        Column("recorded_by", _l("Recorded by"), value=recorder, hidden=True),
        Column("status", _l("State"), value=lambda row: states[row.status][0]),
        Column(
            "stage",
            _l("Procedure"),
            value=lambda row: _stage(row, policy),
            sortable=False,
            hidden=True,
        ),
        Column("counts_in", _l("Counts in"), "month"),
    ]


def _stage(row: Any, policy: Policy | None) -> str | None:
    """Where a penalty stands; a merit has no procedure."""
    rule = policy.rules.get(row.rule) if policy else None
    if rule is not None and rule.kind == "reward":
        return None
    stage = stage_of(row, web.today())
    return None if stage == "ended" else incident_words.stages()[stage]


def _category(code: str, policy: Policy | None) -> str | None:
    rule = policy.rules.get(code) if policy else None
    return policy.categories[rule.category].names.get(language()) if policy and rule else None


def will_count(row: Any, closed: frozenset[Month]) -> Month | None:
    """The month in which it counts if it is approved now; None where it is decided."""
    return counts_in(row.day, web.now(), closed) if row.status == "recorded" else None


def _filters(policy: Policy | None) -> list[Filter]:
    rules = policy.rules if policy else {}
    by_category: dict[str, list[str]] = {}
    for code, rule in rules.items():
        by_category.setdefault(rule.category, []).append(code)
    categories = [
        (key, each.names.get(language()))
        for key, each in (policy.categories if policy else {}).items()
        if any(rules[code].incident for code in by_category.get(key, []))
    ]

    def of_kind(fields: Any, kind: str) -> Any:
        return fields.rule.in_([code for code, rule in rules.items() if rule.kind == kind])

    return [
        Filter(
            "status",
            _l("State"),
            [(key, text) for key, (text, _kind) in words.incident_states().items()],
        ),
        Filter(
            "category",
            _l("Category"),
            categories,
            where=lambda fields, key: fields.rule.in_(by_category[key]),
        ),
        Filter("kind", _l("Kind"), list(words.kinds().items()), where=of_kind),
    ]


def recorder(row: Any) -> str | None:
    """Who recorded it: a name, else the label of an account."""
    name: str | None = row.recorded_by or row.recorder
    return name


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
                made = _record(form, policy, people)
            flash(_("Recorded. It counts once somebody else has approved it."))
            return redirect(url_for("rewards.incident", incident_id=made))
        except Refused as refused:
            show(form, refused)
    elif not form.is_submitted():
        form.employee.data = request.args.get("employee", "")[:40]
        form.day.data = web.today()
        form.tell.data = True
    return render_template("rewards/new_incident.html", form=form, people=people)


def _record(form: IncidentForm, policy: Policy, people: list[tuple[int, str, str]]) -> int:
    """The id of the incident; with its files, and the person told where the form says so."""
    who: dict[str, Any] = {"actor": web.current_actor(), "now": web.now()}
    made = record_incident(
        session(),
        **who,
        employee_id=_person(form.employee.data or "", people),
        day=form.day.data or web.today(),
        code=form.rule.data,
        description=form.description.data or "",
        evidence=form.evidence.data or "",
        case=form.case.data or "",
        rules=policy.rules,
    )
    attach_all(session(), **who, subject=f"incident:{made.id}", files=given())
    if form.tell.data and policy.rules[made.rule].kind == "penalty":
        procedure.tell(session(), **who, incident_id=made.id)
    return made.id


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
