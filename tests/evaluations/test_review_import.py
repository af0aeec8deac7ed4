"""Files of 360° reviews: who may rate whom, and that nothing else tells it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, text
from support.centres import seal
from support.importing import Files
from support.staffing import Staffing

from core.db import transaction
from core.errors import Conflict
from core.values import Month
from evaluations.models import ReviewParticipant, ReviewSeal
from evaluations.review_imports import Reviews
from evaluations.reviews_seal import Ratings, reviews_of, seal_rows, seal_text, seal_text_of_row
from evaluations.rounds.models import ReviewRound

HEADER = "month,ratee_no,rater_no,relation,competency,rating"
GOOD = [
    "2026-09,E1,E2,peer,attitude,4",
    "2026-09,E1,E2,peer,expertise,5",
    "2026-09,E2,E2,self,attitude,5",
]


@pytest.fixture(autouse=True)
def centre(request: pytest.FixtureRequest) -> None:
    for name in ("files", "any_files"):
        if name in request.fixturenames:
            request.getfixturevalue(name).people("E1", "E2", "E3")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("2026-12,E1,E2,peer,attitude,4", "month"),
        ("2026-10,E9,E2,peer,attitude,4", "ratee_no"),
        ("2026-10,E1,E9,peer,attitude,4", "rater_no"),
        ("2026-10,E1,E2,friend,attitude,4", "relation"),
        ("2026-10,E1,E2,self,attitude,4", "relation"),
        ("2026-10,E1,E1,peer,attitude,4", "relation"),
        ("2026-10,E1,E2,peer,charm,4", "competency"),
        ("2026-10,E1,E2,peer,attitude,0", "rating"),
        ("2026-10,E1,E2,peer,attitude,6", "rating"),
        ("2026-10,E1,E2,peer,attitude,4.5", "rating"),
        ("2026-10,E1,E2,peer,attitude,", "rating"),
    ],
)
def test_a_bad_review_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("reviews", HEADER, row)
    assert [problem.column for problem in report.problems] == [column]


def test_a_rater_stands_in_one_relation_over_file_and_database(files: Files) -> None:
    report = files.add(
        "reviews", HEADER, *GOOD, "2026-09,E1,E2,supervisor,integrity,5", partial=True
    )
    assert sorted(problem.row for problem in report.problems) == [2, 3, 5]
    files.good("reviews", HEADER, "2026-10,E1,E2,peer,attitude,4")
    report = files.add("reviews", HEADER, "2026-10,E1,E2,supervisor,expertise,4")
    assert [problem.column for problem in report.problems] == ["relation"]


def test_a_relation_may_be_corrected_in_all_rows_at_once(files: Files) -> None:
    files.good("reviews", HEADER, *GOOD)
    report = files.good("reviews", HEADER, *[row.replace("peer", "cross_team") for row in GOOD])
    assert report.summary == "new 0, changed 2, same 1, late 0, refused 0"


def test_a_round_opened_while_a_file_is_judged_is_not_mixed_with_it(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2026, 10, 1)
    times = {"starts_at": datetime(2026, 10, 1, tzinfo=UTC)}
    times["ends_at"] = datetime(2026, 10, 9, tzinfo=UTC)
    numbers = {"peers": 3, "cross_team": 3, "max_load": 8, "min_raters": 3}

    def opened(kind: Reviews, lines: object) -> None:
        files.session.add(
            ReviewRound(
                month=Month(2026, 9),
                first_day=day,
                last_day=day,
                seed="s",
                state="open",
                **times,
                **numbers,
            )
        )
        files.session.flush()

    monkeypatch.setattr(Reviews, "check_file", opened)
    with pytest.raises(Conflict, match="opened meanwhile"):
        files.add("reviews", HEADER, *GOOD)
    files.session.rollback()
    assert files.one("SELECT count(*) FROM reviews") == 0


def test_changed_reviews_leave_no_before_and_after_anywhere(files: Files) -> None:
    files.good("reviews", HEADER, *GOOD)
    report = files.good("reviews", HEADER, "2026-09,E1,E2,peer,attitude,1")
    assert report.counts["changed"] == 1
    assert files.one("SELECT count(*) FROM import_changes") == 0
    told = files.rows("SELECT subject, payload FROM audit_entries") + files.rows(
        "SELECT kind, CAST(report AS TEXT) FROM import_batches WHERE kind = 'reviews'"
    )
    assert [row for row in told if "E2" in str(row) and "attitude" in str(row)] == []


def test_of_a_closed_round_the_same_file_is_known_and_nothing_else_is_kept(
    any_files: Files,
) -> None:
    files = any_files
    files.good("reviews", HEADER, *GOOD)
    with transaction():
        month = Month(2026, 9)
        assert seal_rows(files.session, month, seal, reviews_of(files.session, month)) == 3
        files.session.execute(insert(ReviewParticipant), {"month": month, "rater_id": 1})
        files.session.execute(text("DELETE FROM reviews"))
        Staffing(files.session).close(month)
    assert (
        files.good("reviews", HEADER, *GOOD).summary
        == "new 0, changed 0, same 3, late 0, refused 0"
    )
    other = GOOD[0].replace(",4", ",3")
    report = files.good("reviews", HEADER, other, "2026-09,E1,E3,peer,attitude,4")
    assert report.summary == "new 0, changed 0, same 0, late 2, refused 0"
    assert [note.msgid for note in report.notes] != []
    assert files.one("SELECT count(*) FROM late_rows") == 0
    assert files.one("SELECT count(*) FROM reviews") == 0


def test_a_round_that_was_closed_when_rows_were_digested_is_recognised_row_by_row(
    files: Files,
) -> None:
    month = Month(2026, 9)
    rows = [("E1", "E2", "peer", ("attitude", 4)), ("E1", "E2", "peer", ("expertise", 5))]
    digests = sorted(seal(seal_text_of_row(month, *row)) for row in rows)
    with transaction():
        files.session.add(ReviewSeal(month=month, part=0, size=2, digests=" ".join(digests)))
        files.session.execute(insert(ReviewParticipant), {"month": month, "rater_id": 1})
        Staffing(files.session).close(month)
    report = files.good("reviews", HEADER, GOOD[0], GOOD[1].replace(",5", ",3"), GOOD[2])
    assert report.summary == "new 0, changed 0, same 0, late 3, refused 0"  # not most of it
    assert files.good("reviews", HEADER, *GOOD).counts["same"] == 2


def test_a_review_of_a_closed_round_is_recognised_whole_in_any_order_of_its_rows(
    files: Files,
) -> None:
    files.good("reviews", HEADER, *GOOD)
    with transaction():
        month = Month(2026, 9)
        seal_rows(files.session, month, seal, reviews_of(files.session, month))
        files.session.execute(insert(ReviewParticipant), {"month": month, "rater_id": 1})
        files.session.execute(text("DELETE FROM reviews"))
        Staffing(files.session).close(month)
    assert files.good("reviews", HEADER, *reversed(GOOD)).counts["same"] == 3
    report = files.good("reviews", HEADER, GOOD[0], GOOD[1])
    assert report.counts["same"] == 2
    report = files.good("reviews", HEADER, GOOD[0], GOOD[1].replace(",5", ",4"), GOOD[2])
    assert report.counts["late"] == 3


def test_what_somebody_wrote_in_two_relations_is_two_reviews(files: Files) -> None:
    """Two files that are taken in at once may do that; neither sees the other."""
    files.good("reviews", HEADER, *GOOD)
    with transaction():
        files.session.execute(
            text(
                "UPDATE reviews SET relation = 'supervisor' WHERE relation = 'peer' AND rating = 5"
            )
        )
    found = reviews_of(files.session, Month(2026, 9))
    assert sorted((relation, ratings.text) for _, _, relation, ratings in found) == [
        ("peer", "attitude=4"),
        ("self", "attitude=5"),
        ("supervisor", "expertise=5"),
    ]


def test_digests_differ_by_every_part_of_a_review() -> None:
    month = Month(2026, 9)
    one = Ratings.of([("attitude", 4), ("expertise", 5)])
    texts = {
        seal_text(month, "E1", "E2", "peer", one),
        seal_text(Month(2026, 8), "E1", "E2", "peer", one),
        seal_text(month, "E2", "E1", "peer", one),
        seal_text(month, "E1", "E2", "supervisor", one),
        seal_text(month, "E1", "E2", "peer", Ratings.of([("attitude", 4), ("expertise", 4)])),
        seal_text(month, "E1", "E2", "peer", Ratings.of([("attitude", 4)])),
    }
    assert len({seal(each) for each in texts}) == 6
    assert len(seal("x")) == 43
