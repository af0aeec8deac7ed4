"""The heat map of a month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from closing.catalogue import fact_catalogue
from core import tables, web
from core.db import db
from core.i18n import language
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month
from evaluations.policy import Template
from reports import words
from reports.blueprints import scorecards
from reports.heatmap import queries
from reports.reach import ClosedMonth, closed_month, newest_readable
from reports.scorecards.queries import groups as grouped
from reports.scorecards.queries import month_cards


@scorecards.get("/heatmap")
@web.requires(Permission.SCORECARDS_READ)
def newest_heatmap() -> BaseResponse | str:
    month = newest_readable(db.session(), web.viewer(), web.today())
    if month is None:
        return render_template("reports/scorecards/none.html")
    return redirect(url_for("scorecards.heatmap", month=month))


@scorecards.get("/heatmap/<month:month>")
@web.requires(Permission.SCORECARDS_READ)
def heatmap(month: Month) -> str | Response:
    session = db.session()
    closed = closed_month(session, month)
    if closed is None:
        return render_template("reports/scorecards/open.html", month=month)
    cards = month_cards(web.viewer(), web.today(), month)
    groups = [*grouped(session, web.viewer(), closed.closing, cards)]
    teams = sorted({team for _grade, _status, team, _template, _count in groups if team})
    present = {template for *_before, template, _count in groups}
    templates = [each for key, each in closed.policy.templates.items() if key in present]
    shown = [each for each in templates if each.key == request.args.get("template")] or templates
    metrics = queries.metrics_of(shown, list(closed.policy.metrics))
    listing = _listing(closed, teams, templates, metrics)
    if request.args.get("format") in tables.FORMATS:
        everybody = queries.people(session, cards)
        return tables.respond(listing, everybody, "", filename=f"heatmap-{month}")
    by = next((key for key in metrics if key == request.args.get("sort")), None)
    whole = sum(count for *_before, count in groups)
    page = tables.fetched(listing, queries.with_score_of(cards, by), whole=whole)
    page.rows = queries.with_scores(session, page.rows, [row.id for row in page.rows])
    return render_template(
        "reports/heatmap/heatmap.html",
        page=page,
        closed=closed,
        metrics=metrics,
        names=_names(closed, metrics),
        band=queries.band,
        bands=_bands(),
    )


def _listing(
    closed: ClosedMonth,
    teams: Sequence[str],
    templates: Sequence[Template],
    metrics: Sequence[str],
) -> Listing:
    names = _names(closed, metrics)
    scores = [Column(key, names[key], "number", value=_score_of(key)) for key in metrics]
    return Listing(
        columns=[
            Column("name", _l("Name")),
            Column("employee_no", _l("Number")),
            Column("team", _l("Team")),
            Column("total", _l("Total"), "number"),
            *scores,
        ],
        order=["employee_no"],
        default="total",
        descending=True,
        search=["employee_no", "name"],
        filters=[
            Filter("team", _("Team"), [(team, team) for team in teams]),
            Filter(
                "template",
                _("Template"),
                [(each.key, each.names.get(language())) for each in templates],
            ),
        ],
    )


def _score_of(metric: str) -> Callable[[queries.Person], float | None]:
    return lambda row: row.scores.get(metric)


def _names(closed: ClosedMonth, metrics: Sequence[str]) -> dict[str, str]:
    catalogue = fact_catalogue(closed.policy)
    found = {}
    for key in metrics:
        metric = closed.policy.metrics.get(key)
        names = metric.names if metric else catalogue.get(key, words.UNKNOWN).names
        found[key] = names.get(language())
    return found


def _bands() -> list[tuple[str, str]]:
    """The classes of cells with their words, lowest first."""
    bounds = queries.BANDS
    texts = [
        _("below %(score)d", score=bounds[0]),
        *(f"{low}–{high}" for low, high in pairwise(bounds)),
        _("%(score)d and more", score=bounds[-1]),
    ]
    return [(str(at), text) for at, text in enumerate(texts)]
