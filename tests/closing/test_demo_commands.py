"""``flask demo`` and ``flask start`` on databases."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from support.databases import SHARED, Databases, Kind, build_schema
from support.site import application

from closing import services
from closing.demo.services import PASSWORD, sign_ins
from closing.months import closed_months
from closing.policy_text import default_policy
from closing.verification import verify
from closing.versions import publish_policy
from core.actor import SYSTEM
from core.db import db, transaction
from core.errors import N_, Refused
from core.models import AuditEntry
from core.values import Month
from reports.audit.words import action_words
from staff.accounts import passwords
from staff.accounts.services import find
from staff.models import Account, Employee

SMALL = ("--staff", "20", "--months", "2")
JULY, SEPTEMBER, OCTOBER = Month(2026, 7), Month(2026, 9), Month(2026, 10)
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


def opened(url: str) -> Flask:
    return application(url, Path(os.environ[SHARED]) / "instance", PINGYOU_LANGUAGE="en")


@contextmanager
def inside(app: Flask) -> Iterator[Session]:
    """A session on the application's database; every connection is gone afterwards."""
    with app.app_context():
        try:
            yield db.session()
        finally:
            db.session.remove()
            db.engine.dispose()


def prepared(url: str) -> Flask:
    """The application on a database that ``flask init`` has prepared."""
    app = opened(url)
    with inside(app) as session, transaction():
        publish_policy(session, actor=SYSTEM, now=NOW, policy=default_policy())
    return app


def run(app: Flask, *words: str) -> Any:
    with inside(app):
        return app.test_cli_runner().invoke(args=words)


def people(app: Flask) -> int:
    with inside(app) as session:
        return session.scalar(select(func.count(Employee.id))) or 0


@pytest.fixture
def app(fresh_database_url: Callable[[Kind], str]) -> Flask:
    return prepared(fresh_database_url("sqlite"))


@pytest.fixture(scope="module")
def small(databases: Databases) -> Flask:
    """A small demo; tests only read it."""

    def build(url: str) -> None:
        build_schema(url)
        assert run(prepared(url), "demo", *SMALL).exit_code == 0

    url = databases.copy_of("sqlite", "small-demo", build)
    return opened(url)


def scorecards(app: Flask, month: Month) -> list[dict[str, Any]]:
    with inside(app) as session:
        return [card.as_json() for card in services.views_of(session, month, preview=True)]


def test_all_months_but_the_last_are_closed_and_that_one_can_be(small: Flask) -> None:
    with inside(small) as session:
        assert closed_months(session) == [SEPTEMBER]
    cards = scorecards(small, OCTOBER)
    assert len(cards) >= 15
    assert sum(card["status"] == "complete" for card in cards) >= 12


def test_the_trail_of_the_demo_is_whole_and_told_in_words(small: Flask) -> None:
    with inside(small) as session:
        assert list(verify(session)) == []
        actions = set(session.scalars(select(AuditEntry.action)))
        assert [each for each in sorted(actions) if action_words(each) == each] == []
    assert {"demo.created", "month.closed", "import.applied"} <= actions


def test_there_is_a_sign_in_for_every_role(small: Flask) -> None:
    with inside(small) as session:
        found = sign_ins(session)
    roles = {"employee", "supervisor", "manager", "hr", "administrator", "auditor"}
    assert {each.role for each in found} == roles


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_same_seed_gives_the_same_scorecards_on_every_database(
    small: Flask, fresh_database_url: Callable[[Kind], str], kind: Kind
) -> None:
    other = prepared(fresh_database_url(kind))
    assert run(other, "demo", *SMALL).exit_code == 0
    assert scorecards(other, SEPTEMBER) == scorecards(small, SEPTEMBER)


def test_the_sign_ins_are_printed_and_nothing_of_the_progress(app: Flask) -> None:
    result = run(app, "demo", *SMALL)
    assert result.stderr == ""
    assert result.stdout.count(PASSWORD) == 7


def test_a_database_with_people_is_refused_and_left_alone(app: Flask) -> None:
    run(app, "demo", *SMALL)
    before = people(app)
    result = run(app, "demo", *SMALL)
    assert result.exit_code == 1
    assert "employees already" in result.stderr
    assert people(app) == before


def test_with_if_empty_a_database_with_people_is_passed_over_in_silence(app: Flask) -> None:
    run(app, "demo", *SMALL)
    result = run(app, "demo", "--if-empty")
    assert (result.exit_code, result.output) == (0, "")


def test_without_a_policy_it_is_refused(fresh_database_url: Callable[[Kind], str]) -> None:
    result = run(opened(fresh_database_url("sqlite")), "demo")
    assert result.exit_code == 1
    assert "policy" in result.stderr


def test_months_before_the_policy_are_refused(app: Flask) -> None:
    result = run(app, "demo", "--until", "2026-03")
    assert result.exit_code == 1
    assert "2025-10" in result.stderr


def test_a_demo_that_is_broken_off_leaves_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Refused(N_("broken off"))

    monkeypatch.setattr(services, "close_month", refuse)
    assert run(app, "demo", *SMALL).exit_code == 1
    assert people(app) == 0
    with inside(app) as session:
        assert set(session.scalars(select(AuditEntry.action))) == {"policy.published"}


@pytest.mark.parametrize("words", [("--staff", "5"), ("--months", "0"), ("--until", "soon")])
def test_a_size_that_cannot_be_is_wrong_usage(app: Flask, words: tuple[str, str]) -> None:
    assert run(app, "demo", *words).exit_code == 2


def started(app: Flask, monkeypatch: pytest.MonkeyPatch) -> str:
    """What ``flask start`` prints before the server takes its place."""
    served: list[object] = []
    monkeypatch.setattr(os, "execv", lambda *words: served.append(words))
    monkeypatch.setattr("core.serving.is_free", lambda port: True)
    result = run(app, "start")
    assert result.exit_code == 0, result.output
    assert len(served) == 1
    return str(result.stdout)


def test_start_shows_the_best_and_the_sign_ins_before_it_serves(
    small: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = [card for card in scorecards(small, SEPTEMBER) if card["company_rank"] is not None]
    ranked.sort(key=lambda card: card["company_rank"])
    shown = started(small, monkeypatch)
    assert "2026-09" in shown
    assert [card["name"] in shown for card in ranked[:10]] == [True] * 10
    assert f"{ranked[0]['total']:.2f}" in shown
    assert PASSWORD in shown

    monkeypatch.setattr("core.serving.is_free", lambda port: False)
    refused = run(small, "start")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "is taken" in refused.stderr


def test_start_of_an_empty_installation_only_serves(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert started(app, monkeypatch).startswith("Serving on http://127.0.0.1:")


def test_a_sign_in_whose_password_was_changed_is_no_longer_shown(app: Flask) -> None:
    run(app, "demo", *SMALL)
    with inside(app) as session:
        with transaction():
            account = find(session, "demo")
            assert isinstance(account, Account)
            account.password_hash = passwords.hasher().hash("something else")
        assert "demo" not in {each.login for each in sign_ins(session)}
        assert "auditor" in {each.login for each in sign_ins(session)}


@pytest.mark.long
def test_the_demo_of_sixty_has_the_grades_and_the_stories_that_it_should(app: Flask) -> None:
    assert run(app, "demo").exit_code == 0
    with inside(app) as session:
        months = closed_months(session)
    cards = {month: scorecards(app, month) for month in months}
    graded = [card["grade"] for month in months for card in cards[month] if card["grade"]]
    shares = {key: count / len(graded) for key, count in Counter(graded).items()}
    wanted = {"A": 0.18, "B": 0.46, "C": 0.27, "D": 0.08, "E": 0.01}
    assert all(abs(shares[key] - share) < 0.03 for key, share in wanted.items()), shares

    fired = {
        (month, entry["rule"])
        for month in months
        for card in cards[month]
        for entry in card["rules"]
        if entry["state"] == "counts"
    }
    rules = {rule for _, rule in fired}
    assert {"LEA-R1", "LAT-P1", "SEC-P2", "QUA-P3", "QUA-P1", "LEA-P1", "INN-R1"} <= rules
    assert (SEPTEMBER, "LEA-R1") in fired
    assert (JULY, "QUA-P3") in fired
    statuses = Counter(card["status"] for month in months for card in cards[month])
    assert statuses["exempt"] >= 2
    assert any(card["ramping"] for month in months for card in cards[month])
    means = [
        sum(card["total"] for card in cards[month] if card["grade"])
        / sum(1 for card in cards[month] if card["grade"])
        for month in months
    ]
    assert means[-1] > means[0]
