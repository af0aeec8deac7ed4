"""Pages of a closed month as HR sees them, in small and large centres, and their charts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.centre import number
from benchmarks.closes import close_once
from benchmarks.filling import MONTH, fill
from benchmarks.running import application
from core import clock
from core.actor import SYSTEM
from core.db import db, transaction
from core.permissions import Role
from staff.accounts import services, sessions

# The pages of the bars: their address for the n-th person.
PAGES: dict[str, Callable[[int], str]] = {
    "scorecard": lambda who: f"/scorecards/{MONTH}/{number(who)}",
    "list": lambda _: f"/scorecards/{MONTH}",
    "heat map": lambda _: f"/heatmap/{MONTH}",
    "evaluation grid": lambda _: f"/evaluations/{MONTH}",
    "rules matrix": lambda _: "/rewards/matrix",
}
CHART = "/scorecards/{month}/{who}/trend.svg"
HELD = {"Accept-Language": "zh"}


def prepare(database: Path, staff: int) -> str:
    """A closed month, and the cookie of an account of HR."""
    fill(database, staff)
    close_once(database)
    with application(database) as app:
        return cookie_of(app)


def cookie_of(app: Flask) -> str:
    with transaction():
        session = db.session()
        now = clock.now(app.config["TIMEZONE"])
        account = services.create_account(
            session, actor=SYSTEM, now=now, login="bench", must_change=False, roles=[Role.HR]
        ).account
        token = sessions.begin(
            session, account_id=account.id, now=now, address="127.0.0.1", agent="bench"
        )
    client = app.test_client()
    with client.session_transaction() as own:
        own["_user_id"] = token
        own["_fresh"] = True
    cookie = client.get_cookie("session")
    if cookie is None:
        raise RuntimeError("no session")
    return cookie.value


def response_times(
    database: Path, cookie: str, staff: int, times: int
) -> dict[str, tuple[float, float]]:
    """Median and 95th percentile of each page in ms of the processor, after one to warm up."""
    with application(database) as app:
        client = app.test_client()
        client.set_cookie("session", cookie)
        found = {}
        for name, address in PAGES.items():
            _timed(client, address(2))
            taken = sorted(_timed(client, address(3 + n * 7 % (staff - 3))) for n in range(times))
            found[name] = (statistics.median(taken), taken[int(times * 0.95)])
        return found


def chart_times(database: Path, cookie: str, times: int) -> tuple[float, float]:
    """A chart that was never drawn, and the same again: medians in ms."""
    with application(database) as app:
        client = app.test_client()
        client.set_cookie("session", cookie)
        _timed(client, CHART.format(month=MONTH, who=number(2)))
        addresses = [CHART.format(month=MONTH, who=number(3 + n)) for n in range(times)]
        cold = [_timed(client, each) for each in addresses]
        kept = [_timed(client, each) for each in addresses]
        return statistics.median(cold), statistics.median(kept)


def _timed(client: FlaskClient, address: str) -> float:
    start = time.process_time()
    answer = client.get(address, headers=HELD)
    answer.get_data()
    taken = (time.process_time() - start) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status}")
    db.session.remove()
    return taken
