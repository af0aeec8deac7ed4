"""Checklists and spot checks by hand: what is refused, who sees them, two people at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from factories import offices, people
from factories.offices import OCTOBER, SEPTEMBER
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from support.site import Site
from support.statements import sent

from core import attachments
from core.actor import Actor
from core.clock import Now
from core.db import db
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.models import Attachment
from evaluations.checks import checklists, services
from evaluations.checks.models import CheckAnswer, ChecklistVersion, CheckSheet
from evaluations.checks.scoring import Item
from evaluations.checks.services import Answers
from evaluations.corrections import correct_check
from evaluations.fact_queries import spot_check_facts
from evaluations.models import SpotCheck
from staff.models import Account, Notice

NOW = Now(datetime(2026, 11, 2, 1, tzinfo=UTC), datetime(2026, 11, 2, 9))
DAY, NOVEMBER = date(2026, 10, 6), date(2026, 11, 1)
ITEMS = (
    Item("Courtesy", "Greets by name", weight=10),
    Item("Courtesy", "Does not interrupt", weight=30, may_skip=True, evidence=True),
    Item("Red lines", "Keeps data secret", "fatal", 0),
    Item("Extras", "Is praised", "bonus", 5),
)
GOOD = Answers({0: "yes", 1: "yes", 2: "yes", 3: "no"}, {})
HALF = Answers({0: "yes", 1: "no", 2: "yes", 3: "yes"}, {1: "at 03:12"}, "Listen first")
SHEET = {"answer-0": "yes", "answer-1": "no", "remark-1": "at 03:12", "answer-2": "yes"}
SHEET |= {"answer-3": "yes", "comment": "Listen first"}


def actor(session: Session, number: str) -> Actor:
    return Actor(number, offices.employee_id(session, number))


def written(session: Session, **more: Any) -> ChecklistVersion:
    hr: dict[str, Any] = {"actor": actor(session, "E0003"), "now": NOW}
    return checklists.write_checklist(session, **hr, **{"name": "Calls", "items": ITEMS, **more})


def enter(session: Session, by: str = "E0002", about: str = "E0004", **more: Any) -> SpotCheck:
    version = session.scalars(select(ChecklistVersion)).first() or written(session)
    values: dict[str, Any] = {"day": DAY, "version_id": version.id, "answers": HALF}
    return services.enter_check(
        session,
        actor=actor(session, by),
        now=NOW,
        employee_id=offices.employee_id(session, about),
        **{**values, **more},
    )


def change(session: Session, check: SpotCheck, seen: int, by: str = "E0002") -> SpotCheck:
    return services.change_check(
        session, actor=actor(session, by), now=NOW, check_id=check.id, seen=seen, answers=GOOD
    )


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    site.app.config.update(BABEL_DEFAULT_LOCALE="en", LANGUAGE="en")
    with site.session() as session:
        return people.centre(session)


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    with time_machine.travel(NOW.moment, tick=False):
        yield


@pytest.fixture
def session(site: Site, accounts: dict[str, Account]) -> Iterator[Session]:
    with site.session() as session:
        yield session


def test_a_check_is_a_row_of_its_table_that_the_month_counts(session: Session) -> None:
    check = enter(session)
    assert (check.score, check.comment) == (30.0, "Listen first")  # 10 of 40, and 5 on top
    facts = spot_check_facts(session, OCTOBER)[offices.employee_id(session, "E0004")]
    assert facts["qa_score"].value == 30.0
    told = session.scalars(select(Notice.employee_id)).all()
    assert told == [offices.employee_id(session, "E0004")]
    change(session, check, 1)
    assert check.score == 100.0
    actions = [each.action for each in session.info["audit"]]
    assert [each for each in actions if each.startswith("spotcheck")] == [
        "spotcheck.entered",
        "spotcheck.changed",
    ]


REFUSALS: tuple[tuple[str, dict[str, Any], type[Refused], str | None], ...] = (
    ("E0002", {}, Forbidden, None),
    ("E0004", {"day": date(2026, 11, 3)}, Refused, "day"),
    ("E0004", {"day": date(1999, 10, 3)}, Refused, "day"),
    ("E0004", {"answers": Answers({0: "yes", 2: "yes", 3: "no"}, {})}, Refused, "answer-1"),
    ("E0004", {"answers": Answers({**HALF.given, 0: "na"}, {})}, Refused, "answer-0"),
    ("E0004", {"answers": Answers(HALF.given, {})}, Refused, "remark-1"),
)


def test_what_cannot_be_a_check_is_refused(session: Session) -> None:
    for about, changes, error, field in REFUSALS:
        with pytest.raises(error) as refused:
            enter(session, about=about, **changes)
        assert refused.value.field == field
    assert session.scalar(select(func.count()).select_from(SpotCheck)) == 0


def test_one_checks_somebody_once_a_day(session: Session) -> None:
    enter(session)
    with pytest.raises(Conflict, match="already"):
        enter(session)
    enter(session, by="E0001")


def test_a_closed_month_takes_no_check_and_no_change(session: Session) -> None:
    before = date(2026, 9, 8)
    check = enter(session, day=before)
    offices.publish(session)
    offices.close(session, SEPTEMBER)
    with pytest.raises(Conflict, match="closed"):
        enter(session, by="E0001", day=before)
    with pytest.raises(Conflict, match="closed"):
        change(session, check, 1)
    assert check.score == 30.0


def test_who_saves_over_a_version_that_is_gone_is_told(session: Session) -> None:
    check = enter(session)
    change(session, check, 1, by="E0001")
    with pytest.raises(Conflict, match="changed this check"):
        change(session, check, 1)
    assert session.get_one(CheckSheet, check.id).version == 2


def test_a_score_that_was_corrected_stays_and_taking_a_check_away_takes_its_answers(
    session: Session,
) -> None:
    check = enter(session)
    who: dict[str, Any] = {"actor": actor(session, "E0003"), "now": NOW.moment, "reason": "appeal"}
    who |= {"check_id": check.id, "employee_id": check.employee_id, "day": DAY}
    correct_check(session, **who, score=80.0)
    with pytest.raises(Conflict, match="corrected"):
        change(session, check, 1)
    correct_check(session, **who, score=None)
    assert session.scalar(select(func.count()).select_from(CheckAnswer)) == 0


def test_a_check_that_is_removed_takes_its_files_and_leaves_its_number_to_nobody(
    site: Site, accounts: dict[str, Account]
) -> None:
    who: dict[str, Any] = {"now": NOW.moment, "reason": "of somebody else", "score": None}
    with site.session() as session:
        check = enter(session)
        who |= {"check_id": check.id, "employee_id": check.employee_id, "day": DAY}
        who |= {"actor": actor(session, "E0003")}
        file: dict[str, Any] = {"name": "call.txt", "content": b"words of a call"}
        row = attachments.attach(
            session, actor=who["actor"], now=NOW, subject=services.subject(check.id), **file
        )
        path = attachments.folder() / row.file
    with site.session() as session:
        for other in ({"employee_id": offices.employee_id(session, "E0005")}, {"day": NOVEMBER}):
            with pytest.raises(NotFound):
                correct_check(session, **{**who, **other})
    assert path.exists()
    with site.session() as session:
        correct_check(session, **who)
    assert not path.exists()
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 0
        assert enter(session, about="E0005").id > who["check_id"]


def test_a_changed_checklist_is_a_new_version_and_a_retired_one_is_not_used(
    session: Session,
) -> None:
    check, first = enter(session), session.scalars(select(ChecklistVersion)).one()
    known = first.checklist_id
    assert written(session, checklist_id=known, seen=1).number == 1  # as it stands
    second = written(session, checklist_id=known, seen=1, items=ITEMS[:1])
    assert (second.number, len(first.items)) == (2, 4)
    assert session.get_one(CheckSheet, check.id).checklist_version_id == first.id
    with pytest.raises(Conflict, match="meanwhile"):
        written(session, checklist_id=known, seen=1, name="Other")
    hr: dict[str, Any] = {"actor": actor(session, "E0003"), "now": NOW, "checklist_id": known}
    checklists.set_state(session, **hr, active=False)
    with pytest.raises(Refused, match="not used"):
        enter(session, by="E0001")


def test_a_checklist_that_gives_no_score_is_refused(session: Session) -> None:
    twice, weightless, nowhere = (ITEMS[0], ITEMS[0]), (Item("s", "t", weight=0),), (Item("", "t"),)
    for items in ((), ITEMS[2:], twice, weightless, nowhere):
        with pytest.raises(Refused):
            written(session, items=items)


def test_a_supervisor_checks_in_the_browser_and_the_person_reads_it(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        version = written(session)
    boss, agent = site.signed_in(accounts["supervisor"]), site.signed_in(accounts["agent"])
    new = "/evaluations/checks/new"
    data = {"employee": "E0004", "day": "2026-10-06", "version_id": version.id, **SHEET}
    partly = site.post(boss, new, {**data, "remark-1": ""}, form=new)
    assert partly.status_code == 400
    told = partly.get_data(as_text=True)
    assert "Say what was seen or heard." in told
    assert "Some answers ask for a remark" in told
    assert "not answered yet" not in told
    assert site.post(boss, new, {**data, "employee": "E0009"}, form=new).status_code == 400
    made = site.post(boss, new, data, form=new)
    assert made.status_code == 302
    page = agent.get(made.location).get_data(as_text=True)
    assert "30.00 points" in page
    assert "at 03:12" in page
    assert "/change" not in page
    listed = agent.get("/evaluations/2026-10/checks").get_data(as_text=True)
    assert made.location in listed
    assert agent.get(f"{made.location}/change").status_code == 403
    assert site.signed_in(accounts["colleague"]).get(made.location).status_code == 404
    assert site.signed_in(accounts["auditor"]).get(made.location).status_code == 404


def test_two_tabs_that_change_a_check_show_both_versions(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        check = enter(session)
    boss, url = site.signed_in(accounts["supervisor"]), f"/evaluations/checks/{check.id}/change"
    first = {**SHEET, "answer-1": "yes", "version_id": "", "seen": 1}
    assert site.post(boss, url, first, form=url).status_code == 302
    bogus = {**SHEET, "answer-1": "perhaps", "version_id": "", "seen": 2}
    refused = site.post(boss, url, bogus, form=url)
    assert refused.status_code == 400
    assert "Answer every item." in refused.get_data(as_text=True)
    second = {**SHEET, "comment": "Mine", "seen": 1}
    answer = site.post(boss, url, second, form=url)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Mine" in page
    assert "Now: met" in page
    assert "Now: Listen first" in page
    assert site.post(boss, url, {**second, "seen": 2}, form=url).status_code == 302


def test_pages_of_checks_take_few_statements(site: Site, accounts: dict[str, Account]) -> None:
    with site.session() as session:
        check = enter(session)
    for who, url in (
        ("supervisor", "/evaluations/2026-10/checks"),
        ("supervisor", f"/evaluations/checks/{check.id}"),
        ("supervisor", "/evaluations/checks/new"),
        ("supervisor", f"/evaluations/checks/{check.id}/change"),
        ("hr", "/evaluations/checklists"),
        ("hr", "/evaluations/checklists/1"),
    ):
        client = site.signed_in(accounts[who])
        with site.app.app_context(), sent(db.session()) as found:
            assert client.get(url).status_code == 200, url
        assert 0 < len(found.statements) <= 12, url


def test_hr_writes_a_checklist_row_by_row(site: Site, accounts: dict[str, Account]) -> None:
    hr, new = site.signed_in(accounts["hr"]), "/evaluations/checklists/new"
    rows = {"name": "Calls", "text-0": "Greets", "section-0": "Courtesy", "weight-0": "10"}
    rows |= {"text-1": "Never insults", "kind-1": "fatal", "evidence-1": "on"}
    assert site.post(hr, new, {**rows, "weight-0": "x"}, form=new).status_code == 400
    nameless = site.post(hr, new, {**rows, "name": ""}, form=new).get_data(as_text=True)
    assert '<p class="error" id="error-name">Give it a name.' in nameless
    made = site.post(hr, new, rows, form=new)
    assert made.status_code == 302
    with site.session() as session:
        version = session.scalars(select(ChecklistVersion)).one()
        assert [(each["section"], each["kind"]) for each in version.items] == [
            ("Courtesy", "scored"),
            ("Courtesy", "fatal"),
        ]
    supervisor = site.signed_in(accounts["supervisor"])
    assert supervisor.get("/evaluations/checklists").status_code == 403
