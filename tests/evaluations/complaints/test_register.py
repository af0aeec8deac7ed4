"""The register of complaints: numbers, steps, cause before responsibility, who sees what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from factories import offices, people
from factories.offices import OCTOBER, SEPTEMBER
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from support.site import Site
from support.statements import sent

from core.actor import Actor
from core.clock import Now
from core.db import db, wall_seconds
from core.errors import Conflict, Forbidden, Refused
from core.models import AuditEntry
from evaluations.complaints import deciding, services, steps
from evaluations.complaints.models import ComplaintCase
from evaluations.complaints.services import Described
from evaluations.fact_queries import complaint_facts
from evaluations.models import Complaint
from staff.models import Account, Notice

WALL = datetime(2026, 10, 31, 15)
NOW = Now(datetime(2026, 10, 31, 7, tzinfo=UTC), WALL)
RECEIVED = WALL - timedelta(hours=3)
CASE = {"version": 1, "reference": "", "description": "", "details_missing": False}


@pytest.fixture(autouse=True)
def _thirty_first_of_october() -> Iterator[None]:
    with time_machine.travel(NOW.moment, tick=False):
        yield


@pytest.fixture
def accounts(site: Site) -> dict[str, Account]:
    site.app.config.update(BABEL_DEFAULT_LOCALE="en", LANGUAGE="en")
    with site.session() as session:
        return people.centre(session)


@pytest.fixture
def session(site: Site, accounts: dict[str, Account]) -> Iterator[Session]:
    with site.session() as session:
        yield session


def one(session: Session, number: str) -> int:
    return offices.employee_id(session, number)


def by(session: Session, number: str) -> dict[str, Any]:
    return {"actor": Actor(number, one(session, number)), "now": NOW}


def enter(session: Session, who: str = "E0002", about: str | None = "E0004", **more: Any) -> Any:
    described = Described("service", "attitude", "ordinary", one(session, "E0002"), "Was rude")
    values = {"received": RECEIVED, "channel": "TEL", "about": described, **more}
    named = one(session, about) if about else None
    return services.enter_complaint(session, **by(session, who), employee_id=named, **values)


def establish(session: Session, made: Complaint, who: str = "E0002", seen: int = 1) -> None:
    deciding.establish_cause(
        session,
        **by(session, who),
        complaint_id=made.id,
        seen=seen,
        cause="Interrupted twice",
        evidence="Recording at 03:12",
    )


def decide(
    session: Session, made: Complaint, who: str = "E0003", seen: int = 2, **more: Any
) -> None:
    values = {"employee_id": one(session, "E0004"), "attributable": True, "reason": "Heard", **more}
    deciding.decide_responsibility(
        session, **by(session, who), complaint_id=made.id, seen=seen, **values
    )


def step(session: Session, made: Complaint, name: str, who: str = "E0003", **more: Any) -> None:
    steps.take_step(session, **by(session, who), complaint_id=made.id, step=name, **more)


def test_a_complaint_gets_the_next_number_of_its_day_and_channel(session: Session) -> None:
    session.add(
        Complaint(
            complaint_no="20261031-TEL-004",
            month=OCTOBER,
            received_at=wall_seconds(RECEIVED),
            severity="ordinary",
        )
    )
    assert enter(session).complaint_no == "20261031-TEL-005"
    with pytest.raises(Conflict, match="registered already as 20261031-TEL-005"):
        enter(session)  # the form was sent twice
    assert enter(session, who="E0003").complaint_no == "20261031-TEL-006"
    assert enter(session, channel="WEB").complaint_no == "20261031-WEB-001"


def test_what_cannot_be_a_complaint_is_refused(session: Session) -> None:
    bad = Described("service", "billing", "ordinary", None, "x")
    refusals: tuple[tuple[dict[str, Any], type[Refused], str | None], ...] = (
        ({"about": "E0002"}, Forbidden, None),
        ({"received": WALL + timedelta(minutes=1)}, Refused, "received"),
        ({"channel": "tel 1"}, Refused, "channel"),
    )
    for changes, error, field in refusals:
        with pytest.raises(error) as refused:
            enter(session, **changes)
        assert refused.value.field == field
    with pytest.raises(Refused, match="class"):
        services.enter_complaint(
            session,
            **by(session, "E0002"),
            received=RECEIVED,
            channel="TEL",
            employee_id=None,
            about=bad,
        )
    offices.publish(session)
    offices.close(session, SEPTEMBER)
    with pytest.raises(Conflict, match="closed"):
        enter(session, received=datetime(2026, 9, 30, 23))


def test_steps_are_noted_once_inside_their_time_and_by_the_handler_as_they_happen(
    session: Session,
) -> None:
    made = enter(session)
    for changes, error in (
        ({"name": "escalated_at"}, Refused),  # of major ones
        ({"name": "contacted_at", "at": RECEIVED - timedelta(minutes=1)}, Refused),
        ({"name": "contacted_at", "at": WALL + timedelta(minutes=1)}, Refused),
        ({"name": "contacted_at", "who": "E0002", "at": RECEIVED}, Forbidden),
        ({"name": "contacted_at", "who": "E0004"}, Forbidden),
    ):
        with pytest.raises(error):
            step(session, made, **changes)
    step(session, made, "contacted_at", at=RECEIVED + timedelta(hours=1))
    assert made.contacted_at == wall_seconds(RECEIVED) + 3600
    with pytest.raises(Conflict):
        step(session, made, "contacted_at")
    steps.take_step_back(session, **by(session, "E0003"), complaint_id=made.id, step="contacted_at")
    step(session, made, "contacted_at", who="E0002")
    assert made.contacted_at == wall_seconds(WALL)


def test_who_handled_it_once_notes_no_earlier_time_and_steps_keep_their_order(
    session: Session,
) -> None:
    made = enter(session)

    def hand_over(to: str, seen: int) -> None:
        about = Described("service", "attitude", "ordinary", one(session, to), "Was rude")
        services.describe_complaint(
            session, **by(session, "E0002"), complaint_id=made.id, seen=seen, about=about
        )

    early = {"name": "contacted_at", "at": RECEIVED + timedelta(minutes=5)}
    hand_over("E0009", 1)
    with pytest.raises(Forbidden, match="as they happen"):
        step(session, made, who="E0002", **early)  # type: ignore[arg-type]
    made.handler_id = one(session, "E0001")  # so a file says
    step(session, made, "plan_at", at=RECEIVED + timedelta(hours=1))
    made.handler_id = one(session, "E0009")  # and so the next one
    with pytest.raises(Forbidden, match="as they happen"):
        step(session, made, who="E0001", **early)  # type: ignore[arg-type]
    for name, minutes, problem in (("contacted_at", 90, "later"), ("closed_at", 30, "first")):
        with pytest.raises(Refused, match=problem):
            step(session, made, name, at=RECEIVED + timedelta(minutes=minutes))
    step(session, made, "closed_at", at=RECEIVED + timedelta(hours=2))
    with pytest.raises(Refused, match="later"):
        step(session, made, "contacted_at")  # it was closed without
    step(session, made, **early)  # type: ignore[arg-type]


def test_how_grave_it_is_changes_with_a_reason_and_not_once_it_is_decided(
    session: Session,
) -> None:
    made = enter(session)

    def describe(severity: str, seen: int, reason: str = "") -> None:
        about = Described("service", None, severity, None, "Was rude", reason=reason)
        services.describe_complaint(
            session, **by(session, "E0003"), complaint_id=made.id, seen=seen, about=about
        )

    with pytest.raises(Refused) as refused:
        describe("major", 1)
    assert refused.value.field == "reason"
    describe("major", 1, "Thousands of parcels")
    session.commit()
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert "Thousands of parcels" in (entry.payload or "")
    establish(session, made, seen=2)
    decide(session, made, seen=3)
    with pytest.raises(Refused, match="stays"):
        describe("ordinary", 4, "Less than we thought")
    describe("major", 4)


def test_the_cause_comes_first_and_another_than_the_recorder_decides(session: Session) -> None:
    made = enter(session)
    with pytest.raises(Refused, match="First the cause"):
        decide(session, made, seen=1)
    with pytest.raises(Forbidden):
        establish(session, made, who="E0004")
    establish(session, made)
    for who, changes, error in (
        ("E0002", {}, Forbidden),  # recorded it
        ("E0004", {}, Forbidden),  # is the person
        ("E0003", {"employee_id": one(session, "E0003")}, Forbidden),
        ("E0003", {"employee_id": None}, Refused),
        ("E0003", {"reason": " "}, Refused),
        ("E0003", {"seen": 1}, Conflict),
    ):
        with pytest.raises(error):
            decide(session, made, who, **changes)
    assert complaint_facts(session, OCTOBER).get(one(session, "E0004")) is None
    decide(session, made)
    assert complaint_facts(session, OCTOBER)[one(session, "E0004")]["complaint_count"].value == 1
    with pytest.raises(Conflict, match="stay"):
        establish(session, made, seen=3)
    decide(session, made, seen=3, employee_id=one(session, "E0005"))
    told = session.execute(
        select(Notice.employee_id, Notice.kind)
        .where(Notice.kind.startswith("complaint"))
        .order_by(Notice.id)
    ).all()
    assert [tuple(each) for each in told] == [
        (one(session, "E0004"), "complaint.attributed"),
        (one(session, "E0005"), "complaint.attributed"),
        (one(session, "E0004"), "complaint.cleared"),
    ]


def test_what_a_file_decided_stays_until_somebody_decides_otherwise(session: Session) -> None:
    made = Complaint(
        complaint_no="X-1",
        month=OCTOBER,
        received_at=wall_seconds(RECEIVED),
        severity="major",
        employee_id=one(session, "E0004"),
        attributable=True,
    )
    session.add(made)
    session.flush()
    step(session, made, "escalated_at")
    establish(session, made, seen=2)
    who = one(session, "E0004")
    assert complaint_facts(session, OCTOBER)[who]["complaint_count"].value == 1
    decide(session, made, seen=3, attributable=False)
    assert who not in complaint_facts(session, OCTOBER)
    assert session.get_one(ComplaintCase, made.id).recorded_by is None


DECIDED = {"decided_at": NOW.moment, "decided_by": "x", "reason": "y"}
ESTABLISHED = {"cause": "c", "evidence": "e", "established_at": NOW.moment}


def test_the_database_keeps_the_order_too(any_site: Site) -> None:
    with any_site.session() as session:
        made = Complaint(complaint_no="X", month=OCTOBER, received_at=1, severity="ordinary")
        session.add(made)
        session.flush()
        for name, values in (
            ("cause_first", DECIDED),
            ("established", {"cause": "c"}),
            ("somebody_else", {**DECIDED, **ESTABLISHED, "recorded_by": "x"}),
        ):
            row = {**CASE, **values, "complaint_id": made.id}
            with pytest.raises(IntegrityError, match=name), session.begin_nested():
                session.execute(insert(ComplaintCase).values(**row))


def test_the_register_in_the_browser(site: Site, accounts: dict[str, Account]) -> None:
    clients = {name: site.signed_in(account) for name, account in accounts.items()}
    boss, new = clients["supervisor"], "/evaluations/complaints/new"
    data = {"received": "2026-10-31T12:00", "channel": "TEL", "category": "service:attitude"}
    data |= {"severity": "ordinary", "description": "Was rude", "employee": "E0004"}
    made = site.post(boss, new, data, form=new)
    assert made.status_code == 302
    url = made.location
    page = boss.get(url).get_data(as_text=True)
    assert "Customer contacted is overdue by 1 h 0 min" in page
    listed = boss.get("/evaluations/2026-10/complaints").get_data(as_text=True)
    assert "1 complaint is open, 1 overdue" in listed
    assert "overdue by 1 h 0 min" in listed
    assert site.post(boss, f"{url}/steps/contacted_at", {}, form=url).status_code == 302
    cause = {"cause": "Interrupted", "evidence": "Recording", "seen": "0"}
    assert site.post(boss, f"{url}/cause", cause, form=url).status_code == 409
    cause["seen"] = "2"
    assert site.post(boss, f"{url}/cause", cause, form=url).status_code == 302
    decision = {"attributable": "yes", "employee": "E0004", "reason": "Heard", "seen": "3"}
    refused = site.post(boss, f"{url}/decide", decision, form=url)
    assert "somebody else decides" in refused.get_data(as_text=True)
    assert site.post(clients["hr"], f"{url}/decide", decision, form=url).status_code == 302
    own = clients["agent"].get(url).get_data(as_text=True)
    assert "Interrupted" in own
    assert "counted as that of" in own
    assert "/steps/" not in own
    assert clients["other"].get(url).status_code == 404
    assert clients["agent"].get(f"{url}/change").status_code == 403
    for who, path in (("supervisor", url), ("supervisor", "/evaluations/2026-10/complaints")):
        with site.app.app_context(), sent(db.session()) as found:
            assert clients[who].get(path).status_code == 200
        assert 0 < len(found.statements) <= 12, path


def test_who_only_handles_a_complaint_is_not_told_whom_it_is_about(
    site: Site, accounts: dict[str, Account]
) -> None:
    with site.session() as session:
        handled = Described("service", None, "ordinary", one(session, "E0009"), "Was rude")
        made = enter(session)
        services.describe_complaint(
            session,
            **by(session, "E0003"),
            complaint_id=made.id,
            seen=1,
            about=handled,
        )
    other = site.signed_in(accounts["other"])
    page = other.get(f"/evaluations/complaints/{made.id}").get_data(as_text=True)
    listed = other.get("/evaluations/2026-10/complaints?format=csv").get_data(as_text=True)
    assert "Was rude" in page
    assert made.complaint_no in listed
    assert "E0004" not in page + listed
