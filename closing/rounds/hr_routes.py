"""Rounds as HR runs them: planned, opened, followed without names, ended."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as Redirect
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from closing.pages.common import attempt, open_month, policy_for
from closing.rounds.blueprint import reviews as reviews
from closing.rounds.forms import LastDayForm, ReviewerForm, RoundForm
from closing.rounds.routes import end_what_is_due
from closing.rounds.view import relations
from core import tables, web
from core.db import db, transaction
from core.errors import N_, NotFound, Refused
from core.forms import beside, show
from core.pages.filters import month as month_text
from core.permissions import Permission
from core.seen import Meanwhile
from core.tables import Column, Filter, Listing
from core.values import Month
from evaluations.rounds import ending, planning, queries, reviewers, services
from evaluations.rounds.models import ReviewRound
from staff.models import Employee

WRITE = Permission.REVIEWS_WRITE
LENGTH = timedelta(days=13)  # two weeks, first and last day included
AHEAD = 3  # months that can be chosen for a new round


@reviews.get("/rounds")
@web.requires(WRITE)
def rounds() -> str:
    end_what_is_due()
    return render_template("reviews/rounds.html", rounds=queries.rounds(db.session()))


@reviews.route("/rounds/new", methods=["GET", "POST"])
@web.requires(WRITE)
def new() -> str | Redirect:
    session, today = db.session(), web.today()
    first = open_month(session)
    choices = [first.plus(at) for at in range(AHEAD)]
    form = RoundForm(first_day=today, last_day=today + LENGTH, month=str(first))
    form.month.choices = [SelectChoice(str(each), month_text(each)) for each in choices]
    if form.validate_on_submit():
        month = Month.parse(form.month.data)
        names = ("first_day", "last_day", "peers", "cross_team", "max_load")
        try:
            with transaction():
                planning.plan_round(
                    session,
                    actor=web.current_actor(),
                    now=web.now(),
                    month=month,
                    plan=planning.Plan(**{name: form[name].data for name in names}),
                    positions=_positions(month),
                    seed=secrets.token_hex(16),
                )
            flash(_("Reviewers are drawn. Look at them, then open the round."))
            return redirect(url_for("reviews.one_round", month=month))
        except Refused as refused:
            show(form, refused)
    return render_template("reviews/new.html", form=form)


def _positions(month: Month) -> set[str]:
    """Positions that have scorecards: their people are reviewed."""
    templates = policy_for(db.session(), month).templates.values()
    return {position for each in templates for position in each.positions}


@reviews.get("/rounds/<month:month>")
@web.requires(WRITE)
def one_round(month: Month) -> str | Response:
    """Who is asked about whom; of the answers only how far they are, in tens of percent."""
    return _round_page(month)


def _round_page(month: Month, typed: LastDayForm | None = None) -> str | Response:
    """``typed`` is what somebody else was faster with."""
    end_what_is_due()
    session = db.session()
    held = session.get(ReviewRound, month)
    if held is None:
        raise NotFound(N_("There is no round of this month."))
    names = relations()
    listing = Listing(
        columns=[
            Column("ratee_no", _l("Number")),
            Column("ratee", _l("About whom")),
            Column("relation", _l("As"), value=lambda row: names[row.relation]),
            Column("rater_no", _l("Number")),
            Column("rater", _l("Who is asked")),
        ],
        order=["ratee_no", "rater_no"],
        default="ratee_no",
        search=["ratee_no", "ratee", "rater_no", "rater"],
        filters=[Filter("relation", _l("As"), list(names.items()))],
    )
    least = held.min_raters or policy_for(session, month).reviews.min_raters
    return tables.respond(
        listing,
        queries.reviewers(month, web.viewer()),
        "reviews/round.html",
        filename=f"reviewers-{month}",
        round=held,
        month=month,
        running=held.is_running(web.now().moment),
        shape=queries.shape(session, month, least),
        progress=queries.progress(session, month, held.first_day) if held.state == "open" else [],
        least=least,
        relations=names,
        day_form=_last_day(held, typed),
        reviewer_form=ReviewerForm(),
        own=web.viewer().people,
    )


def _last_day(held: ReviewRound, typed: LastDayForm | None) -> LastDayForm:
    there = LastDayForm(formdata=None, last_day=held.last_day, seen=str(held.last_day))
    if typed is not None:
        where = url_for("reviews.one_round", month=held.month)
        beside(typed, there, theirs=where)
    return typed or there


def _act(month: Month, act: Callable[..., object], done: str, **more: object) -> Redirect:
    """One service about the month's round, and back to its page."""
    return attempt(
        lambda: act(db.session(), actor=web.current_actor(), now=web.now(), month=month, **more),
        done,
        web.safe_next(request.form.get("next")) or url_for("reviews.one_round", month=month),
    )


@reviews.post("/rounds/<month:month>/draw")
@web.requires(WRITE)
def draw(month: Month) -> Redirect:
    return _act(
        month,
        planning.draw_again,
        _("Reviewers are drawn anew."),
        positions=_positions(month),
        seed=secrets.token_hex(16),
    )


@reviews.post("/rounds/<month:month>/open")
@web.requires(WRITE)
def open_(month: Month) -> Redirect:
    section = policy_for(db.session(), month).reviews
    return _act(
        month,
        services.open_round,
        _("The round is open; everybody who is asked has been told."),
        competencies=list(section.competencies),
        min_raters=section.min_raters,
    )


@reviews.post("/rounds/<month:month>/remind")
@web.requires(WRITE)
def remind(month: Month) -> Redirect:
    return _act(
        month, services.remind, _("Whoever still has forms to answer is reminded, once a day.")
    )


@reviews.post("/rounds/<month:month>/end")
@web.requires(WRITE)
def end(month: Month) -> Redirect:
    return _act(month, ending.end_round, _("The round has ended; its results can be seen."))


@reviews.post("/rounds/<month:month>/last-day")
@web.requires(WRITE)
def last_day(month: Month) -> Redirect | tuple[str | Response, int]:
    form = LastDayForm()
    chosen = form.last_day.data
    if not form.validate_on_submit() or chosen is None:
        flash(_("Choose a day."), "error")
        return redirect(url_for("reviews.one_round", month=month))
    try:
        with transaction():
            services.change_last_day(
                db.session(),
                actor=web.current_actor(),
                now=web.now(),
                month=month,
                last_day=chosen,
                seen=form.seen.data,
            )
        flash(_("The last day is changed."))
    except Meanwhile as meanwhile:
        show(form, meanwhile)
        return _round_page(month, form), 409
    except Refused as refused:
        flash(refused.message.render(_), "error")
    return redirect(url_for("reviews.one_round", month=month))


@reviews.post("/rounds/<month:month>/discard")
@web.requires(WRITE)
def discard(month: Month) -> Redirect:
    return attempt(
        lambda: planning.discard_round(
            db.session(), actor=web.current_actor(), now=web.now(), month=month
        ),
        _("The draft is gone."),
        url_for("reviews.rounds"),
    )


@reviews.post("/rounds/<month:month>/reviewers")
@web.requires(WRITE)
def add(month: Month) -> Redirect:
    form = ReviewerForm()
    if not form.validate_on_submit():
        flash(_("Type two employee numbers, and choose how they work together."), "error")
        return redirect(url_for("reviews.one_round", month=month))
    return _act(
        month,
        _add,
        _("Added."),
        ratee=(form.ratee.data or "").strip(),
        rater=(form.rater.data or "").strip(),
        relation=form.relation.data,
    )


def _add(session: object, *, ratee: str, rater: str, **how: object) -> None:
    reviewers.add_reviewer(
        db.session(),
        ratee_id=_person(ratee),
        rater_id=_person(rater),
        **how,  # type: ignore[arg-type]
    )


def _person(typed: str) -> int:
    """By number or whole name."""
    query = select(Employee.id, Employee.employee_no)
    rows = db.session().execute(
        query.where(or_(Employee.employee_no == typed, Employee.name == typed))
    )
    found = {number: who for who, number in rows}
    if typed not in found and len(found) > 1:
        raise Refused(N_("Several people have this name: type the number."))
    if not found:
        raise Refused(N_("Nobody goes by %(name)s."), name=typed)
    return found.get(typed) or next(iter(found.values()))


@reviews.post("/rounds/<month:month>/reviewers/remove")
@web.requires(WRITE)
def remove(month: Month) -> Redirect:
    ids = [request.form.get(name, "") for name in ("ratee_id", "rater_id")]
    if not all(each.isdecimal() and len(each) < 10 for each in ids):
        raise NotFound(N_("They are not asked about this person."))
    return _act(
        month,
        reviewers.remove_reviewer,
        _("Removed."),
        ratee_id=int(ids[0]),
        rater_id=int(ids[1]),
    )
