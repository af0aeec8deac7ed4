"""Digests of the reviews of a closed round, keyed by a secret outside the database.

The close writes them (``seal_rows``) when it deletes the reviews; an import of the same file later
recognises its rows by them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import aliased

from core.values import Month
from evaluations.models import Review, ReviewSeal
from staff.models import Employee

Seal = Callable[[str], str]


def seal_text(
    month: Month, ratee_no: str, rater_no: str, competency: str, relation: str, rating: int
) -> str:
    """What is digested of one review."""
    return "|".join((str(month), ratee_no, rater_no, competency, relation, str(rating)))


def seal_rows(session: Any, month: Month, seal: Seal) -> int:
    """Store the digests of all reviews of ``month``, in an order that tells nothing; their number.

    ``seal`` gives a keyed digest of at most 43 characters. The reviews must still be there.
    """
    ratee, rater = aliased(Employee), aliased(Employee)
    query = (
        select(
            ratee.employee_no, rater.employee_no, Review.competency, Review.relation, Review.rating
        )
        .join(ratee, ratee.id == Review.ratee_id)
        .join(rater, rater.id == Review.rater_id)
        .where(Review.month == month)
    )
    digests = sorted(seal(seal_text(month, *row)) for row in session.execute(query))
    for start in range(0, len(digests), 5000):
        part = digests[start : start + 5000]
        session.execute(insert(ReviewSeal), [{"month": month, "digest": each} for each in part])
    return len(digests)
