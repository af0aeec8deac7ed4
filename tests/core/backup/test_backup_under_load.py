"""Backups while others write: each holds the state of one moment, and nobody waits for it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from support.centres import KEY, NOW, Examples
from support.databases import KINDS, Databases, Kind
from support.site import application

from core import audit, keyring
from core.actor import SYSTEM
from core.backup.tables import tables_of
from core.db import db, transaction
from core.models import AuditEntry
from staff.models import Team

BACKUPS = 20


def app_on(url: str, folder: Path) -> Flask:
    app = application(url, folder / "instance", PINGYOU_LANGUAGE="en")
    keyring.install(lambda: KEY, app)
    return app


def write_until(stop: threading.Event, app: Flask, name: str, written: list[int]) -> None:
    """Each transaction writes two teams and an entry: a copy has all three or none."""
    number = 0
    while not stop.is_set():
        with app.app_context(), transaction():
            session = db.session()
            for part in ("a", "b"):
                session.add(Team(path=f"load/{name}-{number}-{part}"))
                session.flush()
            subject = f"{name}-{number}"
            audit.record(session, actor=SYSTEM, at=NOW, action="test.wrote", subject=subject)
        number += 1
    written.append(number)


def tables(app: Flask) -> dict[str, set[bytes]]:
    with app.app_context():
        try:
            connection = db.session().connection()
            return {each.name: set(each.lines(connection)) for each in tables_of(connection)}
        finally:
            db.session.remove()
            db.engine.dispose()


def written_in(app: Flask) -> tuple[set[str], set[str]]:
    """What the teams and what the entries tell of the load."""
    with app.app_context():
        try:
            paths = set(db.session.scalars(select(Team.path).where(Team.path.like("load/%"))))
            told = set(
                db.session.scalars(
                    select(AuditEntry.subject).where(AuditEntry.action == "test.wrote")
                )
            )
            return paths, told
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_twenty_backups_under_load_each_restored_and_compared(
    kind: Kind, examples: Examples, databases: Databases, tmp_path: Path
) -> None:
    app = app_on(examples.closed(kind, "centre-a"), tmp_path)
    stop = threading.Event()
    written: list[int] = []
    writers = [
        threading.Thread(target=write_until, args=(stop, app, name, written)) for name in "xy"
    ]
    for writer in writers:
        writer.start()
    files = [tmp_path / f"{number}.zip" for number in range(BACKUPS)]
    try:
        for file in files:
            with app.app_context():
                made = app.test_cli_runner().invoke(args=["backup", str(file)])
            assert made.exit_code == 0, made.output
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert len(written) == 2
    final = tables(app)
    grown = []
    for number, file in enumerate(files):
        url = databases.empty(KINDS[number % len(KINDS)])  # into the one as into the other
        other = app_on(url, tmp_path)
        with other.app_context():
            restored = other.test_cli_runner().invoke(args=["restore", str(file)])
            db.engine.dispose()
        assert restored.exit_code == 0, restored.output
        paths, told = written_in(other)
        assert paths == {f"load/{each}-{part}" for each in told for part in "ab"}
        grown.append(len(told))
        check_prefix(tables(other), final)
        databases.drop(url)
    assert grown == sorted(grown)
    assert len(set(grown)) > BACKUPS // 2, "hardly anything was written meanwhile"
    assert max(grown) <= sum(written)


def check_prefix(copy: dict[str, set[bytes]], final: dict[str, set[bytes]]) -> None:
    """The load only adds, so a copy is the final state without the newest teams and entries."""
    for name, rows in final.items():
        if name == "audit_entries":
            kept = {line for line in copy[name] if b"backup.restored" not in line}
            assert kept <= rows
            newest = max(json.loads(line)[0] for line in kept)
            assert kept == {line for line in rows if json.loads(line)[0] <= newest}
        elif name == "teams":
            assert copy[name] <= rows
        else:
            assert copy[name] == rows
