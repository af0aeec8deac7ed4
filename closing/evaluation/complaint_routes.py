"""The register of complaints: the list of a month, and entering one."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as Redirect

from closing.evaluation import record_words as words
from closing.evaluation.blueprint import evaluations
from closing.evaluation.common import session
from closing.evaluation.record_forms import ComplaintForm, NewComplaintForm, chosen_person
from core import attachments, tables, web
from core.db import transaction, wall_seconds
from core.errors import Refused
from core.forms import show
from core.pages.attachments import given
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month
from evaluations.checks.queries import people_to_check
from evaluations.complaints import queries, services
from evaluations.complaints.clocks import CLASSES
from evaluations.complaints.services import Described
from evaluations.holding import is_closed
from staff.models import Employee

P = Permission


@evaluations.get("/<month:month>/complaints")
@web.requires(P.RECORDS_READ)
def complaints(month: Month) -> str | Response:
    closed = is_closed(session(), month)
    now = wall_seconds(web.now().wall)
    query = queries.complaints(web.viewer(), web.today(), month, closed=closed, now=now)
    waiting, late = queries.overdue(session(), query)
    return tables.respond(
        _listing(),
        query,
        "evaluations/complaints.html",
        filename=f"complaints-{month}",
        month=month,
        closed=closed,
        waiting=waiting,
        late=late,
        now=now,
        words=words,
        writes=web.viewer().may(P.RECORDS_WRITE) and not closed,
    )


def _listing() -> Listing:
    states, severities = words.states(), words.severities()
    decided = {None: _("not decided"), True: _("counted as theirs"), False: _("nobody's")}
    return Listing(
        columns=[
            Column("complaint_no", _l("Complaint number")),
            Column("state", _l("State"), value=lambda row: states[row.state][0]),
            Column("due_at", _l("Next due"), "walltime"),
            Column("received_at", _l("Received"), "walltime"),
            Column(
                "category",
                _l("Class"),
                value=lambda row: words.class_text(row.category, row.subclass),
            ),
            Column("severity", _l("Severity"), value=lambda row: severities[row.severity]),
            Column("employee", _l("Names")),
            Column("attributable", _l("Responsible"), value=lambda row: decided[row.attributable]),
            Column("handler", _l("Handled by")),
        ],
        order=["received_at", "complaint_no"],
        default="due_at",
        search=["complaint_no", "employee", "employee_no", "handler"],
        filters=_filters(),
    )


def _filters() -> list[Filter]:
    return [
        Filter("state", _l("State"), [(key, text) for key, (text, _k) in words.states().items()]),
        Filter("severity", _l("Severity"), list(words.severities().items())),
        Filter("category", _l("Class"), [(key, words.classes()[key]) for key in CLASSES]),
        Filter("channel", _l("Channel"), list(words.channels().items())),
        Filter(
            "decided",
            _l("Responsible"),
            list(words.responsibilities().items()),
            where=_by_decision,
        ),
    ]


def _by_decision(fields: Any, value: str) -> Any:
    if value == "open":
        return fields.attributable.is_(None)
    return fields.attributable.is_(value == "yes")


@evaluations.route("/complaints/new", methods=["GET", "POST"])
@web.requires(P.RECORDS_WRITE)
def new_complaint() -> str | Redirect | tuple[str, int]:
    form = NewComplaintForm()
    form.category.choices = words.class_choices()
    form.channel.choices = [("", _("Choose a channel")), *channel_choices()]
    people = people_in_reach()
    if form.validate_on_submit():
        try:
            with transaction():
                made = _enter(form, people)
                number, where = made.complaint_no, made.id
            flash(_("Registered as %(number)s.", number=number))
            return redirect(url_for("evaluations.complaint", complaint_id=where))
        except Refused as refused:
            show(form, refused)
    elif not form.is_submitted():
        form.received.data = web.now().wall.replace(second=0)
    page = render_template("evaluations/new_complaint.html", form=form, people=people)
    return (page, 400) if form.is_submitted() else page


def channel_choices() -> list[tuple[str, str]]:
    return [(code, f"{code} {name}") for code, name in words.channels().items()]


def people_in_reach() -> list[Any]:
    """Whom the viewer may name: their people, and for handling themselves."""
    found = list(session().execute(people_to_check(web.viewer(), web.today())))
    own = select(Employee.id, Employee.employee_no, Employee.name).where(
        Employee.id == (web.viewer().employee_id or -1)
    )
    return [*session().execute(own), *found]


def described(form: ComplaintForm, people: list[Any]) -> Described:
    """What the form says; raises ``Refused`` where it names nobody known."""
    category, _colon, subclass = (form.category.data or "").partition(":")
    return Described(
        category=category,
        subclass=subclass or None,
        severity=form.severity.data or "",
        handler_id=chosen_person(form.handler.data, people, "handler"),
        description=form.description.data or "",
        reference=form.reference.data or "",
        details_missing=bool(form.details_missing.data),
        reason=form.reason.data or "",
    )


def _enter(form: NewComplaintForm, people: list[Any]) -> Any:
    received = form.received.data
    assert received is not None  # the form asks for it
    who: dict[str, Any] = {"actor": web.current_actor(), "now": web.now()}
    made = services.enter_complaint(
        session(),
        **who,
        received=received,
        channel=form.channel.data,
        employee_id=chosen_person(form.employee.data, people, "employee"),
        about=described(form, people),
    )
    attachments.attach_all(session(), **who, subject=f"complaint:{made.id}", files=given())
    return made
