"""One person's scorecards over the months, with what their page computes from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from closing.cards import StoredRow
from closing.models import Pay
from core import kept
from core.models import Closing, MonthState
from core.values import Month
from core.viewer import Viewer
from evaluations.scorecards.models import FactSheet, Scorecard, ScorecardLine
from evaluations.scorecards.scoring import LineResult
from reports.reach import out_for
from rewards.models import RuleEntry
from rewards.voiding import still_counts
from staff.models import Employee, Team

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Past:
    """A scorecard of one person in one closing. ``current``: that by which the month is closed."""

    id: int
    month: Month
    revision: int
    current: bool
    closing: Closing
    status: str
    ramping: bool
    template: str
    team_id: int | None
    base: float | None
    team_mean: float | None
    team_share: float
    blended: float | None
    adjustment: float
    total: float | None
    grade: str | None
    team_rank: int | None
    company_rank: int | None
    visible: bool
    fired: Mapping[str, int]
    mates: list[float]
    row: StoredRow


def history(session: Session, viewer: Viewer, employee_id: int, last: Month) -> list[Past]:
    """Those of ``stored`` that the viewer may see."""
    return [past for past in stored(session, viewer, employee_id, last) if past.visible]


def stored(session: Session, viewer: Viewer, employee_id: int, last: Month) -> list[Past]:
    """One person's scorecards of twelve months up to ``last``, every revision, oldest first.

    ``visible`` says that the viewer may see that month already; whether they may see the person is
    the caller's affair.
    """
    rows = session.execute(
        select(
            Scorecard,
            Closing,
            MonthState.closing_id,
            out_for(viewer, MonthState, Scorecard).label("visible"),
            _fired(),
            _mates(),
            Employee.employee_no,
            Employee.name,
            Team.path,
            FactSheet.facts,
            Pay,
        )
        .join(Closing, Closing.id == Scorecard.closing_id)
        .join(Employee, Employee.id == Scorecard.employee_id)
        .outerjoin(Team, Team.id == Scorecard.team_id)
        .join(Pay, Pay.scorecard_id == Scorecard.id)
        .join(MonthState, MonthState.month == Scorecard.month)
        .join(
            FactSheet,
            (FactSheet.closing_id == Scorecard.closing_id)
            & (FactSheet.employee_id == Scorecard.employee_id),
        )
        .where(
            Scorecard.employee_id == employee_id,
            Scorecard.month.between(last.plus(1 - MONTHS), last),
            MonthState.closing_id.is_not(None),
            Closing.sealed,
        )
        .order_by(Scorecard.month, Closing.revision)
    )
    return [_past(*row) for row in rows]


def _fired() -> Any:
    """The rules of a scorecard that ladders count, in one text."""
    return (
        select(func.aggregate_strings(RuleEntry.rule, ","))
        .where(
            RuleEntry.scorecard_id == Scorecard.id,
            RuleEntry.state.in_(("counts", "superseded")),
            still_counts(Scorecard.employee_id, Scorecard.month),
        )
        .correlate(Scorecard)
        .scalar_subquery()
    )


def _mates() -> Any:
    """The totals of everybody ranked in the team, in one text; a total has two decimals.

    What is NULL is no part of it. To say so would make SQLite look through the whole closing by
    the index of totals.
    """
    mate = aliased(Scorecard)
    return (
        select(func.aggregate_strings(cast(mate.total, Text), ","))
        .where(
            mate.closing_id == Scorecard.closing_id,
            mate.team_id == Scorecard.team_id,
            mate.team_rank.is_not(None),
        )
        .correlate(Scorecard)
        .scalar_subquery()
    )


def _past(
    card: Scorecard,
    closing: Closing,
    current: int | None,
    visible: bool,
    fired: str | None,
    mates: str | None,
    *beside: Any,
) -> Past:
    names = [name for name in Past.__slots__ if hasattr(Scorecard, name)]
    return Past(
        **{name: getattr(card, name) for name in names},
        revision=closing.revision,
        current=closing.id == current,
        closing=closing,
        visible=bool(visible),
        fired=Counter(fired.split(",")) if fired else {},
        mates=sorted(float(total) for total in mates.split(",")) if mates else [],
        row=StoredRow(card, *beside),
    )


@dataclass(frozen=True, slots=True)
class LinesRead:
    """Lines of the scorecard shown and of the month before, and what the first are drawn to.

    ``crowds`` are the sample sizes behind the means of small samples, everybody on the template
    together, by metric; ``beside`` the lines of the teammates on it who compete.
    """

    chosen: list[LineResult]
    before: list[LineResult]
    crowds: dict[str, int]
    beside: list[list[LineResult]]


def lines_read(session: Session, chosen: Past, before: Past | None) -> LinesRead:
    """One statement; two where the sample sizes were not asked for yet."""
    line, mate = ScorecardLine.__table__, aliased(Scorecard)
    mates = select(mate.id).where(
        mate.closing_id == chosen.closing.id,
        mate.template == chosen.template,
        mate.team_id == chosen.team_id,
        mate.team_rank.is_not(None),
    )
    ids = [chosen.id, before.id] if before else [chosen.id]
    rows = session.execute(
        select(line)
        .where(or_(line.c.scorecard_id.in_(ids), line.c.scorecard_id.in_(mates)))
        .order_by(line.c.scorecard_id, line.c.ordinal)
    )
    found: dict[int, list[LineResult]] = defaultdict(list)
    for row in rows:
        values = row._mapping
        found[values["scorecard_id"]].append(
            LineResult(**{name: values[name] for name in LineResult._fields})
        )
    own = found.pop(chosen.id, [])
    earlier = found.pop(before.id, []) if before else []
    metrics = {each.metric for lines in (own, earlier, *found.values()) for each in lines}
    crowds = kept.of_closing(
        chosen.closing, ("crowds", chosen.template), lambda: _crowds(session, chosen)
    )
    sizes = {metric: size for metric, size in crowds.items() if metric in metrics}
    return LinesRead(own, earlier, sizes, list(found.values()))


def _crowds(session: Session, chosen: Past) -> dict[str, int]:
    line, card = aliased(ScorecardLine), aliased(Scorecard)
    rows = session.execute(
        select(line.metric, func.sum(line.sample_size))
        .join(card, card.id == line.scorecard_id)
        .where(
            card.closing_id == chosen.closing.id,
            card.template == chosen.template,
            line.prior > 0,
            line.raw.is_not(None),
        )
        .group_by(line.metric)
    )
    return {metric: int(size) for metric, size in rows if size}


def team_totals(own: Iterable[Past]) -> dict[Month, list[float]]:
    """Sorted totals of everybody ranked in the person's team, in each month of ``own``."""
    return {past.month: past.mates for past in own if past.mates}
