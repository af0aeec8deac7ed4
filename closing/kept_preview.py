"""What pages of an open month tell of its preview, kept for as long as nothing happened.

A preview takes seconds where there are thousands of people, and some thirty statements anywhere.
What it says is kept in this process until the audit trail tells of something that could change it,
for ten minutes at most: answers of a 360° round leave no trace.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from closing.cards import CardView
from closing.fired import Fired, fired
from closing.preview import preview_month
from core import audit
from core.kept import Mark, unchanged_since
from core.values import Month
from evaluations.rounds.queries import ends_at

KEPT_MONTHS = 4
KEPT_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PreviewCard:
    """A scorecard of the preview, as far as a list shows it and groups are compared. No facts.

    ``entered`` are the scores of the lines whose values were entered by hand, by metric.
    """

    employee_id: int
    employee_no: str
    name: str
    team: str | None
    supervisor_id: int | None
    template: str
    status: str
    grade: str | None
    total: float | None
    company_rank: int | None
    payout: Decimal
    entered: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """``left_out`` is that of ``closing.left_out``, as JSON; ``at`` when it was computed.

    ``fired`` are the rules that wait for an approval.
    """

    at: datetime
    version: int
    currency: str
    cards: tuple[PreviewCard, ...]
    fired: tuple[Fired, ...]
    left_out: tuple[dict[str, Any], ...]

    @property
    def payout(self) -> Decimal:
        return sum((card.payout for card in self.cards), start=Decimal(0))

    @property
    def grades(self) -> Mapping[str, int]:
        return Counter(card.grade for card in self.cards if card.grade)

    @property
    def statuses(self) -> Mapping[str, int]:
        return Counter(card.status for card in self.cards)


@dataclass(slots=True)
class _Kept:
    """``until`` is when the 360° round of the month will be over, which changes the preview."""

    mark: Mark
    summary: Summary
    until: datetime | None


_kept: OrderedDict[tuple[str, Month], _Kept] = OrderedDict()
_guard = threading.Lock()


def summary(session: Session, month: Month, now: datetime) -> Summary:
    """What a close would give now. Raises ``Refused`` as ``preview_month`` does."""
    found = kept_summary(session, month, now)
    if found is not None:
        return found
    mark = audit.head(session)
    made = _summary(session, month, now)
    with _guard:
        _kept[_key(session, month)] = _Kept(mark, made, ends_at(session, month, now))
        while len(_kept) > KEPT_MONTHS:
            _kept.popitem(last=False)
    return made


def kept_summary(session: Session, month: Month, now: datetime) -> Summary | None:
    """The same where it has not to be computed, else None. At most one statement."""
    with _guard:
        found = _kept.get(_key(session, month))
    if found is None or not found.summary.at <= now < found.summary.at + KEPT_FOR:
        return None
    if found.until is not None and now >= found.until:
        return None
    mark = unchanged_since(session, found.mark)
    if mark is None:
        return None
    found.mark = mark
    return found.summary


def _key(session: Session, month: Month) -> tuple[str, Month]:
    return (str(session.get_bind().engine.url), month)


def _summary(session: Session, month: Month, now: datetime) -> Summary:
    computed = preview_month(session, month, now)
    views = computed.views()
    supervisors = {row.employee_id: row.supervisor_id for row in computed.gathered.rows}
    return Summary(
        at=now,
        version=computed.version.number,
        currency=computed.version.policy.currency,
        cards=tuple(_card(view, supervisors.get(view.employee_id)) for view in views),
        fired=tuple(fired(views, computed.version.policy, is_open=True)),
        left_out=tuple(each.as_json() for each in computed.left_out),
    )


def _card(view: CardView, supervisor_id: int | None) -> PreviewCard:
    return PreviewCard(
        employee_id=view.employee_id,
        employee_no=view.employee_no,
        name=view.name,
        team=view.team,
        supervisor_id=supervisor_id,
        template=view.template,
        status=view.status,
        grade=view.grade,
        total=view.total,
        company_rank=view.company_rank,
        payout=view.pay.payout,
        entered=tuple(
            (line.metric, line.score)
            for line in view.lines
            if line.source == "entered" and line.score is not None
        ),
    )
