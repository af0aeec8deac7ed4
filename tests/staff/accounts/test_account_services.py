"""Accounts as services make them."""

from __future__ import annotations

import pytest
from factories import people
from support.site import Site

from core.actor import SYSTEM
from core.errors import Refused
from core.permissions import Role
from staff.accounts import passwords, services
from staff.accounts.throttles import ADDRESS, NAME, PAIR
from staff.viewer import load_viewer


def test_the_first_administrator_is_made_once(site: Site) -> None:
    with site.session() as session:
        password = services.ensure_first_administrator(session, people.NOW)
        assert password is not None
        account = services.find(session, "admin")
        assert account is not None
        assert account.must_change
        assert passwords.hasher().verify(account.password_hash, password)
        viewer = load_viewer(session, account.id, today=people.NOW.wall.date(), positions={})
        assert viewer is not None
        assert viewer.roles == {Role.ADMINISTRATOR}
        assert services.ensure_first_administrator(session, people.NOW) is None


def test_a_person_has_one_account(site: Site) -> None:
    with site.session() as session:
        person = people.employee(session, "E0004", email="a@example.org")
        people.account(session, person)
        with pytest.raises(Refused):
            people.account(session, person)


@pytest.mark.parametrize("login", ["e0004", "A@example.org", "admin"])
def test_a_login_is_nobody_elses_sign_in(site: Site, login: str) -> None:
    with site.session() as session:
        people.account(session, people.employee(session, "E0004", email="a@example.org"))
        people.account(session, login="Admin")
        with pytest.raises(Refused) as refused:
            people.account(session, login=login)
    assert refused.value.field == "login"


def test_a_command_acts_as_whom_it_names(site: Site) -> None:
    with site.session() as session:
        account = people.centre(session)["hr"]
        assert services.acting(session, "system") == SYSTEM
        actor = services.acting(session, "e0003")
        assert (actor.label, actor.employee_id) == ("E0003", account.employee_id)
        with pytest.raises(Refused):
            services.acting(session, "nobody")


def test_waits_grow_and_end() -> None:
    assert [PAIR.wait(count) for count in (4, 5, 6, 7, 100)] == [0, 2, 4, 8, 900]
    assert NAME.wait(1000) <= 30, "nobody locks somebody else out"
    assert ADDRESS.wait(59) == 0


def test_two_one_time_passwords_differ_and_pass_their_own_check() -> None:
    first, second = passwords.one_time(), passwords.one_time()
    assert first != second
    passwords.check(first)
