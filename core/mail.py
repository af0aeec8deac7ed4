"""Letters: written in the transaction that causes them, sent after it, tried again if need be.

``queue`` adds a row and nothing else, so a letter goes out exactly if its cause was committed.
``deliver`` sends what is due; several processes may do so at once, for each row is claimed first.
A process that dies while sending leaves its row claimed; it is sent again after ``STUCK``. Who runs
``deliver``: ``core.mailing``.
"""

from __future__ import annotations

import smtplib
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from core import keyring
from core.models import OutgoingMail

TRIES = 6
STUCK = timedelta(minutes=10)
TIMEOUT = 20  # seconds for one answer of the server
QUEUED = "mail_queued"  # a note in ``session.info``: the transaction has letters
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DEFAULT_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Server:
    """Where letters are handed in. ``smtps`` is TLS from the start; ``smtp`` takes up TLS where the
    server offers it, and never sends a password without it except to this machine."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, url: str) -> Server:
        """``smtp[s]://[user:password@]host[:port]``; raises ``ValueError``."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError("SMTP_URL must read smtp[s]://[user:password@]host[:port]")
        return cls(
            host=parts.hostname,
            port=parts.port or DEFAULT_PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    def connect(self) -> smtplib.SMTP:
        """A connection that letters may be sent by; raises ``OSError`` or ``SMTPException``."""
        context = ssl.create_default_context()
        if self.tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            server.ehlo()
            secure = self.tls
            if not secure and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                secure = True
            if self.user:
                if not secure and self.host not in LOOPBACK:
                    raise smtplib.SMTPException("the server takes no TLS: no password is sent")
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def queue(
    session: Session,
    *,
    recipient: str | None,
    letter: Letter,
    now: datetime,
    topic: str | None = None,
) -> None:
    """Write a letter. One to nobody is written too, costs the same, and goes nowhere.

    Of one with a ``topic`` nothing is kept once it is sent, and ``forget`` takes it back before.
    """
    reference = uuid.uuid4().hex
    session.add(
        OutgoingMail(
            reference=reference,
            recipient=recipient,
            topic=topic,
            subject=letter.subject,
            body=keyring.encrypt(session, _place(reference), letter.body),
            state="waiting" if recipient else "failed",
            tries=0,
            created_at=now,
            due_at=now,
        )
    )
    session.info[QUEUED] = True


def forget(session: Session, topic: str) -> None:
    """Take back the letters whose topic begins so, but for one that is being sent this moment."""
    session.execute(
        delete(OutgoingMail).where(
            OutgoingMail.topic.startswith(topic, autoescape=True), OutgoingMail.state != "sending"
        )
    )


@dataclass(slots=True)
class Delivered:
    """How many letters went out, and how many did not this time."""

    sent: int = 0
    failed: int = 0


def deliver(
    session: Session, server: Server, *, sender: str, now: Callable[[], datetime]
) -> Delivered:
    """Send everything that is due. Commits after each letter; one connection for all of them."""
    done = Delivered()
    connection: smtplib.SMTP | None = None
    try:
        while (mail := _claim(session, now())) is not None:
            try:
                connection = connection or server.connect()
                connection.send_message(_message(session, mail, sender, now()))
            except (OSError, smtplib.SMTPException, ValueError) as error:
                _failed(mail, error, now())
                done.failed += 1
                _close(connection)
                connection = None
            else:
                mail.state, mail.sent_at, mail.body, mail.error = "sent", now(), "", None
                done.sent += 1
            if mail.topic and mail.state != "waiting":
                session.delete(mail)
            session.commit()
    finally:
        _close(connection)
    return done


def _claim(session: Session, now: datetime) -> OutgoingMail | None:
    """The next letter that is due, marked so that nobody else sends it."""
    due = or_(
        OutgoingMail.state == "waiting",
        (OutgoingMail.state == "sending") & (OutgoingMail.due_at <= now - STUCK),
    )
    while True:
        found = session.execute(
            select(OutgoingMail.id, OutgoingMail.state, OutgoingMail.tries)
            .where(due, OutgoingMail.due_at <= now)
            .order_by(OutgoingMail.due_at, OutgoingMail.id)
            .limit(1)
        ).first()
        if found is None:
            session.rollback()
            return None
        claimed: Any = session.execute(
            update(OutgoingMail)
            .where(
                OutgoingMail.id == found.id,
                OutgoingMail.state == found.state,
                OutgoingMail.tries == found.tries,
            )
            .values(state="sending", tries=found.tries + 1, due_at=now)
        )
        session.commit()
        if claimed.rowcount == 1:
            return session.get_one(OutgoingMail, found.id)


def _message(session: Session, mail: OutgoingMail, sender: str, now: datetime) -> EmailMessage:
    """The letter as it travels; raises ``ValueError`` for an address that is none."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    domain = parseaddr(sender)[1].rpartition("@")[2]
    message["Message-ID"] = f"<{mail.reference}@{domain or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(keyring.decrypt(session, _place(mail.reference), mail.body))
    return message


def _failed(mail: OutgoingMail, error: Exception, now: datetime) -> None:
    """Wait longer each time; after the last try the letter is given up and its body forgotten."""
    mail.error = type(error).__name__
    if mail.tries >= TRIES or isinstance(error, ValueError):
        mail.state, mail.body = "failed", ""
    else:
        mail.state, mail.due_at = "waiting", now + timedelta(minutes=2**mail.tries)


def _close(connection: smtplib.SMTP | None) -> None:
    if connection is not None:
        try:
            connection.quit()
        except (OSError, smtplib.SMTPException):
            connection.close()


def _place(reference: str) -> str:
    return f"outgoing_mails:{reference}:body"
