"""Digests of the reviews of a closed round, keyed by a secret outside the database.

The close writes them (``seal_rows``) when it deletes the reviews; an import of the same file later
recognises its rows by them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, exists, func, insert, select, true

from core.values import Month
from evaluations.models import Review, ReviewSeal
from evaluations.rounds.models import ReviewRound
from staff.models import Employee

Seal = Callable[[str], str]
Rating = tuple[str, int]
OpenReview = tuple[int, int, str, list[Rating]]
"""Ratee, rater, relation, and the ratings by competency."""

TOGETHER = 5000


def reviews_of(
    session: Any, month: Month, ratee_id: int | None = None, *, now: datetime | None = None
) -> list[OpenReview]:
    """Every open review of the month, or those of one ratee.

    None of a round in the browser while it runs: two looks would differ by what was answered in
    between. With ``now`` one whose last day is over counts as ended, as it does at a close.

    One row of the database is one review, which spares most of the reading.
    """
    running = exists().where(
        ReviewRound.month == month,
        ReviewRound.state == "open",
        ReviewRound.ends_at > now if now is not None else true(),
    )
    about = Review.ratee_id == ratee_id if ratee_id is not None else true()
    rated = Review.competency + "=" + cast(Review.rating, String)
    rows = session.connection().execute(  # the session would make each row twice
        select(
            Review.ratee_id, Review.rater_id, Review.relation, func.aggregate_strings(rated, ";")
        )
        .where(Review.month == month, about, ~running)
        .group_by(Review.ratee_id, Review.rater_id, Review.relation)
    )
    found: list[OpenReview] = []
    known: dict[str, Rating] = {}  # few differ
    for ratee_id, rater_id, relation, text in rows:
        ratings = []
        for part in text.split(";"):
            rating = known.get(part)
            if rating is None:
                competency, _, points = part.rpartition("=")
                rating = known[part] = (competency, int(points))
            ratings.append(rating)
        found.append((ratee_id, rater_id, relation, ratings))
    return found


def seal_text(
    month: Month, ratee_no: str, rater_no: str, competency: str, relation: str, rating: int
) -> str:
    """What is digested of one review."""
    return f"{_about(month, ratee_no, rater_no)}|{competency}|{relation}|{rating}"


def _about(month: Month, ratee_no: str, rater_no: str) -> str:
    return f"{month}|{ratee_no}|{rater_no}"


def seal_rows(session: Any, month: Month, seal: Seal, reviews: Iterable[OpenReview]) -> int:
    """Store the digests of all reviews of ``month``, in an order that tells nothing; their number.

    ``seal`` gives a keyed digest without spaces.
    """
    numbers = dict(session.execute(select(Employee.id, Employee.employee_no)).all())
    digests = []
    for ratee, rater, relation, ratings in reviews:
        about = _about(month, numbers[ratee], numbers[rater])  # once for all that one wrote of one
        digests += [
            seal(f"{about}|{competency}|{relation}|{rating}") for competency, rating in ratings
        ]
    digests.sort()
    rows: list[dict[str, Any]] = []
    for start in range(0, len(digests), TOGETHER):
        part = digests[start : start + TOGETHER]
        rows.append(
            {"month": month, "part": len(rows), "size": len(part), "digests": " ".join(part)}
        )
    if rows:
        session.execute(insert(ReviewSeal), rows)
    return len(digests)


def recognised(session: Any, month: Month, digests: Collection[str]) -> set[str]:
    """Those of ``digests`` that a closed round holds."""
    wanted = set(digests)
    found: set[str] = set()
    parts = session.scalars(select(ReviewSeal.digests).where(ReviewSeal.month == month))
    for part in parts.yield_per(10):
        found |= wanted.intersection(part.split(" "))
    return found


def sealed_rows(session: Any, month: Month) -> int:
    """How many rows a closed round had."""
    total = session.scalar(select(func.sum(ReviewSeal.size)).where(ReviewSeal.month == month))
    return int(total or 0)
