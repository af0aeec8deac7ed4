"""Notices: told with their cause, once, in the reader's language, and read by nobody else."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from factories import people
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from support.mail_server import Inbox
from support.site import Site, application
from support.statements import sent

from core import mail
from core.db import db
from core.mail import Server
from core.models import OutgoingMail
from core.values import Month, Names
from staff import notices
from staff.models import Employee, Notice

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
OCTOBER = Month(2026, 10)
KIND = notices.kind("test.appeal", "%(name)s appeals their scorecard of %(month)s")
RULE = notices.kind("test.rule", "You have until %(until)s to answer: %(rule)s")


def id_of(session: Any, number: str) -> int:
    return int(session.scalars(select(Employee.id).where(Employee.employee_no == number)).one())


def tell(
    session: Any,
    *numbers: str,
    name: str = "张敏",
    once: str | None = None,
    now: datetime = NOW,
) -> int:
    return notices.notify(
        session,
        now=now,
        to=[id_of(session, number) for number in numbers],
        kind=KIND,
        params={"name": name, "month": OCTOBER},
        endpoint="scorecards.card",
        values={"month": "2026-10", "employee_no": "E0004"},
        once=once,
    )


@pytest.fixture
def centre(site: Site) -> tuple[Site, dict[str, Any]]:
    with site.session() as session:
        return site, people.centre(session)


def test_a_notice_stands_in_the_inbox_until_it_is_read_and_leads_to_its_page(
    centre: tuple[Site, dict[str, Any]],
) -> None:
    site, accounts = centre
    with site.session() as session:
        accounts["agent"].language = "en"
        session.merge(accounts["agent"])
        tell(session, "E0004")
        tell(session, "E0004", name="2026-17")  # no month, though it looks like one
    client = site.signed_in(accounts["agent"])
    page = client.get("/inbox/").get_data(as_text=True)
    assert "张敏 appeals their scorecard of October 2026" in page
    assert "2026-17 appeals" in page
    assert "Inbox: 2 unread" in page
    answer = site.post(client, "/inbox/1", {"open": "1"}, form="/inbox/")
    assert answer.headers["Location"] == "/scorecards/2026-10/E0004"
    page = client.get("/inbox/").get_data(as_text=True)
    assert "Inbox: 1 unread" in page
    assert "张敏 appeals" not in client.get("/inbox/?state=unread").get_data(as_text=True)
    assert "张敏 appeals" in client.get("/inbox/?state=read").get_data(as_text=True)


def test_nobody_reads_the_inbox_of_somebody_else(centre: tuple[Site, dict[str, Any]]) -> None:
    site, accounts = centre
    with site.session() as session:
        tell(session, "E0004")
    for other in ("colleague", "supervisor", "hr", "admin"):
        client = site.signed_in(accounts[other])
        assert "张敏" not in client.get("/inbox/").get_data(as_text=True), other
        assert site.post(client, "/inbox/1", form="/account").status_code == 404, other
        site.post(client, "/inbox/all", form="/account")
    with site.session() as session:
        assert session.scalars(select(Notice.read_at)).one() is None


def test_all_are_read_at_once_and_long_inboxes_are_turned_by_pages(
    centre: tuple[Site, dict[str, Any]],
) -> None:
    site, accounts = centre
    with site.session() as session:
        for number in range(51):
            tell(session, "E0004", name=f"n{number:02}")
    client = site.signed_in(accounts["agent"])
    shown = [
        set(re.findall(r"(n\d\d) appeals", client.get(f"/inbox/?page={page}").text))
        for page in (1, 2)
    ]
    assert (len(shown[0]), len(shown[1]), len(shown[0] | shown[1])) == (50, 1, 51)
    until = re.search(r'name="until" value="(\d+)"', client.get("/inbox/").get_data(as_text=True))
    assert until is not None
    with site.session() as session:
        tell(session, "E0004", name="came meanwhile")
    assert site.post(client, "/inbox/all", {"until": "9" * 30}, form="/inbox/").status_code == 302
    site.post(client, "/inbox/all", {"until": until[1]}, form="/inbox/")
    with site.session() as session:
        unread = session.scalars(select(Notice.params).where(Notice.read_at.is_(None))).all()
        assert [each["name"] for each in unread] == ["came meanwhile"]


def test_the_number_in_the_top_bar_costs_no_statement(
    centre: tuple[Site, dict[str, Any]],
) -> None:
    site, accounts = centre
    client = site.signed_in(accounts["agent"])
    with site.app.app_context(), sent(db.session()) as found:
        client.get("/account")
    assert [each for each in found.statements if "FROM notices" in each] != []
    assert [each for each in found.statements if each.startswith("SELECT count")] == []


def test_each_is_told_once_and_leavers_are_told_nothing(
    any_site: Site,
) -> None:
    late = datetime(2026, 10, 31, 17, tzinfo=UTC)  # where the centre is, it is November by then
    with any_site.session() as session:
        people.centre(session)
        people.employee(session, "E0020", left=late.date())
        assert tell(session, "E0020", now=late) == 0
        assert tell(session, "E0004", "E0004", "E0020") == 1
        assert tell(session, "E0004", "E0005", once="reminder:7") == 2
        assert tell(session, "E0004", "E0009", once="reminder:7") == 1
        assert len(session.scalars(select(Notice)).all()) == 4
        row = session.scalars(select(Notice).where(Notice.once.is_not(None))).first()
        assert row is not None
        session.add(
            Notice(employee_id=row.employee_id, kind=KIND, params={}, endpoint="", values={},
                   created_at=NOW, once=row.once)
        )  # fmt: skip
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            session.flush()
        session.rollback()


def test_two_reminders_at_once_tell_once(any_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with any_site.session() as session:
        people.centre(session)
    meet, recipients = threading.Barrier(2), notices._recipients

    def together(*given: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            meet.wait(0.3)  # where one waits for the other, they do not meet
        return recipients(*given)

    monkeypatch.setattr(notices, "_recipients", together)
    told: list[Any] = []

    def one() -> None:
        try:
            with any_site.session() as session:
                told.append(tell(session, "E0004", once="reminder:7"))
        except Exception as error:
            told.append(error)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told, key=str) == [0, 1]


def test_texts_have_no_place_for_wages_scores_or_raters() -> None:
    for place in ("wage", "total_score", "grade", "rater_name", "amount", "reason"):
        with pytest.raises(ValueError, match=place):
            notices.kind(f"test.{place}", f"It says %({place})s")
    with pytest.raises(ValueError, match="two texts"):
        notices.kind("test.appeal", "another")


def test_what_does_not_fit_its_text_is_told_to_nobody(site: Site) -> None:
    with site.session() as session:
        people.centre(session)
        with pytest.raises(ValueError, match="month"):
            notices.notify(
                session, now=NOW, to=[1], kind=KIND, params={"name": "x"},
                endpoint="reports.dashboard", values={},
            )  # fmt: skip
        assert session.scalars(select(Notice)).all() == []


@pytest.fixture
def posting(fresh_database_url: Any, tmp_path: Path, server: Server) -> Any:
    """A site that sends letters, of an organisation that writes Chinese."""
    app = application(
        fresh_database_url("sqlite"),
        tmp_path,
        SMTP_URL=f"smtp://{server.host}:{server.port}",
        PINGYOU_URL="https://pingyou.example.org",
        PINGYOU_LANGUAGE="zh",
    )
    with Site(app).session() as session:
        accounts = people.centre(session)
        session.get_one(Employee, accounts["colleague"].employee_id).email = "li@example.org"
        accounts["colleague"].language = "en"
    yield Site(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def deliver(site: Site, server: Server) -> None:
    with site.app.app_context():
        mail.deliver(db.session(), server, sender="p@example.org", now=lambda: NOW)


def test_letters_go_once_to_those_with_an_address_each_in_their_language(
    posting: Site, server: Server, inbox: Inbox
) -> None:
    with posting.session() as session:
        notices.notify(
            session,
            now=NOW,
            to=[id_of(session, number) for number in ("E0004", "E0005", "E0009")],
            kind=RULE,
            params={"until": date(2026, 10, 31), "rule": Names("迟到", "Late")},
            endpoint="scorecards.card",
            values={"month": "2026-10", "employee_no": "E0004"},
        )
    deliver(posting, server)
    deliver(posting, server)
    chinese, english = sorted(inbox.letters, key=lambda each: str(each["To"]))
    assert (chinese["To"], english["To"]) == ("agent@example.org", "li@example.org")
    assert "迟到" in chinese["Subject"]
    assert "2026年10月31日" in chinese.get_content()
    assert english["Subject"] == "Pingyou: You have until Oct 31, 2026 to answer: Late"
    for letter in (chinese, english):
        assert (
            "https://pingyou.example.org/scorecards/2026-10/E0004" in letter.get_content().split()
        )


def test_what_is_rolled_back_was_neither_told_nor_written(
    posting: Site, server: Server, inbox: Inbox
) -> None:
    def fail() -> None:
        with posting.session() as session:
            tell(session, "E0004")
            assert session.scalars(select(OutgoingMail)).all() != []
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    deliver(posting, server)
    with posting.session() as session:
        assert session.scalars(select(Notice)).all() == []
    assert inbox.letters == []


def test_without_a_mail_server_nothing_piles_up(centre: tuple[Site, dict[str, Any]]) -> None:
    site, _ = centre
    with site.session() as session:
        assert tell(session, "E0004") == 1
        assert session.scalars(select(OutgoingMail)).all() == []
