"""Files of 360° reviews: one rating of one competency by one rater (docs/scoring.md, 360°).

Nothing but the reviews themselves ever holds who rated whom: no trace of changes, no late rows.
Of a closed round only keyed digests are left, by which a file imported again is recognised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import ClassVar

from sqlalchemy import Table, select

from core.errors import Conflict
from core.imports.cells import Bad, choice, month, remembered, text, until, whole
from core.imports.kinds import (
    CHANGED,
    NEW,
    TOGETHER,
    Column,
    Identity,
    Kind,
    Known,
    Line,
    Setting,
)
from core.imports.rows import Record, chunks
from core.messages import N_
from core.values import Month
from evaluations.models import RELATIONS, Review, ReviewParticipant
from evaluations.reviews_seal import (
    Ratings,
    Seal,
    recognised,
    seal_text,
    seal_text_of_row,
    sealed_rows,
)
from evaluations.rounds.models import ReviewRound
from evaluations.rounds.services import hold
from staff.directory import People

CHINESE = {
    "上级": "supervisor",
    "同级": "peer",
    "下级": "subordinate",
    "跨部门": "cross_team",
    "自评": "self",
}


Pair = tuple[Month, int, int]  # ratee and rater


class Reviews(Kind):
    name = "reviews"
    table: ClassVar[Table] = Review.__table__  # type: ignore[assignment]
    identity = ("month", "ratee_id", "rater_id", "competency")
    fetch_by = "ratee_id"
    fetch_span = "month"
    traced = False
    edited = False  # a digest of the rows would be something to guess them by
    headings: ClassVar[dict[str, str]] = {
        "month": "月份",
        "ratee_no": "被评人工号",
        "rater_no": "评价人工号",
        "relation": "关系",
        "competency": "能力项 维度",
        "rating": "评分",
    }
    example: ClassVar[str] = "2026-10,E0007,E0002,supervisor,attitude,4"

    def __init__(
        self,
        setting: Setting,
        people: People,
        competencies: Callable[[Month], Collection[str]],
        seal: Seal,
    ) -> None:
        person = remembered(people.number)
        self._people = people
        self._competencies = competencies
        self._seal = seal
        in_browser = select(ReviewRound.month).where(ReviewRound.state != "draft")
        self._in_browser = set(setting.session.scalars(in_browser))
        # Closed rounds stay sealed when their month is reopened.
        sealed = setting.session.scalars(select(ReviewParticipant.month).distinct())
        self._sealed = setting.closed | set(sealed)
        words = {name: name for name in RELATIONS} | CHINESE
        super().__init__(
            setting,
            (
                Column("month", remembered(until(Month.of(setting.clock), month)), "month", True),
                Column("ratee_no", person, "ratee_id", True),
                Column("rater_no", person, "rater_id", True),
                Column("relation", remembered(choice(words)), "relation", True),
                Column("competency", text(60), "competency", True),
                Column("rating", remembered(whole(1, 5)), "rating", True),
            ),
        )

    def derive(self, record: Record, line: Line) -> None:
        if record["month"] in self._in_browser:  # beside rows of one's own the others would show
            raise Bad(N_("the 360° round of this month is answered in the browser"), "month")
        if record["competency"] not in self._competencies(record["month"]):
            raise Bad(
                N_('the policy knows no competency "%(key)s"'),
                "competency",
                key=record["competency"],
            )
        own = record["ratee_id"] == record["rater_id"]
        if own and record["relation"] != "self":
            raise Bad(N_("a review of oneself is of the relation self"), "relation")
        if not own and record["relation"] == "self":
            raise Bad(N_("self is for reviews of oneself"), "relation")

    def known(self, lines: Sequence[Line]) -> Iterator[tuple[Identity, Known]]:
        """Open rounds as any table; of a closed one, what its seals recognise.

        They answer for a file that holds most of the round. Else whoever may import could ask by
        files of one row each who rated whom, and how.
        """
        open_rows: list[Line] = []
        by_month: dict[Month, list[Line]] = defaultdict(list)
        for line in lines:
            month_ = line.record["month"]
            (by_month[month_] if month_ in self._sealed else open_rows).append(line)
        yield from super().known(open_rows)
        for month_, rows in by_month.items():
            same = self._recognised(month_, rows)
            if 2 * len(same) > sealed_rows(self.setting.session, month_):
                yield from ((line.identity, Known(0, line.record)) for line in same)

    def _recognised(self, month_: Month, lines: Iterable[Line]) -> list[Line]:
        """Rows that a closed round had: of reviews that are here as a whole, or, of rounds closed
        before reviews were digested so, row by row.
        """
        reviews: dict[tuple[int, int, str], list[Line]] = defaultdict(list)
        for line in lines:
            record = line.record
            reviews[record["ratee_id"], record["rater_id"], record["relation"]].append(line)
        sealed: dict[str, list[Line]] = {}
        for (ratee_id, rater_id, relation), rows in reviews.items():
            ratee, rater = (self._people.by_id[who].employee_no for who in (ratee_id, rater_id))
            rated = [(line.record["competency"], line.record["rating"]) for line in rows]
            told = seal_text(month_, ratee, rater, relation, Ratings.of(rated))
            sealed[self._seal(told)] = rows
            for line, rating in zip(rows, rated, strict=True):
                told = seal_text_of_row(month_, ratee, rater, relation, rating)
                sealed[self._seal(told)] = [line]
        known = recognised(self.setting.session, month_, sealed)
        return [line for digest in sorted(known) for line in sealed[digest]]

    def store(self, lines: Sequence[Line], batch: int) -> None:
        """A round may have been opened since the rows were judged: whoever opens one waits now."""
        session = self.setting.session
        changed = [line for line in lines if line.outcome in (NEW, CHANGED)]
        for on in sorted({line.record["month"] for line in changed}):
            hold(session, on)
            opened = select(ReviewRound.state).where(ReviewRound.month == on)
            if session.scalar(opened) not in (None, "draft"):
                raise Conflict(
                    N_("The 360° round of %(month)s was opened meanwhile: reviews are not mixed."),
                    month=str(on),
                )
        super().store(lines, batch)

    def check_file(self, lines: Collection[Line]) -> None:
        """A rater stands in one relation to a ratee, over the file and what is known."""
        stands: dict[Pair, str] = {}
        several: set[Pair] = set()
        for line in lines:
            pair, relation = _standing(line)
            if stands.setdefault(pair, relation) != relation:
                several.add(pair)
        self._add_stored(stands, several, lines)
        for line in lines if several else ():
            if _standing(line)[0] in several:
                line.refuse(Bad(N_("the rater stands in two relations to this person"), "relation"))

    def _add_stored(
        self, stands: dict[Pair, str], several: set[Pair], lines: Collection[Line]
    ) -> None:
        """The relations of stored reviews that no line of the file changes."""
        replaced = {line.known_id for line in lines if line.known_id}
        months = sorted({pair[0] for pair in stands} - self._sealed)
        for part in chunks(months, 500):
            query = select(
                Review.id, Review.month, Review.ratee_id, Review.rater_id, Review.relation
            ).where(Review.month.in_(part))
            rows = self.setting.session.execute(query, execution_options={"yield_per": TOGETHER})
            for key, on, ratee, rater, relation in rows:
                pair = (on, ratee, rater)
                if stands.get(pair, relation) != relation and key not in replaced:
                    several.add(pair)

    @property
    def any_late(self) -> bool:
        return bool(self._sealed)

    def months(self, record: Record) -> Iterable[Month]:
        return (record["month"],)

    def late_month(self, before: Record | None, after: Record | None) -> Month | None:
        month: Month = (after or before or {})["month"]
        return month if month in self._sealed else None


def _standing(line: Line) -> tuple[Pair, str]:
    record = line.record
    return (record["month"], record["ratee_id"], record["rater_id"]), record["relation"]
