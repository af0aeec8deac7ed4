"""Attendance in the browser: the month, asking, and deciding."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from factories import offices, people
from factories.offices import NOW, OCTOBER
from flask.testing import FlaskClient
from sqlalchemy import func, select
from support.site import Site
from support.statements import sent
from support.walltime import wall

from closing.services import sections_of
from core.actor import Actor
from core.db import db
from core.errors import Conflict
from core.models import AuditEntry
from staff.attendance import request_queries
from staff.attendance.models import AttendanceRequest, Excuse, Leave, PersonDay, Punch, Roster
from staff.attendance.request_decisions import decide
from staff.attendance.request_rows import Who
from staff.attendance.services import ensure_month, refresh_days
from staff.models import Account, Notice

LEAVE = {
    "type": "annual",
    "first": "2026-10-28",
    "last": "2026-10-28",
    "part": "second_half",
    "reason": "A move",
}
CORRECTION = {"at": "2026-10-27T18:02", "reason": "Forgot it"}


@pytest.fixture
def office(site: Site) -> Iterator[dict[str, Account]]:
    """Everybody works nine to six; E0004 forgot to punch on leaving on the 27th."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = site.app.config["LANGUAGE"] = "en"
    with time_machine.travel(NOW, tick=False):
        with site.session() as session:
            accounts = offices.office(session, OCTOBER)
            for number in ("E0003", "E0004", "E0005", "E0009"):
                session.add(
                    Roster(
                        employee_id=offices.employee_id(session, number),
                        start=people.HIRED,
                        shift_start=540,
                        shift_end=1080,
                        break_minutes=60,
                        grace_minutes=0,
                        weekdays="12345",
                        follows_calendar=False,
                    )
                )
            who = offices.employee_id(session, "E0004")
            session.add(Punch(employee_id=who, at=wall("2026-10-27 08:57")))
            for account in accounts.values():
                session.refresh(account)
        yield accounts


def ask(site: Site, client: FlaskClient, what: str, **fields: Any) -> Any:
    form = {"leave": LEAVE, "correction": CORRECTION}[what]
    return site.post(client, f"/attendance/ask/{what}", {**form, **fields},
                     form=f"/attendance/ask/{what}")  # fmt: skip


def settle(site: Site, client: FlaskClient, address: str, decision: str, reason: str = "") -> Any:
    data = {"decision": decision, "reason": reason}
    return site.post(client, f"{address}/decide", data, form="/account/password")


def test_leave_is_asked_for_approved_and_enters_the_days(
    site: Site, office: dict[str, Account]
) -> None:
    agent, boss = site.signed_in(office["agent"]), site.signed_in(office["supervisor"])
    address = ask(site, agent, "leave").location
    assert "Waits for a decision" in agent.get(address).text
    assert "Oct 28, 2026 13:30–18:00" in agent.get("/attendance/mine").text
    waits = boss.get("/").text
    assert "1 request for leave, overtime or a punch waits for a decision" in waits
    shown = boss.get("/attendance/requests?state=requested").text
    assert "1 request waits for a decision" in shown
    assert "A move" in shown
    assert "0.5 days of leave" in boss.get(address).text
    assert settle(site, boss, address, "approve").status_code == 302
    with site.session() as session:
        who = offices.employee_id(session, "E0004")
        assert session.scalar(select(Leave.status)) == "approved"
        days = select(PersonDay.leave_halves).where(PersonDay.leave_halves > 0)
        assert list(session.scalars(days)) == [1]
        kinds = select(Notice.kind).where(Notice.employee_id == who)
        assert "request.approved" in set(session.scalars(kinds))
    assert "Approved" in agent.get(address).text
    late = settle(site, site.signed_in(office["hr"]), address, "decline", "Too late")
    assert late.status_code == 409
    assert "E0002 has decided on this already" in late.text
    assert "Too late" in late.text  # what was typed is not lost


def test_a_day_with_a_lack_leads_to_the_form_and_the_file_to_whom_it_concerns(
    site: Site, office: dict[str, Account]
) -> None:
    agent = site.signed_in(office["agent"])
    days = "/scorecards/records/2026-10/E0004/attendance"
    days = days if agent.get(days).status_code == 200 else days.replace("/scorecards", "")
    link = "/attendance/ask/correction?at=2026-10-27T18:00"
    assert link in agent.get(days).text
    assert "/attendance/ask/" not in site.signed_in(office["supervisor"]).get(days).text
    assert 'value="2026-10-27T18:00"' in agent.get(link).text
    proof = (io.BytesIO(b"a photo of the screen"), "proof.txt")
    address = ask(site, agent, "correction", files=proof).location
    boss, other = site.signed_in(office["supervisor"]), site.signed_in(office["other"])
    file = f"{address}/files/1"
    assert (boss.get(file).data, other.get(file).status_code) == (b"a photo of the screen", 404)
    assert settle(site, boss, address, "decline").status_code == 400
    assert settle(site, boss, address, "approve").status_code == 302
    assert link not in agent.get(days).text


def test_what_is_refused_keeps_what_was_typed_and_says_why(
    site: Site, office: dict[str, Account]
) -> None:
    agent = site.signed_in(office["agent"])
    answer = ask(site, agent, "leave", last="2026-10-20")
    assert answer.status_code == 400
    assert "The last day comes before the first." in answer.text
    assert "A move" in answer.text
    assert ask(site, agent, "correction", at="2026-10-27T08:57").status_code == 400
    assert ask(site, agent, "leave", first="soon").status_code == 400
    for year in ("0001", "9999"):
        assert "cannot be right" in ask(site, agent, "leave", last=f"{year}-12-31").text
        assert "cannot be right" in ask(site, agent, "leave", first=f"{year}-01-01").text
        assert "cannot be right" in ask(site, agent, "correction", at=f"{year}-01-01T08:57").text
    with site.session() as session:
        offices.close(session, OCTOBER)
    answer = ask(site, agent, "correction")
    assert "2026-10 is closed" in answer.text
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(AttendanceRequest)) == 0


def test_hr_does_not_decide_on_itself_and_others_reach_only_their_team(
    site: Site, office: dict[str, Account]
) -> None:
    admin, hr = site.signed_in(office["admin"]), site.signed_in(office["hr"])
    site.post(admin, f"/accounts/{office['other'].id}/second-decider", {"do": ""},
              form="/accounts/")  # fmt: skip
    address = ask(site, hr, "leave").location
    assert "second decider" in hr.get(address).text
    assert settle(site, hr, address, "approve").status_code == 403
    boss = site.signed_in(office["supervisor"])
    assert boss.get(address).status_code == 404
    assert settle(site, boss, address, "approve").status_code == 404
    second = site.signed_in(office["other"])
    assert settle(site, second, address, "approve").status_code == 302
    other = ask(site, second, "leave").location
    assert settle(site, boss, other, "approve").status_code == 404
    assert "E0009" not in boss.get("/attendance/requests?format=csv").text
    with site.session() as session:  # who has no supervisor: HR is told
        to = select(Notice.employee_id).where(Notice.kind == "request.asked")
        told = {offices.employee_id(session, number) for number in ("E0003", "E0009")}
        assert told <= set(session.scalars(to))
    agent = site.signed_in(office["agent"])
    mine = ask(site, agent, "leave").location
    assert settle(site, agent, mine, "approve").status_code == 403
    assert site.post(agent, f"{mine}/withdraw", form="/account/password").status_code == 302
    assert "Withdrawn" in agent.get(mine).text


def test_a_missing_punch_is_excused_with_a_reason_and_the_excuse_taken_back(
    site: Site, office: dict[str, Account]
) -> None:
    with site.session() as session:
        who = offices.employee_id(session, "E0004")
        session.add(Punch(employee_id=who, at=wall("2026-10-01 08:57")))
        ensure_month(session, OCTOBER)
        refresh_days(session, sections_of(session))
    page = "/attendance/2026-10/E0004/excuses"
    agent, boss = site.signed_in(office["agent"]), site.signed_in(office["supervisor"])
    assert page in boss.get("/records/2026-10/E0004/attendance").text
    assert "Excuse it" in boss.get(page).text
    assert "Excuse it" not in agent.get(page).text
    wanted = {"day": "2026-10-27", "kind": "missing", "reason": "The clock was broken"}
    assert site.post(agent, page, wanted, form="/account/password").status_code == 403
    for refused in ({"reason": " "}, {"kind": "late"}, {"day": "the first"}):
        site.post(boss, page, {**wanted, **refused}, form="/account/password")
        with site.session() as session:
            assert session.scalar(select(func.count()).select_from(Excuse)) == 0
    site.post(boss, page, wanted, form="/account/password")
    assert "The clock was broken" in agent.get(page).text
    with site.session() as session:
        lacks = select(PersonDay.excused).where(PersonDay.missing).order_by(PersonDay.day)
        assert list(session.scalars(lacks)) == ["", "m"]
    site.post(boss, "/attendance/excuses/1/withdraw", form="/account/password")
    assert "The clock was broken" not in agent.get(page).text
    hr = site.signed_in(office["hr"])
    assert "Excuse it" not in hr.get("/attendance/2026-10/E0003/excuses").text


def test_the_limit_of_the_policy_is_told_and_kept(site: Site, office: dict[str, Account]) -> None:
    rules = {**offices.policy().document["attendance"], "corrections": 1}
    with site.session() as session:
        offices.publish(session, offices.policy(attendance=rules))
    agent = site.signed_in(office["agent"])
    page = agent.get("/attendance/ask/correction?at=2026-10-27T18:00").text
    assert "October 2026: 0 of 1 punch corrections are used." in page
    assert ask(site, agent, "correction").status_code == 302
    answer = ask(site, agent, "correction", at="2026-10-28T09:00")
    assert "allows 1 punch corrections a month" in answer.text
    assert "1 of 1" in agent.get("/attendance/mine?month=2026-10").text


def test_pages_of_attendance_stay_cheap_and_are_whole_without_anything(
    site: Site, office: dict[str, Account]
) -> None:
    agent, boss = site.signed_in(office["agent"]), site.signed_in(office["supervisor"])
    assert "You asked for nothing yet" in agent.get("/attendance/mine").text
    assert "No request waits for a decision" in boss.get("/attendance/requests").text
    assert "No day of this month is known yet" in boss.get("/attendance/2026-10").text
    address = ask(site, agent, "leave").location
    settle(site, boss, address, "approve")
    assert "Person E0004" in boss.get("/attendance/2026-10").text
    assert "E0009" not in boss.get("/attendance/2026-10?format=csv").text
    for client, path in (
        (agent, "/attendance/mine"),
        (agent, address),
        (boss, address),
        (boss, "/attendance/requests"),
        (boss, "/attendance/2026-10"),
    ):
        with site.app.app_context(), sent(db.session()) as found:
            assert client.get(path).status_code == 200
        assert 1 < len(found.statements) <= 12, (path, found.statements)
    assert agent.get("/attendance/").location.startswith("/attendance/mine")
    assert boss.get("/attendance/").location.startswith("/attendance/2026-")


@pytest.mark.parametrize("kind", ["leave", "correction"])
def test_of_several_who_decide_at_once_one_wins_and_the_others_are_told(
    any_site: Site, kind: str
) -> None:
    site = any_site
    with site.session() as session:
        people.centre(session)
        who = offices.employee_id(session, "E0004")
        start = wall("2026-10-27 18:02")
        end = start + 3600 if kind == "leave" else None
        row = AttendanceRequest(
            employee_id=who, kind=kind, type="sick" if end else None, start=start, end=end,
            day=people.NOW.wall.date(), reason="x", state="requested", decision="",
        )  # fmt: skip
        session.add(row)
        if end:
            values = {"start": start, "end": end, "type": "sick", "status": "requested"}
            session.add(Leave(employee_id=who, **values))
        session.flush()
        ref = str(row.id)
    told: list[str] = []
    begin = threading.Barrier(4)

    def one(number: int) -> None:
        begin.wait()
        try:
            with site.session() as session:
                by = Who(Actor(f"decider-{number}"), people.NOW)
                decide(session, who=by, ref=ref, approve=number % 2 == 0, reason="x")
            told.append("")
        except Conflict:
            told.append("Conflict")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["", "Conflict", "Conflict", "Conflict"]
    with site.session() as session:
        values = {"start": start + 86400, "end": start + 90000, "type": "sick"}
        session.add(Leave(employee_id=who, status="requested", **values))
        listed = session.execute(
            select(request_queries.of_one(who, people.NOW.wall.date()).subquery())
        )
        assert sorted((row.state, row.ref.partition("-")[0]) for row in listed)[-1] == (
            "requested",
            "leave",
        )
        decided = AuditEntry.action.in_(("request.approved", "request.declined"))
        assert session.scalar(select(func.count()).where(decided)) == 1
