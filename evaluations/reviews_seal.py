"""Digests of the reviews of a closed round, keyed by a secret outside the database.

The close writes them (``seal_rows``) when it deletes the reviews; an import of the same file later
recognises its rows by them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import func, insert, select

from core.values import Month
from evaluations.models import Review, ReviewSeal
from staff.models import Employee

Seal = Callable[[str], str]
TOGETHER = 5000


def seal_text(
    month: Month, ratee_no: str, rater_no: str, competency: str, relation: str, rating: int
) -> str:
    """What is digested of one review."""
    return f"{month}|{ratee_no}|{rater_no}|{competency}|{relation}|{rating}"


def seal_rows(session: Any, month: Month, seal: Seal) -> int:
    """Store the digests of all reviews of ``month``, in an order that tells nothing; their number.

    ``seal`` gives a keyed digest without spaces. The reviews must still be there.
    """
    numbers = dict(session.execute(select(Employee.id, Employee.employee_no)).all())
    query = select(
        Review.ratee_id, Review.rater_id, Review.competency, Review.relation, Review.rating
    ).where(Review.month == month)
    digests = sorted(
        seal(seal_text(month, numbers[ratee], numbers[rater], competency, relation, rating))
        for ratee, rater, competency, relation, rating in session.execute(query)
    )
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
