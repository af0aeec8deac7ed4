"""A centre of two teams that answers a 360° round in the browser."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from weakref import WeakKeyDictionary

from factories import offices, people
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.site import Site

from core.actor import SYSTEM, Actor
from core.clock import Now
from core.values import Month
from evaluations.rounds.models import ReviewAssignment
from evaluations.rounds.planning import Plan, plan_round
from evaluations.rounds.services import open_round
from staff.models import Account, Employee

OCTOBER = Month(2026, 10)
NOW = Now(datetime(2026, 11, 2, 1, tzinfo=UTC), datetime(2026, 11, 2, 9))
PLAN = Plan(date(2026, 11, 2), date(2026, 11, 15), max_load=20)
POSITIONS = {"agent", "supervisor"}
_tokens: WeakKeyDictionary[FlaskClient, str] = WeakKeyDictionary()
COMPETENCIES = ("attitude", "communication", "expertise")
TEAMS = {"E02": [f"E1{at}" for at in range(4)], "E03": [f"E2{at}" for at in range(4)]}


def centre(session: Session) -> dict[str, Account]:
    """Two supervisors with four agents each, HR and somebody of no round; accounts by number.

    The first of all is nobody who takes part, so that in the files of SQLite each id of a person
    takes one byte.
    """
    found = {"E00": people.employee(session, "E00", position="office", team_path="Office")}
    found["E01"] = people.employee(session, "E01", position="hr", team_path="Office")
    for leader, agents in TEAMS.items():
        path = f"Centre/{leader}"
        found[leader] = people.employee(session, leader, position="supervisor", team_path=path)
        for number in agents:
            found[number] = people.employee(
                session, number, team_path=path, supervisor=found[leader]
            )
    offices.publish(session)
    accounts = {number: people.account(session, person) for number, person in found.items()}
    for each in accounts.values():
        each.language = "en"
    return accounts


def plan(session: Session, *, seed: str = "a", then_open: bool = True) -> None:
    plan_round(
        session,
        actor=SYSTEM,
        now=NOW,
        month=OCTOBER,
        plan=PLAN,
        positions=POSITIONS,
        seed=seed,
    )
    if then_open:
        open_round(
            session, actor=SYSTEM, now=NOW, month=OCTOBER, competencies=COMPETENCIES, min_raters=3
        )


def ids(session: Session) -> dict[str, int]:
    return dict(session.execute(select(Employee.employee_no, Employee.id)).all())


def person(session: Session, number: str) -> Actor:
    return Actor(number, ids(session)[number])


def asked(session: Session) -> dict[tuple[str, str], list[str]]:
    """Raters by ratee and relation, everybody by number, in order."""
    numbers = {key: number for number, key in ids(session).items()}
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in session.scalars(select(ReviewAssignment)):
        found[numbers[each.ratee_id], each.relation].append(numbers[each.rater_id])
    return {key: sorted(raters) for key, raters in sorted(found.items())}


def answer(
    site: Site, client: FlaskClient, ratee: str, ratings: list[int], comment: str = ""
) -> int:
    """Fill in a form in the browser; the status of the answer."""
    url = f"/reviews/{OCTOBER}/about/{ratee}"
    if client not in _tokens:
        _tokens[client] = site.token(client, "/account/password")
    data = {f"rating_{at}": str(rating) for at, rating in enumerate(ratings)}
    data |= {"comment": comment, "csrf_token": _tokens[client]}
    return client.post(url, data=data).status_code
