"""Digests of the reviews of a closed round, keyed by a secret outside the database.

The close writes them (``seal_rows``) when it deletes the reviews; an import of the same file later
recognises its reviews by them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import exists, func, insert, select, true

from core.values import Month
from evaluations.models import Review, ReviewSeal
from evaluations.reviews import unit_rating
from evaluations.rounds.models import ReviewRound
from staff.models import Employee

Seal = Callable[[str], str]
Rating = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Ratings:
    """What one review says: its ratings in the order of competencies, the same as a text, and
    their mean in units of 1/REVIEW_UNIT.
    """

    rated: tuple[Rating, ...]
    text: str
    unit: int

    @classmethod
    def of(cls, rated: Iterable[Rating]) -> Ratings:
        ordered = tuple(sorted(rated))
        text = ";".join(f"{competency}={rating}" for competency, rating in ordered)
        return cls(ordered, text, unit_rating(sum(rating for _, rating in ordered), len(ordered)))


OpenReview = tuple[int, int, str, Ratings]
"""Ratee, rater, relation, and the ratings."""

TOGETHER = 5000


def reviews_of(
    session: Any, month: Month, ratee_id: int | None = None, *, now: datetime | None = None
) -> list[OpenReview]:
    """Every open review of the month, or those of one ratee.

    None of a round in the browser while it runs: two looks would differ by what was answered in
    between. With ``now`` one whose last day is over counts as ended, as it does at a close.

    One row of the database is what one person wrote of another, which spares most of the reading.
    """
    running = exists().where(
        ReviewRound.month == month,
        ReviewRound.state == "open",
        ReviewRound.ends_at > now if now is not None else true(),
    )
    about = Review.ratee_id == ratee_id if ratee_id is not None else true()
    rated = Review.competency.op("||")(Review.rating)  # of one digit
    relations = func.min(Review.relation), func.max(Review.relation)
    pair = Review.ratee_id, Review.rater_id

    def grouped(*keys: Any) -> Any:
        return session.connection().execute(  # the session would make each row twice
            select(*pair, *relations, func.aggregate_strings(rated, ";"))
            .where(Review.month == month, about, ~running)
            .group_by(*keys)
        )

    rows = grouped(*pair).all()  # as the index lies: nothing to sort
    if any(first != last for _, _, first, last, _ in rows):
        # Nobody stands in two relations to a person, unless two files were taken in at once.
        rows = grouped(*pair, Review.relation).all()
    known: dict[str, Ratings] = {}  # few differ
    found: list[OpenReview] = []
    for ratee_id, rater_id, relation, _, joined in rows:
        ratings = known.get(joined)
        if ratings is None:
            ratings = known[joined] = Ratings.of(
                (part[:-1], int(part[-1])) for part in joined.split(";")
            )
        found.append((ratee_id, rater_id, relation, ratings))
    return found


def seal_text(
    month: Month | str, ratee_no: str, rater_no: str, relation: str, ratings: Ratings
) -> str:
    """What is digested of one review: it is recognised as a whole or not at all."""
    return f"{month}|{ratee_no}|{rater_no}|{relation}|{ratings.text}"


def seal_text_of_row(
    month: Month, ratee_no: str, rater_no: str, relation: str, rating: Rating
) -> str:
    """What was digested before, of each row of a file: rounds closed then are still recognised."""
    competency, points = rating
    return f"{month}|{ratee_no}|{rater_no}|{competency}|{relation}|{points}"


def seal_rows(session: Any, month: Month, seal: Seal, reviews: Iterable[OpenReview]) -> int:
    """Store a digest of each review of ``month``, in an order that tells nothing.

    Returns how many rows of a file they stand for. ``seal`` gives a keyed digest without spaces.
    """
    numbers = dict(session.execute(select(Employee.id, Employee.employee_no)).all())
    on = str(month)
    sealed = [
        (seal(seal_text(on, numbers[ratee], numbers[rater], relation, ratings)), ratings)
        for ratee, rater, relation, ratings in reviews
    ]
    sealed.sort(key=itemgetter(0))
    rows: list[dict[str, Any]] = []
    for start in range(0, len(sealed), TOGETHER):
        part = sealed[start : start + TOGETHER]
        rows.append(
            {
                "month": month,
                "part": len(rows),
                "size": sum(len(ratings.rated) for _, ratings in part),
                "digests": " ".join(digest for digest, _ in part),
            }
        )
    if rows:
        session.execute(insert(ReviewSeal), rows)
    return sum(row["size"] for row in rows)


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
