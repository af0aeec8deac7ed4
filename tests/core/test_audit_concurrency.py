"""Many writers at once: one chain without a fork, no entry lost, nobody left waiting for ever."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select, text
from support.centres import application, opened
from support.databases import KINDS, Kind

from core import audit
from core.access import note
from core.actor import Actor
from core.db import db, transaction
from core.models import AuditEntry, Setting

WRITERS = 8
EACH = 25
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


def write_some(url: str, writer: int, how: str) -> int:
    """``EACH`` transactions of one writer; how many entries they wrote."""
    app = application(url)
    written = 0
    with app.app_context():
        for number in range(EACH):
            actor = Actor(f"writer {writer}")
            if how == "notes" or (how == "mixed" and number % 2):
                note(actor, AT, "export", f"{writer}:{number}")
                written += 1
                continue
            with transaction():
                session = db.session()
                # Some transactions write before they record, some only read, some record much.
                if number % 3 == 0:
                    session.execute(select(func.count()).select_from(AuditEntry)).scalar_one()
                if number % 3 == 1:
                    session.add(Setting(key=f"{writer}:{number}", value="x"))
                for part in range(number % 3 + 1):
                    audit.record(
                        session,
                        actor=actor,
                        at=AT,
                        action="test",
                        subject=f"{writer}:{number}:{part}",
                        after={"number": number},
                    )
                    written += 1
            db.session.remove()
        db.engine.dispose()
    return written


def check(url: str, written: int) -> None:
    with opened(url) as session:
        found = audit.Trail()
        assert list(audit.verify(session, found)) == []
        assert found.length == written
        numbers = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all()
        assert list(numbers) == list(range(1, written + 1))
        subjects = Counter(session.scalars(select(AuditEntry.subject)))
        assert max(subjects.values()) == 1
        # What one writer did stands there in its order.
        by_time = select(AuditEntry.actor, AuditEntry.subject).order_by(AuditEntry.id)
        seen: dict[str, list[int]] = {}
        for actor, subject in session.execute(by_time):
            seen.setdefault(actor, []).append(int(subject.split(":")[1]))
        assert all(each == sorted(each) for each in seen.values())


@pytest.mark.parametrize("how", ["transactions", "notes", "mixed"])
def test_threads_write_one_chain(database_url: str, how: str) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        written = sum(pool.map(lambda each: write_some(database_url, each, how), range(WRITERS)))
    assert written >= WRITERS * EACH
    check(database_url, written)


@pytest.mark.parametrize("kind", KINDS)
def test_processes_write_one_chain_from_an_empty_database(
    fresh_database_url: Callable[[Kind], str], kind: Kind
) -> None:
    """The first of them makes the keys; all of them use the same."""
    url = fresh_database_url(kind)
    processes = multiprocessing.get_context("forkserver")  # imports once for all four
    processes.set_forkserver_preload(["closing.services", "closing.imports.services"])
    with processes.Pool(4) as pool:
        found = pool.starmap(write_some, [(url, each, "mixed") for each in range(4)])
    check(url, sum(found))
    with opened(url) as session:
        assert session.scalar(text("SELECT count(*) FROM wrapped_keys")) == 3


def test_a_transaction_that_fails_leaves_no_entry_and_no_gap(database_url: str) -> None:
    with opened(database_url) as session:
        with transaction():
            _record("first")
        with pytest.raises(RuntimeError), transaction():
            _record_and_fail()
        with transaction():
            _record("second")
        assert list(audit.verify(session)) == []
        kept = session.scalars(select(AuditEntry.subject).order_by(AuditEntry.id)).all()
        assert kept == ["first", "second"]


def test_what_a_savepoint_took_back_is_not_recorded(database_url: str) -> None:
    with opened(database_url) as session:
        with transaction():
            _record("before")
            savepoint = session.begin_nested()
            _record("taken back")
            savepoint.rollback()
            with session.begin_nested():
                _record("kept")
        kept = session.scalars(select(AuditEntry.subject).order_by(AuditEntry.id)).all()
        assert kept == ["before", "kept"]


def test_a_writer_waits_for_another_one_that_takes_its_time(
    fresh_database_url: Callable[[Kind], str],
) -> None:
    """SQLite has one write lock: whoever comes second reads the head when the first has ended."""
    url = fresh_database_url("sqlite")
    with opened(url) as session:
        with transaction():
            _record("first")
        session.execute(insert(Setting).values(key="slow", value="x"))  # takes the write lock
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(write_some, url, 1, "notes")
            _record("0:0")
            session.commit()
            assert waiting.result() == EACH
        assert list(audit.verify(session)) == []


def _record_and_fail() -> None:
    _record("never")
    raise RuntimeError


def _record(subject: str) -> None:
    audit.record(db.session(), actor=Actor("x"), at=AT, action="test", subject=subject)


@pytest.mark.parametrize("kind", KINDS)
def test_many_entries_of_one_transaction_are_few_statements(
    fresh_database_url: Callable[[Kind], str], kind: Kind
) -> None:
    from support.statements import sent

    with opened(fresh_database_url(kind)) as session:
        with transaction():
            _record("first")  # makes the keys
        with sent(session) as found, transaction():
            for number in range(3000):
                audit.record(
                    session,
                    actor=Actor("x"),
                    at=AT,
                    action="test",
                    subject=str(number),
                    after={"number": number},
                )
        assert len(found.statements) < 60
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 3001
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert json.loads(last.payload or "")["after"] == {"number": 2999}
