"""The grid of the monthly evaluation through the eyes of each role, with and without its script."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from factories import offices
from factories.offices import NOW, OCTOBER, SEPTEMBER
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from support.parsed import Parsed
from support.site import Site
from support.statements import sent

from closing.catalogue import fact_catalogue
from closing.evaluation import live as lives
from closing.preview import preview_month
from core import audit
from core.actor import SYSTEM
from core.models import AuditEntry
from evaluations.models import Complaint, MetricValue, SpotCheck
from staff.models import Account, Employee

GRID = "/evaluations/2026-10"
ONE = f"{GRID}/E0004"


@pytest.fixture(autouse=True)
def _second_of_november() -> Iterator[None]:
    lives._kept.clear()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    """September is closed. In October E0004 has three spot checks and no value for them."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        accounts = offices.office(session, SEPTEMBER, OCTOBER)
        who = offices.employee_id(session, "E0004")
        session.execute(
            delete(MetricValue).where(
                MetricValue.employee_id == who,
                MetricValue.month == OCTOBER,
                MetricValue.metric.in_(["qa_score", "csat"]),
            )
        )
        for day, score in ((1, 90), (2, 91), (3, 98)):
            date = OCTOBER.days()[day]
            session.add(SpotCheck(employee_id=who, day=date, score=score, checked_by_id=None))
    with site.session() as session:
        offices.close(session, SEPTEMBER)
    return accounts


class Desk:
    """Somebody at the grid."""

    def __init__(self, site: Site, account: Account) -> None:
        self.site, self.client = site, site.signed_in(account)

    def get(self, url: str = GRID) -> str:
        answer = self.client.get(url, follow_redirects=True)
        assert answer.status_code == 200, url
        return answer.get_data(as_text=True)

    def page(self, url: str = GRID) -> Parsed:
        return Parsed(self.get(url))

    def post(self, url: str, form: str = GRID, **data: Any) -> Any:
        return self.site.post(self.client, url, data, form=form)

    def type(self, *cells: tuple[str, str, str, str], reason: str = "") -> Any:
        names = ("employee_no", "metric", "text", "version")
        sent = [dict(zip(names, cell, strict=True)) for cell in cells]
        return self.client.post(
            f"{GRID}/cells",
            json={"cells": sent, "reason": reason, "rows": [cell[0] for cell in cells]},
            headers={"X-CSRFToken": self.site.token(self.client, GRID)},
        )


@pytest.fixture
def desks(site: Site, accounts: dict[str, Account]) -> dict[str, Desk]:
    return {name: Desk(site, account) for name, account in accounts.items()}


def status(client: FlaskClient, url: str) -> int:
    return client.get(url).status_code


def test_the_grid_holds_the_supervisors_people_with_values_records_and_last_month(
    desks: dict[str, Desk],
) -> None:
    page = desks["supervisor"].page()
    assert page.headings() == ["October 2026: 0 submitted, 2 waiting"]
    people = [row[0] for row in page.tables[0].rows]
    assert [each.split()[1] for each in people] == ["E0004", "E0005"]
    html = desks["supervisor"].get(f"{GRID}?figures=1")
    assert 'name="cell:E0004:qa_score" value="" placeholder="93.00"' in html
    assert 'name="cell:E0005:qa_score" value="92"' in html
    assert "← 96.00" in html  # what E0004 had in September
    assert "E0002" not in "".join(people)
    assert len(desks["hr"].page().tables) == 2  # those of agents, and of who leads them
    own = desks["agent"].page().headings()
    assert own == ["My evaluation of October 2026 is not submitted yet"]


def test_the_grid_is_exported_as_it_is_filtered_and_the_trail_tells(
    desks: dict[str, Desk], site: Site
) -> None:
    with site.session() as session:
        named = session.scalars(select(Employee).where(Employee.employee_no == "E0005")).one()
        named.name = "=1+1"
    answer = desks["supervisor"].client.get(f"{GRID}?format=csv&q=E0005")
    assert answer.mimetype == "text/csv"
    head, row = csv.reader(answer.get_data(as_text=True).lstrip("\ufeff").splitlines())
    told = dict(zip(head, row, strict=True))
    assert (told["Number"], told["Name"], told["State"]) == ("E0005", "'=1+1", "Not submitted")
    label = fact_catalogue(offices.policy())["qa_score"].names.en
    value, score = [float(told[each]) for each in head if each.startswith(label)]
    assert (value, score > 0) == (92, True)
    assert told["Total"] != ""
    with site.session() as session:
        taken = session.scalars(select(AuditEntry).where(AuditEntry.action == "export")).all()
        assert [each.subject for each in taken] == [
            "evaluations-2026-10.csv /evaluations/2026-10?format=csv&q=E0005"
        ]
    book = desks["hr"].client.get(f"{GRID}?format=xlsx").get_data()
    assert book.startswith(b"PK")
    assert desks["agent"].client.get(f"{GRID}?format=csv").status_code == 302


@pytest.mark.parametrize("who", ["supervisor", "hr"])
def test_the_grid_asks_the_database_few_times(desks: dict[str, Desk], who: str) -> None:
    from core.db import db

    desk = desks[who]
    with desk.site.app.app_context(), sent(db.session()) as found:
        assert status(desk.client, GRID) == 200
    assert 0 < len(found.statements) <= 12


def test_what_is_typed_is_saved_and_the_scores_follow(desks: dict[str, Desk]) -> None:
    desk = desks["supervisor"]
    answer = desk.type(("E0004", "csat", "９３．５％", ""))
    assert answer.status_code == 200
    assert answer.json["cells"][0]["text"] == "93.5%"
    assert answer.json["rows"]["E0004"]["lines"]["csat"]["score"] == "100.0"
    with desk.site.session() as session:
        computed = preview_month(session, OCTOBER)
        total = {card.employee_no: card.total for card in computed.views()}["E0004"]
    assert float(answer.json["rows"]["E0004"]["total"]) == total


def test_a_stale_cell_answers_409_with_both_values(desks: dict[str, Desk]) -> None:
    assert desks["supervisor"].type(("E0004", "csat", "93%", "")).status_code == 200
    answer = desks["hr"].type(("E0004", "csat", "95%", ""), ("E0005", "csat", "88%", "0.935/"))
    assert answer.status_code == 409
    assert [each["state"] for each in answer.json["cells"]] == ["stale", "saved"]
    assert answer.json["cells"][0]["shown"] == "93%"
    version = answer.json["cells"][0]["version"]
    assert desks["hr"].type(("E0004", "csat", "95%", version)).status_code == 200


def test_overwriting_the_records_asks_for_a_reason_and_shows_it(desks: dict[str, Desk]) -> None:
    desk = desks["supervisor"]
    cell = ("E0004", "qa_score", "97", "")
    asked = desk.type(cell)
    assert (asked.status_code, asked.json["cells"][0]["state"]) == (422, "reason")
    assert desk.type(("E0004", "qa_score", "193", "")).status_code == 422
    # What says the same as the records, written in whatever way, is nobody's value.
    same = desk.type(("E0004", "qa_score", "93分", ""))
    assert (same.status_code, same.json["cells"][0]["state"]) == (200, "same")
    done = desk.type(cell, reason="One check was somebody else's")
    assert done.status_code == 200
    assert done.json["rows"]["E0004"]["lines"]["qa_score"]["given"] == "93.00"
    text = desk.page(f"{GRID}?figures=1").text
    assert "One check was somebody else's" in text
    # The hint of a cell, copied back into it, is nobody's value.
    assert desk.type(("E0004", "attendance_score", "", "100.0/")).status_code == 200


def test_without_a_script_the_page_is_a_form_that_keeps_what_was_typed(
    desks: dict[str, Desk],
) -> None:
    desk = desks["supervisor"]
    saved = desk.post(GRID, **{"cell:E0004:csat": "90%", "version:E0004:csat": ""})
    assert saved.status_code == 302
    again = desk.post(
        GRID,
        **{
            "cell:E0004:csat": "91%",
            "version:E0004:csat": "",
            "cell:E0005:csat": "ninety",
            "version:E0005:csat": "0.935/",
        },
    )
    html = again.get_data(as_text=True)
    assert again.status_code == 409
    assert 'name="cell:E0004:csat" value="91%"' in html
    assert "Now: 90%. Saving again puts yours in its place." in html
    assert 'name="version:E0004:csat" value="0.9/"' in html
    assert 'name="cell:E0005:csat" value="ninety"' in html
    assert "is not a number" in html


def test_submitting_locks_and_shows_giving_back_opens_and_hides(desks: dict[str, Desk]) -> None:
    desk = desks["supervisor"]
    desk.post(f"{ONE}/feedback", ONE, strengths="Calm on the phone", strengths_version="")
    assert "Calm on the phone" not in desks["agent"].get(ONE)
    assert desk.post(f"{GRID}/submit", employee_no="E0004").status_code == 302
    assert desk.page().headings() == ["October 2026: 1 submitted, 1 waiting"]
    assert desk.type(("E0004", "csat", "93%", "")).json["cells"][0]["state"] == "refused"
    assert "Calm on the phone" in desks["agent"].get(ONE)
    assert desk.post(f"{ONE}/return", reason="No").status_code == 403
    assert desks["manager"].post(f"{ONE}/return", reason="Ask again").status_code == 302
    assert "Calm on the phone" not in desks["agent"].get(ONE)
    assert "Ask again" in desk.page().text
    desk.post(f"{GRID}/submit")
    assert desk.page().headings() == ["October 2026: 2 submitted, 0 waiting"]


def test_feedback_by_its_script_answers_409_with_what_stands_there(desks: dict[str, Desk]) -> None:
    desk = desks["supervisor"]
    desk.post(f"{ONE}/feedback", ONE, strengths="Calm", strengths_version="")
    html = desk.post(f"{ONE}/feedback", ONE, strengths="Loud", strengths_version="")
    assert html.status_code == 409
    assert "Calm" in html.get_data(as_text=True)
    assert "Loud" in html.get_data(as_text=True)
    answer = desk.client.post(
        f"{ONE}/feedback",
        data={"csrf_token": desk.site.token(desk.client, ONE), "strengths": "Loud"},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["parts"][0]["stale"] == "Calm"


def test_who_may_see_and_write_whose_evaluation(desks: dict[str, Desk]) -> None:
    for who, url, wanted in (
        ("supervisor", f"{GRID}/E0009", 404),
        ("agent", f"{GRID}/E0005", 404),
        ("other", ONE, 404),
        ("admin", GRID, 404),
        ("auditor", ONE, 404),
        ("auditor", "/evaluations/2026-09/E0004", 200),
        ("hr", ONE, 200),
        ("manager", ONE, 200),
    ):
        assert status(desks[who].client, url) == wanted, (who, url)
    assert desks["supervisor"].type(("E0009", "csat", "93%", "")).status_code == 404
    assert desks["supervisor"].type(("E0002", "csat", "93%", "")).status_code == 403
    assert desks["supervisor"].type(("E0004", "no_metric", "93%", "")).status_code == 404


def test_a_note_is_seen_by_its_writer_and_once_shared_by_its_person_and_hr(
    desks: dict[str, Desk],
) -> None:
    desk, said = desks["supervisor"], "Stayed late for a refund"
    form = {"employee_no": "E0004", "day": "2026-10-12", "kind": "good", "text": said}
    assert desk.post("/evaluations/notes", "/evaluations/notes", **form).status_code == 302
    assert said in desk.get(ONE)
    assert said in desk.get()
    for who, url in (("hr", ONE), ("manager", ONE), ("agent", ONE), ("hr", "/evaluations/notes")):
        assert said not in desks[who].get(url), who
    shared = desk.post("/evaluations/notes/1/share", "/evaluations/notes")
    assert shared.status_code == 302
    for who in ("hr", "manager", "agent"):
        assert said in desks[who].get(ONE), who
    assert status(desks["other"].client, ONE) == 404
    form["employee_no"] = "E0009"
    assert desk.post("/evaluations/notes", "/evaluations/notes", **form).status_code == 404


def test_live_scores_are_those_of_the_preview_whatever_is_entered(
    site: Site, accounts: dict[str, Account]
) -> None:
    chance = random.Random(7)
    metrics = [*offices.VALUES, "contacts_handled", "complaint_count", "team_csat", "team_qa_score"]
    with site.session() as session:
        who = {n: offices.employee_id(session, n) for n in ("E0001", "E0002", "E0004", "E0005")}
        session.add(
            Complaint(
                complaint_no="1",
                month=OCTOBER,
                received_at=1,
                severity="major",
                employee_id=who["E0004"],
                attributable=True,
            )
        )
        audit.record(session, actor=SYSTEM, at=NOW, action="complaint", subject="complaint:1")
    for _ in range(12):
        with site.session() as session:
            for number in who.values():
                metric = chance.choice(metrics)
                key = (
                    MetricValue.employee_id == number,
                    MetricValue.month == OCTOBER,
                    MetricValue.metric == metric,
                )
                session.execute(delete(MetricValue).where(*key))
                if chance.random() < 0.6:
                    session.add(
                        MetricValue(
                            employee_id=number,
                            month=OCTOBER,
                            metric=metric,
                            value=chance.randrange(2),
                            sample_size=chance.choice([None, 5]),
                        )
                    )
        with site.session() as session:
            found = {
                one: lives.live(session, OCTOBER, {one}).cards[one]
                for one in who.values()  # each alone, as they are typed
            }
            assert found == lives.live(session, OCTOBER, set(who.values())).cards
            for card in preview_month(session, OCTOBER).result.cards:
                if card.person.employee_id in found:
                    mine = found[card.person.employee_id]
                    assert (mine.lines, mine.total, mine.grade) == (
                        card.lines,
                        card.total,
                        card.grade,
                    )


def test_what_is_kept_is_gathered_anew_after_a_change_of_the_records(
    site: Site, accounts: dict[str, Account]
) -> None:
    def score() -> float | None:
        with site.session() as session:
            who = offices.employee_id(session, "E0004")
            card = lives.live(session, OCTOBER, {who}).cards[who]
            return next(line.raw for line in card.lines if line.metric == "qa_score")

    assert score() == 93
    with site.session() as session:
        assert lives.still_kept(session, OCTOBER)
        who = offices.employee_id(session, "E0004")
        session.add(SpotCheck(employee_id=who, day=OCTOBER.last_day, score=21))
        audit.record(session, actor=SYSTEM, at=NOW, action="check.made", subject="employee:E0004")
    assert score() == 75


def test_of_a_closed_month_nothing_is_computed(desks: dict[str, Desk]) -> None:
    """Neither by the page, nor for its script, nor where somebody asks for it."""
    desk = desks["supervisor"]
    html = desk.get("/evaluations/2026-09?figures=1")
    assert "data-bare" not in html
    assert "E0004" in html
    assert not lives._kept
    assert status(desk.client, "/evaluations/2026-09/figures?row=E0004") == 409
    assert status(desk.client, f"{GRID}/figures?row=E0004") == 200
