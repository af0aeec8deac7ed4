"""Accounts for everybody in one go, invitations, and slips to print."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from factories import people
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from support.pdf import pages
from support.site import Site

from core.actor import SYSTEM
from core.models import AuditEntry, OutgoingMail
from staff.accounts import codes, first_passwords
from staff.accounts.first_passwords import Slip
from staff.models import Account, Assignment, Employee, OneTimeCode, Team

WORDS = {
    "lang": "zh",
    "title": "评优系统登录",
    "name": "姓名",
    "number": "工号",
    "team": "团队",
    "code": "一次性密码",
    "how": "第一次登录时用工号和此密码，然后设置自己的密码。",
}


def test_everybody_employed_without_an_account_gets_one(any_site: Site) -> None:
    with any_site.session() as session:
        people.centre(session)
        people.employee(session, "E0020")
        people.employee(session, "E0021", left=date(2026, 11, 1))
        people.employee(session, "E0022", left=date(2026, 11, 2))
        before = session.scalar(select(func.count()).select_from(Account)) or 0
        made = first_passwords.create_missing(session, actor=SYSTEM, now=people.NOW)
        assert made == 2, "the last day of E0021 is over, that of E0022 is not"
        assert session.scalar(select(func.count()).select_from(Account)) == before + 2
        assert first_passwords.create_missing(session, actor=SYSTEM, now=people.NOW) == 0
        names = [each.employee_no for each in first_passwords.newcomers(session, date(2026, 11, 2))]
        assert names == ["E0020", "E0022"]


def test_slips_are_sorted_by_team_then_number_and_leave_out_who_has_a_mailbox(site: Site) -> None:
    with site.session() as session:
        people.employee(session, "E3", team_path="客服中心/售前一组", name="张三")
        people.employee(session, "E1", team_path="客服中心/售后二组")
        people.employee(session, "E2", team_path="客服中心/售前一组")
        people.employee(session, "E0", team_path="客服中心/售前一组", email="e0@example.org")
        first_passwords.create_missing(session, actor=SYSTEM, now=people.NOW)
        made = first_passwords.slips(session, actor=SYSTEM, now=people.NOW, with_mailbox=False)
        teams = sorted({each.team for each in made})
        assert [(each.team, each.employee_no) for each in made] == [
            *((teams[0], number) for number in (["E2", "E3"] if "前" in teams[0] else ["E1"])),
            *((teams[1], number) for number in (["E1"] if "后" in teams[1] else ["E2", "E3"])),
        ]
        everybody = first_passwords.slips(session, actor=SYSTEM, now=people.NOW, with_mailbox=True)
        assert len(everybody) == 4
        now = people.NOW.moment
        assert codes.find(session, made[0].code, now=now) is None, "slips printed before are void"
        assert codes.find(session, everybody[0].code, now=now) is not None


def test_who_has_a_password_gets_no_slip(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
        first_passwords.create_missing(session, actor=SYSTEM, now=people.NOW)
        assert not first_passwords.slips(session, actor=SYSTEM, now=people.NOW, with_mailbox=True)


def test_a_slip_shows_chinese_names_and_takes_nothing_as_markup() -> None:
    slip = Slip("E0007", '欧阳若曦 #eval("1+1") *x*', "客服中心/售前一组", "abcd-efgh-jkmn-pqrs")
    (page,) = pages(first_passwords.printed([slip], WORDS))
    text = page.replace("\n", "")
    for part in ("欧阳若曦", '#eval("1+1")', "*x*", "客服中心/售前一组", slip.code, "E0007"):
        assert part in text


def test_eight_slips_stand_on_a_page() -> None:
    slips = [Slip(f"E{n:04}", "某人", "组", "abcd-efgh-jkmn-pqrs") for n in range(17)]
    found = pages(first_passwords.printed(slips, WORDS))
    assert [page.count("abcd-efgh") for page in found] == [8, 8, 1]
    assert "E0008" in found[1]


def crowd(session: Session, size: int) -> None:
    teams = [Team(path=f"客服中心/第{n:02}组") for n in range(30)]
    session.add_all(teams)
    session.flush()
    rows = [
        {"id": n, "employee_no": f"E{n:05}", "name": f"陈晓{n % 97}", "hire_date": date(2025, 1, 6)}
        for n in range(1, size + 1)
    ]
    session.execute(insert(Employee), rows)
    assigned = [
        {
            "employee_id": row["id"],
            "effective_from": date(2025, 1, 6),
            "team_id": teams[index % 30].id,
        }
        for index, row in enumerate(rows)
    ]
    session.execute(insert(Assignment), assigned)


@pytest.mark.long
def test_three_thousand_slips_are_printed_in_less_than_twenty_seconds(any_site: Site) -> None:
    with any_site.session() as session:
        crowd(session, 3000)
    start = time.process_time()  # other tests run beside this one
    with any_site.session() as session:
        first_passwords.create_missing(session, actor=SYSTEM, now=people.NOW)
    with any_site.session() as session:
        made = first_passwords.slips(session, actor=SYSTEM, now=people.NOW, with_mailbox=True)
    document = first_passwords.printed(made, WORDS)
    spent = time.process_time() - start
    assert document.startswith(b"%PDF")
    assert spent < 20
    assert len(made) == 3000
    assert [each.team for each in made] == sorted(each.team for each in made)
    with any_site.session() as session:
        assert session.scalar(select(func.count()).select_from(OneTimeCode)) == 3000


# Pages


def test_hr_makes_accounts_invites_and_prints(writing: Site) -> None:
    with writing.session() as session:
        hr = people.centre(session)["hr"]
        people.employee(session, "E0020", name="赵一鸣")
        people.employee(session, "E0021", email="e21@example.org")
    client = writing.signed_in(hr)
    form = "/accounts/first-passwords"
    writing.post(client, f"{form}/accounts", form=form)
    writing.post(client, f"{form}/invitations", form=form)
    answer = writing.post(client, f"{form}/slips", form=form)
    assert answer.mimetype == "application/pdf"
    text = "".join(pages(answer.data))
    assert "E0020" in text
    assert "赵一鸣" in text
    assert "E0021" not in text
    with writing.session() as session:
        assert session.scalars(select(OutgoingMail.recipient)).all() == ["e21@example.org"]
        actions = session.scalars(select(AuditEntry.action)).all()
        assert actions.count("code.issue") == 2
        purposes = set(session.scalars(select(OneTimeCode.purpose)))
        assert purposes == {"invitation", "slip"}
        expires = session.scalars(
            select(OneTimeCode).where(OneTimeCode.purpose == "invitation")
        ).one()
        assert expires.expires_at - expires.created_at == timedelta(days=7)


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor"])
def test_nobody_else_prints_codes(writing: Site, role: str) -> None:
    with writing.session() as session:
        account = people.centre(session)[role]
        people.account(session, people.employee(session, "E0020"))
    client = writing.signed_in(account)
    for page in ("accounts", "invitations", "slips"):
        answer = writing.post(client, f"/accounts/first-passwords/{page}", form="/account")
        assert answer.status_code == 404
    with writing.session() as session:
        assert session.scalar(select(func.count()).select_from(OneTimeCode)) == 0
