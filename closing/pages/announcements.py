"""An award as it is announced to everybody, and objections to it."""

from __future__ import annotations

from typing import Literal

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing import objections
from closing.pages.award_words import objection_states, states
from closing.pages.awards import award_page, decides
from closing.pages.blueprints import rewards
from closing.pages.common import attempt_on, names_by_id, session
from closing.pages.forms import ObjectionForm
from core import web
from core.db import transaction
from core.errors import Forbidden, Refused
from core.forms import show
from core.permissions import Permission
from core.values import Month, Names
from rewards import announcements, queries
from rewards.models import AwardDecision, AwardObjection
from staff.viewer import people_of_hr


@rewards.route("/awards/<month:month>/<award>/announcement", methods=["GET", "POST"])
@web.requires(Permission.AWARDS_READ)
def announcement(month: Month, award: str) -> str | Redirect:
    """Winners, until when one may object, one's own objection; after a withdrawal the newest."""
    decision = _decision(month, award)
    form = ObjectionForm()
    if decision.taken_back_at is None and form.validate_on_submit():
        try:
            with transaction():
                objections.lodge(
                    session(),
                    actor=web.current_actor(),
                    now=web.now(),
                    decision_id=decision.id,
                    text=form.text.data or "",
                    hr=_hr(),
                )
            flash(_("Your objection is lodged. Only those who decide on it see your name."))
            return redirect(url_for("rewards.announcement", month=month, award=award))
        except Forbidden:
            raise
        except Refused as refused:
            show(form, refused)
    return _page(decision, form)


def _decision(month: Month, award: str) -> AwardDecision:
    """The one that stands, or the last one that was taken back; announced already."""
    found = announcements.standing(session(), month, award)
    if found is None:
        found = next(iter(announcements.taken_back(session(), month, award)), None)
    if found is None or (web.today() < found.announced_on and not decides(month, award)):
        abort(404)
    return found


def _page(decision: AwardDecision, form: ObjectionForm) -> str:
    lodged = announcements.objections(session(), decision.id)
    waiting = sum(each.AwardObjection.state == "open" for each in lodged)
    state = announcements.state_of(decision, web.today(), waiting)
    winners = queries.winners(session(), decision.month, decision.award)
    own = [each.AwardObjection for each in lodged if each.AwardObjection.employee_id == _me()]
    return render_template(
        "rewards/announcement.html",
        decision=decision,
        month=decision.month,
        name=Names(**decision.names),
        state=state,
        states=states(),
        winners=winners,
        names=names_by_id(session(), {each.employee_id for each in winners}),
        own=own[0] if own else None,
        objection_states=objection_states(),
        may_object=state == "announced"
        and decision.taken_back_at is None
        and _me() is not None
        and not own,
        form=form,
    )


def _me() -> int | None:
    """Whose own objection it would be; a deputy has none."""
    viewer = web.viewer()
    return viewer.employee_id if viewer.behalf is None else None


@rewards.post("/awards/objections/<int:objection_id>")
@web.requires(Permission.AWARDS_WRITE)
def decide_objection(objection_id: int) -> Redirect | tuple[str, int]:
    row = session().get(AwardObjection, objection_id)
    about = session().get(AwardDecision, row.decision_id) if row else None
    if about is None:
        abort(404)
    if not decides(about.month, about.award):
        web.refuse(Permission.AWARDS_WRITE)
    upheld = request.form.get("decision") == "upheld"
    decision: Literal["upheld", "declined"] = "upheld" if upheld else "declined"
    month, award = about.month, about.award
    return attempt_on(
        lambda: award_page(month, award),
        lambda: objections.decide(
            session(),
            actor=web.current_actor(),
            now=web.now(),
            objection_id=objection_id,
            decision=decision,
            reason=request.form.get("reason", "")[:1000],
        ),
        _("Upheld: the decision is taken back.") if upheld else _("The objection is declined."),
        url_for("rewards.award", month=month, award=award),
    )


def _hr() -> frozenset[int]:
    return people_of_hr(session(), web.today(), current_app.config["ROLE_POSITIONS"]).people
