"""What administrators, HR and supervisors may do about accounts, and what nobody may."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from factories import people
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.site import Site

from core.actor import SYSTEM, Actor
from core.clock import Now
from core.errors import Forbidden, NotFound, Refused
from core.models import AuditEntry, OutgoingMail
from core.permissions import Role
from staff.accounts import (
    administration,
    codes,
    factor,
    roles,
    sessions,
    signing_in,
    throttles,
    trail,
)
from staff.models import Account, Employee, OneTimeCode, RoleGrant, SignInFailure
from staff.viewer import load_viewer

POSITIONS = {"hr": Role.HR, "administrator": Role.ADMINISTRATOR, "auditor": Role.AUDITOR}


def actor_of(account: Account) -> Actor:
    return Actor("x", account.employee_id, account.id, "192.0.2.7")


def roles_of(session: Session, account: Account) -> frozenset[Role]:
    viewer = load_viewer(session, account.id, today=people.NOW.wall.date(), positions=POSITIONS)
    assert viewer is not None
    return viewer.roles


def issue(session: Session, by: Account, account: Account) -> str:
    return administration.issue_code(
        session,
        actor=actor_of(by),
        now=people.NOW,
        account_id=account.id,
        roles=roles_of(session, by),
        positions=POSITIONS,
    )


@pytest.mark.parametrize(
    ("helper", "helped", "allowed"),
    [
        ("supervisor", "agent", True),
        ("supervisor", "hr", False),
        ("supervisor", "admin", False),
        ("supervisor", "auditor", False),
        ("hr", "supervisor", True),
        ("hr", "auditor", True),
        ("hr", "admin", False),
        ("admin", "hr", True),
        ("admin", "agent", True),
        ("hr", "hr", False),
        ("admin", "admin", False),
    ],
)
def test_a_code_is_never_issued_upwards_or_to_oneself(
    site: Site, helper: str, helped: str, allowed: bool
) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        if allowed:
            code = issue(session, accounts[helper], accounts[helped])
            assert codes.find(session, code, now=people.NOW.moment) is not None
        else:
            with pytest.raises(Forbidden):
                issue(session, accounts[helper], accounts[helped])
            assert session.scalars(select(OneTimeCode)).all() == []


def give(session: Session, by: Account, account: Account, role: Role) -> bool:
    """Whether it holds at once."""
    return roles.give_role(
        session,
        actor=actor_of(by),
        now=people.NOW,
        account_id=account.id,
        role=role,
        positions=POSITIONS,
    )


def confirm(session: Session, by: Account, account: Account, role: Role) -> None:
    roles.confirm_role(
        session, actor=actor_of(by), now=people.NOW, account_id=account.id, role=role
    )


def take(session: Session, by: Account, account: Account, role: Role) -> None:
    administration.take_role(
        session,
        actor=actor_of(by),
        now=people.NOW,
        account_id=account.id,
        role=role,
    )


def close(session: Session, by: Account, account: Account) -> None:
    administration.set_active(
        session,
        actor=actor_of(by),
        now=people.NOW,
        account_id=account.id,
        active=False,
    )


def test_an_administrator_gives_and_takes_roles_of_others_only(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        admin, agent = accounts["admin"], accounts["agent"]
        assert not give(session, admin, agent, Role.HR)
        assert Role.HR not in roles_of(session, agent)
        confirm(session, accounts["hr"], agent, Role.HR)
        assert Role.HR in roles_of(session, agent)
        take(session, admin, agent, Role.HR)
        assert Role.HR not in roles_of(session, agent)
        with pytest.raises(Forbidden):
            give(session, admin, admin, Role.HR)
        with pytest.raises(Refused):
            give(session, admin, agent, Role.MANAGER)
        with pytest.raises(Refused):
            take(session, admin, accounts["hr"], Role.HR)


def test_the_last_administrator_stays_one(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        admin, agent = accounts["admin"], accounts["agent"]
        for act in (lambda: take(session, agent, admin, Role.ADMINISTRATOR), None):
            with pytest.raises(Refused), session.begin_nested():
                (act or (lambda: close(session, agent, admin)))()
        give(session, admin, agent, Role.ADMINISTRATOR)
        confirm(session, accounts["hr"], agent, Role.ADMINISTRATOR)
        close(session, admin, agent)
        with pytest.raises(Refused), session.begin_nested():
            take(session, agent, admin, Role.ADMINISTRATOR)


def test_nobody_becomes_administrator_by_a_position_that_hr_imports(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        person = people.employee(session, "E0050", position="administrator")
        other = people.account(session, person)
        assert roles_of(session, other) == {Role.EMPLOYEE}
        with pytest.raises(Refused), session.begin_nested():
            take(session, other, accounts["admin"], Role.ADMINISTRATOR)
        session.commit()
        client = site.signed_in(accounts["admin"])
        site.app.config["BABEL_DEFAULT_LOCALE"] = site.app.config["LANGUAGE"] = "en"
        page = client.get(f"/accounts/{other.id}").get_data(as_text=True)
        assert "position is an administrator" in page
        give(session, accounts["admin"], other, Role.ADMINISTRATOR)
        confirm(session, accounts["hr"], other, Role.ADMINISTRATOR)
        assert Role.ADMINISTRATOR in roles_of(session, other)


def test_a_role_waits_for_a_second_person(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        admin, agent, hr = accounts["admin"], accounts["agent"], accounts["hr"]
        puppet = people.account(session, login="puppet")
        for role in (Role.HR, Role.AUDITOR, Role.ADMINISTRATOR):
            assert not give(session, admin, puppet, role)
            assert roles_of(session, puppet) == set()
            for same in (admin, puppet):
                with pytest.raises(Forbidden):
                    confirm(session, same, puppet, role)
            with pytest.raises(Refused, match="already"):
                give(session, admin, puppet, role)
        confirm(session, hr, puppet, Role.AUDITOR)
        assert roles_of(session, puppet) == {Role.AUDITOR}
        roles.decline_role(
            session, actor=actor_of(hr), now=people.NOW, account_id=puppet.id, role=Role.HR
        )
        assert [each.role for each in roles.waiting(session)] == ["administrator"]
        with pytest.raises(NotFound):
            confirm(session, hr, agent, Role.HR)
    with any_site.session() as session:
        told = session.execute(select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject))
        found = [tuple(row) for row in told if row.action.startswith("role.")]
        asked = [("role.ask", "x", "puppet")] * 3
        assert found == [*asked, ("role.confirm", "x", "puppet"), ("role.decline", "x", "puppet")]


def test_the_first_hr_is_given_by_one_alone_and_never_again(any_site: Site) -> None:
    with any_site.session() as session:
        admin = people.account(session, login="admin", roles=[Role.ADMINISTRATOR])
        first = people.account(session, login="first")
        puppet = people.account(session, login="puppet")
        assert give(session, admin, first, Role.HR)
        close(session, admin, first)
        assert not give(session, admin, puppet, Role.HR), "a closed account counts"
        take(session, admin, first, Role.HR)
        assert not give(session, admin, puppet, Role.ADMINISTRATOR), "there was one"


def test_whoever_has_the_server_confirms_where_nobody_else_can(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        give(session, accounts["admin"], accounts["agent"], Role.HR)
    runner = site.app.test_cli_runner()
    told = runner.invoke(args=["account", "confirm", "E0004", "hr"])
    assert told.exit_code == 0, told.output
    again = runner.invoke(args=["account", "confirm", "E0004", "hr"])
    assert again.exit_code == 1
    with site.session() as session:
        assert session.scalars(select(RoleGrant.role).order_by(RoleGrant.id)).all()[-1] == "hr"


def test_hr_confirms_on_the_page_what_an_administrator_gave(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
    agent = f"/accounts/{accounts['agent'].id}"
    admin, hr = site.signed_in(accounts["admin"]), site.signed_in(accounts["hr"])
    site.post(admin, f"{agent}/roles", {"role": "hr"}, form=agent)
    confirm_url, role = f"{agent}/roles/confirm", {"role": "hr"}
    assert site.post(admin, confirm_url, role, form=agent).status_code == 403
    assert agent in hr.get("/accounts/").get_data(as_text=True)
    assert site.post(hr, confirm_url, role, form=agent).status_code == 302
    with site.session() as session:
        assert Role.HR in roles_of(session, accounts["agent"])


def test_closing_an_account_ends_its_sessions(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        agent = accounts["agent"]
        token = sessions.begin(session, account_id=agent.id, now=people.NOW, address="", agent="")
        close(session, accounts["admin"], agent)
        limits = sessions.Limits(idle=timedelta(hours=1))
        assert sessions.find(session, token, now=people.NOW.moment, limits=limits) is None


def later(**span: float) -> Now:
    return replace(people.NOW, moment=people.NOW.moment + timedelta(**span))


def fail(session: Session, name: str, times: int, address: str = "192.0.2.7") -> None:
    for key in throttles.for_sign_in(name, address):
        row = session.scalar(select(SignInFailure).filter_by(key=key))
        row = row or SignInFailure(key=key, count=0)
        row.count, row.last_at = row.count + times, people.NOW.moment
        session.add(row)
        session.flush()


def tried(session: Session, name: str, now: Now, password: str = people.PASSWORD) -> int | None:
    """Seconds to wait, None where it let in."""
    claimed = throttles.claim(session, throttles.for_sign_in(name, "192.0.2.7"), now.moment)
    outcome = signing_in.sign_in(
        session, name=name, password=password, address="192.0.2.7", now=now, claimed=claimed
    )
    return None if outcome.account else outcome.wait


def test_failures_delay_up_to_fifteen_minutes_and_an_hour_forgets_them(any_site: Site) -> None:
    with any_site.session() as session:
        people.centre(session)
        fail(session, "E0004", 14)
        assert tried(session, "E0004", people.NOW) == 900
        assert tried(session, "E0004", later(seconds=899)) == 1
        assert tried(session, "E0004", later(seconds=900)) is None
        fail(session, "E0004", 14)
        assert tried(session, "E0004", later(minutes=61), "wrong") == 0
        assert tried(session, "E0004", later(minutes=61)) is None, "one failure is no fifteen"


@pytest.mark.parametrize("ahead", [timedelta(minutes=30), timedelta(days=3)])
def test_nobody_waits_for_a_clock_that_was_ahead(site: Site, ahead: timedelta) -> None:
    with site.session() as session:
        keys = throttles.for_sign_in("E0004", "192.0.2.7")
        claimed = throttles.claim(session, keys, people.NOW.moment + ahead)
        throttles.settle(session, claimed, forgotten=())  # it was right
        assert throttles.claim(session, keys, people.NOW.moment).wait == 0


def test_hr_releases_a_delay_by_every_name_and_only_theirs(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        for name in ("E0004", "Agent@Example.org ", "E0005", "nobody"):
            fail(session, name, 8)
        seen = throttles.delays(session, people.NOW.moment)
        assert [(each.subject, each.failures) for each in seen] == [("E0004", 8), ("E0005", 8)]
        throttles.release_account(
            session, actor=SYSTEM, now=people.NOW, account_id=accounts["agent"].id
        )
        assert tried(session, "agent@example.org", people.NOW) is None
        assert tried(session, "E0004", people.NOW) is None
        assert tried(session, "E0005", people.NOW) == 16


def test_an_address_is_released_too(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
        for number in range(65):
            fail(session, f"name{number}", 1)
        (delay,) = throttles.delays(session, people.NOW.moment)
        assert (delay.account_id, delay.subject) == (None, "192.0.2.7")
        assert tried(session, "E0004", people.NOW) == delay.seconds > 0
        throttles.release_address(session, actor=SYSTEM, now=people.NOW, address="192.0.2.7")
        assert tried(session, "E0004", people.NOW) is None


# Pages


def test_a_supervisor_issues_codes_to_the_team_and_nobody_else(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        report = people.employee(
            session,
            "E0060",
            position="hr",
            supervisor=session.get_one(Employee, accounts["supervisor"].employee_id),
        )
        hr_below = people.account(session, report)
    client = site.signed_in(accounts["supervisor"])
    page = client.get("/accounts/codes").get_data(as_text=True)
    assert "E0004" in page
    assert "E0009" not in page
    statuses = {
        name: site.post(client, f"/accounts/{account.id}/code", form="/account").status_code
        for name, account in {**accounts, "hr below": hr_below}.items()
    }
    assert {name for name, status in statuses.items() if status == 200} == {"agent", "colleague"}
    assert statuses["hr below"] == 403
    assert statuses["other"] == statuses["hr"] == statuses["admin"] == 404
    with site.session() as session:
        assert len(session.scalars(select(OneTimeCode)).all()) == 2


def test_a_code_is_shown_once_told_to_its_owner_and_recorded(writing: Site) -> None:
    with writing.session() as session:
        accounts = people.centre(session)
    client = writing.signed_in(accounts["hr"])
    agent = accounts["agent"].id
    answer = writing.post(client, f"/accounts/{agent}/code", form=f"/accounts/{agent}")
    shown = re.search(r'code-large">([a-z0-9-]{19})<', answer.get_data(as_text=True))
    assert shown is not None
    assert shown[1] not in client.get(f"/accounts/{agent}").get_data(as_text=True)
    with writing.session() as session:
        assert session.scalars(select(OutgoingMail.recipient)).all() == ["agent@example.org"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "code.issue")).one()
        assert (entry.actor, entry.subject) == ("E0003", "E0004")
        assert shown[1] not in (entry.payload or "")


def test_the_list_filters_and_shows_no_scores(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        session.get_one(Account, accounts["agent"].id).active = False
    client = site.signed_in(accounts["admin"])
    page = client.get("/accounts/?role=hr").get_data(as_text=True)
    assert "E0003" in page
    assert "E0005" not in page
    closed = client.get("/accounts/?state=closed").get_data(as_text=True)
    assert "E0004" in closed
    assert "E0003" not in closed
    assert "/scorecards" not in page


def test_an_administrator_makes_an_account_and_its_owner_signs_in(site: Site) -> None:
    with site.session() as session:
        admin = people.centre(session)["admin"]
        people.employee(session, "E0070")
    client = site.signed_in(admin)
    data = {"employee_no": "e0070", "login": "", "role": "auditor"}
    answer = site.post(client, "/accounts/new", data, form="/accounts/new")
    assert answer.status_code == 302
    page = site.post(client, f"{answer.location}/code", form=answer.location)
    shown = re.search(r'code-large">([a-z0-9-]{19})<', page.get_data(as_text=True))
    assert shown is not None
    owner = site.client()
    typed = {"name": "E0070", "password": shown[1]}
    assert site.post(owner, "/sign-in", typed, form="/sign-in").location == "/password/new"
    for wrong in ({"employee_no": "E0070"}, {"employee_no": "E9"}, {}, {"login": "ADMIN"}):
        again = site.post(client, "/accounts/new", wrong, form="/accounts/new")
        assert again.status_code == 200
        assert 'class="error"' in again.get_data(as_text=True)


def test_an_administrator_does_not_make_themselves_hr(site: Site) -> None:
    with site.session() as session:
        admin = people.centre(session)["admin"]
    client = site.signed_in(admin)
    answer = site.post(client, f"/accounts/{admin.id}/roles", {"role": "hr"}, form="/account")
    assert answer.status_code == 403
    with site.session() as session:
        assert session.scalars(select(RoleGrant.role)).all() == ["administrator"]


def test_hr_may_see_accounts_but_not_give_roles(site: Site) -> None:
    with site.session() as session:
        accounts = people.centre(session)
    client = site.signed_in(accounts["hr"])
    agent = accounts["agent"].id
    answer = site.post(client, f"/accounts/{agent}/roles", {"role": "hr"}, form="/account")
    assert answer.status_code == 403
    assert 'name="role"' not in client.get(f"/accounts/{agent}").get_data(as_text=True)


@pytest.mark.parametrize("first", ["code", "factor"])
def test_one_person_replaces_not_both_password_and_second_factor_of_hr(
    site: Site, first: str
) -> None:
    with site.session() as session:
        accounts = people.centre(session)
        secret = factor.new_secret()
        for role in ("hr", "agent"):
            factor.enrol(
                session,
                actor=actor_of(accounts[role]),
                now=people.NOW,
                account_id=accounts[role].id,
                secret=secret,
                code=pyotp.TOTP(secret).at(people.NOW.moment),
            )
    admin = site.signed_in(accounts["admin"])
    second = "factor" if first == "code" else "code"
    for role, expected in (("hr", 403), ("agent", None)):
        page = f"/accounts/{accounts[role].id}"
        assert site.post(admin, f"{page}/{first}", form=page).status_code < 400
        status = site.post(admin, f"{page}/{second}", form=page).status_code
        assert status == expected if expected else status < 400


def test_two_sessions_at_once_do_not_replace_both_either(
    any_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        by: dict[str, Any] = {
            "actor": actor_of(accounts["admin"]),
            "now": people.NOW,
            "account_id": accounts["hr"].id,
            "roles": roles_of(session, accounts["admin"]),
            "positions": POSITIONS,
        }
    meet = threading.Barrier(2)

    def waits() -> None:
        with suppress(threading.BrokenBarrierError):
            meet.wait(0.3)  # where one waits for the other, they do not meet

    def issue_after(*_args: Any, **_kwargs: Any) -> Any:
        waits()
        return {accounts["hr"].id: "code"}

    def remove_after(session: Session, **_: Any) -> None:
        waits()
        by = actor_of(accounts["admin"])
        trail.note(session, by, people.NOW, "factor.reset", accounts["hr"])

    monkeypatch.setattr(codes, "issue", issue_after)
    monkeypatch.setattr(factor, "remove", remove_after)
    told: list[str] = []

    def one(act: Any) -> None:
        try:
            with any_site.session() as session:
                act(session, **by)
            told.append("done")
        except Forbidden:
            told.append("refused")

    acts = (administration.issue_code, administration.reset_factor)
    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done", "refused"]


def test_a_lost_second_factor_is_reset_and_recorded(any_site: Site) -> None:
    with any_site.session() as session:
        accounts = people.centre(session)
        agent = accounts["agent"]
        secret = factor.new_secret()
        factor.enrol(
            session,
            actor=actor_of(agent),
            now=people.NOW,
            account_id=agent.id,
            secret=secret,
            code=pyotp.TOTP(secret).at(people.NOW.moment),
        )
    client = any_site.signed_in(accounts["hr"])
    elsewhere = any_site.signed_in(agent)
    any_site.post(client, f"/accounts/{agent.id}/factor", form=f"/accounts/{agent.id}")
    assert elsewhere.get("/").status_code == 302
    with any_site.session() as session:
        assert session.get_one(Account, agent.id).second_factor is None
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "factor.reset")).one()
        assert (entry.actor, entry.subject) == ("E0003", "E0004")


def test_a_delay_is_released_on_its_page(site: Site) -> None:
    with site.session() as session:
        hr = people.centre(session)["hr"]
    stranger = site.client()
    for _ in range(6):
        data = {"name": "E0004", "password": "wrong"}
        answer = site.post(stranger, "/sign-in", data, form="/sign-in")
    assert answer.status_code == 429
    client = site.signed_in(hr)
    with site.session() as session:  # longer than the test takes
        session.query(SignInFailure).update({"count": 14})
    page = client.get("/accounts/delays").get_data(as_text=True)
    assert "E0004" in page
    release = re.search(r'action="(/accounts/\d+/release)"', page)
    assert release is not None
    site.post(client, release[1], form="/accounts/delays")
    data = {"name": "E0004", "password": people.PASSWORD}
    assert site.post(stranger, "/sign-in", data, form="/sign-in").status_code == 302


def test_the_server_lets_a_locked_out_administrator_in_again(any_site: Site) -> None:
    with any_site.session() as session:
        admin = people.account(session, login="admin", roles=[Role.ADMINISTRATOR])
        secret = factor.new_secret()
        factor.enrol(
            session,
            actor=actor_of(admin),
            now=people.NOW,
            account_id=admin.id,
            secret=secret,
            code=pyotp.TOTP(secret).at(people.NOW.moment),
        )
    runner = any_site.app.test_cli_runner()
    result = runner.invoke(args=["account", "code", "admin", "--factor"])
    assert result.exit_code == 0
    typed = {"name": "admin", "password": result.output.split()[-1].partition("：")[2]}
    typed["password"] = typed["password"] or result.output.split()[-1]
    client = any_site.client()
    assert any_site.post(client, "/sign-in", typed, form="/sign-in").location == "/password/new"
    with any_site.session() as session:
        assert session.get_one(Account, admin.id).second_factor is None
    assert runner.invoke(args=["account", "code", "nobody"]).exit_code == 1
