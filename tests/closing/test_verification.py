"""`flask audit verify`: the trail and the closed months, after somebody was at the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.orm import Session
from support.centres import CLOCK, NOW, Examples, close, import_one, opened, reopen
from support.databases import KINDS, Kind
from support.made_up import COLUMNS, write_rows

from closing import services, store
from closing.payroll import mark_exported
from closing.publishing import publish_results
from closing.verification import verify
from core import audit
from core.actor import SYSTEM
from core.db import transaction
from core.models import AuditEntry, Closing
from core.values import Month

CENTRE = "centre-a"
OCTOBER = Month(2026, 10)


def problems(url: str) -> list[str]:
    with opened(url) as session:
        return list(verify(session))


def tamper(url: str, *statements: str) -> None:
    """As somebody who may drop triggers and does not mind foreign keys."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            _unlock(connection)
            for statement in statements:
                connection.execute(text(statement))
            connection.commit()
    finally:
        engine.dispose()


def _unlock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET session_replication_role = replica"))
        return
    connection.execute(text("PRAGMA foreign_keys=OFF"))
    found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    for name in list(found.scalars()):
        connection.execute(text(f"DROP TRIGGER {name}"))


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, examples: Examples) -> str:
    kind: Kind = request.param
    return examples.closed(kind, CENTRE)


NEWEST = "(SELECT closing_id FROM months WHERE month = '2026-10')"
CARDS = f"(SELECT id FROM scorecards WHERE closing_id = {NEWEST})"
ONE = f"(SELECT min(id) FROM scorecards WHERE closing_id = {NEWEST})"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_entries SET actor = 'nobody' WHERE id = 3", "entry 3: changed"),
        ("UPDATE audit_entries SET at = '2020-01-01 00:00:00' WHERE id = 3", "entry 3: changed"),
        ("UPDATE audit_entries SET subject = 'x' WHERE id = 3", "entry 3: changed"),
        ("UPDATE audit_entries SET payload = '{}' WHERE id = 3", "entry 3: content changed"),
        ("DELETE FROM audit_entries WHERE id = 3", "entry 4: does not follow"),
        ("DELETE FROM audit_entries WHERE id = 1", "entry 2: does not follow"),
        (
            "UPDATE audit_entries SET id = CASE id WHEN 3 THEN -4 ELSE -3 END WHERE id IN (3, 4)",
            "entry -4: does not follow",
        ),
    ],
)
def test_a_trail_that_was_changed_is_found(url: str, statement: str, said: str) -> None:
    assert problems(url) == []
    tamper(url, statement)
    assert problems(url)[0].startswith(said)


def test_a_content_that_was_removed_is_found(url: str) -> None:
    tamper(url, "UPDATE audit_entries SET payload = NULL WHERE id = 3")
    assert problems(url) == ["entry 3: content removed, and no entry tells of it"]


def test_a_content_that_was_removed_with_a_trace_is_no_problem(url: str) -> None:
    with opened(url) as session, transaction():
        audit.blank(session, actor=SYSTEM, at=NOW, numbers=[3], reason="asked", subject="E0010")
    assert problems(url) == []
    with opened(url) as session:
        assert session.get_one(AuditEntry, 3).payload is None


def test_a_tail_cut_off_is_seen_by_the_closings_that_it_told_of(url: str) -> None:
    tamper(
        url,
        "DELETE FROM audit_entries WHERE id >= (SELECT max(id) FROM audit_entries"
        " WHERE action = 'month.closed')",
    )
    assert "2026-10, revision 1: not the closing that the audit trail tells of" in problems(url)


def test_a_trail_that_was_cut_off_before_a_close_is_seen(url: str) -> None:
    tamper(url, "DELETE FROM audit_entries WHERE id > 5")
    cut = "2026-10, revision 1: the audit trail was cut off or replaced since it was closed"
    assert cut in problems(url)


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE scorecards SET total = total + 0.01 WHERE id = {ONE}",
        f"UPDATE scorecards SET grade = 'A' WHERE closing_id = {NEWEST}",
        f"UPDATE scorecard_lines SET score = 100 WHERE scorecard_id IN {CARDS}",
        f"DELETE FROM scorecard_lines WHERE scorecard_id = {ONE} AND ordinal = 1",
        f"UPDATE rule_entries SET state = 'voided' WHERE scorecard_id IN {CARDS}",
        f"UPDATE pays SET payout = payout + 1 WHERE scorecard_id = {ONE}",
        f"UPDATE fact_sheets SET facts = '{{}}' WHERE closing_id = {NEWEST}",
        f"UPDATE fact_sheets SET team_id = NULL WHERE closing_id = {NEWEST}",
        "UPDATE person_days SET late_minutes = 0 WHERE month = '2026-10'",
        "DELETE FROM person_days WHERE month = '2026-10'",
        "UPDATE closings SET as_of = 1 WHERE month = '2026-10'",
        "UPDATE closings SET calendar = '{}' WHERE month = '2026-10'",
        "UPDATE closings SET document_hash = 'x' WHERE month = '2026-10'",
        "UPDATE review_groups SET total = total + 1 WHERE month = '2026-10'",
        "DELETE FROM review_participants WHERE month = '2026-10'",
        "DELETE FROM review_seals WHERE month = '2026-10'",
    ],
)
def test_a_closed_month_that_was_changed_is_found(url: str, statement: str) -> None:
    tamper(url, statement)
    assert problems(url) == ["2026-10, revision 1: its results were changed"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE months SET published_at = '2026-11-05 00:00:00' WHERE month = '2026-10'",
            "2026-10: not published when the audit trail tells",
        ),
        (
            "UPDATE months SET exported_at = '2026-11-05 00:00:00' WHERE month = '2026-10'",
            "2026-10: its payroll was not exported when the audit trail tells",
        ),
        (
            "UPDATE document_versions SET body = replace(body, 'CNY', 'EUR')",
            "policy:1: is not what was published",
        ),
        (
            "UPDATE document_versions SET effective_from = '2026-10' WHERE number = 1",
            "policy:1: is not what was published",
        ),
        (
            "UPDATE document_versions SET number = 9 WHERE number = 1",
            "policy:9: is not what was published",
        ),
        ("UPDATE document_versions SET number = 9 WHERE number = 1", "policy:1: was removed"),
    ],
)
def test_what_a_closed_month_stands_on_or_shows_is_found_when_changed(
    url: str, statement: str, said: str
) -> None:
    tamper(url, statement)
    assert said in problems(url)


def test_publishing_and_paying_are_no_problem(url: str) -> None:
    with opened(url) as session, transaction():
        publish_results(session, actor=SYSTEM, now=NOW, month=OCTOBER)
        mark_exported(session, actor=SYSTEM, now=NOW, month=OCTOBER)
    assert problems(url) == []
    tamper(url, "UPDATE months SET exported_at = NULL, published_at = NULL")
    assert len(problems(url)) == 2


def test_a_digest_that_was_made_to_fit_is_found(url: str) -> None:
    tamper(url, f"UPDATE closings SET digest = 'x' WHERE id = {NEWEST}")
    assert problems(url) == ["2026-10, revision 1: not the closing that the audit trail tells of"]


def test_a_month_that_was_opened_without_a_trace_is_found(url: str) -> None:
    tamper(url, "UPDATE months SET state = 'open', closing_id = NULL WHERE month = '2026-10'")
    assert problems(url) == ["2026-10, revision 1: was opened without a trace"]


def test_a_closing_that_was_removed_is_found(url: str) -> None:
    tamper(
        url,
        "DELETE FROM months WHERE month = '2026-10'",
        "DELETE FROM closings WHERE month = '2026-10'",
    )
    assert problems(url) == ["2026-10, revision 1: was removed"]


def test_opening_and_closing_again_is_no_problem(url: str, tmp_path: Path) -> None:
    with opened(url) as session:
        reopen(session, OCTOBER)
    assert problems(url) == []
    with opened(url) as session:
        rows = [{"employee_no": "E0010", "month": "2026-10", "metric": "csat", "value": "0.5"}]
        write_rows(tmp_path / "metrics.csv", COLUMNS["metrics"].split(), rows)
        import_one(session, "metrics", tmp_path / "metrics.csv", clock=CLOCK)
        close(session, OCTOBER)
    assert problems(url) == []


def test_a_month_that_was_sealed_in_the_form_of_before_still_verifies(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = store.write_result

    def before(session: Session, closing: Closing, *rest: Any) -> str:
        write(session, closing, *rest)
        return store.digest_of_before(session, closing)

    with opened(url) as session:
        reopen(session, OCTOBER)
        monkeypatch.setattr(services, "write_result", before)
        close(session, OCTOBER)
        (sealed,) = session.scalars(select(Closing).where(Closing.revision == 2))
        assert sealed.digest != store.digest(session, sealed)
    assert problems(url) == []
    tamper(url, f"UPDATE scorecards SET company_rank = 99 WHERE id = {ONE}")
    assert [each for each in problems(url) if "its results were changed" in each] != []


def test_what_is_open_may_change(examples: Examples) -> None:
    url = examples.imported("sqlite", CENTRE)
    tamper(url, "UPDATE tickets SET positive = true", "DELETE FROM punches")
    assert problems(url) == []
