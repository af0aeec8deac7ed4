"""360° reviews of a month as sums per group, and the sealing of a closed round."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.erasing import rewrite
from core.values import Month
from evaluations.models import Review, ReviewGroup, ReviewParticipant
from evaluations.reviews import ReviewSum, settle_groups, unit_rating
from evaluations.reviews_seal import Seal, seal_rows


def review_groups(session: Session, month: Month, min_raters: int) -> dict[int, list[ReviewSum]]:
    """The groups that may be seen, by ratee id: from the reviews, or what a closed round kept."""
    sums = _open_sums(session, month)
    for ratee_id, kept in _closed_sums(session, month).items():
        sums[ratee_id] = kept
    return {ratee_id: settle_groups(each, min_raters) for ratee_id, each in sums.items()}


def closed_groups(
    session: Session, ratee_id: int, first: Month, last: Month, min_raters: int
) -> dict[Month, list[ReviewSum]]:
    """The groups that may be seen of one ratee, by month of a closed round."""
    rows = session.scalars(
        select(ReviewGroup)
        .where(ReviewGroup.ratee_id == ratee_id, ReviewGroup.month.between(first, last))
        .order_by(ReviewGroup.month, ReviewGroup.id)
    )
    sums: dict[Month, list[ReviewSum]] = defaultdict(list)
    for row in rows:
        sums[row.month].append(_sum_of(row))
    return {month: settle_groups(each, min_raters) for month, each in sums.items()}


def round_is_sealed(session: Session, month: Month) -> bool:
    """Whether the month's reviews were reduced to sums (it was closed once)."""
    return (
        session.execute(
            select(ReviewParticipant.month).where(ReviewParticipant.month == month).limit(1)
        ).first()
        is not None
    )


def seal_round(
    session: Session,
    month: Month,
    groups: dict[int, list[ReviewSum]],
    seal: Seal,
) -> None:
    """Replace the month's reviews by their group sums; nothing left tells who wrote what.

    Kept besides: who has taken part, and keyed digests by which a file that comes in again is
    recognised. Rows are stored in an order that has nothing to do with the reviews', and the pages
    that held those are cleared (``core.erasing``).
    """
    if not seal_rows(session, month, seal):
        return
    raters = session.scalars(
        select(Review.rater_id).where(Review.month == month).distinct().order_by(Review.rater_id)
    )
    participants = [{"month": month, "rater_id": each} for each in raters]
    rows: list[dict[str, Any]] = [
        {
            "month": month,
            "ratee_id": ratee_id,
            "relations": ";".join(each.relations),
            "n": each.n,
            "total": each.total,
            "competencies": {key: list(pair) for key, pair in sorted(each.competencies.items())},
        }
        for ratee_id in sorted(groups)
        for each in groups[ratee_id]
    ]
    rewrite(session, Review.__tablename__, f"month <> '{month}'")
    session.execute(insert(ReviewParticipant), participants)
    if rows:
        session.execute(insert(ReviewGroup), rows)


def _open_sums(session: Session, month: Month) -> dict[int, list[ReviewSum]]:
    per_review = select(
        Review.ratee_id,
        Review.relation,
        func.count().label("ratings"),
        func.sum(Review.rating).label("total"),
    )
    per_review = per_review.where(Review.month == month)
    per_review = per_review.group_by(Review.ratee_id, Review.relation, Review.rater_id)
    counts: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for ratee_id, relation, ratings, total in session.execute(per_review):
        pair = counts[ratee_id, relation]
        pair[0] += 1
        pair[1] += unit_rating(int(total), ratings)
    per_competency = (
        select(
            Review.ratee_id,
            Review.relation,
            Review.competency,
            func.count(),
            func.sum(Review.rating),
        )
        .where(Review.month == month)
        .group_by(Review.ratee_id, Review.relation, Review.competency)
    )
    shown: dict[tuple[int, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for ratee_id, relation, competency, count, total in session.execute(per_competency):
        shown[ratee_id, relation][competency] = (count, int(total))
    sums: dict[int, list[ReviewSum]] = defaultdict(list)
    for (ratee_id, relation), (n, total) in counts.items():
        sums[ratee_id].append(ReviewSum((relation,), n, total, shown[ratee_id, relation]))
    return sums


def _closed_sums(session: Session, month: Month) -> dict[int, list[ReviewSum]]:
    sums: dict[int, list[ReviewSum]] = defaultdict(list)
    rows = session.scalars(
        select(ReviewGroup).where(ReviewGroup.month == month).order_by(ReviewGroup.id)
    )
    for row in rows:
        sums[row.ratee_id].append(_sum_of(row))
    return sums


def _sum_of(row: ReviewGroup) -> ReviewSum:
    competencies = {key: (pair[0], pair[1]) for key, pair in row.competencies.items()}
    return ReviewSum(tuple(row.relations.split(";")), row.n, row.total, competencies)
