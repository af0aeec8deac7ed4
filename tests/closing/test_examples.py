"""The three worked examples: files in, scorecards and award proposals out, on both databases."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from support.centres import (
    CENTRES,
    KINDS_OF_FILES,
    SECRET,
    Examples,
    cards,
    close,
    expected,
    expected_awards,
    expected_months,
    import_folder,
    opened,
    reopen,
    unpacked,
)
from support.compare import differences
from support.databases import KINDS, Kind
from support.rows import derived, everything, latest_closings

from app import create_app
from closing.awards import propose
from closing.services import revisions
from closing.verification import verify
from core.db import db

NOT_IN_FILES = {"revision", "policy_version", "as_of"}


def without_additions(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Scorecards with the keys that the files have."""
    return [{k: v for k, v in each.items() if k not in NOT_IN_FILES} for each in results]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CENTRES)
def test_every_scorecard_is_the_expected_one(examples: Examples, kind: Kind, name: str) -> None:
    with opened(examples.to_read(kind, name)) as session:
        for month in expected_months(name):
            got = without_additions(cards(session, month))
            want = expected(name, str(month))
            assert want != []
            assert list(differences(want, got)) == [], month


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CENTRES)
def test_every_award_is_proposed_to_the_expected_people(
    examples: Examples, kind: Kind, name: str
) -> None:
    wanted = expected_awards(name)
    assert wanted != []
    with opened(examples.to_read(kind, name)) as session:
        for month, award in wanted:
            got = [each.as_json() for each in propose(session, month, award)]
            assert got == expected(name, f"{month}.{award}"), award


@pytest.mark.parametrize(
    ("want", "got"),
    [
        ({"total": 80.0}, {"total": 80.01}),
        ({"total": 80.0}, {"total": 80.0000001}),
        ({"base": 80.0}, {"base": 80.000002}),
        ({"base": 80.0}, {"base": None}),
        ({"base": None}, {"base": 0}),
        ({"facts": {}}, {"facts": {"csat": 1}}),
        ({"facts": {"csat": 1}}, {"facts": {}}),
        ({"rules": [{"rule": "A"}, {"rule": "B"}]}, {"rules": [{"rule": "B"}, {"rule": "A"}]}),
        ({"rules": []}, {"rules": [{"rule": "A"}]}),
        ({"ramping": False}, {"ramping": 0}),
        ([{"employee_no": "E1"}], []),
        ({"payout": "100.00"}, {"payout": "100.0"}),
    ],
)
def test_a_difference_is_seen(want: Any, got: Any) -> None:
    assert list(differences(want, got)) != []


def test_the_last_digits_of_a_float_are_no_difference() -> None:
    assert list(differences({"base": 80.0, "points": 0}, {"base": 80.0000001, "points": 0.0})) == []


@pytest.mark.parametrize("name", CENTRES)
def test_both_databases_hold_the_same_rows(examples: Examples, name: str) -> None:
    held = []
    for kind in KINDS:
        with opened(examples.to_read(kind, name)) as session:
            closings = latest_closings(session)
            held.append({month: derived(session, each) for month, each in closings.items()})
    assert held[0].keys() == set(expected_months(name))
    assert held[0] == held[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["centre-a", "centre-b"])
def test_a_month_closed_twice_has_the_same_rows(examples: Examples, kind: Kind, name: str) -> None:
    months = expected_months(name)
    url = examples.closed(kind, name)
    with opened(url) as session:
        first = latest_closings(session)
        before = {month: derived(session, each) for month, each in first.items()}
        digests = {month: each.digest for month, each in first.items()}
        reopen(session, months[0], cascade=True)
        close(session, *months)
        second = latest_closings(session)
        assert {each.revision for each in second.values()} == {2}
        assert {month: derived(session, each) for month, each in second.items()} == before
        kept = {month: revisions(session, month)[-1].digest for month in months}
        assert kept == digests


class Terminal:
    """Runs the real commands on one database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.app = create_app(
            {
                "DATABASE_URL": url,
                "INSTANCE": str(folder),
                "PINGYOU_KEY": base64.b64encode(SECRET).decode(),
                "PINGYOU_LANGUAGE": "en",
                "TESTING": True,
            }
        )
        self.runner = self.app.test_cli_runner()

    def run(self, *words: str) -> Result:
        return self.runner.invoke(args=list(words), catch_exceptions=False)

    def ok(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.stdout

    def close(self) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(database_url, tmp_path)
    yield made
    made.close()


def test_the_commands_give_the_expected_results(terminal: Terminal, tmp_path: Path) -> None:
    name = "centre-a"
    folder = unpacked(name)
    terminal.ok("policy", "load", str(folder / "policy.yaml"))
    for kind in KINDS_OF_FILES:
        said = terminal.ok(
            "import", kind, str(folder / f"{kind}.csv"), "--clock", "2026-11-02 00:00"
        )
        last = said.splitlines()[-1]
        assert last.startswith("new ")
        assert last.endswith(", refused 0")
    for month in expected_months(name):
        assert f"{month} closed, revision 1" in terminal.ok("close", str(month))
        got = json.loads(terminal.ok("scorecards", str(month), "--format", "json"))
        assert list(differences(expected(name, str(month)), without_additions(got))) == []
        assert {each["revision"] for each in got} == {1}
        assert {each["policy_version"] for each in got} == {1}
    for month, award in expected_awards(name):
        got = json.loads(terminal.ok("awards", str(month), award, "--format", "json"))
        assert got == expected(name, f"{month}.{award}")
    said = terminal.ok("simulate", "2026-10", "--policy", str(folder / "policy.yaml"))
    people = len(expected(name, "2026-10"))
    assert said.splitlines() == [f"0 of {people} scorecards differ, payout +0.00"]
    assert "whole" in terminal.ok("audit", "verify")
    refused = terminal.run("close", "2026-09")
    assert refused.exit_code == 1
    assert "2026-09" in refused.stderr
    assert terminal.run("close", "2026-13").exit_code == 2
    later = terminal.run("close", "2126-12", "--dry-run")
    assert "2126-12 lasts until 2126-12-31" in later.stderr
    assert "2026-11 – 2126-11 stay open, and cannot be closed while 2126-12 is" in later.stderr


def test_a_file_imported_again_after_the_close_changes_nothing(examples: Examples) -> None:
    name = "centre-a"
    with opened(examples.closed("sqlite", name)) as session:
        ignored = ("import_batches", "audit_entries")
        before = everything(session, ignored)
        import_folder(session, unpacked(name))
        assert everything(session, ignored) == before


@pytest.mark.parametrize("name", CENTRES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_verify(examples: Examples, kind: Kind, name: str) -> None:
    with opened(examples.to_read(kind, name)) as session:
        assert list(verify(session)) == []
