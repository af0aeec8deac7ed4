"""The list of scorecards, one scorecard, its trend."""

from __future__ import annotations

from flask import Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from core import charts, tables, web
from core.db import db
from core.permissions import Permission
from core.values import Month
from reports import words
from reports.blueprints import scorecards
from reports.reach import ClosedMonth, Looked, Subject, closed_month, look, newest_readable, subject
from reports.scorecards import card as cards
from reports.scorecards import queries, trend
from reports.scorecards.answers import answers
from reports.scorecards.assembling import assembled
from reports.scorecards.listing import listing
from reports.scorecards.past import history, team_totals

READ = Permission.SCORECARDS_READ


@scorecards.get("/scorecards")
@web.requires(READ)
def newest() -> BaseResponse | str:
    """The month asked for, else the newest; those who read only their own get that scorecard."""
    session, who, day = db.session(), web.viewer(), web.today()
    month = newest_readable(session, who, day)
    if month is None:
        return render_template("reports/scorecards/none.html")
    if request.args.get("month") and closed_month(session, web.selected_month()):
        month = web.selected_month()
    if queries.reads_only_own(who, session, day):
        return redirect(url_for("scorecards.card", month=month, employee_no=who.label))
    return redirect(url_for("scorecards.month_list", month=month))


@scorecards.get("/scorecards/<month:month>")
@web.requires(READ)
def month_list(month: Month) -> str | Response:
    session = db.session()
    closed = closed_month(session, month)
    if closed is None:
        return render_template("reports/scorecards/open.html", month=month)
    query = queries.month_cards(web.viewer(), web.today(), month)
    found = queries.overview(session, web.viewer(), closed.closing, query)
    return tables.respond(
        listing(closed, found),
        query,
        "reports/scorecards/list.html",
        filename=f"scorecards-{month}",
        whole=found.cards,
        closed=closed,
        found=found,
        teams=words.teams_by_leaf(found.teams),
        grades=closed.policy.grades,
        statuses=words.statuses(),
        kept=_kept(),
    )


@scorecards.get("/scorecards/<month:month>/<employee_no>")
@web.requires(READ)
def card(month: Month, employee_no: str) -> str | tuple[str, int]:
    session = db.session()
    looked = _looked(employee_no, month)
    person, closed = looked.person, looked.closed
    if closed is None or not person.may_see_results(closed):
        return _absent(person, month, closed)
    whole = assembled(session, person, closed, request.args.get("revision", ""))
    if whole is None:
        return _absent(person, month, closed)
    found = trend.points(whole.own, whole.teams, month)
    return render_template(
        "reports/scorecards/card.html",
        person=person,
        closed=closed,
        revision=whole.chosen,
        page=whole.page,
        chances=whole.chances,
        note=cards.status_note(whole.view, whole.policy),
        status=cards.status_label(whole.view),
        trend=found,
        chart=trend.chart(person.name, found),
        trend_rows=trend.table(found),
        revisions=[past for past in whole.own if past.month == month],
        walk=_walk(closed, person),
        kept=_kept(),
        answers=answers(session, person, closed, whole.chosen, web.now()),
        feedback=looked.feedback if person.may(Permission.EVALUATIONS_READ) else None,
        may=person.may,
        endpoints=ENDPOINTS,
    )


@scorecards.get("/scorecards/<month:month>/<employee_no>/trend.svg")
@web.requires(READ)
def trend_chart(month: Month, employee_no: str) -> Response:
    session = db.session()
    person = _person(employee_no)
    own = history(session, person.viewer, person.id, month)
    found = trend.points(own, team_totals(own), month)
    return charts.respond(charts.trend, trend.chart(person.name, found))


# The page of the records behind a figure, and who may open it.
ENDPOINTS = {
    "tickets": Permission.RECORDS_READ,
    "complaints": Permission.RECORDS_READ,
    "spot_checks": Permission.RECORDS_READ,
    "metrics": Permission.EVALUATIONS_READ,
    "attendance": Permission.ATTENDANCE_READ,
    "training": Permission.TRAINING_READ,
    "incidents": Permission.INCIDENTS_READ,
    "reviews": Permission.REVIEWS_READ,
}


def _person(employee_no: str) -> Subject:
    """404 for nobody, and for one whose scorecards the viewer may not read: the same answer."""
    found = subject(db.session(), web.viewer(), employee_no, web.today())
    if found is None or not found.may(READ):
        abort(404)
    return found


def _looked(employee_no: str, month: Month) -> Looked:
    """The same with the month, None while it is open."""
    found = look(db.session(), web.viewer(), employee_no, month, web.today())
    if found is None or not found.person.may(READ):
        abort(404)
    return found


def _absent(person: Subject, month: Month, closed: ClosedMonth | None) -> tuple[str, int]:
    """The person has no scorecard to be read in this month: why, and where to go."""
    page = render_template(
        "reports/scorecards/absent.html", person=person, month=month, closed=closed
    )
    return page, 404


def _walk(closed: ClosedMonth, person: Subject) -> queries.Walk:
    query = queries.month_cards(web.viewer(), web.today(), closed.month)
    nothing = queries.Overview(
        {}, {}, (request.args.get("team", ""),), tuple(closed.policy.templates), 0
    )
    ordered = tables.asked(listing(closed, nothing), query)
    who = web.viewer()
    return queries.walk(db.session(), who, ordered, person.employee_no, closed.closing)


def _kept() -> dict[str, str]:
    """What of the address says which list it is: carried from the list to its scorecards."""
    names = ("sort", "dir", "q", "team", "template", "grade", "status")
    return {name: request.args[name] for name in names if request.args.get(name)}
