"""The dashboard: one's own newest scorecard, one's team's month, months and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from sqlalchemy import Row

from core import web
from core.charts import Trend
from core.db import db
from core.permissions import Permission, Scope
from core.values import Month, half_up
from core.viewer import Viewer
from reports.blueprints import reports
from reports.dashboard import queries
from reports.dashboard.waiting import waiting
from reports.reach import ClosedMonth, closed_month, newest_readable
from reports.scorecards import trend
from reports.scorecards.card import previous
from reports.scorecards.past import Past, history, team_totals
from reports.scorecards.queries import Overview, month_cards, overview

MONTHS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Own:
    """One's newest scorecard that one may see, the change before it, and the trend."""

    card: Past
    change: float | None
    chart: Trend
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Group:
    """The newest month of everybody whom one reads: one's team, or the whole centre."""

    closed: ClosedMonth
    found: Overview
    fallen: list[Row[Any]]


@reports.get("/")
@web.requires(Permission.SELF)
def dashboard() -> str:
    session, who = db.session(), web.viewer()
    hr, group = who.may(Permission.CLOSING_READ), _group(who)
    if hr and group and "month" not in request.args:  # the newest closed one, which is read already
        web.select_month(group.closed.month)
    chosen = web.selected_month()
    worked_on = chosen.plus(1) if group and group.closed.month == chosen else chosen
    return render_template(
        "reports/dashboard.html",
        own=_own(who),
        group=group,
        months=queries.months(session, MONTHS_SHOWN) if hr else [],
        waiting=waiting(session, who, worked_on),
        hr=hr,
    )


def _own(who: Viewer) -> Own | None:
    """Nothing while one acts for somebody else: neither theirs nor, then, one's own."""
    if who.behalf is not None or who.employee_id is None or not who.may(Permission.SCORECARDS_READ):
        return None
    session = db.session()
    found = history(session, who, who.employee_id, Month.of(web.today()))
    current = [past for past in found if past.current]
    if not current:
        return None
    card = current[-1]
    before = previous(found, card.month)
    change = None
    if before is not None and card.total is not None and before.total is not None:
        both = card.status == before.status == "complete"
        change = float(half_up(card.total - before.total, 2)) if both else None
    points = trend.points(found, team_totals(found), card.month)
    return Own(card, change, trend.chart(who.name, points), trend.table(points))


def _group(who: Viewer) -> Group | None:
    held = who.scopes(Permission.SCORECARDS_READ)
    if not held & {Scope.TEAM, Scope.ALL, Scope.CLOSED}:
        return None
    session, day = db.session(), web.today()
    month = newest_readable(session, who, day)
    closed = closed_month(session, month) if month else None
    if closed is None:
        return None
    cards = month_cards(who, day, closed.month)
    found = overview(session, who, closed.closing, cards)
    return Group(closed, found, queries.fallen(session, cards))
