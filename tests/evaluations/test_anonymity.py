"""What somebody tries who holds the whole database of a closed 360° round, and what they find.

The round here: every ratee is rated by a supervisor, four peers, two from other teams and
themself. September gets closed, October stays open beside it. The attacker has every file of the
database, but not the key that lies outside it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from factories.policies import default_document
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from support.centres import NOW, close, opened, reopen, seal
from support.databases import KINDS, Databases, Kind
from support.importing import Files, with_policy

from closing.policy import Policy, parse_policy
from closing.services import views_of
from closing.simulation import simulate
from closing.versions import publish_policy
from core import erasing
from core.actor import SYSTEM
from core.db import db, transaction
from core.documents import DocumentError
from core.settings import settings
from core.values import Month
from evaluations.models import ReviewGroup, ReviewParticipant
from evaluations.reviews_seal import Ratings, seal_text, sealed_rows

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)
HEADER = "month,ratee_no,rater_no,relation,competency,rating"
COMPETENCIES = ("attitude", "expertise", "teamwork")
# Nobody below has the id 1, so that in the files of SQLite every id takes one byte.
PEOPLE = [f"E{number:02}" for number in range(1, 41)]
RATED, RATERS = PEOPLE[1:25], PEOPLE[25:]


def round_of(month: Month, *, authors: int = 0) -> list[str]:
    """The rows of a round. Another ``authors`` has the same reviews written by other people:
    those of one group change places, and the file has another order."""
    chance, rows = Random(month.index), []
    for ratee in RATED:
        chosen = chance.sample(RATERS, 7)
        groups = {
            "supervisor": chosen[:1],
            "peer": chosen[1:5],
            "cross_team": chosen[5:],
            "self": [ratee],
        }
        for relation, raters in groups.items():
            reviews = [[chance.randint(1, 5) for _ in COMPETENCIES] for _ in raters]
            turned = [raters[(at + authors) % len(raters)] for at in range(len(raters))]
            for rater, ratings in zip(turned, reviews, strict=True):
                for competency, rating in zip(COMPETENCIES, ratings, strict=True):
                    rows.append(f"{month},{ratee},{rater},{relation},{competency},{rating}")
    Random(authors).shuffle(rows)
    return rows


def begin(files: Files, *, authors: int = 0) -> Files:
    """Both rounds imported in parts, as files come in."""
    files.people(*PEOPLE)
    for month in (SEPTEMBER, OCTOBER):
        rows = round_of(month, authors=authors)
        for start in range(0, len(rows), 150):
            files.good("reviews", HEADER, *rows[start : start + 150])
    return files


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def build(url: str) -> None:
    with_policy(url)
    with opened(url) as session, TemporaryDirectory() as folder:
        begin(Files(session, Path(folder)))


@pytest.fixture
def centre(kind: Kind, databases: Databases, tmp_path: Path) -> Iterator[Files]:
    url = databases.copy_of(kind, "review-rounds", build)
    with opened(url) as session:
        yield Files(session, tmp_path)
    databases.drop(url)


# ------------------------------------------------------------------------- bytes of the files


def database_files(session: Session) -> Iterable[Path]:
    """Every file in which the database keeps its tables; on PostgreSQL after a checkpoint."""
    if session.get_bind().dialect.name == "sqlite":
        main = make_url(str(db.engine.url)).database
        assert main is not None
        yield from (Path(main + end) for end in ("", "-wal", "-shm", "-journal"))
        return
    with db.engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("CHECKPOINT"))
        folder = connection.scalar(text("SHOW data_directory"))
        number = connection.scalar(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        )
    yield from (Path(str(folder)) / "base" / str(number)).iterdir()


def traces(session: Session, month: Month) -> int:
    """How often the files hold what only a review or its index has: month, ratee, rater, words.

    The distance between month and word tells them from the sums, which lack the rater.
    """
    words = "|".join((*COMPETENCIES, "supervisor", "peer", "cross_team", "self"))
    gap = 2 if session.get_bind().dialect.name == "sqlite" else 9
    pattern = re.compile(rf"{month}.{{{gap}}}(?:{words})".encode(), re.DOTALL)
    return sum(
        len(pattern.findall(path.read_bytes()))
        for path in database_files(session)
        if path.is_file()
    )


def test_the_files_of_the_database_hold_no_byte_of_a_closed_round(centre: Files) -> None:
    session = centre.session
    assert traces(session, SEPTEMBER) >= len(round_of(SEPTEMBER))
    close(session, SEPTEMBER)
    assert traces(session, SEPTEMBER) == 0
    assert centre.one("SELECT count(*) FROM reviews") == len(round_of(OCTOBER))
    assert traces(session, OCTOBER) >= len(round_of(OCTOBER))


def test_nor_do_ratings_that_were_corrected_or_taken_back_before(centre: Files) -> None:
    rows = round_of(SEPTEMBER)[:60]
    other = [row[:-1] + str(6 - int(row[-1])) for row in rows]
    centre.good("reviews", HEADER, *other)
    close(centre.session, SEPTEMBER)
    assert traces(centre.session, SEPTEMBER) == 0


def test_what_a_long_reading_held_up_is_cleared_by_a_later_commit(
    kind: Kind, centre: Files, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(erasing, "PATIENCE", 100)
    engine = create_engine(db.engine.url)
    with engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.execute(text("SELECT count(*) FROM reviews")).all()
        close(centre.session, SEPTEMBER)
        assert "could not be cleared yet" in caplog.text
        assert traces(centre.session, SEPTEMBER) > 0
    engine.dispose()
    with transaction():
        centre.session.execute(text("UPDATE teams SET path = path"))
    assert traces(centre.session, SEPTEMBER) == 0


# -------------------------------------------------------------------------------- every table


def everything(session: Session) -> dict[str, list[str]]:
    """Every row of every table in its physical order, digests and ciphertexts masked.

    But for batches: each is changed as it is imported, and whether PostgreSQL has by then cleared
    the place of an earlier state for a later batch is a matter of the moment.
    """
    found = {}
    for table in sorted(inspect(session.connection()).get_table_names()):
        rows = session.execute(text(f"SELECT * FROM {table}")).all()
        found[table] = [_masked(repr(tuple(row))) for row in rows]
    found["import_batches"].sort()
    session.rollback()
    return found


_DIGEST = re.compile(r"""['"](?:[0-9a-f]{64}|[\w-]{43}(?: [\w-]{43})*)['"]|\b\d+:[\w+/=-]{20,}""")


def _masked(row: str) -> str:
    return _DIGEST.sub("#", row)


def test_who_wrote_what_makes_no_difference_to_any_row_order_or_id(
    kind: Kind, make_files: Callable[[Kind], Files]
) -> None:
    """Two centres with the same reviews by other authors are the same once closed."""
    found = []
    for authors in (0, 1):
        files = begin(make_files(kind), authors=authors)
        with transaction():  # October's are still there, and differ
            files.session.execute(text("DELETE FROM reviews WHERE month = '2026-10'"))
        before = everything(files.session)
        close(files.session, SEPTEMBER)
        found.append((before, everything(files.session)))
    (open_one, one), (open_other, other) = found
    assert open_one["reviews"] != open_other["reviews"]
    assert {key: rows for key, rows in one.items() if rows != other[key]} == {}
    assert one["review_groups"] != []
    assert one["reviews"] == []


def test_digests_answer_nobody_without_the_key(centre: Files) -> None:
    """Files and rows are small enough to try them all, so nothing may be digested without a key."""
    row = round_of(SEPTEMBER)[0]
    file = centre.write(f"{HEADER}\n{row}\n")
    centre.take("reviews", file)
    close(centre.session, SEPTEMBER)
    _, ratee, rater, relation, _, _ = row.split(",")
    of_one = [each.split(",") for each in round_of(SEPTEMBER) if f",{ratee},{rater}," in each]
    ratings = Ratings.of((competency, int(rating)) for *_, competency, rating in of_one)
    said = seal_text(SEPTEMBER, ratee, rater, relation, ratings)
    kept = "\n".join(repr(tuple(each)) for each in _raw_rows(centre.session))
    for guess in (file.read_bytes(), said.encode()):
        for name in ("sha256", "sha1", "md5", "blake2b"):
            assert hashlib.new(name, guess).hexdigest() not in kept
    assert seal(said) in kept  # whoever holds the key recognises the review: see docs/operation.md
    reports = centre.rows("SELECT CAST(report AS TEXT) FROM import_batches WHERE kind = 'reviews'")
    assert {json.dumps(json.loads(report)["rows"]) for (report,) in reports} == {"{}"}


def _raw_rows(session: Session) -> list[Any]:
    tables = inspect(session.connection()).get_table_names()
    rows = [row for table in tables for row in session.execute(text(f"SELECT * FROM {table}"))]
    session.rollback()
    return rows


def test_digests_lie_in_their_own_order_and_not_in_that_of_the_reviews(centre: Files) -> None:
    close(centre.session, SEPTEMBER)
    ((stored, size),) = centre.rows("SELECT digests, size FROM review_seals")
    digests = stored.split(" ")
    assert digests == sorted(digests)
    reviews = {tuple(row.split(",")[1:3]) for row in round_of(SEPTEMBER)}
    assert (len(digests), size) == (len(reviews), len(round_of(SEPTEMBER)))
    raters = centre.rows("SELECT rater_id FROM review_participants")
    assert raters == sorted(raters)


def test_no_sum_is_kept_of_fewer_than_three_who_hide(centre: Files) -> None:
    close(centre.session, SEPTEMBER)
    hiding = {"peer", "subordinate", "cross_team"}
    rows = centre.session.query(ReviewGroup).all()
    assert {row.relations for row in rows} == {"supervisor", "peer", "self"}
    for row in rows:
        if set(row.relations.split(";")) & hiding:
            assert row.n >= 3
            assert all(count >= 3 for count, _ in row.competencies.values())
    took_part = {row.rater_id for row in centre.session.query(ReviewParticipant).all()}
    assert len(took_part) == len({row.split(",")[2] for row in round_of(SEPTEMBER)})


# -------------------------------------------------------------------- asking the product itself


def test_an_import_tells_nobody_which_single_row_is_true(centre: Files) -> None:
    close(centre.session, SEPTEMBER)
    rows = round_of(SEPTEMBER)
    true, false = rows[0], rows[0][:-1] + str(1 + int(rows[0][-1]) % 5)
    for asked in ([true], [false], rows[: len(rows) // 2]):
        report = centre.good("reviews", HEADER, *asked, dry_run=True)
        assert report.counts["late"] == len(asked)
    whole = centre.good("reviews", HEADER, *rows)
    assert whole.counts["same"] == len(rows)


def with_reviews(**changes: Any) -> Policy:
    document = default_document()
    document["reviews"].update(changes)
    return parse_policy(document)


def test_no_policy_asks_for_fewer_than_three_raters() -> None:
    with pytest.raises(DocumentError):
        with_reviews(min_raters=0)
    assert {with_reviews(min_raters=least).reviews.min_raters for least in (1, 2, 3)} == {3}


@pytest.mark.parametrize("is_closed", [False, True])
def test_no_simulation_splits_the_groups_otherwise(centre: Files, is_closed: bool) -> None:
    """Pooled with others, two reviews that are hidden would be the difference."""
    session = centre.session
    if is_closed:
        close(session, SEPTEMBER)
    views = views_of(session, SEPTEMBER, preview=not is_closed)
    before = {view.employee_no: view.facts.get("review_360") for view in views}
    assert any(before.values())
    for least in (3, 4, 5, 6, 9):
        found = simulate(session, SEPTEMBER, with_reviews(min_raters=least))
        session.rollback()
        after = {
            each.employee_no: each.after.facts.get("review_360") for each in found if each.after
        }
        assert after == before, least


def test_no_later_policy_splits_a_closed_round_when_it_is_closed_again(centre: Files) -> None:
    close(centre.session, SEPTEMBER)
    sums = "SELECT ratee_id, relations, n, total, CAST(competencies AS TEXT) FROM review_groups"
    kept = centre.rows(sums)
    for least in (5, 3):
        reopen(centre.session, SEPTEMBER)
        with transaction():
            publish_policy(
                centre.session,
                actor=SYSTEM,
                now=NOW,
                policy=with_reviews(min_raters=least),
            )
        close(centre.session, SEPTEMBER)
        assert centre.rows(sums) == kept
    assert sealed_rows(centre.session, SEPTEMBER) == len(round_of(SEPTEMBER))


# --------------------------------------------------------------------------------------- logs


def test_nothing_of_a_review_is_logged(
    centre: Files, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.DEBUG):
        centre.add("reviews", HEADER, "2026-09,E02,E39,peer,attitude,9")
        close(centre.session, SEPTEMBER)
    said = [record.getMessage() for record in caplog.records]
    assert [each for each in said if "E39" in each or "peer" in each] == []


def test_an_error_of_the_database_does_not_say_what_stood_in_the_statement(tmp_path: Path) -> None:
    made = settings(tmp_path, {"DATABASE_URL": f"sqlite:///{tmp_path / 'a.db'}"})
    engine = create_engine(made["SQLALCHEMY_DATABASE_URI"], **made["SQLALCHEMY_ENGINE_OPTIONS"])
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE reviews (rater TEXT UNIQUE)"))
        connection.execute(text("INSERT INTO reviews VALUES (:rater)"), {"rater": "E39"})
        with pytest.raises(IntegrityError) as caught:
            connection.execute(text("INSERT INTO reviews VALUES (:rater)"), {"rater": "E39"})
    engine.dispose()
    assert "E39" not in str(caught.value)
