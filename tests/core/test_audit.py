"""The audit trail: what cannot be forged or cut off unseen, what is blanked, who may read what."""

from __future__ import annotations

import csv
import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from factories import people
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select, text
from support.centres import KEY, NOW, opened
from support.site import Site

from core import audit, keyring
from core.access import PER_MINUTE, note, note_refusal
from core.actor import SYSTEM, Actor
from core.audit_subjects import entries_about
from core.db import db, transaction
from core.models import AuditEntry, WrappedKey
from staff.models import Account


def write(subject: str, action: str = "test", actor: str = "x", after: object = "a") -> None:
    audit.record(
        db.session(), actor=Actor(actor), at=NOW, action=action, subject=subject, after=after
    )


def unlocked(url: str, *statements: str) -> None:
    """As somebody who has the whole database, but not the key."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            named = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in connection.execute(named).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def problems(url: str) -> list[str]:
    with opened(url) as session:
        return list(audit.verify(session))


@pytest.fixture
def trail(database_url: str) -> str:
    """A database with five entries."""
    with opened(database_url):
        for number in range(1, 6):
            with transaction():
                write(f"thing:{number}")
    return database_url


# Forging


def test_a_whole_trail_is_whole(trail: str) -> None:
    assert problems(trail) == []


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE audit_entries SET {column} = 'forged' WHERE id = 3"
        for column in ("actor", "action", "subject", "origin", "payload", "payload_hash", "mac")
    ]
    + [
        "UPDATE audit_entries SET at = '2020-01-01 00:00:00' WHERE id = 3",
        "DELETE FROM audit_entries WHERE id = 3",
        "DELETE FROM audit_entries WHERE id = 1",
        "UPDATE audit_entries SET id = 9 WHERE id = 3",
        "UPDATE audit_entries SET payload = NULL WHERE id = 3",
    ],
)
def test_what_was_changed_removed_or_reordered_is_found(trail: str, change: str) -> None:
    unlocked(trail, change)
    assert problems(trail) != []


def test_two_entries_that_changed_places_are_found(trail: str) -> None:
    swap = "UPDATE audit_entries SET id = {} WHERE id = {}"
    unlocked(trail, swap.format(-1, 2), swap.format(2, 3), swap.format(3, -1))
    assert problems(trail) != []


def test_an_entry_with_the_right_hashes_but_another_key_is_found(trail: str) -> None:
    """A forger without the master key computes the chain anew under keys of their own."""
    with opened(trail) as session:
        parts = _parts(session.get_one(AuditEntry, 5))
        forged = audit._mac(b"f" * 32, *parts)
        real = audit._mac(keyring.key_for(session, "audit"), *parts)
        assert session.get_one(AuditEntry, 5).mac == real
    unlocked(trail, f"UPDATE audit_entries SET mac = '{forged}' WHERE id = 5")
    assert problems(trail) == ["entry 5: changed"]


def _parts(entry: AuditEntry) -> tuple[str, list[str]]:
    return entry.previous, audit._fields(entry)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entries SET actor = 'x1' WHERE id = 3",
        "UPDATE audit_entries SET payload = 'x1' WHERE id = 3",
        "UPDATE audit_entries SET payload = NULL, actor = 'x1' WHERE id = 3",
        "DELETE FROM audit_entries WHERE id = 5",
    ],
)
def test_the_database_itself_refuses_changes(trail: str, change: str) -> None:
    from sqlalchemy.exc import DBAPIError

    with opened(trail) as session, pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(change))


def test_a_tail_cut_off_shows_by_a_head_that_was_noted_elsewhere(trail: str) -> None:
    with opened(trail) as session:
        number, mac = audit.head(session)
        assert audit.has(session, number, mac)
        assert not audit.has(session, number, "0" * 64)
        assert not audit.has(session, number - 1, mac)
    unlocked(trail, f"DELETE FROM audit_entries WHERE id = {number}")
    if trail.startswith("sqlite"):  # a slip of the hand shows there, and he who knows hides it
        assert problems(trail) == [
            f"entry {number - 1}: the last that is left, but {number} was written (cut off)"
        ]
        unlocked(trail, f"UPDATE sqlite_sequence SET seq = {number - 1}")
    assert problems(trail) == []  # the chain alone cannot tell
    with opened(trail) as session:
        assert not audit.has(session, number, mac)


# Blanking


def test_contents_are_blanked_and_the_chain_stays_whole(trail: str) -> None:
    with opened(trail) as session:
        with transaction():
            done = audit.blank(
                session, actor=SYSTEM, at=NOW, numbers=[2, 4], reason="erasure", subject="E1"
            )
        assert done == 2
        found = audit.Trail()
        assert list(audit.verify(session, found)) == []
        assert (found.length, found.blanked) == (6, 2)
        told = session.get_one(AuditEntry, 6)
        assert (told.action, told.subject) == ("audit.blanked", "E1")
        after = json.loads(told.payload or "")["after"]
        assert after == {"entries": [2, 4], "reason": "erasure"}


def test_what_the_verification_stands_on_is_not_blanked(trail: str) -> None:
    with opened(trail) as session:
        with transaction():
            write("month:2026-10", action="month.closed", after={"revision": 1, "digest": "x"})
        for _ in range(2):
            with transaction():
                every = session.scalars(select(AuditEntry.id)).all()
                done = audit.blank(
                    session, actor=SYSTEM, at=NOW, numbers=every, reason="x", subject="x"
                )
        assert done == 0
        kept = session.scalars(
            select(AuditEntry.action).where(AuditEntry.payload.is_not(None))
        ).all()
        assert sorted(kept) == ["audit.blanked", "month.closed"]
        assert list(audit.verify(session)) == []


def test_entries_about_a_person_are_those_that_name_them(trail: str) -> None:
    with opened(trail) as session:
        with transaction():
            write("E0007")
            write("employee:E0007")
            write("rule:2026-10:E0007:QUA-P1")
            write("E0007|2026-10|csat")
            write("E00070")
            write("incident:3", after={"employee_no": "E0007", "points": 3})
            write("incident:4", after={"employee_no": "E0008", "note": "E0007 was not there"})
            write("award:2026-10:best", after={"winners": ["E0001", "E0007"]})
        found = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.id.in_(entries_about(session, P)))
        )
        assert set(found) == {
            "E0007",
            "employee:E0007",
            "rule:2026-10:E0007:QUA-P1",
            "E0007|2026-10|csat",
            "incident:3",
            "award:2026-10:best",
        }
        assert entries_about(session, "E00070") == [
            session.scalar(select(AuditEntry.id).where(AuditEntry.subject == "E00070"))
        ]


P = "employee:E0007"


# Refusals


def test_a_flood_of_refusals_keeps_its_beginning_only(database_url: str) -> None:
    actor = Actor("E0004")
    with opened(database_url) as session:
        for number in range(PER_MINUTE * 5):
            note_refusal(actor, NOW, f"GET /scorecards/2026-10/E{number:04}")
        note_refusal(Actor("E0005"), NOW, "another one is not touched by it")
        count = select(func.count()).select_from(AuditEntry)
        assert session.scalar(count.where(AuditEntry.actor == "E0004")) == PER_MINUTE + 1
        assert session.scalar(count.where(AuditEntry.actor == "E0005")) == 1
        note_refusal(actor, NOW + timedelta(minutes=1), "the next minute")
        assert session.scalar(count.where(AuditEntry.actor == "E0004")) == PER_MINUTE + 2
        assert list(audit.verify(session)) == []


def test_a_flood_from_many_processes_at_once_is_one_flood(database_url: str) -> None:
    """What counts is in the database: threads share nothing but that here."""
    actor = Actor("E0004")
    with opened(database_url) as session:
        app = current_app._get_current_object()  # type: ignore[attr-defined]

        def flood() -> None:
            with app.app_context():
                for number in range(PER_MINUTE):
                    note_refusal(actor, NOW, f"GET /{number}")

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(flood) for _ in range(4)]:
                done.result()
        count = select(func.count()).select_from(AuditEntry)
        assert session.scalar(count.where(AuditEntry.actor == "E0004")) == PER_MINUTE + 1
        assert list(audit.verify(session)) == []


# Pages and commands


@pytest.fixture
def accounts(any_site: Site) -> dict[str, Account]:
    with any_site.session() as session:
        return people.centre(session)


def client_of(site: Site, accounts: dict[str, Account], role: str) -> FlaskClient:
    return site.signed_in(accounts[role])


def entries(site: Site, **wanted: str) -> list[AuditEntry]:
    with site.session() as session:
        return list(session.scalars(select(AuditEntry).filter_by(**wanted)))


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("agent", "/staff/?x=1", 200),
        ("agent", "/scorecards/2026-10/E0009", 404),
        ("admin", "/staff/", 404),
        ("supervisor", "/closing/2026-10", 404),
    ],
)
def test_every_refusal_of_a_page_is_recorded_once(
    any_site: Site, accounts: dict[str, Account], role: str, address: str, status: int
) -> None:
    answer = client_of(any_site, accounts, role).get(address)
    assert answer.status_code == status
    found = entries(any_site, action="access.refused")
    assert len(found) == (status != 200)
    for entry in found:
        assert entry.actor == (accounts[role].login or {"agent": "E0004"}.get(role, "E0002"))
        assert entry.origin == "127.0.0.1"


def listed(client: FlaskClient, address: str = "/audit/?format=csv") -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))


@pytest.fixture
def lived_in(any_site: Site, accounts: dict[str, Account]) -> Site:
    """Some entries by and about several people."""
    with any_site.session():
        write("E0004", action="sign_in", actor="E0004")
        write("E0004", action="sign_in.failed", actor="anonymous")
        write("E0005", action="sign_in", actor="E0005")
        write("incident:1", action="incident.recorded", actor="E0002", after={"employee": "E0004"})
        write("import:1", action="import.applied", actor="E0003")
    return any_site


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("hr", {"sign_in", "sign_in.failed", "incident.recorded", "import.applied"}),
        ("auditor", {"sign_in", "sign_in.failed", "incident.recorded", "import.applied"}),
        ("admin", {"sign_in", "sign_in.failed"}),
        ("supervisor", {"incident.recorded"}),
        ("agent", {"sign_in", "sign_in.failed"}),
        ("other", set()),
    ],
)
def test_who_reads_what(
    lived_in: Site, accounts: dict[str, Account], role: str, sees: set[str]
) -> None:
    from reports.audit.queries import Wanted
    from reports.audit.queries import entries as query
    from staff.viewer import load_viewer

    interesting = {"sign_in", "sign_in.failed", "incident.recorded", "import.applied"}
    with lived_in.session() as session:
        viewer = load_viewer(
            session,
            accounts[role].id,
            today=people.NOW.wall.date(),
            positions=lived_in.app.config["ROLE_POSITIONS"],
        )
        assert viewer is not None
        rows = session.execute(query(viewer, Wanted(), "Asia/Shanghai")).all()
        assert {row.action for row in rows} & interesting == sees
        if role == "agent":
            own = [row for row in rows if row.action == "sign_in"]
            assert [row.actor for row in own] == ["E0004"]


@pytest.mark.parametrize(
    ("address", "actions"),
    [
        ("/audit/?format=csv&actor=E0002", {"incident:1"}),
        ("/audit/?format=csv&action=import.applied", {"import:1"}),
        ("/audit/?format=csv&subject=incident", {"incident:1"}),
        ("/audit/?format=csv&actor=E0002&from=2026-11-02&to=2026-11-02", {"incident:1"}),
        ("/audit/?format=csv&actor=E0002&to=2026-11-01", set()),
        ("/audit/?format=csv&actor=E0002&from=2026-11-03", set()),
        ("/audit/?format=csv&actor=E0002&from=nonsense", {"incident:1"}),
    ],
)
def test_the_page_filters(
    lived_in: Site, accounts: dict[str, Account], address: str, actions: set[str]
) -> None:
    rows = listed(client_of(lived_in, accounts, "hr"), address)
    assert {list(row.values())[4] for row in rows} == actions


def test_the_page_pages_and_its_export_is_recorded(
    any_site: Site, accounts: dict[str, Account]
) -> None:
    with any_site.session():
        for number in range(120):
            write(f"thing:{number}")
    client = client_of(any_site, accounts, "auditor")
    page = client.get("/audit/?page=2").get_data(as_text=True)
    assert "thing:" in page
    assert len(listed(client)) >= 120
    exported = entries(any_site, action="export")
    assert [entry.actor for entry in exported] == ["E0006"]


# Logs


def test_a_journey_leaves_no_names_or_values_in_the_logs(
    any_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    secret = ("柳青禾", "qinghe.liu@example.org", "7391.25", "a green door by the sea")
    caplog.set_level(logging.DEBUG)
    with any_site.session() as session:
        accounts = people.centre(session)
        person = people.employee(session, "E0777", name=secret[0], email=secret[1], supervisor=None)
        people.account(session, person)
    client = any_site.client()
    form = {"name": secret[1], "password": "wrong " + secret[3]}
    any_site.post(client, "/sign-in", form, form="/sign-in")
    form["password"] = secret[3]
    any_site.post(client, "/sign-in", form, form="/sign-in")
    for role in ("hr", "agent", "admin"):
        signed_in = client_of(any_site, accounts, role)
        for address in ("/staff/?q=" + secret[0], "/scorecards/2026-10/E0777", "/audit/", "/none"):
            signed_in.get(address)
    assert caplog.records
    for said in secret:
        assert said not in caplog.text


# Apart from the code that uses them: a traceback quotes that.
ROW, NAME, MAIL = ("E0001",), "柳青禾", "qinghe.liu@example.org"


def test_an_error_of_the_database_is_logged_without_the_row(
    any_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    from core import web

    @any_site.app.get("/breaks")
    @web.public
    def breaks() -> str:
        with transaction():
            for _ in range(2):
                people.employee(db.session(), *ROW, name=NAME, email=MAIL)
        return ""

    any_site.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert any_site.client().get("/breaks").status_code == 500
    assert "IntegrityError" in caplog.text
    assert "breaks" in caplog.text  # the place in the code
    for said in (NAME, MAIL, *ROW):
        assert said not in caplog.text


# Commands


@pytest.fixture
def run(any_site: Site) -> Any:
    def invoke(*words: str) -> Result:
        return any_site.app.test_cli_runner().invoke(args=list(words))

    assert invoke("init").exit_code == 0
    return invoke


def test_the_commands_verify_tell_the_head_and_blank(any_site: Site, run: Any) -> None:
    assert run("audit", "verify").exit_code == 0
    head = run("audit", "head").stdout.strip()
    assert run("audit", "verify", "--head", head).exit_code == 0
    with any_site.session():
        write("employee:E0007", after={"reason": "ill"})
    assert run("audit", "verify", "--head", head).exit_code == 0
    number, _, mac = head.partition(":")
    refused = run("audit", "verify", "--head", f"{int(number) + 7}:{mac}")
    assert (refused.exit_code, "被截断或替换" in refused.stderr) == (1, True)
    assert run("audit", "verify", "--head", "nonsense").exit_code == 2
    done = run("audit", "blank", "--subject", "employee:E0007", "--reason", "erasure")
    assert (done.exit_code, done.stdout) == (0, "已清空：1 条\n")
    assert run("audit", "blank", "--subject", "x", "--reason", " ").exit_code == 1
    verified = run("audit", "verify")
    assert verified.exit_code == 0
    assert "1 条已清空" in verified.stderr


def test_results_that_go_out_by_command_are_recorded(
    any_site: Site, run: Any, tmp_path: Path
) -> None:
    table = "employee_no,name,hire_date,position\nE1,柳青禾,2025-01-06,agent\n"
    (tmp_path / "people.csv").write_text(table)
    assert run("import", "employees", str(tmp_path / "people.csv")).exit_code == 0
    done = run("scorecards", "2026-10", "--preview", "-o", str(tmp_path / "out.json"))
    assert done.exit_code == 0, done.output
    [entry] = entries(any_site, action="export")
    assert (entry.actor, entry.subject) == ("system", "scorecards:2026-10")


def test_the_key_of_the_tests_is_not_that_of_an_installation(any_site: Site, run: Any) -> None:
    with any_site.app.app_context():
        note(SYSTEM, NOW, "x", "x")
        assert keyring.key_for(db.session(), "audit") != KEY.derive("audit")
        assert db.session.scalar(select(func.count()).select_from(WrappedKey)) == 3
