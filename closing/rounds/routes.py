"""The 360° of everybody: the forms that wait, answering one, and results by group."""

from __future__ import annotations

from flask import Response, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as Redirect

from closing.pages.common import policy_for
from closing.rounds.blueprint import reviews
from closing.rounds.forms import answer_form
from closing.rounds.view import review_view, roles
from core import tables, web
from core.db import db, transaction
from core.errors import Refused
from core.forms import show
from core.i18n import language
from core.permissions import Permission
from core.tables import Column, Listing
from core.values import Month
from evaluations.review_queries import groups_of
from evaluations.rounds import queries
from evaluations.rounds.answering import Form, answer, form_of
from evaluations.rounds.ending import end_due
from evaluations.rounds.models import ReviewRound
from staff.guard import person_or_abort
from staff.queries import visible_employees

RESULTS = Listing(
    columns=[
        Column("month", _l("Round"), kind="month"),
        Column("employee_no", _l("Number")),
        Column("name", _l("Name")),
    ],
    order=["employee_no"],
    default="month",
    descending=True,
    search=["employee_no", "name"],
)


def end_what_is_due() -> None:
    """Rounds end by themselves: whoever looks first after the last day ends them."""
    with transaction():
        end_due(db.session(), now=web.now().moment)


@reviews.get("/")
@web.requires(Permission.REVIEWS_ANSWER)
def mine() -> str:
    end_what_is_due()
    forms = queries.forms_of(db.session(), web.viewer().employee_id, web.today(), web.now().moment)
    return render_template("reviews/mine.html", forms=forms, roles=roles())


@reviews.route("/<month:month>/about/<employee_no>", methods=["GET", "POST"])
@web.requires(Permission.REVIEWS_ANSWER)
def about(month: Month, employee_no: str) -> str | Redirect | tuple[str, int]:
    """One form. Whoever is not asked about this person, or not any more, gets 404."""
    actor, now = web.current_actor(), web.now()
    found = form_of(db.session(), actor=actor, now=now, month=month, employee_no=employee_no)
    names = _competencies(found, month)
    form = answer_form(names, found.ratings, found.comment)
    if form.validate_on_submit():
        try:
            with transaction():
                answer(
                    db.session(),
                    actor=actor,
                    now=now,
                    month=month,
                    employee_no=employee_no,
                    ratings={key: int(form[f"rating_{at}"].data) for at, key in enumerate(names)},
                    comment=form.comment.data or "",
                )
            flash(_("Saved. You can change it until the round ends."))
            return redirect(url_for("reviews.mine"))
        except Refused as refused:
            show(form, refused)
    page = render_template(
        "reviews/about.html", form=form, found=found, count=len(names), roles=roles()
    )
    return (page, 400) if form.errors else page


def _competencies(found: Form, month: Month) -> dict[str, str]:
    """Names by key of what the round asks, in the order in which it was opened."""
    known = policy_for(db.session(), month).reviews.competencies
    return {
        key: known[key].get(language()) if key in known else key for key in found.round.competencies
    }


@reviews.get("/results")
@web.requires(Permission.REVIEWS_READ)
def results() -> str | Response:
    """Whose groups may be seen: oneself, one's team, everybody for HR."""
    end_what_is_due()
    ids = visible_employees(web.viewer(), Permission.REVIEWS_READ, day=web.today())
    query = queries.reviewed(ids)
    return tables.respond(RESULTS, query, "reviews/results.html", filename="reviews")


@reviews.get("/<month:month>/results/<employee_no>")
@web.requires(Permission.REVIEWS_READ)
def result(month: Month, employee_no: str) -> str:
    """Groups of an ended round, oneself beside the others; comments of the groups shown."""
    end_what_is_due()
    person = person_or_abort(employee_no, Permission.REVIEWS_READ)
    session = db.session()
    held = session.get(ReviewRound, month)
    if held is None or held.state != "ended" or not queries.was_reviewed(session, month, person.id):
        abort(404)
    policy = policy_for(session, month)
    least = held.min_raters or policy.reviews.min_raters
    groups = groups_of(session, month, person.id, least)
    return render_template(
        "reviews/result.html",
        person=person,
        found=review_view({month: groups}, policy, month, {month}),
        comments=queries.comments(session, month, person.id, [each.relations for each in groups]),
        month=month,
        own=web.viewer().is_person(person.id),
        least=least,
    )
