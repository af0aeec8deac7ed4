"""360° reviews of a month as sums per group, and the sealing of a closed round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.bulk import insert_rows
from core.erasing import rewrite
from core.values import Month
from evaluations.models import Review, ReviewGroup, ReviewParticipant
from evaluations.reviews import ReviewSum, settle_groups
from evaluations.reviews_seal import OpenReview, Ratings, Seal, reviews_of, seal_rows
from evaluations.rounds.models import ReviewRound

GROUP = ("month", "ratee_id", "relations", "n", "total", "competencies")


def review_groups(
    session: Session, month: Month, min_raters: int, reviews: Iterable[OpenReview]
) -> dict[int, list[ReviewSum]]:
    """The groups that may be seen, by ratee id: from the reviews, or what a closed round kept.

    ``reviews`` are the open ones of the month (``reviews_of``). Those of a round in the browser are
    split as was promised when it opened, whatever a later policy says.
    """
    sums = _open_sums(reviews)
    held = session.get(ReviewRound, month)
    if held is not None and held.min_raters is not None:
        min_raters = held.min_raters
    for ratee_id, kept in _closed_sums(session, month).items():
        sums[ratee_id] = kept
    return {ratee_id: settle_groups(each, min_raters) for ratee_id, each in sums.items()}


def closed_groups(
    session: Session, ratee_id: int, first: Month, last: Month, min_raters: int
) -> tuple[dict[Month, list[ReviewSum]], set[Month]]:
    """The groups that may be seen of one ratee, by month of a closed round; and those of these
    months whose reviews came from a round in the browser, not from a file.

    Those of a round in the browser stay split as was promised when it opened.
    """
    rows = session.execute(
        select(ReviewGroup, ReviewRound.min_raters, ReviewRound.state)
        .outerjoin(ReviewRound, ReviewRound.month == ReviewGroup.month)
        .where(ReviewGroup.ratee_id == ratee_id, ReviewGroup.month.between(first, last))
        .order_by(ReviewGroup.month, ReviewGroup.id)
    )
    sums: dict[Month, list[ReviewSum]] = defaultdict(list)
    least: dict[Month, int] = {}
    in_browser: set[Month] = set()
    for row, promised, state in rows:
        sums[row.month].append(_sum_of(row))
        least[row.month] = promised or min_raters
        if state not in (None, "draft"):
            in_browser.add(row.month)
    return {month: settle_groups(each, least[month]) for month, each in sums.items()}, in_browser


def groups_of(session: Session, month: Month, ratee_id: int, min_raters: int) -> list[ReviewSum]:
    """The groups that may be seen of one ratee, of a round that is closed or has ended."""
    kept, _in_browser = closed_groups(session, ratee_id, month, month, min_raters)
    if month in kept:
        return kept[month]
    found = review_groups(session, month, min_raters, reviews_of(session, month, ratee_id))
    return found.get(ratee_id, [])


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
    groups: Mapping[int, list[ReviewSum]],
    seal: Seal,
    reviews: Collection[OpenReview],
) -> None:
    """Replace the month's reviews by their group sums; nothing left tells who wrote what.

    Kept besides: who has taken part, and keyed digests by which a file that comes in again is
    recognised; of a round in the browser there are none. Rows are stored in an order that has
    nothing to do with the reviews', and the pages that held those are cleared (``core.erasing``).
    """
    if not reviews:
        return
    if session.get(ReviewRound, month) is None:  # else there is no file to come in again
        seal_rows(session, month, seal, reviews)
    participants = [(month, each) for each in sorted({rater for _, rater, _, _ in reviews})]
    rewrite(session, Review.__tablename__, f"month <> '{month}'")
    insert_rows(session, ReviewParticipant, ("month", "rater_id"), participants)
    rows = (
        (
            month,
            ratee_id,
            ";".join(each.relations),
            each.n,
            each.total,
            orjson.dumps(each.competencies, option=orjson.OPT_SORT_KEYS).decode(),
        )
        for ratee_id in sorted(groups)
        for each in groups[ratee_id]
    )
    insert_rows(session, ReviewGroup, GROUP, rows)


def _open_sums(reviews: Iterable[OpenReview]) -> dict[int, list[ReviewSum]]:
    groups: dict[tuple[int, str], list[Ratings]] = defaultdict(list)
    for ratee_id, _, relation, ratings in reviews:
        groups[ratee_id, relation].append(ratings)
    sums: dict[int, list[ReviewSum]] = defaultdict(list)
    for (ratee_id, relation), group in groups.items():
        sums[ratee_id].append(_sum_up(relation, group))
    return sums


def _sum_up(relation: str, group: Collection[Ratings]) -> ReviewSum:
    shown: dict[str, tuple[int, int]] = {}
    for ratings in group:
        for competency, rating in ratings.rated:
            count, points = shown.get(competency, (0, 0))
            shown[competency] = (count + 1, points + rating)
    return ReviewSum((relation,), len(group), sum([each.unit for each in group]), shown)


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
