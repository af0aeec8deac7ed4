"""One incident: its procedure step by step, what each may do next, its files and notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, abort, redirect, render_template, request, url_for
from flask import flash as say
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.cases import case_states
from closing.pages import incident_words, notice, words
from closing.pages.blueprints import rewards
from closing.pages.common import attempt, attempt_on, policy_or_none, session
from closing.pages.forms import ServedForm
from closing.pages.incidents import recorder, will_count
from closing.pages.proposals import decide_incident, reach
from closing.policy import Policy
from closing.proposals import bar_of
from core import attachments, web
from core.access import EXPORTED, note
from core.db import transaction
from core.errors import Conflict, Refused
from core.forms import keep_typed, show
from core.i18n import LOCALES, language
from core.pages.attachments import chosen, given, respond
from core.permissions import Permission
from core.values import Month
from rewards import procedure, queries, task_queries
from rewards.entries import Decision
from rewards.policy import Rule
from rewards.stages import stage_of
from staff.queries import is_visible


@rewards.get("/incidents/<int:incident_id>")
@web.requires(Permission.INCIDENTS_READ)
def incident(incident_id: int) -> str:
    form = ServedForm(formdata=None)
    form.day.data, form.by.data = web.today(), web.viewer().name
    return _page(_row(incident_id), form)


def _page(row: Any, form: ServedForm) -> str:
    policy, rule = _policy_and_rule(row)
    viewer, today = web.viewer(), web.today()
    case = queries.of_case(session(), viewer, today, row)
    months = queries.closed_months(session())
    closed = row.counts_in is not None and row.counts_in in months
    decides = viewer.may(Permission.INCIDENTS_APPROVE) and not closed
    return render_template(
        "rewards/incident.html",
        row=row,
        form=form,
        recorder=recorder(row),
        rule_text=incident_words.rule_text(row.rule, policy),
        rule=rule,
        penalty=rule is None or rule.kind == "penalty",
        effects=words.effects_of(policy).get(row.rule, []) if policy else [],
        state=words.incident_states()[row.status],
        states=words.incident_states(),
        stage=stage_of(row, today),
        bar=bar_of(row, viewer, reach()) if decides else "scope",
        closed=closed,
        will_count=will_count(row, months),
        mine=_is_mine(row),
        may_state=_is_mine(row) and procedure.may_state(row, today),
        may_lead=_may_lead(row),
        unheard=row.statement_at is None
        and (row.statement_due is None or today <= row.statement_due),
        files=attachments.of(session(), _subject(row.id)),
        case=[each for each in case if each.id != row.id],
        case_states=case_states(policy, case) if policy else {},
        tasks=task_queries.of_incident(session(), row.id) if row.status != "recorded" else [],
        action_names=words.actions(),
        task_states=incident_words.task_states(),
        languages=LOCALES,
        name_of=lambda each: incident_words.rule_text(each.rule, policy),
    )


def _row(incident_id: int) -> Any:
    """What the viewer may see of it; 404 else."""
    row = queries.incident(session(), web.viewer(), web.today(), incident_id)
    if row is None:
        abort(404)
    return row


def _policy_and_rule(row: Any) -> tuple[Policy | None, Rule | None]:
    """Those in force on the day of the incident."""
    policy = policy_or_none(session(), Month.of(row.day))
    return policy, policy.rules.get(row.rule) if policy else None


def _is_mine(row: Any) -> bool:
    """About oneself, and with one's own account."""
    viewer = web.viewer()
    return viewer.behalf is None and viewer.employee_id == row.employee_id


def _may_lead(row: Any) -> bool:
    """Whether the viewer may ask for the statement, serve the decision and add files."""
    viewer, permission = web.viewer(), Permission.INCIDENTS_RECORD
    if viewer.is_person(row.employee_id) or not viewer.may(permission):
        return False
    return viewer.reaches_all(permission) or is_visible(
        session(), viewer, permission, row.employee_id, day=web.today()
    )


def _led(incident_id: int) -> Any:
    row = _row(incident_id)
    if not _may_lead(row):
        abort(403)
    return row


def _subject(incident_id: int) -> str:
    return f"incident:{incident_id}"


def _back(incident_id: int) -> str:
    return url_for("rewards.incident", incident_id=incident_id)


def _who() -> dict[str, Any]:
    return {"actor": web.current_actor(), "now": web.now()}


@rewards.post("/incidents/<int:incident_id>/approve")
@web.requires(Permission.INCIDENTS_APPROVE)
def approve(incident_id: int) -> Redirect | tuple[str, int]:
    return _decide(incident_id, "approved", _("Approved."))


@rewards.post("/incidents/<int:incident_id>/decline")
@web.requires(Permission.INCIDENTS_APPROVE)
def decline(incident_id: int) -> Redirect | tuple[str, int]:
    return _decide(incident_id, "declined", _("Declined."))


def _decide(incident_id: int, decision: Decision, done: str) -> Redirect | tuple[str, int]:
    row = _row(incident_id)
    if bar_of(row, web.viewer(), reach()) == "scope":
        abort(403)
    rule = _policy_and_rule(row)[1]
    reason, seen = request.form.get("reason", ""), request.form.get("seen")
    return attempt_on(
        lambda: incident(incident_id),
        lambda: decide_incident(incident_id, decision, reason, rule, seen),
        done,
        _back(incident_id),
    )


@rewards.post("/incidents/<int:incident_id>/tell")
@web.requires(Permission.INCIDENTS_RECORD)
def tell(incident_id: int) -> Redirect:
    _led(incident_id)
    return attempt(
        lambda: procedure.tell(session(), **_who(), incident_id=incident_id),
        _("The person is asked for a statement."),
        _back(incident_id),
    )


@rewards.post("/incidents/<int:incident_id>/statement")
@web.requires(Permission.INCIDENTS_READ)
def statement(incident_id: int) -> Redirect | tuple[str, int]:
    row = _row(incident_id)
    if not _is_mine(row):
        abort(403)

    def act() -> None:
        procedure.state_view(
            session(),
            **_who(),
            incident_id=incident_id,
            text=request.form.get("statement", "")[:5000],
            none="none" in request.form,
        )
        attachments.attach_all(session(), **_who(), subject=_subject(incident_id), files=given())

    done = _("Your statement is kept with the incident.")
    return attempt_on(lambda: incident(incident_id), act, done, _back(incident_id))


@rewards.post("/incidents/<int:incident_id>/served")
@web.requires(Permission.INCIDENTS_RECORD)
def serve(incident_id: int) -> str | Redirect | tuple[str, int]:
    row = _led(incident_id)
    form = ServedForm()
    if form.validate_on_submit():
        try:
            with transaction():
                procedure.serve(
                    session(),
                    **_who(),
                    incident_id=incident_id,
                    day=form.day.data or web.today(),
                    how=form.how.data,
                    by=form.by.data or "",
                    note=form.note.data or "",
                )
            say(_("Noted. It is final after three working days."))
            return redirect(_back(incident_id))
        except Refused as refused:
            if isinstance(refused, Conflict):
                say(refused.message.render(_), "error")
                keep_typed()
                return incident(incident_id), 409
            show(form, refused)
    return _page(row, form)


@rewards.post("/incidents/<int:incident_id>/files")
@web.requires(Permission.INCIDENTS_RECORD)
def add_files(incident_id: int) -> Redirect:
    _led(incident_id)
    act: Callable[[], object] = lambda: attachments.attach_all(  # noqa: E731
        session(), **_who(), subject=_subject(incident_id), files=chosen()
    )
    return attempt(act, _("The files are kept with the incident."), _back(incident_id))


@rewards.get("/incidents/<int:incident_id>/files/<int:attachment_id>")
@web.requires(Permission.INCIDENTS_READ)
def incident_file(incident_id: int, attachment_id: int) -> Response:
    row = _row(incident_id)
    found = attachments.one(session(), attachment_id, subject=_subject(row.id))
    if found is None:
        abort(404)
    return respond(found)


@rewards.get("/incidents/<int:incident_id>/notice/<kind>.pdf")
@web.requires(Permission.INCIDENTS_READ)
def notice_pdf(incident_id: int, kind: str) -> Response:
    """The notice that the person signs: that they were told, or what was decided."""
    row = _row(incident_id)
    there = {"told": row.notified_at is not None, "decided": row.status == "approved"}
    if not there.get(kind):
        abort(404)
    policy = _policy_and_rule(row)[0]
    chosen = request.args.get("lang", language())
    content = notice.pdf_of(
        kind, row, policy, locale=LOCALES.get(chosen, LOCALES["zh"]), today=web.today()
    )
    note(web.current_actor(), web.now().moment, EXPORTED, f"incident:{row.id}:{kind}.pdf")
    name = f"{kind}-{row.employee_no}-{row.day}.pdf"
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f"attachment; filename={name}"},
    )
