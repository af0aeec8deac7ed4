"""kill -9 in the middle of import, close, reopen and payroll: all or nothing, then done again."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from support.centres import KEY, Examples, opened, unpacked
from support.databases import KINDS, Databases, Kind
from support.killing import Ended, Point, run_and_kill
from support.site import application

from closing import jobs as closes
from closing.verification import verify
from core import jobs, keyring
from core.actor import SYSTEM
from core.backup.tables import tables_of
from core.clock import Now
from core.db import transaction
from core.models import AuditEntry
from core.values import Month

CENTRE = "centre-a"
MONTH = "2026-10"
ASKED = Now(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 2, 8))
# What differs from run to run: when it was, and what is encrypted or chained with it.
ENCRYPTED = re.compile(r"^\d+:[A-Za-z0-9+/=]{40,}$")
VOLATILE = {"mac", "previous", "audit_head", "audit_number", "digest", "audit_id"}
# PostgreSQL counts on after a transaction that was given up.
VOLATILE |= {"id", "closing_id", "scorecard_id", "batch_id"}
# A command that is done again leaves a second trace, and may number its rows otherwise.
TRACES = {"audit_entries", "import_batches", "jobs"}
Rows = dict[str, list[str]]


@dataclass(frozen=True)
class Work:
    """A command; ``closed``: on which of the two copies of the centre. ``again`` is the exit
    status of a second run after a first that was done."""

    words: tuple[str, ...]
    closed: bool
    again: int


def works(folder: Path) -> dict[str, Work]:
    """The import corrects every punch of a file and so touches many days."""
    source = unpacked(CENTRE) / "punches.csv"
    lines = source.read_text("utf-8-sig").splitlines()
    moved = [re.sub(r"(\d\d:\d)\d\b", r"\g<1>7", line, count=1) for line in lines[1:2001]]
    fresh = folder / "punches.csv"
    fresh.write_text("\n".join([lines[0], *dict.fromkeys(moved)]), encoding="utf-8")
    pay = folder / "pay.csv"
    return {
        "import": Work(
            ("import", "punches", str(fresh), "--clock", "2026-11-02 00:00", "--partial"), False, 0
        ),
        "close": Work(("close", MONTH), True, 1),
        "reopen": Work(("reopen", MONTH, "--reason", "a test"), True, 1),
        "job": Work(("jobs", "work"), True, 0),
        "payroll": Work(("payroll", MONTH, "-o", str(pay)), True, 0),
    }


def app_on(url: str, folder: Path) -> Flask:
    app = application(url, folder / "instance")
    keyring.install(lambda: KEY, app)
    return app


def rows_of(url: str) -> Rows:
    """Every row without what differs from run to run; of the traces only the actions."""
    found: Rows = {}
    with opened(url) as session:
        connection = session.connection()
        for table in tables_of(connection):
            if table.name not in TRACES:
                found[table.name] = sorted(
                    json.dumps([_steady(*each) for each in zip(table.columns, json.loads(line))])
                    for line in table.lines(connection)
                )
    return found


def _steady(column: tuple[str, str], value: object) -> object:
    name, kind = column
    if kind == "moment" or name in VOLATILE or ENCRYPTED.match(str(value)):
        return value is None
    return value


def actions(url: str) -> list[str]:
    with opened(url) as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def problems(url: str) -> list[str]:
    with opened(url) as session:
        return list(verify(session))


@dataclass
class Bench:
    """One kind of database, one command: the state before, and after an undisturbed run."""

    databases: Databases
    examples: Examples
    kind: Kind
    folder: Path
    work: Work

    def __post_init__(self) -> None:
        self.copies: list[str] = []
        self.start = self.prepared()
        assert problems(self.start) == []  # and all that was written is in one file
        url = self.copy()
        self.before, self.actions_before = rows_of(url), actions(url)
        self.whole = self.run(url)
        assert self.whole.status == 0
        self.after, self.actions_after = rows_of(url), actions(url)
        assert self.actions_after != self.actions_before

    def copy(self) -> str:
        self.copies.append(self.databases.like(self.start))
        return self.copies[-1]

    def prepared(self) -> str:
        url = self.examples.closed(self.kind, CENTRE)
        if self.work.words[0] in ("close", "import", "jobs"):
            words = ["reopen", MONTH, "--reason", "a test"]
            assert run_and_kill(lambda: app_on(url, self.folder), words, self.notes).status == 0
        if self.work.words[0] == "jobs":
            with opened(url) as session, transaction():
                month = closes.subject(Month.parse(MONTH))
                jobs.ask(session, actor=SYSTEM, now=ASKED, kind=closes.CLOSE, subject=month)
        return url

    @property
    def notes(self) -> Path:
        return self.folder / "notes"

    def run(self, url: str, point: Point | None = None, after: float | None = None) -> Ended:
        return run_and_kill(
            lambda: app_on(url, self.folder),
            list(self.work.words),
            self.notes,
            point=point,
            after=after,
        )

    def check(self, url: str, ended: Ended) -> None:
        """What is left of a run that was killed, and that the same command finishes the work."""
        rows, done = rows_of(url), actions(url)
        assert done in (self.actions_before, self.actions_after)
        if done == self.actions_before:
            assert rows == self.before
        elif self.work.words[0] != "import":  # days are brought up to date after the rows
            assert rows == self.after
        assert problems(url) == []
        again = self.run(url)
        assert again.status == (self.work.again if done == self.actions_after else 0)
        assert rows_of(url) == self.after
        assert problems(url) == []


Benches = Callable[[Kind, str], Bench]


@pytest.fixture(scope="module")
def benches(
    databases: Databases, examples: Examples, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Benches]:
    import_module("app")  # once, not in every process
    made: dict[tuple[Kind, str], Bench] = {}
    folder = tmp_path_factory.mktemp("kills")
    found = works(folder)

    def bench(kind: Kind, name: str) -> Bench:
        if (kind, name) not in made:
            made[kind, name] = Bench(databases, examples, kind, folder, found[name])
        return made[kind, name]

    yield bench
    for each in made.values():
        for url in each.copies:
            databases.drop(url)


# The share of the writes after which it ends, or a point by its number.
POINTS: tuple[tuple[str, str, float], ...] = (
    ("import", "write", 0.0),
    ("import", "write", 0.5),
    ("import", "commit", 1),
    ("import", "committed", 1),
    ("close", "write", 0.3),
    ("close", "write", 1.0),
    ("close", "commit", 1),
    ("close", "committed", 1),
    ("reopen", "write", 0.5),
    ("reopen", "commit", 1),
    ("job", "write", 0.6),
    ("job", "commit", 1),  # of the note that it is under way
    ("job", "commit", 2),
    ("job", "committed", 2),
    ("payroll", "commit", 1),
    ("payroll", "committed", 1),
)
QUICK = (("sqlite", "import", "commit"), ("sqlite", "close", "commit"))


def cases() -> list[object]:
    return [
        pytest.param(
            kind,
            *point,
            id=f"{kind}-{'-'.join(map(str, point))}",
            marks=() if (kind, *point[:2]) in QUICK else (pytest.mark.long,),
        )
        for kind in KINDS
        for point in POINTS
    ]


@pytest.mark.parametrize(("kind", "name", "what", "where"), cases())
def test_a_command_killed_at_a_point_is_all_or_nothing_and_can_be_done_again(
    benches: Benches, kind: Kind, name: str, what: str, where: float
) -> None:
    bench = benches(kind, name)
    number = max(1, round(where * bench.whole.seen["write"])) if what == "write" else int(where)
    url = bench.copy()
    ended = bench.run(url, Point(what, number))
    assert ended.status is None
    assert ended.open == (what != "committed")
    done = actions(url)
    assert done == (bench.actions_after if what == "committed" else bench.actions_before)
    bench.check(url, ended)


@pytest.mark.long
def test_fifty_random_moments_many_of_them_in_an_open_transaction(benches: Benches) -> None:
    """Moments around the time in which an undisturbed run writes: before that, nothing can be half
    done. How fast a run is depends on what else the machine does, so the time is drawn earlier
    after a run that had ended before, and later after one that had not begun to write."""
    chance = random.Random(20261101)
    hits = killed = 0
    pace = dict.fromkeys(("import", "close", "reopen", "payroll", "job"), 1.0)
    for turn in range(50):
        what = tuple(pace)[turn % len(pace)]
        bench = benches("sqlite", what)
        first, last = bench.whole.working
        url = bench.copy()
        ended = bench.run(url, after=pace[what] * chance.uniform(0.95 * first, 1.02 * last))
        pace[what] *= 0.9 if ended.status is not None else 1.0 if ended.open else 1.03
        killed += ended.status is None
        hits += ended.open
        bench.check(url, ended)
    assert killed >= 20
    assert hits >= 8
