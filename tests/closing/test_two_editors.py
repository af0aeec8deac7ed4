"""Two people open one record: whoever saves second sees both versions and loses nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from factories import offices
from factories.offices import NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from sqlalchemy import func, select
from support.centres import KEY
from support.databases import Databases, build_schema
from support.markup import markup
from support.site import Site, application

from core.actor import Actor
from core.clock import Now
from core.db import db
from core.models import AuditEntry
from evaluations.checks import checklists
from evaluations.checks.scoring import Item
from evaluations.complaints import deciding, services
from evaluations.complaints.services import Described
from evaluations.monthly import services as monthly
from evaluations.rounds.models import ReviewRound
from rewards.models import AwardWinner, Incident, Task
from staff.models import Account, ExternalId
from training.models import Course

COMPLAINT = "/evaluations/complaints/1"
CLASS = {"category": "product:", "severity": "ordinary"}
COURSE = {"name": "Telephone", "pass_mark": "60"}
INCIDENT = "/rewards/incidents/1"
TASK = "/rewards/tasks/1"


@dataclass(frozen=True)
class Edit:
    """``first`` is saved while ``second`` is typed; then ``theirs`` and ``mine`` are shown.

    ``again``: the same form is there again, and sent once more it is taken.
    """

    page: str
    first: Mapping[str, str]
    second: Mapping[str, str]
    theirs: str
    mine: str
    to: str = ""
    again: bool = True


EDITS = {
    "training results": Edit(
        "/training/session?course=TEL&day=2026-10-12",
        {"status-4": "attended", "score-4": "70"},
        {"status-4": "attended", "score-4": "71.5"},
        "Now: attended, score 70",
        'value="71.5"',
    ),
    "course": Edit(
        "/training/courses/1/change",
        {**COURSE, "name": "Phone", "pass_mark": "80"},
        {**COURSE, "name": "On the phone"},
        'Now: Phone</p>|value="80.0"',  # nothing was typed into the second
        'value="On the phone"',
    ),
    "complaint": Edit(
        f"{COMPLAINT}/change",
        {**CLASS, "description": "It broke", "reference": "A-1", "details_missing": "y"},
        {**CLASS, "description": "It broke twice"},
        'value="A-1"',
        "It broke twice</textarea>",
    ),
    "cause": Edit(
        COMPLAINT,
        {"cause": "A script", "evidence": "Recording"},
        {"cause": "No script", "evidence": "Screen"},
        "Now: A script",
        "No script</textarea>",
        to=f"{COMPLAINT}/cause",
    ),
    "responsibility": Edit(
        "/evaluations/complaints/2",
        {"attributable": "no", "reason": "The machine"},
        {"attributable": "yes", "employee": "E0005", "reason": "Was rude"},
        "Now: The machine",
        "Was rude</textarea>",
        to="/evaluations/complaints/2/decide",
    ),
    "step": Edit(
        COMPLAINT,
        {},
        {"at": "2026-10-20T09:59"},
        "Somebody else has noted this step already.",
        "2026-10-20T09:59",
        to=f"{COMPLAINT}/steps/contacted_at",
        again=False,
    ),
    "task": Edit(
        TASK,
        {"owner": "2", "due": "2026-12-24"},
        {"owner": "2", "due": "2026-12-01"},
        "Now: 2026-12-24",
        'value="2026-12-01"',
        to=f"{TASK}/change",
    ),
    "end of a task": Edit(
        TASK,
        {"outcome": "Trained her"},
        {"outcome": "Talked to her"},
        "Trained her",
        "Talked to her",
        to=f"{TASK}/end",
        again=False,
    ),
    "decision on an incident": Edit(
        INCIDENT,
        {"reason": "All saw it"},
        {"reason": "It was her break"},
        "All saw it",
        "It was her break",
        to=f"{INCIDENT}/approve|{INCIDENT}/decline",
        again=False,
    ),
    "decisions by the list": Edit(
        "/rewards/proposals/2026-10?figures=1",
        {"chosen": "incident:1", "decision": "approved", "reason": "All saw it"},
        {"chosen": "incident:1", "decision": "declined", "reason": "It was her break"},
        "All saw it",
        "It was her break",
        again=False,
    ),
    "checklist": Edit(
        "/evaluations/checklists/1/change",
        {"name": "Calls", "text-0": "Greets by name", "weight-0": "10"},
        {"name": "Calls and chats", "text-0": "Greets", "weight-0": "10"},
        "Greets by name",
        'value="Calls and chats"',
    ),
    "evaluation given back": Edit(
        "/evaluations/2026-10/E0004",
        {"reason": "The sample is too small"},
        {"reason": "Two values are missing"},
        "The sample is too small",
        "Two values are missing",
        to="/evaluations/2026-10/E0004/return",
        again=False,
    ),
    "how a version came about": Edit(
        "/policy/1/record",
        {"discussed_with": "The union", "announced_on": "2026-09-01"},
        {"discussed_with": "All"},
        'Now: The union</p>|value="2026-09-01"',
        'value="All"',
    ),
    "name elsewhere": Edit(
        "/imports/aliases/1",
        {"employee_no": "E0005"},
        {"employee_no": "E0004", "valid_to": "2026-12-31"},
        'value="E0005"',
        'value="2026-12-31"',
    ),
    "last day of a round": Edit(
        "/reviews/rounds/2026-10",
        {"last_day": "2026-11-20"},
        {"last_day": "2026-11-25"},
        "Now: 2026-11-20",
        'value="2026-11-25"',
        to="/reviews/rounds/2026-10/last-day",
    ),
    "moment of publication": Edit(
        "/closing/2026-09",
        {"publish_at": "2026-11-05T09:00"},
        {"publish_at": "2026-11-06T10:00"},
        "Will be published 2026-11-05 09:00",
        "2026-11-06T10:00",
        to="/closing/2026-09/publish-at",
    ),
}


def build(url: str) -> None:
    build_schema(url)
    with tempfile.TemporaryDirectory() as folder:
        office = Site(application(url, Path(folder), PINGYOU_KEY=KEY.text))
        with office.session() as session:
            offices.office(session, SEPTEMBER, OCTOBER)
            offices.close(session, SEPTEMBER)
            session.add(Course(course_code="TEL", name="Telephone", pass_mark=60, metrics=""))
            session.add(
                ExternalId(
                    source="desk", external_id="ann", employee_id=4, valid_from=date(2026, 1, 1)
                )
            )
            record(session)
        with office.app.app_context():
            db.engine.dispose()


def record(session: Any) -> None:
    now = Now(NOW, datetime(2026, 11, 2, 9))
    boss = Actor("E0002", 2, None, "walk")
    about = Described("product", None, "ordinary", None, "It broke")
    for minute in (0, 1):
        services.enter_complaint(
            session,
            actor=boss,
            now=now,
            received=datetime(2026, 10, 20, 9, minute),
            channel="TEL",
            employee_id=None,
            about=about,
        )
    deciding.establish_cause(
        session, actor=boss, now=now, complaint_id=2, seen=1, cause="Script", evidence="Tape"
    )
    items = [Item("Courtesy", "Greets", weight=10)]
    checklists.write_checklist(session, actor=boss, now=now, name="Calls", items=items)
    monthly.submit(session, actor=boss, now=now, month=OCTOBER, people={4})
    more = {"recorded_by": "E0002", "recorded_by_id": 2, "status": "recorded"}
    day = date(2026, 10, 12)
    session.add(Incident(employee_id=4, day=day, rule="CON-P1", description="Late", **more))
    session.add(
        Task(
            source="rule:2026-09:E0004:CON-P1",
            action="training",
            employee_id=4,
            rule="CON-P1",
            owner_id=1,
            due=date(2026, 11, 30),
            state="open",
            created_at=NOW,
            created_by="E0003",
        )
    )
    session.add(
        ReviewRound(
            month=OCTOBER,
            first_day=date(2026, 11, 1),
            last_day=date(2026, 11, 14),
            starts_at=datetime(2026, 10, 31, 16, tzinfo=UTC),
            ends_at=datetime(2026, 11, 14, 16, tzinfo=UTC),
            state="draft",
            seed="x",
            peers=3,
            cross_team=0,
            max_load=10,
        )
    )


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    with time_machine.travel(NOW, tick=False):
        url = databases.copy_of("sqlite", "office-of-two-editors", build)
        made = Site(application(url, tmp_path, PINGYOU_KEY=KEY.text))
        made.app.config["BABEL_DEFAULT_LOCALE"] = made.app.config["LANGUAGE"] = "en"
        yield made
        with made.app.app_context():
            db.session.remove()
            db.engine.dispose()
        databases.drop(url)


def hidden(page: Any) -> dict[str, str]:
    """The token of a page, and what it says of the state that it shows."""
    fields = markup(page).fields
    return {key: text for key, text in fields.items() if key.startswith(("seen", "was", "csrf"))}


def entries(site: Site) -> int:
    with site.session() as session:
        return session.scalars(select(func.count()).select_from(AuditEntry)).one()


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_who_saves_second_sees_both_versions(site: Site, edit: Edit) -> None:
    with site.session() as session:
        hr = session.scalars(select(Account).where(Account.employee_id == 3)).one()
    first: FlaskClient = site.signed_in(hr)
    second: FlaskClient = site.signed_in(hr)
    shown, later = first.get(edit.page), second.get(edit.page)
    assert shown.status_code == later.status_code == 200
    to = (edit.to or edit.page).split("|")
    saved = first.post(to[0], data={**hidden(shown), **edit.first})
    assert saved.status_code == 302, markup(saved).words
    before = entries(site)
    refused = second.post(to[-1], data={**hidden(later), **edit.second})
    assert refused.status_code in (400, 409), markup(refused).words
    assert all(each in refused.text for each in edit.theirs.split("|"))
    assert edit.mine in refused.text
    assert entries(site) == before
    if edit.again:
        assert refused.status_code == 409
        again = second.post(to[-1], data={**hidden(refused), **edit.second})
        assert again.status_code == 302, markup(again).words
        assert entries(site) == before + 1


def test_who_decides_an_award_second_sees_the_decision_and_their_own_words(site: Site) -> None:
    with site.session() as session:
        offices.close(session, OCTOBER)
        hr = session.scalars(select(Account).where(Account.employee_id == 3)).one()
    client, url = site.signed_in(hr), f"/rewards/awards/2026-10/{offices.AWARD}"
    first = {"winners": "E0004", "reason": "Voted for by all"}
    assert site.post(client, url, first, form=url).status_code == 302
    second = {"winners": "E0005", "reason": "Calmer than all"}
    refused = site.post(client, url, second, form=url)
    assert refused.status_code == 409
    assert "Voted for by all" in refused.text
    assert "Calmer than all" in refused.text
    other = {"reason": "Counted wrongly", "seen": "99"}
    assert "Counted wrongly" in site.post(client, f"{url}/undo", other, form=url).text
    with site.session() as session:
        assert session.scalars(select(AwardWinner.employee_id)).all() == [4]
