"""What somebody tries who holds the whole file of a round answered in the browser, once closed.

Beside ``test_anonymity.py``, which is about imported rounds. Everything goes through the pages:
sign-ins, forms, the reminder, the end; only the close is the service.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from support.centres import close
from support.databases import KINDS, Databases, Kind
from support.rounds import COMPETENCIES, NOW, OCTOBER, answer, asked, centre, plan
from support.site import Site, application

from core import clock
from core.db import db

HIDING = ("peer", "cross_team", "subordinate")
SILENT = ("E10", "peer")  # two answers only: pooled
LEFT_OUT = ("E11", "E12")  # of whom only two raters in all say something


@dataclass
class Told:
    """What two centres have in their files and tables, before and after the close."""

    rated: list[tuple[int, int]]
    tables: list[tuple[dict[str, list[str]], dict[str, list[str]]]]
    bytes: bytes
    logged: list[str]


@pytest.fixture(scope="module", params=KINDS)
def told(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Told:
    """Two rounds with the same reviews by other people, in another order."""
    kind: Kind = request.param
    found = Told([], [], b"", [])
    handler = logging.Handler()
    handler.emit = lambda record: found.logged.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda _zone: NOW)
        for authors in (0, 1):
            url = databases.fresh(kind)
            site = Site(application(url, tmp_path_factory.mktemp("round")))
            answered(site, authors)
            _look(site, found)
            with site.app.app_context():
                db.session.remove()
                db.engine.dispose()
            databases.drop(url)
    logging.getLogger().removeHandler(handler)
    return found


def _look(site: Site, found: Told) -> None:
    with site.session() as session:
        found.rated.append(traces(session))
        before = everything(session)
    with site.session() as session:
        close(session, OCTOBER)
    with site.session() as session:
        found.rated.append(traces(session))
        found.tables.append((before, everything(session)))
        found.bytes = b"".join(files(session))


def content(ratee: str, relation: str, at: int) -> tuple[list[int], str]:
    """The ``at``-th review of a group, whoever writes it."""
    ratings = [1 + (at + 2 * place + int(ratee[1:])) % 5 for place in range(len(COMPETENCIES))]
    return ratings, f"remark {relation} {at} of {ratee}"


def answered(site: Site, authors: int) -> None:
    """Everybody answers; ``authors`` turns who in a group writes which, and in which order."""
    with site.session() as session:
        accounts = centre(session)
    with site.session() as session:
        plan(session)
        groups = asked(session)
    clients = {number: site.signed_in(account) for number, account in accounts.items()}
    forms = []
    for (ratee, relation), raters in groups.items():
        turn = authors if relation in HIDING else 0
        for at, rater in enumerate(raters):
            if (ratee, relation) == SILENT and at > 1:
                continue
            if ratee in LEFT_OUT and relation in HIDING and (relation != "peer" or at > 1):
                continue
            many = 2 if (ratee, relation) == SILENT or ratee in LEFT_OUT else len(raters)
            forms.append((rater, ratee, *content(ratee, relation, (at + turn) % many)))
    if authors:
        forms.reverse()
    for rater, ratee, ratings, _ in forms[:10]:
        assert answer(site, clients[rater], ratee, [6 - each for each in ratings], "first") == 302
    for rater, ratee, ratings, comment in forms:
        assert answer(site, clients[rater], ratee, ratings, comment) == 302
    for what in ("remind", "end"):
        url = f"/reviews/rounds/{OCTOBER}/{what}"
        assert site.post(clients["E01"], url, form="/account/password").status_code == 302


def files(session: Session) -> Iterable[bytes]:
    """The bytes of every file that holds tables."""
    if session.get_bind().dialect.name == "sqlite":
        main = make_url(str(db.engine.url)).database
        paths = [Path(f"{main}{end}") for end in ("", "-wal", "-shm", "-journal")]
    else:
        with db.engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("CHECKPOINT"))
            folder = connection.scalar(text("SHOW data_directory"))
            number = connection.scalar(
                text("SELECT oid FROM pg_database WHERE datname = current_database()")
            )
        paths = list((Path(str(folder)) / "base" / str(number)).iterdir())
    return [path.read_bytes() for path in paths if path.is_file()]


def traces(session: Session) -> tuple[int, int]:
    """Rows of reviews and of comments with both ids, as they lie in the files."""
    gap = 2 if session.get_bind().dialect.name == "sqlite" else 8
    words, relations = "|".join(COMPETENCIES), "|".join((*HIDING, "supervisor", "self"))
    head = rf"{OCTOBER}.{{{gap},{gap + 1}}}"
    rated = re.compile(rf"{head}(?:{relations})?.?(?:{words})".encode(), re.DOTALL)
    noted = re.compile(rf"{head}(?:remark|first)".encode(), re.DOTALL)
    found = files(session)
    return (
        sum(len(rated.findall(each)) for each in found),
        sum(len(noted.findall(each)) for each in found),
    )


_DIGEST = re.compile(r"""['"](?:[0-9a-f]{64}|[\w-]{43})['"]|\b\d+:[\w+/=-]{20,}""")
_SALTED = ("wrapped_keys", "accounts")  # of each database its own


def everything(session: Session) -> dict[str, list[str]]:
    """Every row of every table as it lies there, digests and ciphers masked."""
    found = {}
    for table in sorted(inspect(session.connection()).get_table_names()):
        if table not in _SALTED:
            rows = session.execute(text(f"SELECT * FROM {table}")).all()
            found[table] = [_DIGEST.sub("#", repr(tuple(row))) for row in rows]
    return found


def test_the_files_hold_no_byte_of_who_wrote_what(told: Told) -> None:
    """Comments lose their writers at the end, ratings at the close."""
    (rated, noted), after, *_ = told.rated
    assert rated > 100  # the measure works: they are still there
    assert noted == 0
    assert after == (0, 0)
    assert b"remark peer 0 of E12" not in told.bytes  # too few to be shown: kept nowhere
    assert b"remark peer 0 of E20" in told.bytes


def test_who_wrote_what_makes_no_difference_to_anything_that_is_left(told: Told) -> None:
    (open_one, one), (open_other, other) = told.tables
    assert open_one["reviews"] != open_other["reviews"]
    assert one["reviews"] == one["review_notes"] == []
    assert {table: rows for table, rows in one.items() if rows != other[table]} == {}
    assert one["review_comments"] != []
    assert one["review_seals"] == []  # with the key outside one could try what a rater wrote


def test_nothing_tells_who_answered_but_who_took_part(told: Told) -> None:
    for _, tables in told.tables:
        actions = [row for row in tables["audit_entries"] if "review" in row or "round" in row]
        assert actions != []
        assert [row for row in actions if "'system'" not in row and "'E01'" not in row] == []
        assert {"review.asked"} == {
            kind for row in tables["notices"] for kind in re.findall(r"review\.\w+(?=',)", row)
        }
        columns = {row.count(",") for row in tables["review_assignments"]}
        assert columns == {3}  # month, rater, ratee, relation: no moment, no state


def test_nothing_of_an_answer_is_logged(told: Told) -> None:
    assert [each for each in told.logged if "E10" in each or "remark" in each] == []
