"""Wages and what is taken off them: nowhere in the database or its files in clear.

A centre whose sums are like no other number goes all the way: people are imported, changed, late,
refused, taken back; months are closed and opened again. Then everything that the database holds is
searched, as somebody would who has the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.orm import Session
from support.centres import NOW, close, opened, publish, reopen, seal
from support.databases import KINDS, Databases, Kind, build_schema
from support.importing import Files

from closing import services
from closing.imports.batches import upload_path
from closing.imports.late import apply_late_rows
from closing.imports.services import preview_import
from closing.imports.taking_back import undo_import
from closing.payroll import pay_lines
from closing.policy_text import default_policy, dump, load_policy
from closing.verification import verify
from core import keyring
from core.actor import SYSTEM
from core.db import db, transaction
from core.keyring import WrongKey
from core.models import AuditEntry, ImportBatch
from core.secrets import MasterKey
from core.values import Month

HEADER = "employee_no,name,position,team,hire_date,base_wage,effective_from"
OCTOBER = Month(2026, 10)
ASKED = 2371.5
# Every sum that no part of the database may tell, as it is written in a file.
WAGES = ("7391.25", "8462.75", "6283.50", "9174.25", "5827.75")
LATER = datetime(2026, 12, 2)


def policy() -> Any:
    """One rule that takes from everybody's wage."""
    document = yaml.safe_load(dump(default_policy()))
    document["pay"] |= {"wage_deductions": True, "minimum_wage": 2000}
    document["rules"] = {
        "TST-P1": {
            "category": "attitude",
            "kind": "penalty",
            "zh": "试",
            "en": "Test",
            "when": "complaint_count >= 0",
            "wage_deduction": ASKED,
        }
    }
    return load_policy(yaml.safe_dump(document, allow_unicode=True).encode())


def people(*rows: tuple[str, str]) -> list[str]:
    return [HEADER, *(f"{no},柳青禾,agent,客服中心,2025-01-06,{wage}," for no, wage in rows)]


@pytest.fixture
def make(databases: Databases, tmp_path: Path) -> Iterator[Callable[[Kind], tuple[str, Files]]]:
    made: list[Any] = []

    def start(kind: Kind) -> tuple[str, Files]:
        url = databases.empty(kind)
        build_schema(url)
        context = opened(url)
        session = context.__enter__()
        made.append((url, context))
        publish(session, policy())
        return url, Files(session, tmp_path)

    yield start
    for url, context in made:
        context.__exit__(None, None, None)
        databases.drop(url)


def journey(files: Files) -> None:
    """Everything that touches a wage."""
    files.good("employees", *people(("E1", WAGES[0]), ("E2", WAGES[1])))
    files.good("employees", *people(("E1", WAGES[2])))
    assert files.add("employees", *people(("E3", f"{WAGES[3]} x"))).refused
    files.add("employees", *people(("E3", f"{WAGES[3]} x"), ("E2", WAGES[1])), partial=True)
    close(files.session, OCTOBER)
    late = files.add(
        "employees", HEADER, f"E2,柳青禾,agent,客服中心,2025-01-06,{WAGES[3]},2026-09-01"
    )
    assert late.counts["late"] == 1
    report = files.add("employees", *people(("E2", WAGES[4])), clock=LATER)
    assert report.counts["changed"] == 1


def contents(url: str) -> str:
    """Every column of every row as text, but for the policy, which everybody may read."""
    engine = create_engine(url)
    parts = []
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                if table != "document_versions":
                    parts.append(f"{table} {tuple(row)!r}")
    engine.dispose()
    return "\n".join(parts)


def file_bytes(url: str) -> str:
    """The file of an SQLite database and those beside it, free pages and all."""
    if not url.startswith("sqlite"):
        return ""
    base = Path(url.removeprefix("sqlite:///"))
    found = [base, *base.parent.glob(f"{base.name}-*")]
    return "\n".join(path.read_bytes().decode("latin-1") for path in found)


def leaks(haystack: str, sums: tuple[str, ...]) -> list[str]:
    """The sums that stand there: as written, without the point, or as a number would be."""
    found = []
    for each in sums:
        value = Decimal(each)
        for form in {each, str(value.normalize()), str(int(value * 100)), repr(float(value))}:
            if re.search(rf"(?<![0-9A-Za-z+/=.]){re.escape(form)}(?![0-9A-Za-z+/=])", haystack):
                found.append(form)
    return found


def test_the_search_would_find_a_wage() -> None:
    assert leaks("assignments (1, 739125, None)", WAGES) == ["739125"]
    assert leaks('{"base_wage": "7391.25"}', WAGES) == ["7391.25"]
    assert leaks("(1, Decimal('6283.5'))", WAGES) == ["6283.5"]


@pytest.mark.parametrize("kind", KINDS)
def test_no_wage_stands_in_clear_anywhere(
    make: Callable[[Kind], tuple[str, Files]], kind: Kind
) -> None:
    url, files = make(kind)
    journey(files)
    assert [str(wage) for _, _, wage in files.wages()] == [WAGES[2], WAGES[1], WAGES[4]]
    files.session.commit()
    allowed = {str(each.wage_deduction) for each in pay_lines(files.session, OCTOBER)}
    asked = {str(each.wage_deduction_asked) for each in pay_lines(files.session, OCTOBER)}
    assert asked == {"2371.50"}
    assert allowed == {"1256.70", "1692.55"}  # a fifth of the wage
    files.session.rollback()
    assert leaks(contents(url), (*WAGES, *allowed, *asked)) == []
    # What a rule asks for stands in the policy, so it is no secret there.
    assert leaks(file_bytes(url), (*WAGES, *allowed)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_trail_says_that_a_wage_changed_but_not_from_what_to_what(
    make: Callable[[Kind], tuple[str, Files]], kind: Kind
) -> None:
    _, files = make(kind)
    journey(files)
    entries = files.rows("SELECT payload FROM audit_entries WHERE action = 'employees:change'")
    assert entries
    assert all('"base_wage": "…"' in payload for (payload,) in entries)


@pytest.mark.parametrize("kind", KINDS)
def test_a_late_wage_is_taken_in_when_its_month_is_opened(
    make: Callable[[Kind], tuple[str, Files]], kind: Kind
) -> None:
    _, files = make(kind)
    journey(files)
    session = files.session
    again = files.add(
        "employees", HEADER, f"E2,柳青禾,agent,客服中心,2025-01-06,{WAGES[3]},2026-09-01"
    )
    assert again.counts["late"] == 1
    assert files.one("SELECT count(*) FROM late_rows") == 1  # the same row waits once
    reopen(session, OCTOBER)
    with transaction():
        counts = apply_late_rows(
            session, months=[OCTOBER], clock=LATER, seal=seal, actor=SYSTEM, now=NOW
        )
    assert counts["changed"] == 1
    assert WAGES[3] in [str(wage) for _, _, wage in files.wages()]


@pytest.mark.parametrize("kind", KINDS)
def test_an_undo_puts_the_old_wage_back(
    make: Callable[[Kind], tuple[str, Files]], kind: Kind
) -> None:
    _, files = make(kind)
    files.good("employees", *people(("E1", WAGES[0])))
    batch = files.good("employees", *people(("E1", WAGES[2]))).batch_id
    assert [str(wage) for _, _, wage in files.wages()] == [WAGES[2]]
    assert batch is not None
    with transaction():
        undo_import(files.session, batch_id=batch, clock=LATER, seal=seal, actor=SYSTEM, now=NOW)
    assert [str(wage) for _, _, wage in files.wages()] == [WAGES[0]]


def test_a_wage_that_is_the_same_is_the_same(
    make: Callable[[Kind], tuple[str, Files]],
) -> None:
    _, files = make("sqlite")
    files.good("employees", *people(("E1", "7391.5")))
    assert files.good("employees", *people(("E1", "7391.50"))).counts["same"] == 1
    assert files.good("employees", *people(("E1", "7391.51"))).counts["changed"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_closing_twice_gives_the_same_sums_and_another_cipher(
    make: Callable[[Kind], tuple[str, Files]], kind: Kind
) -> None:
    _, files = make(kind)
    journey(files)
    query = "SELECT wage_deduction FROM pays ORDER BY scorecard_id DESC LIMIT 2"
    first, stored = _money(files.session), files.rows(query)
    reopen(files.session, OCTOBER)
    close(files.session, OCTOBER)
    assert _money(files.session) == first
    assert files.rows(query) != stored
    assert list(verify(files.session)) == []


def _money(session: Session) -> list[tuple[str, Decimal, Decimal]]:
    views = services.views_of(session, OCTOBER)
    return [
        (each.employee_no, each.pay.wage_deduction, each.pay.wage_deduction_asked) for each in views
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_deduction_of_nothing_does_not_show(
    make: Callable[[Kind], tuple[str, Files]], kind: Kind
) -> None:
    _, files = make(kind)
    files.good("employees", *people(("E1", ""), ("E2", WAGES[1])))
    close(files.session, OCTOBER)
    sums = {each.employee_no: each.wage_deduction for each in pay_lines(files.session, OCTOBER)}
    assert (sums["E1"], sums["E2"] > 0) == (Decimal("0.00"), True)
    stored = files.rows("SELECT length(wage_deduction), length(wage_deduction_asked) FROM pays")
    assert len(set(stored)) == 1
    entries = files.rows("SELECT length(wage_deduction) FROM rule_entries")
    assert len(set(entries)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_closed_sums_open_after_the_master_key_was_replaced(
    make: Callable[[Kind], tuple[str, Files]], kind: Kind
) -> None:
    _, files = make(kind)
    journey(files)
    before, new = _money(files.session), MasterKey(b"n" * 32)
    with transaction():
        keyring.hold(files.session)
        assert keyring.rewrap(files.session, new) == 3
        from flask import current_app

        keyring.install(lambda: new, current_app)
    assert _money(files.session) == before
    assert list(verify(files.session)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_sum_of_one_row_does_not_open_in_another(
    make: Callable[[Kind], tuple[str, Files]], kind: Kind
) -> None:
    """Somebody with the file exchanges two wages, which they cannot read."""
    _, files = make(kind)
    files.good("employees", *people(("E1", WAGES[0]), ("E2", WAGES[1])))
    files.session.execute(
        text("UPDATE assignments SET base_wage = (SELECT base_wage FROM assignments WHERE id = 1)")
    )
    files.session.commit()
    with pytest.raises(WrongKey):
        services.compute_open_month(files.session, OCTOBER)
    files.session.rollback()


def test_an_upload_with_wages_is_for_its_owner_only(
    make: Callable[[Kind], tuple[str, Files]], tmp_path: Path
) -> None:
    _, files = make("sqlite")
    path = files.write("\n".join(people(("E1", WAGES[0]))), "people.csv")
    with transaction():
        report = preview_import(
            files.session,
            kind="employees",
            path=path,
            filename="people.csv",
            clock=LATER,
            seal=seal,
            actor=SYSTEM,
            now=NOW,
            uploads=tmp_path / "uploads",
        )
    batch = files.session.get_one(ImportBatch, report.batch_id)
    kept = upload_path(tmp_path / "uploads", batch)
    assert kept.stat().st_mode & 0o077 == 0
    assert kept.parent.stat().st_mode & 0o077 == 0
    assert WAGES[0] in kept.read_text()


def test_the_head_of_the_trail_stands_in_every_closing(
    make: Callable[[Kind], tuple[str, Files]],
) -> None:
    _, files = make("sqlite")
    journey(files)
    [(number, head)] = files.rows("SELECT audit_number, audit_head FROM closings")
    entry = files.session.get_one(AuditEntry, number)
    assert entry.mac == head
    assert db.session.get(AuditEntry, number + 1) is not None
