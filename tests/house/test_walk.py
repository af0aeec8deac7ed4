"""Every page as everybody, about themselves, their team and foreign people: who sees whom.

Beside ``test_permissions.py``, which guards the doors: here the centre has records of all of them,
in a month that is closed and published, one that is closed only, and one that is open. Nobody may
be named to somebody whom the table of docs/permissions.md does not let see them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from factories.offices import AWARD
from sqlalchemy import func, select
from support.databases import KINDS, Databases
from support.statements import sent
from support.walking import ACTING, EVERYBODY, Walk, reaches, said, scopes, walking
from support.whole_centre import (
    AGENTS,
    AUGUST,
    MONTHS,
    NUMBERS,
    OCTOBER,
    SEPTEMBER,
    TEAMS,
)
from support.whole_records import MARKS
from werkzeug.test import TestResponse

from closing import kept_preview
from closing.appeals.models import Appeal, AppealLine
from core import charts, kept, web
from core.db import db
from core.pages.headers import POLICY
from core.permissions import Permission, Scope
from core.values import Month
from core.viewer import reading
from evaluations.checks.models import Checklist, CheckSheet
from evaluations.complaints.models import ComplaintCase
from rewards.models import AwardWinner, Incident, Task
from staff.models import Account, Employee, SignedInSession

P = Permission
SUBJECTS = (*AGENTS, "E0002", "E0008", "E9999")
# Both databases see one of each: in the team, above it, out of it, nobody.
SOME_SUBJECTS = ("E0004", "E0002", "E0009", "E9999")
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
    "attendance.excuses": False,
    "training.person": False,
}
# Of all months at once: auditors see what belongs to closed ones.
OF_ALL_MONTHS = {"rewards.person", "training.person"}
CARDS = {*AGENTS, "E0001", "E0002", "E0008"}  # whose position has a template
# Those that only a closed month has, and only who had a scorecard in it.
OF_CLOSED_MONTHS = {"scorecards.card", "scorecards.pdf", "scorecards.reviews"}
# Pages that name more than their reader may look up, and whom: a supervisor is named to their
# people, and whoever checked or recorded something to whom it is about. Winners are announced.
NAMED_TO_THEIR_PEOPLE = {"agent": {"E0002"}, "colleague": {"E0002"}, "other": {"E0008"}}
NAMED_TO_THEIR_PEOPLE |= {"supervisor": {"E0001"}, ACTING: {"E0005", "E0002"}}
WINNERS = {"rewards.honours", "rewards.honours_list", "rewards.awards", "rewards.award"}
WINNERS |= {"rewards.announcement"}
# Pages that say who in HR decided or served what is about one's people or oneself.
DECIDED = {"scorecards.incidents", "rewards.incident", "rewards.person", "rewards.task"}
DECIDED |= {"attendance.request", "attendance.excuses"}
DECIDED |= {"rewards.tasks", "rewards.notice_pdf", "appeals.appeal", "rewards.month_proposals"}
# What a page must not hold: scripts and styles in itself, anything from another host.
INLINE = re.compile(
    r"""<script(?![^>]*\ssrc=)|<style|\s(?:style|on[a-z]+)=["']|"""
    r"""\s(?:src|action|href)=["'](?:https?:)?//"""
)
ATTACHED = "default-src 'none'; sandbox"  # of files that were attached, which open in no page
NUMBER = re.compile(r"E\d{4}")
# Whoever looks after accounts knows whose they are.
ACCOUNTS = {"administration", "audit"}
# Statements of a page, sign-in and permissions included, where nothing is kept from before.
MOST = 12
OF_DOCUMENT = 15  # no page: a PDF with all of a scorecard, entered in the trail by three of them
# Parts of pages that compute a month of which nothing is kept: they read every kind of record.
WHOLE_MONTH = {"closing.figures", "closing.calibration_chart", "policy.draft_effect"}
WHOLE_MONTH |= {"evaluations.figures"}
BY_WHOLE_MONTH = 45


@pytest.fixture(scope="module", params=KINDS)
def walk(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Walk]:
    with walking(databases, request.param) as found:
        yield found


def months_of(walk: Walk) -> tuple[Month, ...]:
    """On PostgreSQL one that is published and one that is open."""
    return MONTHS if walk.kind == "sqlite" else (AUGUST, OCTOBER)


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
    for month in months_of(walk):
        for number in SUBJECTS if walk.kind == "sqlite" else SOME_SUBJECTS:
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


def test_a_deputy_opens_what_is_about_the_team_of_the_one_away_alone(walk: Walk) -> None:
    """Nothing about themselves, though they are of that team, nor about the one away."""
    wrong = []
    for endpoint in ABOUT_SOMEBODY:
        permission = web.permission_of(walk.app, endpoint)
        assert permission is not None
        for number in ("E0004", "E0005", "E0002", "E0009"):
            allowed = reaches(ACTING, permission, number, closed=True)
            answer = walk.get(ACTING, endpoint, month=AUGUST, employee_no=number)
            if answer.status_code != (200 if allowed else 404):
                wrong.append(f"{endpoint} {number}: {answer.status_code}, allowed: {allowed}")
    assert wrong == []
    assert walk.get(ACTING, "scorecards.card", month=AUGUST, employee_no="E0004").status_code == 200


OF_HR_ALONE: dict[str, dict[str, Any]] = {
    "policy.draft": {"draft_id": 1},
    "policy.draft_rule": {"draft_id": 1, "code": "CON-P1"},
    "policy.draft_award": {"draft_id": 1, "award": AWARD},
    "policy.draft_sheet": {"draft_id": 1, "sheet": "metrics"},
    "policy.draft_text": {"draft_id": 1},
    "policy.draft_changes": {"draft_id": 1},
    "policy.draft_effect": {"draft_id": 1},
    "closing.job": {"number": 1},
    "closing.job_progress": {"number": 1},
}


def test_drafts_of_the_policy_and_jobs_of_the_close_are_hrs_alone(walk: Walk) -> None:
    found = {
        f"{endpoint} {viewer}": walk.get(viewer, endpoint, **values).status_code
        for endpoint, values in OF_HR_ALONE.items()
        for viewer in ("hr", "manager", "admin", "auditor", ACTING)
    }
    assert {each for each, status in found.items() if status == 200} == {
        f"{endpoint} hr" for endpoint in OF_HR_ALONE
    }
    assert set(found.values()) <= {200, 403, 404}


QUERIES = (
    *("format=csv", "format=xlsx", "q=E00", "q=E0009", "team=Centre/Two"),
    "month=2026-09&per_page=1&sort=name&dir=desc",
)


def values_of(walk: Walk) -> dict[str, tuple[Any, ...]]:
    """What stands for the variable parts of addresses: of one's team and of the other."""
    ids = {
        name: tuple(walk.found(select(column).order_by(column)))
        for name, column in {
            "incident_id": Incident.id,
            "task_id": Task.id,
            "appeal_id": Appeal.id,
            "line_id": AppealLine.id,
            "winner_id": AwardWinner.id,
            "check_id": CheckSheet.spot_check_id,
            "checklist_id": Checklist.id,
            "complaint_id": ComplaintCase.complaint_id,
        }.items()
    }
    found: dict[str, tuple[Any, ...]] = {
        name: tuple({number for (number,) in (*rows[:2], *rows[-2:])}) for name, rows in ids.items()
    }
    found |= {
        "month": months_of(walk),
        "employee_no": ("E0004", "E0009"),
        "account_id": (1, 7),
        "award": (AWARD,),
        "form": ("csv", "xlsx"),
        "kind": ("metrics", "decided"),
        "code": ("CON-P1",),
        "name": ("nothing",),
        "sheet": ("metrics",),
        "attachment_id": (1,),
        "file_id": (1,),
        "number": (1,),
        "course_id": (1,),
        "what": ("leave", "overtime", "correction"),
        "ref": tuple(walk.references()),
        "draft_id": (1,),
    }
    return found


def variants(walk: Walk, endpoint: str, rule: Any, values: dict[str, Any]) -> Iterator[str]:
    """Every address of a page that this centre has, with exports, searches and filters.

    What a query adds to an address is the same on both databases but for its SQL, which the tests
    of tables run on both: here only once.
    """
    addresses: list[dict[str, Any]] = [{}]
    for name in sorted(rule.arguments):
        addresses = [{**each, name: choice} for each in addresses for choice in values[name]]
    for each in addresses:
        yield walk.url(endpoint, **each)
        if walk.kind == "sqlite" and (not rule.arguments or each == {"month": AUGUST}):
            yield from (f"{walk.url(endpoint, **each)}?{query}" for query in QUERIES)
        elif walk.kind == "sqlite" and each == {"month": OCTOBER}:
            yield f"{walk.url(endpoint, **each)}?figures=1"  # which an open month asks for itself


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
    if endpoint in ("reviews.mine", "reviews.about"):  # about whom one is asked oneself
        found |= {*AGENTS}
    if endpoint in DECIDED:
        found.add("E0003")
    return found


@pytest.mark.parametrize("viewer", ["agent", "supervisor", "manager", "hr", "auditor", "admin"])
def test_no_page_list_search_chart_or_export_names_anybody_out_of_reach(
    walk: Walk, viewer: str
) -> None:
    """By number, name, or what is written about them; refusals and errors are pages too."""
    assert "\n".join(named_out_of_reach(walk, viewer, values_of(walk))) == ""


def test_nor_does_one_to_a_deputy(walk: Walk) -> None:
    months = {"month": (AUGUST,) if walk.kind == "sqlite" else (OCTOBER,)}
    values = {name: found[:1] for name, found in values_of(walk).items()} | months
    assert named_out_of_reach(walk, ACTING, values, queries=False) == []


def named_out_of_reach(
    walk: Walk, viewer: str, values: dict[str, Any], *, queries: bool = True
) -> list[str]:
    wrong: list[str] = []
    walk.clients[viewer].get("/account/password")  # the first request of all also tidies up
    for endpoint, rule in walk.rules("GET").items():
        if endpoint == "audit.trail":  # it tells everybody what they asked for themselves
            continue
        for url in variants(walk, endpoint, rule, values):
            if "?" in url and not queries:
                continue
            if "?" not in url:
                kept._kept.clear()
                kept_preview._kept.clear()
            with walk.app.app_context(), sent(db.session()) as found:
                answer = walk.clients[viewer].get(url)
            wrong.extend(f"{url}: {problem}" for problem in problems(viewer, endpoint, url, answer))
            computes = endpoint in WHOLE_MONTH or "figures=1" in url
            most = BY_WHOLE_MONTH if computes else MOST
            most = OF_DOCUMENT if answer.mimetype == "application/pdf" else most
            # Now and then it is noted that a session was used: no part of any page.
            asked = [each for each in found.statements if "UPDATE signed_in_sessions" not in each]
            if answer.status_code == 200 and len(asked) > most:
                wrong.append(f"{url}: {len(asked)} statements")
    return wrong


def problems(viewer: str, endpoint: str, url: str, answer: TestResponse) -> Iterator[str]:
    """What is wrong with an answer, whatever its status."""
    if answer.status_code >= 500:
        yield f"status {answer.status_code}"
    text = said(answer)
    policy = charts.POLICY if answer.mimetype == "image/svg+xml" else POLICY
    if not answer.headers["Content-Security-Policy"].startswith((policy, ATTACHED)):
        yield "another policy"
    if answer.mimetype == "text/html" and INLINE.search(text):
        yield "inline"
    asked = set(NUMBER.findall(url))
    text = text.replace(url, "").replace(url.replace("&", "&amp;"), "")
    more = (set(NUMBER.findall(text)) & EVERYBODY) - allowed_to_be_named(viewer, endpoint)
    more -= asked - EVERYBODY if answer.status_code == 200 else asked
    more -= {"E0009"} if "q=E0009" in url else set()
    if more:
        yield f"names {sorted(more)}"
    reader = "supervisor" if viewer == ACTING else viewer
    told = {mark for mark, readers in MARKS.items() if reader not in readers and mark in text}
    if told:
        yield f"tells {sorted(told)}"


def test_an_open_month_is_not_shown_to_auditors_nor_is_360_feedback(walk: Walk) -> None:
    for endpoint in ABOUT_SOMEBODY.keys() - OF_ALL_MONTHS:
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
    return int(
        walk.one(
            select(Incident.id)
            .join(Employee, Employee.id == Incident.employee_id)
            .where(Employee.employee_no == number, Incident.status == "recorded")
        )
    )


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
    of_other = SignedInSession.account_id == account_of(walk, "E0009")
    foreign = walk.one(select(func.min(SignedInSession.id)).where(of_other))
    assert walk.post("agent", f"/account/sessions/{foreign}").status_code == 404
    assert walk.clients["other"].get("/account").status_code == 200


def id_of(walk: Walk, number: str) -> int:
    return int(walk.one(select(Employee.id).where(Employee.employee_no == number)))


def account_of(walk: Walk, number: str) -> int:
    return int(walk.one(select(Account.id).where(Account.employee_id == id_of(walk, number))))


def count_of(walk: Walk) -> int:
    return int(walk.one(select(func.count()).select_from(Incident)))
