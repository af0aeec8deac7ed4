"""Training in the browser: the curriculum, a session's results, and how people stand."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from factories import offices, people
from factories.offices import NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from sqlalchemy import select
from support.site import Site
from support.statements import sent

from core.actor import SYSTEM
from core.clock import Now
from core.db import db
from core.errors import Refused
from core.models import AuditEntry, MonthState
from staff.models import Account, Employee
from training.courses import Written, add_course
from training.models import Course, TrainingRecord
from training.standing import standings

DAY = date(2026, 11, 2)
GRID = "/training/session?course=CONF&day=2026-10-12"


@pytest.fixture
def office(site: Site) -> Iterator[dict[str, Account]]:
    """September is closed and published; confidentiality is mandatory for agents, every year."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = site.app.config["LANGUAGE"] = "en"
    with time_machine.travel(NOW, tick=False):
        with site.session() as session:
            accounts = offices.office(session, SEPTEMBER, OCTOBER)
            session.add(
                Course(course_code="CONF", name="Confidentiality", category="confidentiality",
                       positions="agent", due_days=30, valid_months=12, hours=2, pass_mark=60)
            )  # fmt: skip
            offices.close(session, SEPTEMBER)
            session.get_one(MonthState, SEPTEMBER).published_at = NOW
            session.flush()
            for account in accounts.values():
                session.refresh(account)
        yield accounts


def ids(site: Site, *numbers: str) -> list[int]:
    with site.session() as session:
        return [offices.employee_id(session, number) for number in numbers]


def send(site: Site, client: FlaskClient, url: str = GRID, **fields: Any) -> Any:
    return site.post(client, url, fields, form="/account/password")


def rows(site: Site) -> list[tuple[Any, ...]]:
    with site.session() as session:
        found = session.scalars(select(TrainingRecord).order_by(TrainingRecord.employee_id))
        return [(row.status, row.hours, row.score, row.passed, row.mandatory) for row in found]


def test_results_of_a_session_are_entered_changed_and_taken_away(
    site: Site, office: dict[str, Account]
) -> None:
    boss = site.signed_in(office["supervisor"])
    one, two = ids(site, "E0004", "E0005")
    page = boss.get(GRID).text
    assert "0 attended, 0 missed, 0 excused" in page
    assert "E0009" not in page
    first: dict[str, Any] = {f"status-{one}": "attended", f"score-{one}": "88",
                             f"status-{two}": "missed", "mandatory": "1"}  # fmt: skip
    assert send(site, boss, **first).status_code == 302
    assert rows(site) == [("attended", None, 88, None, True), ("missed", None, None, None, True)]
    seen = {f"seen-{one}": "attended||88|", f"seen-{two}": "missed|||"}
    assert f'value="{seen[f"seen-{one}"]}"' in boss.get(GRID).text
    later: dict[str, Any] = {
        f"status-{one}": "",
        f"status-{two}": "excused",
        "mandatory": "1",
        "was_mandatory": 1,
    }
    assert send(site, boss, **seen, **later).status_code == 302
    assert rows(site) == [("excused", None, None, None, True)]
    with site.session() as session:
        told = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.startswith("training."))
        )
        assert sorted(told) == [
            *("training.changed", "training.recorded"),
            *("training.recorded", "training.removed"),
        ]


def test_whoever_is_left_empty_gets_what_is_said_of_all_others(
    site: Site, office: dict[str, Account]
) -> None:
    one, two = ids(site, "E0004", "E0005")
    fields = {f"status-{one}": "missed", f"status-{two}": "", "others": "attended"}
    assert send(site, site.signed_in(office["supervisor"]), **fields).status_code == 302
    assert [row[0] for row in rows(site)] == ["missed", "attended"]


def test_numbers_of_a_file_stay_whole_where_nobody_changed_them(
    site: Site, office: dict[str, Account]
) -> None:
    (one,) = ids(site, "E0004")
    with site.session() as session:
        course = session.scalars(select(Course.id)).one()
        session.add(
            TrainingRecord(employee_id=one, course_id=course, day=date(2026, 10, 12), hours=4 / 3,
                           score=200 / 3, status="attended", mandatory=False)
        )  # fmt: skip
    boss = site.signed_in(office["supervisor"])
    page = boss.get(GRID).text
    fields = {
        f"{name}-{one}": page.partition(f'name="{name}-{one}" value="')[2].partition('"')[0]
        for name in ("seen", "score", "hours")
    }
    assert send(site, boss, **{f"status-{one}": "attended"}, **fields).status_code == 302
    assert rows(site) == [("attended", 4 / 3, 200 / 3, None, False)]
    with site.session() as session:
        entries = select(AuditEntry.action).where(AuditEntry.action.startswith("training."))
        assert session.scalars(entries).all() == []


def test_what_somebody_else_entered_meanwhile_is_not_overwritten(
    site: Site, office: dict[str, Account]
) -> None:
    (one,) = ids(site, "E0004")
    boss, hr = site.signed_in(office["supervisor"]), site.signed_in(office["hr"])
    assert send(site, hr, **{f"status-{one}": "attended", f"score-{one}": "70"}).status_code == 302
    answer = send(site, boss, **{f"status-{one}": "missed"})
    assert answer.status_code == 409
    assert "Somebody else entered something for Person E0004 meanwhile" in answer.text
    assert rows(site) == [("attended", None, 70, None, False)]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"status": "attended", "score": "101"}, "A score is a number from 0 to 100."),
        ({"status": "attended", "score": "many"}, "&#34;many&#34; is not a number."),
        ({"status": "attended", "hours": "25"}, "Hours are a number from 0 to 24."),
        ({"status": "missed", "score": "50"}, "Only who attended has hours, a score or a pass."),
        ({"status": "slept"}, "Choose what became of it."),
    ],
)
def test_a_bad_result_is_refused_beside_its_person_and_keeps_what_was_typed(
    site: Site, office: dict[str, Account], fields: dict[str, str], text: str
) -> None:
    one, two = ids(site, "E0004", "E0005")
    typed = {f"{name}-{one}": value for name, value in fields.items()}
    answer = send(site, site.signed_in(office["supervisor"]), **typed,
                  **{f"status-{two}": "attended", f"score-{two}": "77"})  # fmt: skip
    assert answer.status_code == 400
    assert text in answer.text
    assert 'value="77"' in answer.text
    assert rows(site) == []


def test_closed_months_days_to_come_oneself_and_other_teams_take_no_results(
    site: Site, office: dict[str, Account]
) -> None:
    boss, hr = site.signed_in(office["supervisor"]), site.signed_in(office["hr"])
    one, other, me = ids(site, "E0004", "E0009", "E0003")
    fields = {f"status-{one}": "attended"}
    closed = GRID.replace("2026-10-12", "2026-09-14")
    assert send(site, boss, closed, **fields).status_code == 409
    assert "its records stay as they are" in boss.get(closed).text
    assert send(site, boss, GRID.replace("10-12", "12-12"), **fields).status_code == 400
    assert send(site, boss, **{f"status-{other}": "attended"}).status_code == 302
    assert send(site, hr, **{f"status-{me}": "attended"}).status_code == 302
    assert rows(site) == []
    assert boss.get("/training/session?course=NONE&day=2026-10-12").status_code == 302
    assert boss.get("/training/session?course=CONF&day=soon").status_code == 302


def test_the_overview_counts_what_is_overdue_as_the_scorecard_does(
    site: Site, office: dict[str, Account]
) -> None:
    one, two = ids(site, "E0004", "E0005")
    boss = site.signed_in(office["supervisor"])
    fields = {f"status-{one}": "attended", f"score-{one}": "60",
              f"status-{two}": "attended", f"score-{two}": "59"}  # fmt: skip
    send(site, boss, **fields)
    page = boss.get("/training/due").text
    assert "Mandatory training: 1 overdue, 0 due within 30 days" in page
    export = boss.get("/training/due?format=csv").text.splitlines()
    assert [line.split(",")[0] for line in export[1:]] == ["E0005", "E0004"]
    assert "Oct 11, 2027" in page
    everybody = site.signed_in(office["hr"]).get("/training/due").text
    assert "By team" in everybody
    assert "2 overdue" in everybody
    own = site.signed_in(office["agent"]).get("/training/people/E0004").text
    assert "No mandatory course is overdue" in own
    with site.session() as session:
        who = select(TrainingRecord.employee_id).where(TrainingRecord.score == 60)
        for day, state in (
            (date(2027, 9, 10), "passed"),
            (date(2027, 9, 11), "soon"),
            (date(2027, 10, 11), "soon"),
            (date(2027, 10, 12), "overdue"),
        ):
            assert [each.state for each in standings(session, who, day)] == [state], day


def test_a_persons_page_says_how_training_enters_the_scorecard(
    site: Site, office: dict[str, Account]
) -> None:
    agent = site.signed_in(office["agent"])
    page = agent.get("/training/people/E0004?month=2026-09").text
    assert "1 mandatory course is overdue" in page
    assert "Training assessment weighs 5 of 100." in page
    assert "/scorecards/2026-09/E0004" in page
    assert "You have no record yet" in page
    assert "/scorecards/2026-10/E0004" not in agent.get("/training/people/E0004?month=2026-10").text
    assert agent.get("/training/people/E0005").status_code == 404
    assert agent.get("/training/").location.startswith("/training/people/E0004")


def test_courses_are_written_and_changed_by_hr(site: Site, office: dict[str, Account]) -> None:
    hr = site.signed_in(office["hr"])
    assert site.signed_in(office["supervisor"]).get("/training/courses/new").status_code == 403
    form = {"course_code": "TEL", "name": "Telephone", "category": "communication", "hours": "3",
            "positions": ["agent"], "due_days": "60", "metrics": ["csat"]}  # fmt: skip
    made = site.post(hr, "/training/courses/new", form, form="/training/courses/new")
    page = hr.get(made.location).text
    assert "60 days after the hire date" in page
    assert "It was not held yet" in page
    again = site.post(hr, "/training/courses/new", form, form="/training/courses/new")
    assert "There is a course of this code already." in again.text
    change = f"{made.location}/change"
    shown = hr.get(change).text
    seen = shown.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    with site.session() as session:  # somebody else is quicker
        session.scalars(select(Course).where(Course.course_code == "TEL")).one().hours = 4
    fields = {**form, "name": "On the phone", "seen": html.unescape(seen)}
    answer = site.post(hr, change, fields, form=change)
    assert answer.status_code == 409
    assert 'value="On the phone"' in answer.text
    bad = site.post(hr, change, {**fields, "pass_mark": "101"}, form=change)
    assert "From 0 to 100." in bad.text
    many = Written(name="x", positions=tuple(f"position {number}" for number in range(100)))
    now = Now(NOW, NOW.replace(tzinfo=None))
    with site.session() as session, pytest.raises(Refused) as refused:
        add_course(session, actor=SYSTEM, now=now, code="MANY", written=many, known=())
    assert refused.value.field == "positions"


def test_lists_of_training_are_the_same_on_both_databases(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        course = Course(course_code="C", name="C", positions="agent", pass_mark=60, metrics="csat")
        session.add(course)
        session.flush()
        for number, score in (("E0004", 60.0), ("E0005", 59.0), ("E0009", None)):
            session.add(
                TrainingRecord(employee_id=offices.employee_id(session, number), score=score,
                               course_id=course.id, day=date(2026, 10, 12), status="attended",
                               mandatory=True)
            )  # fmt: skip
        everybody = select(Employee.id)
        states = {each.employee_no: each.state for each in standings(session, everybody, DAY)}
        assert (states["E0004"], states["E0005"]) == ("passed", "overdue")
    boss = any_site.signed_in(accounts["supervisor"])
    row = boss.get("/training/2026-10/sessions?format=csv").text.splitlines()[1]
    assert row == "2026-10-12,C,C,2,0,0,1,59.5"
    assert len(boss.get("/training/2026-10?format=csv").text.splitlines()) == 3
    hr = any_site.signed_in(accounts["hr"])
    auditor = any_site.signed_in(accounts["auditor"])
    attended = [
        each.get("/training/courses?format=csv").text.splitlines()[1].rpartition(",")[2]
        for each in (boss, hr, auditor)
    ]
    assert attended == ["2", "3", "0"]
    assert "59.5" in hr.get("/training/courses/1").text
    assert hr.get("/attendance/requests").status_code == 200
    assert hr.get("/attendance/2026-10").status_code == 200
    page = auditor.get("/training/people/E0004")
    assert page.status_code == 200
    assert "2026-10-12" not in auditor.get("/training/people/E0004?format=csv").text


def test_pages_of_training_stay_cheap(site: Site, office: dict[str, Account]) -> None:
    boss, agent = site.signed_in(office["supervisor"]), site.signed_in(office["agent"])
    (one,) = ids(site, "E0004")
    send(site, boss, **{f"status-{one}": "attended", f"score-{one}": "90"})
    for client, path in (
        (boss, "/training/due"),
        (boss, "/training/2026-10/sessions"),
        (boss, "/training/2026-10"),
        (boss, "/training/courses"),
        (boss, "/training/courses/1"),
        (boss, GRID),
        (agent, "/training/people/E0004?month=2026-09"),
    ):
        with site.app.app_context(), sent(db.session()) as found:
            assert client.get(path).status_code == 200, path
        assert 1 < len(found.statements) <= 12, (path, len(found.statements))
