"""Follow-up tasks: the list, one of them, and taking up what the rules of a month ask for."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as Redirect
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from closing import follow_up
from closing.months import newest_closed
from closing.pages import incident_words, words
from closing.pages.blueprints import rewards
from closing.pages.common import attempt_on, policy_or_none, session
from closing.pages.forms import TaskForm
from core import tables, web
from core.db import transaction
from core.errors import Conflict, Refused
from core.forms import beside, show
from core.permissions import Permission
from core.seen import Meanwhile
from core.tables import Column, Filter, Listing
from core.values import Month
from rewards import task_queries
from rewards import tasks as services
from staff.models import Employee
from staff.queries import assignments_on, is_visible, visible_employees


@rewards.get("/tasks")
@web.requires(Permission.INCIDENTS_READ)
def tasks() -> str | Response:
    viewer, today = web.viewer(), web.today()
    number, overdue, ownerless = task_queries.open_and_overdue(session(), viewer, today)
    month = newest_closed(session())
    waiting = []
    if month is not None and viewer.may(Permission.INCIDENTS_RECORD):
        waiting = follow_up.waiting(session(), month, _reach())
    policy = policy_or_none(session(), Month.of(today))
    return tables.respond(
        _listing(),
        task_queries.tasks(viewer, today),
        "rewards/tasks.html",
        filename="tasks",
        number=number,
        overdue=overdue,
        ownerless=ownerless,
        month=month,
        waiting=[each for each in waiting if not viewer.is_person(each.employee_id)],
        actions=words.actions(),
        states=incident_words.task_states(),
        rule_text=lambda code: incident_words.rule_text(code, policy),
    )


def _listing() -> Listing:
    actions, states = words.actions(), incident_words.task_states()
    return Listing(
        columns=[
            Column("due", _l("Due"), "date"),
            Column("action", _l("Task"), value=lambda row: actions.get(row.action, row.action)),
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("rule", _l("Rule")),
            Column("owner", _l("Owner")),
            Column("state", _l("State"), value=lambda row: states[row.state][0]),
            Column("outcome", _l("Outcome"), sortable=False),
        ],
        order=["id"],
        default="due",
        search=["employee_no", "name", "owner"],
        filters=[
            Filter("state", _l("State"), [(key, text) for key, (text, _k) in states.items()]),
            Filter("action", _l("Task"), list(actions.items())),
            Filter(
                "mine",
                _l("Whose"),
                [("1", _l("Mine to do")), ("0", _l("Needs an owner"))],
                where=_whose,
            ),
        ],
    )


def _whose(fields: Any, value: str) -> Any:
    if value == "0":
        return (fields.owner_left < web.today()) & (fields.state == "open")
    return fields.owner_id == web.viewer().employee_id


def _reach() -> Any:
    return visible_employees(web.viewer(), Permission.INCIDENTS_RECORD, day=web.today())


@rewards.post("/tasks/taken-up/<month:month>")
@web.requires(Permission.INCIDENTS_RECORD)
def take_up(month: Month) -> Redirect:
    with transaction():
        made = follow_up.take_up(
            session(), actor=web.current_actor(), now=web.now(), month=month, reach=_reach()
        )
    flash(ngettext("%(num)d task made.", "%(num)d tasks made.", made))
    return redirect(url_for("rewards.tasks"))


@rewards.get("/tasks/<int:task_id>")
@web.requires(Permission.INCIDENTS_READ)
def task(task_id: int) -> str:
    row = _row(task_id)
    return _page(row, _form(row))


@rewards.post("/tasks/<int:task_id>/change")
@web.requires(Permission.INCIDENTS_READ)
def change_task(task_id: int) -> str | Redirect | tuple[str, int]:
    row = _worked_on(task_id)
    form = _form(row, submitted=True)
    if form.validate_on_submit():
        try:
            with transaction():
                services.change_task(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    task_id=task_id,
                    owner_id=form.owner.data,
                    due=form.due.data or row.due,
                    seen=form.seen.data,
                )
            flash(_("Changed."))
            return redirect(url_for("rewards.task", task_id=task_id))
        except Refused as refused:
            show(form, refused)
            row = _row(task_id)  # as others left it
            if isinstance(refused, Meanwhile):
                form.owner.choices = _owners(row)
                where = url_for("rewards.task", task_id=task_id)
                beside(form, _form(row), theirs=where)
            if isinstance(refused, Conflict):
                return _page(row, form), 409
    return _page(row, form)


@rewards.post("/tasks/<int:task_id>/end")
@web.requires(Permission.INCIDENTS_READ)
def end_task(task_id: int) -> Redirect | tuple[str, int]:
    _worked_on(task_id)
    return attempt_on(
        lambda: task(task_id),
        lambda: services.end_task(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            task_id=task_id,
            outcome=request.form.get("outcome", "")[:2000],
            dropped="dropped" in request.form,
        ),
        _("Noted."),
        url_for("rewards.task", task_id=task_id),
    )


def _row(task_id: int) -> Any:
    row = task_queries.task(session(), web.viewer(), web.today(), task_id)
    if row is None:
        abort(404)
    return row


def _may_work(row: Any) -> bool:
    """Its owner, and whoever may record about the person."""
    viewer = web.viewer()
    if viewer.is_person(row.employee_id):
        return False
    return viewer.is_person(row.owner_id) or is_visible(
        session(), viewer, Permission.INCIDENTS_RECORD, row.employee_id, day=web.today()
    )


def _worked_on(task_id: int) -> Any:
    row = _row(task_id)
    if not _may_work(row):
        abort(403)
    return row


def _form(row: Any, *, submitted: bool = False) -> TaskForm:
    form = TaskForm() if submitted else TaskForm(formdata=None)
    form.owner.choices = _owners(row)
    if not submitted:
        form.owner.data, form.due.data = row.owner_id, row.due
        form.seen.data = services.seen_of(row)
    return form


def _owners(row: Any) -> list[SelectChoice]:
    """The owner, whoever acts, and whom they know of those who lead somebody today."""
    viewer, today = web.viewer(), web.today()
    assigned = assignments_on(today)
    leaders = select(assigned.c.supervisor_id).where(assigned.c.supervisor_id.is_not(None))
    known = or_(
        Employee.id.in_(leaders)
        & Employee.id.in_(visible_employees(viewer, Permission.PROFILE_READ, day=today)),
        Employee.id.in_([row.owner_id, viewer.employee_id or 0]),
    )
    query = select(Employee.id, Employee.employee_no, Employee.name).where(
        known, Employee.id != row.employee_id
    )
    found = session().execute(query.order_by(Employee.employee_no))
    return [SelectChoice(each.id, f"{each.employee_no} {each.name}") for each in found]


def _page(row: Any, form: TaskForm) -> str:
    policy = policy_or_none(session(), row.month or Month.of(web.today()))
    action = words.actions().get(row.action, row.action)
    return render_template(
        "rewards/task.html",
        row=row,
        form=form,
        action=action,
        rule_text=incident_words.rule_text(row.rule, policy),
        state=incident_words.task_states()[row.state],
        overdue=row.state == "open" and row.due < web.today(),
        ownerless=row.state == "open" and row.owner_left and row.owner_left < web.today(),
        may_work=_may_work(row) and row.state == "open",
    )
