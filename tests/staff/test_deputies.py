"""Deputies: whom they reach, under which name, until when, and what they may not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from factories import people
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from support.site import Site

from core import clock
from core.actor import Actor
from core.errors import Conflict, Forbidden, Refused
from core.models import AuditEntry
from core.permissions import Permission, Role
from core.viewer import Viewer
from staff import deputies
from staff.models import Account, Deputy, Employee, Notice
from staff.queries import visible_employees
from staff.viewer import load_viewer

TODAY = date(2026, 11, 2)
NOW = people.NOW
LAST = TODAY + timedelta(days=4)


def name(
    session: Session,
    absent: Account,
    deputy: str,
    *,
    by: Actor | None = None,
    first: date = TODAY,
    last: date = LAST,
) -> Deputy:
    assert absent.employee_id is not None
    actor = by or Actor("E0002", absent.employee_id, absent.id)
    return deputies.name_deputy(
        session,
        actor=actor,
        now=NOW,
        absent_id=absent.employee_id,
        deputy_no=deputy,
        first=first,
        last=last,
    )


def viewer(session: Session, account: Account, day: date = TODAY) -> Viewer:
    found = load_viewer(session, account.id, today=day, positions={"hr": Role.HR})
    assert found is not None
    return found


def seen(session: Session, who: Viewer, permission: Permission = Permission.REQUESTS_DECIDE) -> str:
    ids = visible_employees(who, permission, day=TODAY)
    numbers = select(Employee.employee_no).where(Employee.id.in_(ids)).order_by("employee_no")
    return " ".join(session.scalars(numbers))


@pytest.fixture
def centre(site: Site) -> Iterator[tuple[Session, dict[str, Account]]]:
    with site.session() as session:
        yield session, people.centre(session)


def test_a_deputy_reaches_the_team_of_the_one_away_and_not_themselves(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        name(session, accounts["supervisor"], "E0009")
        other = viewer(session, accounts["other"])
        assert seen(session, other) == ""
        acting = other.acting_for(other.stand_ins[0])
        assert acting.label == "E0009 for E0002"
        assert seen(session, acting) == "E0004 E0005"
        assert seen(session, acting, Permission.SCORECARDS_READ) == "E0004 E0005"
        assert seen(session, acting, Permission.PAY_READ) == ""


def test_a_deputy_out_of_the_team_is_not_reached_by_themselves(centre: Any) -> None:
    session, accounts = centre
    name(session, accounts["supervisor"], "E0005")
    colleague = viewer(session, accounts["colleague"])
    assert seen(session, colleague.acting_for(colleague.stand_ins[0])) == "E0004"


def test_the_one_away_is_out_of_reach_though_they_are_in_the_own_team(centre: Any) -> None:
    session, accounts = centre
    name(session, accounts["supervisor"], "E0001")
    manager = viewer(session, accounts["manager"])
    assert seen(session, manager) == "E0002 E0004 E0005"
    acting = manager.acting_for(manager.stand_ins[0])
    assert seen(session, acting) == "E0004 E0005"
    assert Role.MANAGER not in acting.roles


def test_what_hr_may_does_not_pass_to_a_deputy_nor_come_along_with_one(centre: Any) -> None:
    session, accounts = centre
    hr = session.get_one(Employee, accounts["hr"].employee_id)
    people.leads(session, hr, "Centre/Two")
    name(session, accounts["hr"], "E0004")
    agent = viewer(session, accounts["agent"])
    acting = agent.acting_for(agent.stand_ins[0])
    assert acting.roles == {Role.EMPLOYEE, Role.SUPERVISOR}
    assert seen(session, acting) == "E0009"
    name(session, accounts["supervisor"], "E0003")
    other = viewer(session, accounts["hr"])
    assert Role.HR not in other.acting_for(other.stand_ins[0]).roles


def test_it_does_not_pass_on(centre: Any) -> None:
    session, accounts = centre
    name(session, accounts["supervisor"], "E0001")
    name(session, accounts["manager"], "E0009")
    other = viewer(session, accounts["other"])
    (away,) = other.stand_ins
    assert away.label == "E0001"
    assert seen(session, other.acting_for(away)) == "E0002 E0004 E0005"


@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), LAST + timedelta(days=1)])
def test_it_holds_from_the_first_day_to_the_last_only(centre: Any, day: date) -> None:
    session, accounts = centre
    name(session, accounts["supervisor"], "E0009")
    assert viewer(session, accounts["other"], day).stand_ins == ()
    assert viewer(session, accounts["other"], LAST).stand_ins != ()


def test_it_is_over_once_it_is_ended_and_once_the_one_away_has_left(centre: Any) -> None:
    session, accounts = centre
    row = name(session, accounts["supervisor"], "E0009")
    boss = session.get_one(Employee, accounts["supervisor"].employee_id)
    boss.leave_date = TODAY - timedelta(days=1)
    session.flush()
    assert viewer(session, accounts["other"]).stand_ins == ()
    boss.leave_date = None
    session.flush()
    deputies.end_deputy(session, actor=Actor("E0002"), now=NOW, deputy_id=row.id)
    assert viewer(session, accounts["other"]).stand_ins == ()
    with pytest.raises(Conflict):
        deputies.end_deputy(session, actor=Actor("E0002"), now=NOW, deputy_id=row.id)


def test_who_may_be_named_and_when(centre: Any) -> None:
    session, accounts = centre
    boss, agent = accounts["supervisor"], accounts["agent"]
    for number, first, last, field in (
        ("E0002", TODAY, LAST, "deputy"),
        ("E7777", TODAY, LAST, "deputy"),
        ("E0009", TODAY - timedelta(days=1), LAST, "first"),
        ("E0009", LAST, TODAY, "last"),
    ):
        with pytest.raises(Refused) as refused:
            name(session, boss, number, first=first, last=last)
        assert refused.value.field == field
    with pytest.raises(Refused, match="leads nobody"):
        name(session, agent, "E0009")
    with pytest.raises(Forbidden):  # an administrator who is somebody's colleague, too
        name(session, boss, "E0009", by=Actor("E0009", accounts["other"].employee_id))
    name(session, boss, "E0009")
    with pytest.raises(Conflict):
        name(session, boss, "E0005", first=LAST, last=LAST + timedelta(days=3))
    name(session, boss, "E0005", first=LAST + timedelta(days=1), last=LAST + timedelta(days=3))


def test_naming_and_ending_are_told_and_audited(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        row = name(session, accounts["supervisor"], "E0009")
        deputies.end_deputy(session, actor=Actor("E0002"), now=NOW, deputy_id=row.id)
        other = accounts["other"].employee_id
    with site.session() as session:
        told = session.scalars(select(Notice.kind).where(Notice.employee_id == other))
        assert list(told) == [deputies.NAMED, deputies.ENDED]
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("deputy."))
        ).all()
        assert [(each.action, each.subject) for each in entries] == [
            ("deputy.named", "E0002"),
            ("deputy.ended", "E0002"),
        ]
        assert "E0009" in (entries[0].payload or "")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"last_day": date(2026, 11, 1)}, "ck_deputies_span"),
        ({"deputy_id": 1}, "ck_deputies_not_self"),
        ({"ended_by": "E0001"}, "ck_deputies_ended"),
    ],
)
def test_the_database_keeps_what_holds_of_deputies(
    any_site: Site, changes: dict[str, Any], name: str
) -> None:
    with any_site.session() as session:
        people.centre(session)
        row = {
            "absent_id": 1,
            "deputy_id": 2,
            "first_day": TODAY,
            "last_day": LAST,
            "created_by": "E0001",
            "created_at": NOW.moment,
            **changes,
        }
        with pytest.raises(IntegrityError, match=name):
            session.execute(insert(Deputy), [row])
        session.rollback()


# Pages


@pytest.fixture
def today(site: Site) -> date:
    return clock.now(site.app.config["TIMEZONE"]).wall.date()


def act(site: Site, client: FlaskClient, away: str = "") -> None:
    answer = site.post(client, "/account/acting", {"for": away}, form="/account/deputies")
    assert answer.status_code == 302


def test_one_names_a_deputy_who_then_acts_under_both_names(site: Site, today: date) -> None:
    with site.session() as session:
        accounts = people.centre(session)
    boss, other = site.signed_in(accounts["supervisor"]), site.signed_in(accounts["other"])
    days = {"first": today.isoformat(), "last": today.isoformat()}
    refused = site.post(
        boss, "/account/deputies", {"deputy": "E0002", **days}, form="/account/deputies"
    )
    assert refused.status_code == 400
    assert 'value="E0002"' in refused.get_data(as_text=True)
    form = {"deputy": "E0009", **days}
    assert site.post(boss, "/account/deputies", form, form="/account/deputies").status_code == 302
    with site.session() as session:
        row = session.scalars(select(Deputy)).one()
    card = "/accounts/codes"
    assert other.get(card).status_code == 404  # leads nobody, as themselves
    assert "Person E0002" in other.get(card).get_data(as_text=True)  # and the way is shown there
    act(site, other, str(row.id))
    page = other.get(card).get_data(as_text=True)
    assert "E0004" in page
    assert "E0009 for E0002" in page
    agent = accounts["agent"].id
    assert site.post(other, f"/accounts/{agent}/code", form=card).status_code == 200
    boss_code = f"/accounts/{accounts['supervisor'].id}/code"
    assert site.post(other, boss_code, form=card).status_code == 404
    own = [f"/{each}/mine" for each in ("rules", "scorecards/2026-10", "evaluations/2026-10")]
    for address in own:  # nothing of their own meanwhile, and the way to it
        assert other.get(address).headers["Location"] == "/account/deputies"
    assert "Person E0002" in other.get("/account/deputies").get_data(as_text=True)
    act(site, other)
    for address in own:
        assert "E0009" in other.get(address).headers["Location"]
    assert other.get(card).status_code == 404
    with site.session() as session:
        issued = session.scalars(select(AuditEntry).filter_by(action="code.issue")).all()
        assert [(each.actor, each.subject) for each in issued] == [("E0009 for E0002", "E0004")]


def test_nobody_acts_for_whom_they_do_not_stand_in(site: Site, today: date) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        session.add(
            Deputy(
                absent_id=accounts["supervisor"].employee_id,
                deputy_id=accounts["other"].employee_id,
                first_day=today,
                last_day=today,
                created_by="E0002",
                created_at=NOW.moment,
            )
        )
    agent = site.signed_in(accounts["agent"])
    answer = site.post(agent, "/account/acting", {"for": "1"}, form="/account/deputies")
    assert answer.status_code == 404
    with agent.session_transaction() as cookie:
        cookie["behalf"] = 1  # even if they could write it there
    assert agent.get("/accounts/codes").status_code == 404
    ended = site.post(agent, "/account/deputies/1/end", form="/account/deputies")
    assert ended.status_code == 404
    admin = site.signed_in(accounts["admin"])
    assert (
        site.post(admin, "/accounts/deputies/1/end", form="/accounts/deputies").status_code == 302
    )


def test_an_administrator_names_a_deputy_for_somebody_away(site: Site, today: date) -> None:
    with site.session() as session:
        accounts = people.centre(session)
    admin = site.signed_in(accounts["admin"])
    form = {"absent": "E0002", "deputy": "E0009", "first": today, "last": today}
    answer = site.post(admin, "/accounts/deputies", form, form="/accounts/deputies")
    assert answer.status_code == 302
    assert "Person E0009" in admin.get("/accounts/deputies").get_data(as_text=True)
    with site.session() as session:
        assert session.scalars(select(Deputy.created_by)).one() == "admin"
