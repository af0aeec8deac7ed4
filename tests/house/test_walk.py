"""Every page as everybody, about themselves, their team and foreign people: who sees whom.

Beside ``test_permissions.py``, which guards the doors: here the centre has records of all of them,
in a month that is closed and published, one that is closed only, and one that is open. Nobody may
be named to somebody whom the table of docs/permissions.md does not let see them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from support.databases import Databases
from support.site import TOKEN, Site, application
from support.whole_centre import (
    AGENTS,
    AUGUST,
    MONTHS,
    NUMBERS,
    OCTOBER,
    SEPTEMBER,
    TEAMS,
    build,
)
from werkzeug.test import TestResponse

from core import charts, web
from core.db import db
from core.pages.headers import POLICY
from core.permissions import ROLES, Permission, Role, Scope
from core.values import Month
from core.viewer import reading
from rewards.models import Incident
from staff.models import Account, Employee, SignedInSession

P = Permission
EVERYBODY = {f"E{number:04}" for number in (1, 2, 3, 4, 5, 6, 8, 9, 10)}
HELD = {
    "agent": {Role.EMPLOYEE},
    "colleague": {Role.EMPLOYEE},
    "other": {Role.EMPLOYEE},
    "supervisor": {Role.EMPLOYEE, Role.SUPERVISOR},
    "leader": {Role.EMPLOYEE, Role.SUPERVISOR},
    "manager": {Role.EMPLOYEE, Role.SUPERVISOR, Role.MANAGER},
    "hr": {Role.EMPLOYEE, Role.HR},
    "auditor": {Role.EMPLOYEE, Role.AUDITOR},
    "admin": {Role.ADMINISTRATOR},
}
VIEWERS = tuple(HELD)
SUBJECTS = (*AGENTS, "E0002", "E0008", "E9999")
# Pages about one person in one month, and whether they are results: those a person sees of
# themself once they are published.
ABOUT_SOMEBODY: dict[str, bool] = {
    "scorecards.card": True,
    "scorecards.pdf": True,
    "scorecards.rules": False,
    "scorecards.reviews": True,
    "scorecards.metrics": True,
    "evaluations.person": False,
    "scorecards.tickets": False,
    "scorecards.complaints": False,
    "scorecards.spot_checks": False,
    "scorecards.training": False,
    "scorecards.incidents": False,
    "scorecards.attendance": False,
    "rewards.person": False,
}
# Of all months at once: auditors see what belongs to closed ones.
OF_ALL_MONTHS = {"rewards.person"}
CARDS = {*AGENTS, "E0001", "E0002", "E0008"}  # whose position has a template
# Those that only a closed month has, and only who had a scorecard in it.
OF_CLOSED_MONTHS = {"scorecards.card", "scorecards.pdf", "scorecards.reviews"}
# Pages that name more than their reader may look up, and whom: a supervisor is named to their
# people, and whoever checked or recorded something to whom it is about. Winners are announced.
NAMED_TO_THEIR_PEOPLE = {"agent": {"E0002"}, "colleague": {"E0002"}, "other": {"E0008"}}
NAMED_TO_THEIR_PEOPLE |= {"supervisor": {"E0001"}}
WINNERS = {"rewards.honours", "rewards.honours_list", "rewards.awards", "rewards.award"}
WINNERS |= {"rewards.announcement"}
# What a page must not hold: scripts and styles in itself, anything from another host.
INLINE = re.compile(
    r"""<script(?![^>]*\ssrc=)|<style|\s(?:style|on[a-z]+)=["']|"""
    r"""\s(?:src|action|href)=["'](?:https?:)?//"""
)
# Whoever looks after accounts knows whose they are.
ACCOUNTS = {"administration", "audit"}


@dataclass(frozen=True)
class Walk:
    app: Flask
    clients: dict[str, FlaskClient]

    def rules(self, method: str) -> dict[str, Any]:
        return {
            rule.endpoint: rule
            for rule in self.app.url_map.iter_rules()
            if method in (rule.methods or ()) and rule.endpoint.rpartition(".")[2] != "static"
        }

    def url(self, endpoint: str, **values: Any) -> str:
        with self.app.test_request_context():
            return str(self.app.url_for(endpoint, **values))

    def token(self, viewer: str) -> str:
        found = TOKEN.search(self.clients[viewer].get("/account/password").get_data(as_text=True))
        assert found is not None
        return found[1]

    def post(self, viewer: str, url: str, **data: Any) -> TestResponse:
        """Send a form with a token that is right."""
        return self.clients[viewer].post(url, data={"csrf_token": self.token(viewer), **data})

    def get(self, viewer: str, endpoint: str, **values: Any) -> TestResponse:
        return self.clients[viewer].get(self.url(endpoint, **values))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def walk(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Walk]:
    url = databases.fresh(request.param)
    site = Site(application(url, tmp_path_factory.mktemp("walk"), PINGYOU_LANGUAGE="en"))
    with site.session() as session:
        accounts = build(session)
    clients = {viewer: site.signed_in(accounts[viewer]) for viewer in VIEWERS}
    yield Walk(site.app, clients)
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def scopes(viewer: str, permission: Permission) -> set[Scope]:
    held = {ROLES[role].get(permission) for role in HELD[viewer]}
    return {scope for scope in held if scope is not None}


def reaches(viewer: str, permission: Permission, number: str, *, closed: bool) -> bool:
    """The table of docs/permissions.md, said once more."""
    held = scopes(viewer, permission)
    return number in EVERYBODY and (
        Scope.ALL in held
        or (closed and Scope.CLOSED in held)
        or (Scope.OWN in held and NUMBERS.get(viewer) == number)
        or (Scope.TEAM in held and number in TEAMS.get(viewer, ()))
    )


def test_the_table_names_every_page_about_a_person(walk: Walk) -> None:
    found = {name for name, rule in walk.rules("GET").items() if "employee_no" in rule.arguments}
    of_rounds = {"reviews.about", "reviews.result"}  # tests/evaluations/rounds
    assert found == {*ABOUT_SOMEBODY, *of_rounds, "scorecards.trend_chart"}


@pytest.mark.parametrize("viewer", ["agent", "supervisor", "manager", "hr", "auditor", "admin"])
@pytest.mark.parametrize("endpoint", sorted(ABOUT_SOMEBODY))
def test_a_page_about_somebody_opens_to_whom_the_table_lets_see_them(
    walk: Walk, viewer: str, endpoint: str
) -> None:
    permission = web.permission_of(walk.app, endpoint)
    assert permission is not None
    wrong = []
    for month in MONTHS:
        for number in SUBJECTS:
            closed = month != OCTOBER or endpoint in OF_ALL_MONTHS
            allowed = reaches(viewer, permission, number, closed=closed)
            if ABOUT_SOMEBODY[endpoint] and NUMBERS.get(viewer) == number:
                reads_all = scopes(viewer, P.SCORECARDS_READ) & {Scope.ALL, Scope.CLOSED}
                allowed = allowed and (month == AUGUST or bool(reads_all))
            if endpoint in OF_CLOSED_MONTHS:
                allowed = allowed and closed
            if endpoint in ("scorecards.card", "scorecards.pdf"):
                allowed = allowed and number in CARDS
            answer = walk.get(viewer, endpoint, month=month, employee_no=number)
            if answer.status_code != (200 if allowed else 404):
                wrong.append(f"{month} {number}: {answer.status_code}, allowed: {allowed}")
    assert wrong == []


def variants(walk: Walk, endpoint: str, rule: Any) -> Iterator[str]:
    """Every address of a page that this centre has, with exports, searches and filters."""
    values: dict[str, tuple[Any, ...]] = {
        "month": MONTHS,
        "employee_no": ("E0004", "E0009", "E0002"),
        "award": ("steady",),
        "form": ("csv", "xlsx"),
        "kind": ("metrics", "reviews"),
        "code": ("nothing",),
    }
    addresses: list[dict[str, Any]] = [{}]
    for name in sorted(rule.arguments):
        choices = values.get(name, (1, 3, 9, 12))
        addresses = [{**each, name: choice} for each in addresses for choice in choices]
    for each in addresses:
        yield walk.url(endpoint, **each)
        if not rule.arguments or each == {"month": AUGUST}:
            for query in ("format=csv", "format=xlsx", "q=E00", "q=E0009", "team=Centre/Two",
                          "month=2026-09", "per_page=1", "sort=name&dir=desc"):  # fmt: skip
                yield f"{walk.url(endpoint, **each)}?{query}"


def said(answer: TestResponse) -> str:
    """The text of an answer, spreadsheets unpacked."""
    if answer.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            return " ".join(archive.read(name).decode() for name in archive.namelist())
    return bytes(answer.data).decode("utf-8", "replace")


def allowed_to_be_named(viewer: str, endpoint: str) -> set[str]:
    if {Scope.ALL, Scope.CLOSED} & scopes(viewer, P.PROFILE_READ):
        return EVERYBODY
    blueprint = endpoint.partition(".")[0]
    if blueprint in ACCOUNTS and scopes(viewer, P.ACCOUNTS_READ):
        return EVERYBODY
    found = {NUMBERS[viewer]} if viewer in NUMBERS else set()
    found |= TEAMS.get(viewer, set()) | NAMED_TO_THEIR_PEOPLE.get(viewer, set())
    if endpoint in WINNERS:
        found.add("E0004")
    return found


@pytest.mark.parametrize("viewer", ["agent", "supervisor", "manager", "hr", "auditor", "admin"])
def test_no_page_list_search_chart_or_export_names_anybody_out_of_reach(
    walk: Walk, viewer: str
) -> None:
    """By number, name, or what is written about them; refusals and errors are pages too."""
    named: list[str] = []
    broken: list[str] = []
    loose: list[str] = []
    for endpoint, rule in walk.rules("GET").items():
        if endpoint == "audit.trail":  # it tells everybody what they asked for themselves
            continue
        for url in variants(walk, endpoint, rule):
            answer = walk.clients[viewer].get(url)
            if answer.status_code >= 500:
                broken.append(url)
            page = said(answer) if answer.mimetype == "text/html" else ""
            policy = charts.POLICY if answer.mimetype == "image/svg+xml" else POLICY
            if answer.headers["Content-Security-Policy"] != policy or INLINE.search(page):
                loose.append(url)
            asked = set(re.findall(r"E\d{4}", url))
            text = said(answer).replace(url, "").replace(url.replace("&", "&amp;"), "")
            found = set(re.findall(r"E\d{4}", text)) & EVERYBODY
            more = found - allowed_to_be_named(viewer, endpoint)
            if answer.status_code == 200:
                more -= asked - EVERYBODY
            else:
                more -= asked
            if more - ({"E0009"} if "q=E0009" in url else set()):
                named.append(f"{url}: {sorted(more)}")
    assert named == []
    assert broken == []
    assert loose == []


def test_an_open_month_is_not_shown_to_auditors_nor_is_360_feedback(walk: Walk) -> None:
    for endpoint in ABOUT_SOMEBODY:
        assert walk.get("auditor", endpoint, month=OCTOBER, employee_no="E0004").status_code == 404
    card = walk.get("auditor", "scorecards.card", month=AUGUST, employee_no="E0004")
    assert card.status_code == 200
    assert "HR imported these reviews" not in said(card)


def test_the_360_section_says_that_hr_had_the_reviews_and_names_no_rater(walk: Walk) -> None:
    for viewer in ("agent", "supervisor", "manager", "hr"):
        for endpoint in ("scorecards.card", "scorecards.reviews"):
            text = said(walk.get(viewer, endpoint, month=AUGUST, employee_no="E0004"))
            assert "HR imported these reviews" in text
            assert set(re.findall(r"E\d{4}|Person", text)) & {"E0009", "E0010"} == set()


def test_the_audit_trail_tells_an_employee_what_they_did_and_who_signed_in_as_them(
    walk: Walk,
) -> None:
    walk.get("agent", "scorecards.card", month=AUGUST, employee_no="E0009")
    table = said(walk.clients["agent"].get("/audit/?format=csv")).splitlines()[1:]
    assert table != []
    assert [row for row in table if ",E0004," not in row] == []


def test_counts_are_those_of_whom_one_sees(walk: Walk) -> None:
    for viewer, count in (("supervisor", 2), ("manager", 3), ("leader", 2), ("hr", 7)):
        url = walk.url("scorecards.month_list", month=SEPTEMBER)
        export = said(walk.clients[viewer].get(f"{url}?format=csv"))
        assert len(set(re.findall(r"E\d{4}", export))) == count
    published: Month = AUGUST
    url = walk.url("scorecards.month_list", month=published)
    assert set(re.findall(r"E\d{4}", said(walk.clients["agent"].get(f"{url}?format=csv")))) == {
        "E0004"
    }
    url = walk.url("scorecards.month_list", month=SEPTEMBER)
    assert set(re.findall(r"E\d{4}", said(walk.clients["agent"].get(f"{url}?format=csv")))) == set()


# ---------------------------------------------------------------------------------- writing


def posts(walk: Walk) -> Iterator[tuple[str, str]]:
    values = {"month": OCTOBER, "award": "steady"}
    for endpoint, rule in sorted(walk.rules("POST").items()):
        yield endpoint, walk.url(endpoint, **{n: values.get(n, 1) for n in rule.arguments})


@pytest.mark.parametrize("viewer", ["agent", "supervisor", "manager", "hr", "auditor", "admin"])
def test_nobody_writes_without_the_permission_although_their_token_is_right(
    walk: Walk, viewer: str
) -> None:
    """403 where they may read what they may not do, 404 where not even that."""
    wrong = []
    for endpoint, url in posts(walk):
        permission = web.permission_of(walk.app, endpoint)
        if permission is None or scopes(viewer, permission):
            continue
        read = reading(permission)
        known = read is not None and read != permission and bool(scopes(viewer, read))
        answer = walk.post(viewer, url)
        if answer.status_code != (403 if known else 404):
            wrong.append(f"{endpoint}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("viewer", ["anonymous", "supervisor", "hr", "admin"])
def test_no_form_counts_without_its_token(walk: Walk, viewer: str) -> None:
    client = walk.clients.get(viewer) or walk.app.test_client()
    wrong = []
    for endpoint, url in posts(walk):
        permission = web.permission_of(walk.app, endpoint)
        if permission is not None and (viewer == "anonymous" or not scopes(viewer, permission)):
            continue
        for data in ({}, {"csrf_token": "made up"}):
            status = client.post(url, data=data).status_code
            if status != 400:
                wrong.append(f"{endpoint}: {status}")
    assert wrong == []


def incident_of(walk: Walk, number: str) -> int:
    with walk.app.app_context():
        found = db.session.scalars(
            select(Incident.id)
            .join(Employee, Employee.id == Incident.employee_id)
            .where(Employee.employee_no == number, Incident.status == "recorded")
        ).one()
        db.session.remove()
    return found


def test_decisions_reach_no_further_than_reading(walk: Walk) -> None:
    foreign, team = incident_of(walk, "E0009"), incident_of(walk, "E0004")
    for act in ("approve", "decline"):
        assert walk.post("manager", f"/rewards/incidents/{foreign}/{act}").status_code == 404
        # One's own may be seen; deciding on it takes more.
        assert walk.post("agent", f"/rewards/incidents/{team}/{act}").status_code == 403
    for key in (f"incident:{foreign}", f"rule:{id_of(walk, 'E0009')}:ATT-P2"):
        answer = walk.post(
            "manager", f"/rewards/proposals/{OCTOBER}", chosen=key, decision="approved"
        )
        assert answer.status_code in (403, 404)
    assert incident_of(walk, "E0009") == foreign
    assert walk.get("agent", "rewards.incident", incident_id=foreign).status_code == 404


def test_nobody_records_about_somebody_out_of_reach(walk: Walk) -> None:
    form = {"rule": "QUA-P3", "day": "2026-10-06", "description": "made up"}
    before = count_of(walk)
    for number in ("E0009", "E0002", "E9999", "Person E0009"):
        answer = walk.post("supervisor", "/rewards/incidents/new", employee=number, **form)
        assert answer.status_code in (200, 400, 403, 404)
        assert "Person E0009" not in said(answer).replace(number, "")
    assert count_of(walk) == before


def test_a_code_is_issued_to_ones_team_only(walk: Walk) -> None:
    assert walk.post("supervisor", f"/accounts/{account_of(walk, 'E0009')}/code").status_code in (
        403,
        404,
    )
    answer = walk.post("supervisor", f"/accounts/{account_of(walk, 'E0003')}/code")
    assert answer.status_code in (403, 404)


def test_nobody_ends_a_session_of_somebody_else(walk: Walk) -> None:
    with walk.app.app_context():
        foreign = db.session.scalars(
            select(SignedInSession.id).where(
                SignedInSession.account_id == account_of(walk, "E0009")
            )
        ).first()
        db.session.remove()
    assert walk.post("agent", f"/account/sessions/{foreign}").status_code == 404
    assert walk.clients["other"].get("/account").status_code == 200


def id_of(walk: Walk, number: str) -> int:
    with walk.app.app_context():
        found = db.session.scalars(select(Employee.id).where(Employee.employee_no == number)).one()
        db.session.remove()
    return found


def account_of(walk: Walk, number: str) -> int:
    who = id_of(walk, number)
    with walk.app.app_context():
        found = db.session.scalars(select(Account.id).where(Account.employee_id == who)).one()
        db.session.remove()
    return found


def count_of(walk: Walk) -> int:
    with walk.app.app_context():
        found = db.session.scalars(select(func.count()).select_from(Incident)).one()
        db.session.remove()
    return found
