"""The month's evaluation as a grid: people, metrics, submitting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as Redirect

from closing.evaluation import grid_export
from closing.evaluation import listing as lists
from closing.evaluation.blueprint import evaluations
from closing.evaluation.common import (
    loaded,
    open_loaded,
    person_of,
    reads_only_own,
    saving,
    session,
    writes,
)
from closing.evaluation.grid import Typed, sections, values_before
from closing.evaluation.listing import EvaluationMonth
from closing.evaluation.live import live, still_kept
from closing.evaluation.person_routes import person
from closing.evaluation.saving import form_cells, sent_cells, status, told
from closing.months import newest_closed
from core import tables, web
from core.db import transaction
from core.errors import N_, STATUS, Conflict, NotFound, Refused
from core.forms import keep_typed
from core.pages.characters import read_json
from core.permissions import Permission
from core.values import Month
from evaluations.monthly import queries, services

P = Permission


@evaluations.get("")
@web.requires(P.EVALUATIONS_READ)
def newest() -> Redirect:
    """The month that is worked on, for whoever evaluates; their own for everybody else."""
    chosen, newest = web.selected_month(), newest_closed(session())
    month = newest.plus(1) if writes() and newest == chosen else chosen
    return redirect(_own(month) if reads_only_own() else _grid(month))


def _grid(month: Month) -> str:
    return url_for("evaluations.month", month=month)


def _own(month: Month) -> str:
    return url_for("evaluations.person", month=month, employee_no=web.viewer().label)


@evaluations.get("/<month:month>")
@web.requires(P.EVALUATIONS_READ)
def month(month: Month) -> str | Response | Redirect:
    if reads_only_own():
        return redirect(_own(month))
    found = lists.evaluation_month(session(), month)
    if found is None:
        return render_template("evaluations/no_policy.html", month=month)
    if request.args.get("format") in tables.FORMATS:
        query = lists.people(web.viewer(), web.today(), found)
        tally = lists.tally_of(session(), web.viewer(), found, query)[0]
        return grid_export.respond(session(), found, lists.listing(found, tally), query)
    return _page(found)


def _page(found: EvaluationMonth, refused: Typed | None = None) -> str:
    who, day, month, now = web.viewer(), web.today(), found.month, web.now().moment
    query = lists.people(who, day, found)
    tally, ids = lists.tally_of(session(), who, found, query)
    page = tables.fetched(lists.listing(found, tally), query, ids=ids)
    ids = [row.id for row in page.rows]
    figures = None
    known = None if found.closed else still_kept(session(), month, now)
    if not found.closed and (known or refused or request.args.get("figures")):
        figures = live(session(), month, ids, now, known)
    return render_template(
        "evaluations/grid.html",
        month=month,
        found=found,
        tally=tally,
        page=page,
        figures=figures is not None or found.closed,
        sections=sections(
            found,
            page.rows,
            entered=queries.values(session(), month, ids),
            before=values_before(session(), month, ids),
            found=figures,
            notes=queries.notes(session(), who, day, month=month, people=ids),
            writable=writes(),
            refused=refused,
        ),
        states=lists.states(),
        writes=writes() and not found.closed,
        may_return=who.may(P.EVALUATIONS_RETURN) and not found.closed,
        reason=request.form.get("reason", ""),
    )


@evaluations.post("/<month:month>")
@web.requires(P.EVALUATIONS_WRITE)
def save(month: Month) -> str | Redirect | tuple[str, int]:
    """The whole page as an ordinary form: cells that nobody touched stay as others left them."""
    found = open_loaded(month)
    cells = form_cells(request.form)
    with transaction():
        outcomes = saving(found).store(web.current_actor(), cells, request.form.get("reason", ""))
    places = [(cell.employee_no, cell.metric) for cell in cells]
    wrong = {
        place: outcome.message.render(_)
        for place, outcome in zip(places, outcomes, strict=True)
        if outcome.message is not None
    }
    saved = sum(outcome.state == "saved" for outcome in outcomes)
    if saved:
        flash(ngettext("%(num)d value is saved.", "%(num)d values are saved.", saved))
    if wrong:
        texts = {place: cell.text for place, cell in zip(places, cells, strict=True)}
        refused = Typed(
            {place: texts[place] for place in wrong},
            wrong,
            {p for p, outcome in zip(places, outcomes, strict=True) if outcome.state == "stale"},
        )
        return _page(found, refused), status(outcomes)
    return redirect(web.here())


@evaluations.post("/<month:month>/cells")
@web.requires(P.EVALUATIONS_WRITE)
def cells(month: Month) -> tuple[Response, int] | Response:
    """Cells as they are typed: JSON in, what became of each and what follows from them out."""
    sent = read_json()
    try:
        if not isinstance(sent, dict):
            raise Refused(N_("The page sent something that cannot be read."))
        given = sent_cells(sent.get("cells"))
        keeper = saving(open_loaded(month))
        with transaction():
            outcomes = keeper.store(web.current_actor(), given, str(sent.get("reason") or ""))
        rows = keeper.figures(_numbers(sent.get("rows")))
    except Refused as refused:
        return _refused(refused)
    return jsonify(cells=told(given, outcomes), rows=rows), status(outcomes)


def _refused(refused: Refused) -> tuple[Response, int]:
    code = next((STATUS[kind] for kind in type(refused).__mro__ if kind in STATUS), 400)
    return jsonify(message=refused.message.render(_), field=refused.field), code


@evaluations.get("/<month:month>/figures")
@web.requires(P.EVALUATIONS_READ)
def figures(month: Month) -> Response | tuple[Response, int]:
    """What follows from the values of the people of a page, for those that opened without it."""
    try:
        keeper = saving(open_loaded(month))
        return jsonify(rows=keeper.figures(_numbers(request.args.getlist("row"))))
    except Conflict as refused:
        return _refused(refused)


def _numbers(given: Any) -> Sequence[str]:
    numbers = given if isinstance(given, list) else []
    return [number for number in numbers if isinstance(number, str)][: lists.ROWS * 4]


@evaluations.post("/<month:month>/submit")
@web.requires(P.EVALUATIONS_WRITE)
def submit(month: Month) -> Redirect:
    """Hand in one person's evaluation, or everybody's that is not handed in yet."""
    found = open_loaded(month)
    keeper = saving(found)
    number = request.form.get("employee_no")
    try:
        with transaction():
            people = keeper.writable([number]).values() if number else keeper.everybody()
            done = services.submit(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                month=month,
                people={row.id for row in people},
            )
        told = ngettext(
            "%(num)d evaluation is submitted.", "%(num)d evaluations are submitted.", done
        )
        flash(told)
    except NotFound:
        raise
    except Refused as refused:
        flash(refused.message.render(_), "error")
    return redirect(web.safe_next(request.form.get("next")) or _grid(month))


@evaluations.post("/<month:month>/<employee_no>/return")
@web.requires(P.EVALUATIONS_RETURN)
def give_back(month: Month, employee_no: str) -> Redirect | tuple[str, int]:
    found = loaded(month)
    row = person_of(found, employee_no)
    saving(found).check_return(row)
    try:
        with transaction():
            services.give_back(
                session(),
                actor=web.current_actor(),
                now=web.now(),
                month=month,
                employee_id=row.id,
                reason=request.form.get("reason", ""),
            )
        flash(_("The evaluation of %(name)s is given back.", name=row.name))
    except Refused as refused:
        flash(refused.message.render(_), "error")
        if isinstance(refused, Conflict):
            keep_typed()
            return person(month, employee_no), 409
    return redirect(web.safe_next(request.form.get("next")) or _grid(month))
