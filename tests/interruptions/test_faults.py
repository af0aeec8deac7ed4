"""Every command under every fault of the database: told in one line, and nothing is changed.

A row for each command, and for the ways of one in which it only reads. What only reads goes on
while somebody writes, where nothing may be written, and where there is no room.
"""

from __future__ import annotations

import contextlib
import gc
import os
import re
import shlex
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest
from _pytest.mark.structures import ParameterSet
from click.testing import Result
from factories import people
from flask import Flask
from sqlalchemy import event, inspect, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from support import faults
from support.centres import KEY, Examples, opened, unpacked
from support.databases import KINDS, Databases, Kind
from support.site import application

from closing import jobs as closes
from closing import publishing, services
from core import jobs, mail
from core.actor import SYSTEM, Actor
from core.clock import Now
from core.db import db, transaction
from core.permissions import Role
from core.values import Month
from staff.accounts import roles
from staff.models import Employee

CENTRE = "centre-a"
MONTH = "2026-10"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SETTINGS = {
    "PINGYOU_LANGUAGE": "en",
    "SMTP_URL": "smtp://127.0.0.1:1",  # nobody is there, which is noted with the letter
    "PINGYOU_URL": "https://pingyou.example.org",
}


@dataclass(frozen=True)
class Row:
    """``on``: the state of the database that the command finds; ``out``: what file it writes.

    ``keeps``: or it takes back what it writes. ``alone``: it needs no database.
    """

    words: str
    on: str = "closed"
    writes: bool = True
    out: str = ""
    keeps: bool = True
    alone: bool = False

    def fails(self, fault: str) -> bool:
        if fault in ("held alone", "unreachable", "dying"):
            return not self.alone
        return self.writes and not (fault == "full" and not self.keeps)


def reading(words: str, on: str = "closed", *, alone: bool = False) -> Row:
    return Row(words, on, writes=False, alone=alone)


POLICY = "{folder}/policy.yaml"
PUNCHES = "import punches {folder}/more.csv --clock '2026-11-02 00:00'"
BAD_PUNCHES = PUNCHES.replace("more.csv", "bad.csv")
OUT = "-o {out}/out"
ROWS = (
    Row("account code admin"),
    Row("account confirm E0004 hr"),
    Row("audit blank --subject employee:E0004 --reason asked"),
    reading("audit head"),
    reading("audit verify"),
    Row(f"awards {MONTH} agent_of_the_month {OUT}", out="out"),
    Row("backup {out}/out", out="out"),
    Row(f"close {MONTH}", on="open"),
    Row(f"close {MONTH} --dry-run", on="open", keeps=False),
    Row("demo --staff 20 --months 1", on="new"),
    reading("demo --if-empty"),
    Row(PUNCHES),
    Row(f"{BAD_PUNCHES} --partial", out="bad.refused.csv"),
    reading(f"{PUNCHES} --dry-run"),
    Row("init", on="none"),
    Row("jobs work", on="open"),
    Row("key export {out}/out", out="out"),
    Row("key rotate"),
    Row("mail send"),
    Row(f"payroll {MONTH} {OUT}", out="out"),
    reading(f"policy check {POLICY}", alone=True),
    reading("policy dump"),
    Row(f"policy load {POLICY}"),
    Row(f"reopen {MONTH} --reason asked"),
    Row("restore {folder}/copy.zip", on="none"),
    Row("results publish"),
    Row(f"scorecards {MONTH} {OUT}", out="out"),
    Row(f"scorecards {MONTH} --preview {OUT}", on="open", out="out"),
    Row(f"simulate {MONTH} --policy {POLICY} {OUT}", out="out"),
    reading("start"),
)
QUICK = (f"close {MONTH}", "init", f"payroll {MONTH} {OUT}", "policy dump")
LOCKED = "The database is locked by another writer. Try again in a moment."
GONE = "The database does not answer: "
FAULTS: dict[str, tuple[Callable[[str], AbstractContextManager[str]], str]] = {
    "locked": (faults.locked, LOCKED),
    "held alone": (faults.held_alone, LOCKED),
    "full": (faults.full, "The disk of the database is full. Nothing was changed."),
    "read-only": (faults.read_only, "The database is read-only."),
    "unreachable": (faults.unreachable, f"{GONE}connection failed"),
    "dying": (faults.dying, GONE),
}


# A schema without rows is none; what SQLite numbers by is not taken back.
UNTOLD = ("alembic_version", "sqlite_sequence")
TELLING = """
    SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM "{}" t HAVING count(*) > 0
"""


class Bench:
    """A database of each state and kind, which every row leaves as it was."""

    def __init__(self, databases: Databases, examples: Examples, folder: Path) -> None:
        self._databases, self._examples, self._folder = databases, examples, folder
        self._made: dict[tuple[Kind, str], str] = {}
        self._rows: dict[str, dict[str, object]] = {}
        self._write_files()

    def run(self, url: str, row: Row, out: Path | None = None) -> Result:
        """The command; ``out``: the folder that it is to write into."""
        words = row.words.format(folder=self._folder, out=out or self._folder)
        return self._run(url, shlex.split(words))

    def url(self, kind: Kind, state: str) -> str:
        if (kind, state) not in self._made:
            url = self._made[kind, state] = self._make(kind, state)
            self._rows[url] = rows_of(url)
        return self._made[kind, state]

    def changed(self, url: str) -> list[str]:
        """The tables that are not what they were in the beginning."""
        before, after = self._rows[url], rows_of(url)
        return sorted(name for name in before | after if before.get(name) != after.get(name))

    def take(self, row: Row) -> list[str]:
        """The names of what the command wrote, finished or not; they are gone then."""
        found = [each for each in self._folder.iterdir() if row.out and row.out in each.name]
        for each in found:
            each.unlink()
        return [each.name for each in found]

    def drop(self) -> None:
        for url in self._made.values():
            self._databases.drop(url)

    def _run(self, url: str, words: list[str]) -> Result:
        """By an application of its own, whose key lies in its folder."""
        instance = self._folder / "instance"
        instance.mkdir(mode=0o700, exist_ok=True)
        for left in instance.glob("master.key*"):
            left.unlink()
        (instance / "master.key").touch(mode=0o600)
        (instance / "master.key").write_text(KEY.text, encoding="ascii")
        return invoked(application(url, instance, **SETTINGS), words)

    def _make(self, kind: Kind, state: str) -> str:
        if state == "none":
            url = self._databases.empty(kind)
        elif state == "new":
            url = self._databases.fresh(kind)
            assert self._run(url, ["init"]).exit_code == 0
        else:
            url = self._examples.closed(kind, CENTRE)
            with opened(url) as session, transaction():
                prepare_open(session) if state == "open" else prepare_closed(session)
        if kind == "sqlite":
            faults.path_of(url).touch()
            faults.path_of(url).chmod(0o600)
        return url

    def _write_files(self) -> None:
        source = unpacked(CENTRE)
        lines = (source / "punches.csv").read_text("utf-8-sig").splitlines()
        number = lines[1].split(",")[0]
        rows = [f"{number},2026-11-01 {n // 60:02}:{n % 60:02}" for n in range(600)]
        good = "\n".join([lines[0], *rows])
        (self._folder / "more.csv").write_text(good, encoding="utf-8")
        (self._folder / "bad.csv").write_text(f"{good}\n{number},never", encoding="utf-8")
        policy = (source / "policy.yaml").read_text("utf-8")
        policy = re.sub(r"(?m)^effective_from:.*$", "effective_from: 2026-11", policy)
        (self._folder / "policy.yaml").write_text(policy, encoding="utf-8")
        words = ["backup", str(self._folder / "copy.zip")]
        assert self._run(self._examples.closed("sqlite", CENTRE), words).exit_code == 0


def invoked(app: Flask, words: list[str]) -> Result:
    """What a command said; every connection is gone afterwards."""
    with app.app_context():
        try:
            return app.test_cli_runner().invoke(args=words)
        finally:
            db.session.remove()
            db.engine.dispose()


def prepare_closed(session: Session) -> None:
    """A role to be confirmed, a letter to be sent, results to be published."""
    admin = people.account(session, login="admin", roles=[Role.ADMINISTRATOR])
    for number in ("E0001", "E0004"):  # the first HR waits for nobody
        person = session.scalars(select(Employee).where(Employee.employee_no == number)).one()
        roles.give_role(
            session,
            actor=Actor("admin", account_id=admin.id),
            now=people.NOW,
            account_id=people.account(session, person).id,
            role=Role.HR,
            positions={},
        )
    letter = mail.Letter("a subject", "a text")
    mail.queue(session, recipient="a@example.org", letter=letter, now=LONG_AGO)
    due, month = LONG_AGO + timedelta(days=1), Month.parse(MONTH)
    publishing.plan_results(session, actor=SYSTEM, now=LONG_AGO, month=month, when=due)


def prepare_open(session: Session) -> None:
    """The month is to be closed, and a job that does so waits."""
    month, now = Month.parse(MONTH), Now(LONG_AGO, LONG_AGO.replace(tzinfo=None))
    services.reopen_month(
        session, actor=SYSTEM, now=LONG_AGO, month=month, reason="a test", cascade=False
    )
    jobs.ask(session, actor=SYSTEM, now=now, kind=closes.CLOSE, subject=closes.subject(month))


@pytest.fixture(scope="module")
def bench(
    databases: Databases, examples: Examples, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    made = Bench(databases, examples, tmp_path_factory.mktemp("faults"))
    yield made
    made.drop()


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    """A cursor on the server cannot be closed any more once its connection was ended."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(autouse=True)
def _not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """``flask start`` ends where the server would begin."""

    def served(*_words: object) -> None:
        raise SystemExit(0)

    monkeypatch.setattr("core.serving.is_free", lambda _port: True)
    monkeypatch.setattr("core.serving.os.execv", served)


def commands_of(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before}{name} ")
        else:
            yield before + name


def test_every_command_has_its_row(tmp_path: Path) -> None:
    commands = commands_of(application("sqlite://", tmp_path).cli)
    rows = [f"{row.words} " for row in ROWS]
    missing = [each for each in commands if not any(row.startswith(f"{each} ") for row in rows)]
    assert missing == []


def case(row: Row) -> ParameterSet:
    marks = () if row.words in QUICK else (pytest.mark.long,)
    return pytest.param(row, id=re.sub(r"\{\w+\}/", "", row.words), marks=marks)


@pytest.mark.parametrize("row", [case(row) for row in ROWS])
def test_each_fault_is_told_in_one_line_and_changes_nothing(row: Row, bench: Bench) -> None:
    url = bench.url("sqlite", row.on)
    with put_back(url):
        calm = bench.run(url, row)
        changed = bool(bench.changed(url))
    assert calm.exit_code == 0, calm.output
    assert changed is (row.writes and row.keeps)
    assert bench.take(row) == ([row.out] if row.out else [])
    found = {name: problem for name in FAULTS if (problem := under(name, row, bench, calm))}
    assert found == {}


@pytest.mark.parametrize("row", [case(row) for row in ROWS if "{out}" in row.words])
def test_a_folder_that_takes_no_file_is_told_and_nothing_is_changed(
    row: Row, bench: Bench, tmp_path: Path
) -> None:
    sealed = tmp_path / "sealed"
    sealed.mkdir(mode=0o500)
    if os.geteuid() == 0:  # who may write wherever files can be
        sealed = Path("/sys")
    url = bench.url("sqlite", row.on)
    for place, why in (
        (tmp_path / "none", "No such file or directory"),
        (sealed, r"Permission denied|Operation not permitted|Read-only file system"),
    ):
        with put_back(url):
            result = bench.run(url, row, place)
            changed = bench.changed(url)
        assert result.exit_code == 1
        assert re.fullmatch(rf"Error: {place}\S*: ({why})\n", result.stderr), result.stderr
        assert (result.stdout, changed) == ("", [])


def test_a_pipe_that_takes_no_payroll_is_told_and_nothing_is_changed(bench: Bench) -> None:
    url = bench.url("sqlite", "closed")
    with put_back(url):
        result = bench.run(url, Row(f"payroll {MONTH} -o /dev/full"))
        changed = bench.changed(url)
    assert (result.exit_code, result.stdout, changed) == (1, "", [])
    assert result.stderr == "Error: /dev/full: the disk is full.\n"


@pytest.mark.parametrize("name", ["full", "read-only"])
def test_a_pipe_is_given_nothing_whose_entry_cannot_be_stored(
    name: str, bench: Bench, tmp_path: Path
) -> None:
    url, pipe = bench.url("sqlite", "closed"), tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with put_back(url), FAULTS[name][0](url) as faulty:
            result = bench.run(faulty, Row(f"awards {MONTH} agent_of_the_month -o {pipe}"))
        assert result.exit_code == 1
        assert os.read(reader, 100) == b""
        with put_back(url):
            result = bench.run(url, Row(f"awards {MONTH} agent_of_the_month -o {pipe}"))
        assert result.exit_code == 0
        assert os.read(reader, 100)
    finally:
        os.close(reader)


def under(name: str, row: Row, bench: Bench, calm: Result) -> str:
    """What is wrong with a command under a fault, if anything is."""
    bring, told = FAULTS[name]
    url = bench.url("postgresql" if name == "dying" else "sqlite", row.on)
    if name == "dying" and not row.writes:
        bring = faults.dying_at_once
    with put_back(url):
        with bring(url) as faulty:
            result = bench.run(faulty, row)
        changed = [] if faulty == faults.NOWHERE else bench.changed(url)
    given = bench.take(row)
    if not row.fails(name):
        same = result.stdout == calm.stdout
        return "" if result.exit_code == 0 and same else f"not done: {result.output}"
    lines = result.stderr.splitlines()
    if result.exit_code != 1 or len(lines) != 1 or told not in lines[0]:
        return f"{result.exit_code}: {result.output} {result.exception!r}"
    if result.stdout or given:
        return f"given away: {result.stdout} {given}"
    return f"changed: {changed}" if changed else ""


def rows_of(url: str) -> dict[str, object]:
    """Of the tables that have any."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(faults.path_of(url))) as file:
            named = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            found: dict[str, object] = {
                name: file.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in named
            }
    else:
        with psycopg.connect(faults.plain(url)) as connection:
            names = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            found = {name: connection.execute(TELLING.format(name)).fetchone() for (name,) in names}
    return {name: rows for name, rows in found.items() if rows and name not in UNTOLD}


@contextmanager
def put_back(url: str) -> Iterator[None]:
    """An SQLite file is afterwards what it was."""
    if not url.startswith("sqlite"):
        yield
        return
    path = faults.path_of(url)
    kept = path.read_bytes()
    yield
    for suffix in ("-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    path.write_bytes(kept)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_that_was_interrupted_is_not_half_there(
    databases: Databases, kind: Kind, tmp_path: Path
) -> None:
    url = databases.empty(kind)
    app = application(url, tmp_path, PINGYOU_LANGUAGE="en")
    begun = 0

    def stop(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        nonlocal begun
        begun += statement.lstrip().startswith("CREATE TABLE")
        if begun == 30:
            raise OperationalError(statement, {}, Exception("database or disk is full"))

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        assert invoked(app, ["init"]).exit_code == 1
    finally:
        event.remove(Engine, "before_cursor_execute", stop)
    with opened(url) as session:
        assert inspect(session.connection()).get_table_names() == []
    assert invoked(app, ["init"]).exit_code == 0
    databases.drop(url)
