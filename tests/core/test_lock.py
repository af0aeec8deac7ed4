"""The lock of closed months against raw SQL, on both databases.

Every attack runs twice: on a closed centre, where it must fail and leave every row as it was, and
on a copy without the triggers, where it must succeed: otherwise it would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from support.centres import NOW, Examples, close, opened, reopen
from support.databases import KINDS, Kind

from closing import payroll, services
from core.actor import SYSTEM
from core.db import transaction
from core.errors import Conflict
from core.values import Month

CENTRE = "centre-a"
NEWEST = "2026-10"


@dataclass(frozen=True)
class Attack:
    """A statement that must not pass; ``before`` prepares what is allowed."""

    name: str
    sql: str
    before: str = ""


def _attacks() -> list[Attack]:
    closing = f"(SELECT closing_id FROM months WHERE month = '{NEWEST}')"
    card = f"(SELECT min(id) FROM scorecards WHERE closing_id = {closing})"
    person = f"(SELECT min(employee_id) FROM scorecards WHERE closing_id = {closing})"
    found = []

    def add(name: str, sql: str, before: str = "") -> None:
        found.append(Attack(name, sql, before))

    for table, column in (("fact_sheets", "position"), ("scorecards", "grade")):
        add(f"change {table}", f"UPDATE {table} SET {column} = 'x' WHERE closing_id = {closing}")
        add(f"delete {table}", f"DELETE FROM {table} WHERE closing_id = {closing}")
    add(
        "change one total",
        f"UPDATE scorecards SET total = 99 WHERE id = {card}",
    )
    add(
        "insert fact_sheets",
        "INSERT INTO fact_sheets (closing_id, employee_id, hire_date, facts)"
        f" SELECT {closing}, max(id), '2020-01-01', '{{}}' FROM employees",
        "INSERT INTO employees (employee_no, name, hire_date) VALUES ('X1', 'x', '2020-01-01')",
    )
    add(
        "insert scorecards",
        "INSERT INTO scorecards (id, closing_id, month, employee_id, position, template, status,"
        " ramping, tenure_months, coverage, team_share, adjustment, coefficient)"
        f" SELECT 999999, {closing}, '{NEWEST}', max(id), 'x', 'x', 'complete', false, 0, 1, 0, 0,"
        " 9 FROM employees",
        "INSERT INTO employees (employee_no, name, hire_date) VALUES ('X1', 'x', '2020-01-01')",
    )
    for table, change in (
        ("scorecard_lines", "score = 120"),
        ("rule_entries", "state = 'voided'"),
        ("pays", "payout = 1"),
    ):
        mine = f"scorecard_id IN (SELECT id FROM scorecards WHERE closing_id = {closing})"
        add(f"change {table}", f"UPDATE {table} SET {change} WHERE {mine}")
        add(f"delete {table}", f"DELETE FROM {table} WHERE {mine}")
    add(
        "insert scorecard_lines",
        "INSERT INTO scorecard_lines (scorecard_id, ordinal, metric, weight, floor, target, prior)"
        f" VALUES ({card}, 99, 'csat', 1, 0, 1, 0)",
    )
    add(
        "insert rule_entries",
        "INSERT INTO rule_entries (scorecard_id, ordinal, rule, kind, fired_by, state, points,"
        " amount, bonus_deduction, bonus_share, wage_deduction, bars_awards, actions)"
        f" VALUES ({card}, 99, 'R', 'reward', 'when', 'counts', 5, 0, 0, 0, 0, 0, '')",
    )
    add(
        "move lines to another card",
        f"UPDATE scorecard_lines SET ordinal = ordinal + 50 WHERE scorecard_id = {card}",
    )
    add(
        "change person_days",
        f"UPDATE person_days SET late_minutes = 0, absent = false WHERE month = '{NEWEST}'",
    )
    add("delete person_days", f"DELETE FROM person_days WHERE month = '{NEWEST}'")
    add(
        "move person_days out", f"UPDATE person_days SET month = '2031-01' WHERE month = '{NEWEST}'"
    )
    add(
        "move person_days in",
        f"UPDATE person_days SET month = '{NEWEST}' WHERE month = '2031-01'",
        "INSERT INTO person_days (employee_id, day, month, scheduled, worked, absent, missing,"
        " late_minutes, early_minutes, leave_halves, protected_halves, overtime_seconds, excused)"
        f" SELECT {person}, '2031-01-01', '2031-01', true, true, false, false, 0, 0, 0, 0, 0, ''",
    )
    add(
        "insert person_days",
        "INSERT INTO person_days (employee_id, day, month, scheduled, worked, absent, missing,"
        " late_minutes, early_minutes, leave_halves, protected_halves, overtime_seconds, excused)"
        f" SELECT {person}, '2031-01-01', '{NEWEST}', true, true, false, false, 0, 0, 0, 0, 0, ''",
    )
    add("change review_groups", f"UPDATE review_groups SET n = 9 WHERE month = '{NEWEST}'")
    add("delete review_groups", f"DELETE FROM review_groups WHERE month = '{NEWEST}'")
    add(
        "insert review_groups",
        "INSERT INTO review_groups (month, ratee_id, relations, n, total, competencies)"
        f" VALUES ('{NEWEST}', {person}, 'peer', 3, 1, '{{}}')",
    )
    add("delete review_participants", f"DELETE FROM review_participants WHERE month = '{NEWEST}'")
    add(
        "change review_seals",
        f"UPDATE review_seals SET digests = substr(digests, 2) WHERE month = '{NEWEST}'",
    )
    add("delete review_seals", f"DELETE FROM review_seals WHERE month = '{NEWEST}'")
    add(
        "insert review_seals",
        f"INSERT INTO review_seals (month, part, size, digests) VALUES ('{NEWEST}', 99, 1, 'x')",
    )
    add(
        "insert review_comments",
        "INSERT INTO review_comments (month, ratee_id, relations, place, text)"
        f" VALUES ('{NEWEST}', {person}, 'peer', 0, 'x')",
    )
    add(
        "open a month",
        f"UPDATE months SET state = 'open', closing_id = NULL WHERE month = '{NEWEST}'",
    )
    add("delete a month", f"DELETE FROM months WHERE month = '{NEWEST}'")
    add("rename a month", f"UPDATE months SET month = '2031-01' WHERE month = '{NEWEST}'")
    add(
        "exchange the closing",
        f"UPDATE months SET closing_id = (SELECT max(id) FROM closings) WHERE month = '{NEWEST}'",
        "INSERT INTO closings (month, revision, document_version_id, document_hash, calendar,"
        " closed_at, closed_by, left_out, sealed) SELECT '2031-02', 1, document_version_id,"
        " document_hash, calendar, closed_at, 'x', left_out, true FROM closings LIMIT 1",
    )
    add(
        "insert a closing of a closed month",
        "INSERT INTO closings (month, revision, document_version_id, document_hash, calendar,"
        f" closed_at, closed_by, left_out, sealed) SELECT '{NEWEST}', 9, document_version_id,"
        " document_hash, calendar, closed_at, 'x', left_out, false FROM closings LIMIT 1",
    )
    add("change a closing", f"UPDATE closings SET digest = 'x' WHERE month = '{NEWEST}'")
    add("unseal a closing", f"UPDATE closings SET sealed = false WHERE month = '{NEWEST}'")
    add(
        "close a month without a sealed closing",
        "INSERT INTO months (month, state, closing_id)"
        " SELECT '2031-02', 'closed', max(id) FROM closings",
        "INSERT INTO closings (month, revision, document_version_id, document_hash, calendar,"
        " closed_at, closed_by, left_out, sealed) SELECT '2031-02', 1, document_version_id,"
        " document_hash, calendar, closed_at, 'x', left_out, false FROM closings LIMIT 1",
    )
    add("change an audit entry", "UPDATE audit_entries SET actor = 'nobody'")
    add("change the content of an entry", "UPDATE audit_entries SET payload = '{}'")
    add(
        "delete an audit entry",
        "DELETE FROM audit_entries WHERE id = (SELECT max(id) FROM audit_entries)",
    )
    add("change a policy", "UPDATE document_versions SET body = '{}'")
    add("change when a policy holds", "UPDATE document_versions SET effective_from = '2026-10'")
    add(
        "delete a policy",
        "DELETE FROM document_versions WHERE number = 99",
        "INSERT INTO document_versions (kind, number, effective_from, hash, body, created_at,"
        " created_by) SELECT kind, 99, effective_from, hash, body, created_at, created_by"
        " FROM document_versions LIMIT 1",
    )
    add("delete a key of the database", "DELETE FROM wrapped_keys")
    return found


def _replacing() -> list[Attack]:
    """SQLite removes rows in the way without a word to the triggers that guard deleting."""
    closing = f"(SELECT closing_id FROM months WHERE month = '{NEWEST}')"
    another = (
        "INSERT INTO closings (id, month, revision, document_version_id, document_hash, calendar,"
        " closed_at, closed_by, left_out, sealed) SELECT 999, '2031-02', 1, document_version_id,"
        " document_hash, calendar, closed_at, 'x', left_out, false FROM closings LIMIT 1"
    )
    card = (
        "(id, closing_id, month, employee_id, position, template, status, ramping,"
        " tenure_months, coverage, team_share, adjustment, coefficient)"
    )
    values = "'2031-02', employee_id, 'x', 'x', 'complete', false, 0, 1, 0, 0, 9"
    return [
        Attack(
            "replace a month",
            f"INSERT OR REPLACE INTO months (month, state) VALUES ('{NEWEST}', 'open')",
        ),
        Attack(
            "replace all months",
            "REPLACE INTO months (month, state) SELECT month, 'open' FROM months",
        ),
        Attack(
            "move a month onto another",
            f"UPDATE OR REPLACE months SET month = '{NEWEST}' WHERE month = '2031-02'",
            "INSERT INTO months (month, state) VALUES ('2031-02', 'open')",
        ),
        Attack(
            "replace an audit entry",
            "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE id = 5",
        ),
        Attack(
            "replace an audit entry by what it follows",
            "INSERT OR REPLACE INTO audit_entries (at, actor, action, subject, origin,"
            " payload_hash, previous, mac)"
            " SELECT at, 'x', action, subject, origin, payload_hash, previous, mac"
            " FROM audit_entries WHERE id = 5",
        ),
        Attack(
            "replace a policy",
            "INSERT OR REPLACE INTO document_versions SELECT * FROM document_versions",
        ),
        Attack("replace a key", "INSERT OR REPLACE INTO wrapped_keys SELECT * FROM wrapped_keys"),
        Attack(
            "replace a closing",
            "INSERT OR REPLACE INTO closings (id, month, revision, document_version_id,"
            " document_hash, calendar, closed_at, closed_by, left_out, sealed)"
            f" SELECT {closing}, '2031-02', 1, document_version_id, document_hash, calendar,"
            " closed_at, 'x', left_out, false FROM closings LIMIT 1",
        ),
        Attack(
            "replace a scorecard by one of a closing to come",
            f"INSERT OR REPLACE INTO scorecards {card} SELECT id, 999, {values} FROM scorecards"
            f" WHERE closing_id = {closing}",
            another,
        ),
        Attack(
            "move a scorecard onto another",
            f"UPDATE OR REPLACE scorecards SET id = (SELECT min(id) FROM scorecards WHERE"
            f" closing_id = {closing}) WHERE id = 888888",
            f"{another}; INSERT INTO scorecards {card} SELECT 888888, 999, {values} FROM scorecards"
            " LIMIT 1",
        ),
        Attack(
            "replace a day by one of another month",
            "INSERT OR REPLACE INTO person_days (employee_id, day, month, scheduled, worked,"
            " absent, missing, late_minutes, early_minutes, leave_halves, protected_halves,"
            " overtime_seconds, excused) SELECT employee_id, day, '2031-01', true, true, false,"
            f" false, 0, 0, 0, 0, 0, '' FROM person_days WHERE month = '{NEWEST}'",
        ),
        Attack(
            "replace the sum of a group",
            "INSERT OR REPLACE INTO review_groups (id, month, ratee_id, relations, n, total,"
            " competencies) SELECT id, '2031-01', ratee_id, relations, 9, total, competencies"
            f" FROM review_groups WHERE month = '{NEWEST}'",
        ),
    ]


REPLACING = {attack.name: attack for attack in _replacing()}
ATTACKS = {attack.name: attack for attack in _attacks()}
TRUNCATED = (
    *("fact_sheets", "scorecards", "scorecard_lines", "rule_entries", "pays", "person_days"),
    *("review_groups", "review_participants", "review_seals", "review_comments"),
    *("closings", "months", "pay_adjustments"),
    *("audit_entries", "reopenings", "document_versions", "wrapped_keys"),
)


def begin(connection: Connection) -> None:
    """Python's driver begins transactions before rows change only, not before triggers do."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("BEGIN"))


@contextmanager
def rolled_back(url: str) -> Iterator[Connection]:
    """A transaction that comes to nothing, so that one copy serves many attacks."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.execute(text("PRAGMA foreign_keys=OFF"))
                connection.rollback()
                begin(connection)
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def triggers(connection: Connection) -> list[tuple[str, str]]:
    """Name and table of every trigger of the lock."""
    catalogue = {
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
        " WHERE NOT tgisinternal",
    }
    rows = connection.execute(text(catalogue[connection.dialect.name]))
    return [(name, table) for name, table in rows if name.startswith("lock_")]


def drop_triggers(connection: Connection) -> None:
    for name, table in triggers(connection):
        on = f" ON {table}" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER {name}{on}"))


def drop_foreign_keys(connection: Connection) -> None:
    """So that it is the lock that is tested, not what happens to point at a row."""
    if connection.dialect.name == "postgresql":
        for table in inspect(connection).get_table_names():
            for key in inspect(connection).get_foreign_keys(table):
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {key['name']}"))


@pytest.fixture(scope="module")
def closed_url(examples: Examples) -> Callable[[Kind], str]:
    return lambda kind: examples.to_read(kind, CENTRE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ATTACKS)
def test_raw_sql_cannot_change_what_is_closed(
    closed_url: Callable[[Kind], str], kind: Kind, name: str
) -> None:
    attack = ATTACKS[name]
    with rolled_back(closed_url(kind)) as connection:
        if attack.before:
            connection.execute(text(attack.before))
        with pytest.raises(DBAPIError, match="locked: "):
            connection.execute(text(attack.sql))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ATTACKS)
def test_without_the_triggers_the_same_sql_succeeds(
    closed_url: Callable[[Kind], str], kind: Kind, name: str
) -> None:
    attack = ATTACKS[name]
    with rolled_back(closed_url(kind)) as connection:
        drop_triggers(connection)
        drop_foreign_keys(connection)
        if attack.before:
            connection.execute(text(attack.before))
        assert connection.execute(text(attack.sql)).rowcount > 0


@pytest.mark.parametrize("name", REPLACING)
def test_nothing_closed_is_replaced_by_what_takes_its_place(
    closed_url: Callable[[Kind], str], name: str
) -> None:
    attack = REPLACING[name]
    with rolled_back(closed_url("sqlite")) as connection:
        for sql in filter(None, attack.before.split("; ")):
            connection.execute(text(sql))
        with pytest.raises(DBAPIError, match="locked: "):
            connection.execute(text(attack.sql))
        drop_triggers(connection)
        assert connection.execute(text(attack.sql)).rowcount > 0


@pytest.mark.parametrize("table", TRUNCATED)
def test_a_table_of_closed_months_cannot_be_emptied_at_once(
    closed_url: Callable[[Kind], str], table: str
) -> None:
    with rolled_back(closed_url("postgresql")) as connection:
        with pytest.raises(DBAPIError, match="locked: "):
            connection.execute(text(f"TRUNCATE {table} CASCADE"))
        connection.rollback()
        drop_triggers(connection)
        connection.execute(text(f"TRUNCATE {table} CASCADE"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_locked_table_is_attacked(closed_url: Callable[[Kind], str], kind: Kind) -> None:
    with rolled_back(closed_url(kind)) as connection:
        locked = {table for _, table in triggers(connection)}
    attacked = {
        table
        for table in locked
        for attack in ATTACKS.values()
        if f"UPDATE {table} " in attack.sql
        or f"DELETE FROM {table} " in f"{attack.sql} "
        or f"INSERT INTO {table} " in attack.sql
    }
    assert locked - attacked == {"reopenings", "pay_adjustments"}  # have tests of their own
    assert set(TRUNCATED) == locked


@pytest.mark.parametrize("kind", KINDS)
def test_the_trace_of_a_reopening_stays(examples: Examples, kind: Kind) -> None:
    url = examples.closed(kind, CENTRE)
    with opened(url) as session:
        reopen(session, Month(2026, 10))
    for attack in ("DELETE FROM reopenings", "UPDATE reopenings SET reason = ''"):
        with rolled_back(url) as connection:
            with pytest.raises(DBAPIError, match="locked: "):
                connection.execute(text(attack))
            connection.rollback()
            begin(connection)
            drop_triggers(connection)
            assert connection.execute(text(attack)).rowcount == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_official_way_opens_a_month_and_keeps_what_it_held(
    examples: Examples, kind: Kind
) -> None:
    url = examples.closed(kind, CENTRE)
    with opened(url) as session:
        reopen(session, Month(2026, 10))
    opened_now = (
        "UPDATE person_days SET late_minutes = 7 WHERE month = '2026-10'",
        "DELETE FROM review_groups WHERE month = '2026-10'",
    )
    for statement in opened_now:
        with rolled_back(url) as connection:
            assert connection.execute(text(statement)).rowcount > 0
    still_locked = (
        "UPDATE scorecards SET total = 1 WHERE month = '2026-10'",
        "DELETE FROM fact_sheets WHERE closing_id = (SELECT max(id) FROM closings)",
        "UPDATE pays SET payout = 1",
        "UPDATE closings SET digest = 'x' WHERE month = '2026-10'",
        "UPDATE person_days SET late_minutes = 7 WHERE month = '2026-09'",
        # Back to the closing that was opened, past the trace of it.
        "UPDATE months SET state = 'closed', closing_id = (SELECT max(id) FROM closings)"
        " WHERE month = '2026-10'",
    )
    for statement in still_locked:
        with (
            rolled_back(url) as connection,
            pytest.raises(DBAPIError, match="locked: "),
        ):
            connection.execute(text(statement))


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_month_opens_in_no_way(examples: Examples, kind: Kind) -> None:
    month = Month(2026, 10)
    url = examples.closed(kind, CENTRE)
    with opened(url) as session:
        with transaction():
            payroll.mark_exported(session, actor=SYSTEM, now=NOW, month=month)
        with pytest.raises(Conflict, match="exported"):
            reopen(session, month)
    traced = (
        "INSERT INTO reopenings (closing_id, at, by, reason, audit_id) SELECT closing_id,"
        f" '2026-11-02 00:00:00', 'x', 'x', 1 FROM months WHERE month = '{month}'"
    )
    for statement in (
        f"UPDATE months SET state = 'open', closing_id = NULL WHERE month = '{month}'",
        f"UPDATE months SET state = 'open', closing_id = NULL, exported_at = NULL"
        f" WHERE month = '{month}'",
        f"UPDATE months SET exported_at = NULL WHERE month = '{month}'",
    ):
        with rolled_back(url) as connection:
            connection.execute(text(traced))
            with pytest.raises(DBAPIError, match="locked: "):
                connection.execute(text(statement))
    # The same trace is enough where nothing was exported.
    with rolled_back(examples.to_read(kind, CENTRE)) as connection:
        connection.execute(text(traced))
        opening = f"UPDATE months SET state = 'open', closing_id = NULL WHERE month = '{month}'"
        assert connection.execute(text(opening)).rowcount == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_open_month_is_not_locked(examples: Examples, kind: Kind) -> None:
    url = examples.imported(kind, CENTRE)
    with opened(url) as session:
        close(session, Month(2026, 8))
        services.compute_open_month(session, Month(2026, 9))
        session.commit()
    with rolled_back(url) as connection:
        for statement in (
            "UPDATE person_days SET late_minutes = 1 WHERE month = '2026-09'",
            "UPDATE reviews SET rating = 1 WHERE month = '2026-09'",
        ):
            assert connection.execute(text(statement)).rowcount > 0
        assert connection.execute(text("SELECT count(*) FROM reviews WHERE month = '2026-08'"))
