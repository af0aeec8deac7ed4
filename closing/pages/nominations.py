"""Nominations for awards: a supervisor's form, and what they nominated."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as Redirect
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from closing.months import current_closing
from closing.pages.blueprints import rewards
from closing.pages.common import attempt, policy_or_none, session
from closing.pages.forms import NominationForm
from closing.policy import Policy
from closing.versions import policy_of_closing
from core import web
from core.db import transaction
from core.errors import Refused
from core.forms import show
from core.i18n import language
from core.permissions import Permission
from core.values import Month
from rewards import announcements, nominations
from rewards.models import AwardNomination
from staff.models import Employee
from staff.queries import visible_employees


@rewards.route("/nominations/<month:month>", methods=["GET", "POST"])
@web.requires(Permission.AWARDS_NOMINATE)
def month_nominations(month: Month) -> str | Redirect:
    """Whom the viewer nominated for the awards of a month; nominating somebody of their team."""
    policy = _policy(month)
    if policy is None:
        return render_template("rewards/no_policy.html")
    decided = announcements.announced(session(), month, web.today())
    people, form = _people(month), NominationForm()
    form.employee.choices = [("", "—")] + [(no, f"{name} {no}") for _id, no, name in people]
    form.award.choices = [
        SelectChoice(key, award.names.get(language()))
        for key, award in policy.awards.items()
        if key not in decided
    ]
    if form.validate_on_submit():
        ids = {number: who for who, number, _name in people}
        try:
            with transaction():
                nominations.nominate(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    month=month,
                    award=policy.awards[form.award.data],
                    employee_id=ids[form.employee.data],
                    reason=form.reason.data or "",
                )
            flash(_("The nomination stands beside the candidate when the award is decided."))
            return redirect(url_for("rewards.month_nominations", month=month))
        except Refused as refused:
            show(form, refused)
    viewer = web.viewer()
    own = [
        each
        for each in nominations.of_month(session(), month)
        if viewer.is_person(each.nominated_by_id)
    ]
    return render_template(
        "rewards/nominations.html",
        month=month,
        form=form,
        people=people,
        awards=policy.awards,
        decided=decided,
        nominations=own,
    )


@rewards.post("/nominations/<int:nomination_id>/withdraw")
@web.requires(Permission.AWARDS_NOMINATE)
def withdraw_nomination(nomination_id: int) -> Redirect:
    found = session().get(AwardNomination, nomination_id)
    if found is None or not web.viewer().is_person(found.nominated_by_id):
        abort(404)
    return attempt(
        lambda: nominations.withdraw(
            session(), actor=web.current_actor(), now=web.now(), nomination_id=nomination_id
        ),
        _("The nomination is withdrawn."),
        url_for("rewards.month_nominations", month=found.month),
    )


def _policy(month: Month) -> Policy | None:
    closing = current_closing(session(), month)
    if closing is None:
        return policy_or_none(session(), month)
    return policy_of_closing(session(), closing.document_version_id).policy


def _people(month: Month) -> list[Any]:
    """Id, number and name of the team, as far as it was employed in the month; never oneself."""
    reach = visible_employees(web.viewer(), Permission.AWARDS_NOMINATE, day=web.today())
    left = or_(Employee.leave_date.is_(None), Employee.leave_date >= month.first_day)
    rows = session().execute(
        select(Employee.id, Employee.employee_no, Employee.name)
        .where(Employee.id.in_(reach), left, Employee.hire_date <= month.last_day)
        .order_by(Employee.employee_no)
    )
    return [row for row in rows if not web.viewer().is_person(row.id)]
