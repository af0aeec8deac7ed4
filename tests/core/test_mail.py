"""Letters: written with their cause, sent once by a real server, tried again, never left lying."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from support.mail_server import Inbox
from support.site import Site, application

from core import mail, mailing
from core.db import db
from core.mail import Letter, Server
from core.models import OutgoingMail
from core.settings import settings

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
LETTER = Letter("密码 · Pingyou", "您好：\nhttps://pingyou.example.org/x\n")


def write(site: Site, recipient: str | None = "li@example.org", letter: Letter = LETTER) -> None:
    with site.session() as session:
        mail.queue(session, recipient=recipient, letter=letter, now=NOW)


def deliver(site: Site, server: Server, now: datetime = NOW) -> mail.Delivered:
    with site.app.app_context():
        return mail.deliver(db.session(), server, sender="Pingyou <p@example.org>", now=lambda: now)


def rows(site: Site) -> list[OutgoingMail]:
    with site.session() as session:
        return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def test_a_letter_arrives_as_it_was_written_and_once(
    any_site: Site, server: Server, inbox: Inbox
) -> None:
    write(any_site)
    assert deliver(any_site, server) == mail.Delivered(1, 0)
    assert deliver(any_site, server) == mail.Delivered(0, 0)
    (letter,) = inbox.letters
    assert letter["To"] == "li@example.org"
    assert letter["From"] == "Pingyou <p@example.org>"
    assert letter["Subject"] == LETTER.subject
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().replace("\r\n", "\n") == LETTER.body


def test_the_text_is_encrypted_while_it_waits_and_gone_when_it_is_sent(
    site: Site, server: Server
) -> None:
    write(site)
    assert "pingyou.example.org" not in rows(site)[0].body
    deliver(site, server)
    (row,) = rows(site)
    assert (row.state, row.body, row.sent_at) == ("sent", "", NOW)


def test_of_a_letter_with_a_topic_nothing_is_left_once_it_is_sent_or_taken_back(
    site: Site, server: Server, inbox: Inbox
) -> None:
    with site.session() as session:
        for topic in ("reminded:2026-10:1", "reminded:2026-11:1"):
            mail.queue(session, recipient="li@example.org", letter=LETTER, now=NOW, topic=topic)
        mail.forget(session, "reminded:2026-10:")
    assert [row.topic for row in rows(site)] == ["reminded:2026-11:1"]
    assert deliver(site, server) == mail.Delivered(1, 0)
    assert len(inbox.letters) == 1
    assert rows(site) == []


def test_what_is_rolled_back_is_not_sent(site: Site, server: Server, inbox: Inbox) -> None:
    def fail() -> None:
        with site.session() as session:
            mail.queue(session, recipient="li@example.org", letter=LETTER, now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    deliver(site, server)
    assert inbox.letters == []


def test_a_letter_to_nobody_goes_nowhere(site: Site, server: Server, inbox: Inbox) -> None:
    write(site, None)
    assert deliver(site, server) == mail.Delivered(0, 0)
    assert inbox.letters == []


def test_a_refused_letter_is_tried_again_later_and_given_up_in_the_end(
    site: Site, server: Server, inbox: Inbox
) -> None:
    inbox.refusal = "451 later"
    write(site)
    now = NOW
    for number in range(1, mail.TRIES + 1):
        assert deliver(site, server, now) == mail.Delivered(0, 1), number
        assert deliver(site, server, now) == mail.Delivered(0, 0), "not at once"
        now += timedelta(minutes=2**number)
    (row,) = rows(site)
    assert (row.state, row.body, row.error) == ("failed", "", "SMTPDataError")


def test_what_one_process_sends_no_other_does(site: Site, server: Server, inbox: Inbox) -> None:
    write(site)
    with site.session() as session:
        session.query(OutgoingMail).update({"state": "sending"})
    assert deliver(site, server, NOW + timedelta(minutes=9)) == mail.Delivered(0, 0)
    assert deliver(site, server, NOW + timedelta(minutes=10)) == mail.Delivered(1, 0), "it died"


def test_an_address_that_breaks_the_header_is_given_up(
    site: Site, server: Server, inbox: Inbox
) -> None:
    write(site, "li@example.org\nBcc: all@example.org")
    write(site, "zhao@example.org")
    assert deliver(site, server) == mail.Delivered(1, 1)
    assert [letter["To"] for letter in inbox.letters] == ["zhao@example.org"]


def test_a_server_that_is_gone_fails_the_letter_and_not_the_command(site: Site) -> None:
    write(site)
    assert deliver(site, Server("127.0.0.1", 9)) == mail.Delivered(0, 1)
    assert rows(site)[0].state == "waiting"


def test_no_password_is_sent_in_the_clear_to_another_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "LOOPBACK", ())
    with pytest.raises(smtplib.SMTPException, match="no TLS"):
        Server(server.host, server.port, user="u", password="p").connect()


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("smtp://mail.example.org", Server("mail.example.org", 25)),
        ("smtps://u%40x:p%3Aq@m:4650", Server("m", 4650, True, "u@x", "p:q")),
    ],
)
def test_addresses_of_servers_are_read(url: str, parsed: Server) -> None:
    assert Server.parse(url) == parsed


@pytest.mark.parametrize(
    "given",
    [
        {"SMTP_URL": "http://mail.example.org", "PINGYOU_URL": "https://x.example"},
        {"SMTP_URL": "smtp://mail.example.org"},
        {"SMTP_URL": "smtp://mail.example.org", "PINGYOU_URL": "x.example"},
    ],
)
def test_settings_that_would_send_bad_letters_are_refused(
    given: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"SMTP_URL|PINGYOU_URL"):
        settings(tmp_path, given)


def test_the_web_process_sends_by_itself_and_the_command_sends_the_rest(
    database_url: str, tmp_path: Path, server: Server, inbox: Inbox
) -> None:
    app = application(
        database_url,
        tmp_path,
        SMTP_URL=f"smtp://{server.host}:{server.port}",
        PINGYOU_URL="https://pingyou.example.org",
        PINGYOU_LANGUAGE="en",
    )
    site = Site(app)
    write(site)
    result = app.test_cli_runner().invoke(args=["mail", "send"])
    assert (result.exit_code, result.output) == (0, "sent 1, failed 0\n")
    inbox.arrived.clear()
    app.extensions["postman"] = postman = mailing.postman(app)
    write(site)
    assert inbox.arrived.wait(20)
    assert len(inbox.letters) == 2
    postman.join(20)
    with app.app_context():
        db.engine.dispose()


def test_without_a_server_the_command_says_so(site: Site) -> None:
    result = site.app.test_cli_runner().invoke(args=["mail", "send"])
    assert result.exit_code == 1
    assert "SMTP_URL" in result.stderr
