"""Scorecards from the store: a month's list, and one person's over the months."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from closing.cards import StoredRow
from closing.models import Pay
from core.models import Closing, MonthState
from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer
from evaluations.scorecards.models import FactSheet, Scorecard, ScorecardLine
from evaluations.scorecards.scoring import LineResult
from reports.reach import out_for, readable
from rewards.models import RuleEntry
from rewards.voiding import still_counts
from staff.models import Employee, Team
from staff.queries import visible_employees

# Columns by label, whatever their types: a list is read by its names.
_select: Callable[..., Any] = select

MONTHS = 12


def month_cards(viewer: Viewer, day: date, month: Month) -> Select[Any]:
    """The month's scorecards that the viewer may read.

    Columns: id, employee_no, name, team (path), template, position, status, ramping, grade, total,
    change (against the month before, where both are complete; docs/scoring.md, Awards), base,
    adjustment, coverage, team_rank, company_rank.
    """
    card, before, earlier = Scorecard, aliased(Scorecard), aliased(MonthState)
    closed_before = select(earlier.closing_id).where(
        earlier.month == month.plus(-1),
        earlier.closing_id.is_not(None),
        out_for(viewer, earlier, before),
    )
    both = and_(card.status == "complete", before.status == "complete")
    found: Select[Any] = (
        _select(
            card.id,
            Employee.employee_no,
            Employee.name,
            Team.path.label("team"),
            card.template,
            card.position,
            card.status,
            card.ramping,
            card.grade,
            card.total,
            case((both, card.total - before.total)).label("change"),
            card.base,
            card.adjustment,
            card.coverage,
            card.team_rank,
            card.company_rank,
        )
        .join(MonthState, MonthState.closing_id == card.closing_id)
        .join(Employee, Employee.id == card.employee_id)
        .outerjoin(Team, Team.id == card.team_id)
        .outerjoin(
            before,
            and_(before.employee_id == card.employee_id, before.closing_id.in_(closed_before)),
        )
        .where(MonthState.month == month, readable(viewer, day))
    )
    return found


@dataclass(frozen=True, slots=True)
class Overview:
    """How many scorecards of each grade and status, and the teams and templates among them."""

    grades: Mapping[str, int]
    statuses: Mapping[str, int]
    teams: tuple[str, ...]
    templates: tuple[str, ...]
    cards: int

    @property
    def graded(self) -> int:
        return sum(self.grades.values())


def overview(session: Session, cards: Select[Any]) -> Overview:
    """Counts over the whole of ``month_cards``. One statement."""
    listed = cards.subquery()
    rows = session.execute(
        select(
            listed.c.grade, listed.c.status, listed.c.team, listed.c.template, func.count()
        ).group_by(listed.c.grade, listed.c.status, listed.c.team, listed.c.template)
    )
    grades: dict[str, int] = defaultdict(int)
    statuses: dict[str, int] = defaultdict(int)
    teams: set[str] = set()
    templates: set[str] = set()
    for grade, status, team, template, count in rows:
        if grade is not None:
            grades[grade] += count
        statuses[status] += count
        templates.add(template)
        if team is not None:
            parts = team.split("/")
            teams.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    total = sum(statuses.values())
    return Overview(dict(grades), dict(statuses), tuple(sorted(teams)), tuple(templates), total)


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


def _past(
    card: Scorecard,
    closing: Closing,
    current: int | None,
    visible: bool,
    fired: str | None,
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
    """One statement."""
    line, mate = ScorecardLine.__table__, aliased(Scorecard)
    mates = select(mate.id).where(
        mate.closing_id == chosen.closing.id,
        mate.template == chosen.template,
        mate.team_id == chosen.team_id,
        mate.team_rank.is_not(None),
    )
    crowds = _crowds(chosen)
    ids = [chosen.id, before.id] if before else [chosen.id]
    rows = session.execute(
        select(line, crowds.c.crowd)
        .outerjoin(crowds, crowds.c.metric == line.c.metric)
        .where(or_(line.c.scorecard_id.in_(ids), line.c.scorecard_id.in_(mates)))
        .order_by(line.c.scorecard_id, line.c.ordinal)
    )
    found: dict[int, list[LineResult]] = defaultdict(list)
    sizes: dict[str, int] = {}
    for row in rows:
        values = row._mapping
        found[values["scorecard_id"]].append(
            LineResult(**{name: values[name] for name in LineResult.__slots__})
        )
        if values["crowd"]:
            sizes[values["metric"]] = int(values["crowd"])
    own = found.pop(chosen.id, [])
    earlier = found.pop(before.id, []) if before else []
    return LinesRead(own, earlier, sizes, list(found.values()))


def _crowds(chosen: Past) -> Any:
    line, card = aliased(ScorecardLine), aliased(Scorecard)
    return (
        select(line.metric, func.sum(line.sample_size).label("crowd"))
        .join(card, card.id == line.scorecard_id)
        .where(
            card.closing_id == chosen.closing.id,
            card.template == chosen.template,
            line.prior > 0,
            line.raw.is_not(None),
        )
        .group_by(line.metric)
        .subquery("crowds")
    )


def team_totals(session: Session, own: list[Past]) -> dict[Month, list[float]]:
    """Sorted totals of everybody ranked in the person's team, in each month of ``own``."""
    teams = {(past.closing.id, past.team_id) for past in own if past.team_id is not None}
    found: dict[Month, list[float]] = defaultdict(list)
    if not teams:
        return found
    wanted = {team: month.month for month in own if (team := (month.closing.id, month.team_id))}
    rows = session.execute(
        select(Scorecard.closing_id, Scorecard.team_id, Scorecard.total).where(
            Scorecard.closing_id.in_([closing for closing, _ in teams]),
            Scorecard.team_id.in_({team for _, team in teams}),
            Scorecard.team_rank.is_not(None),
        )
    )
    for closing_id, team_id, total in rows:
        month = wanted.get((closing_id, team_id))
        if month is not None and total is not None:
            found[month].append(total)
    return {month: sorted(totals) for month, totals in found.items()}


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a person stands in a list: the neighbours' numbers, the place from 1, the length.

    ``ranked`` counts everybody with a rank in the company, whoever may see them.
    """

    before: str | None
    after: str | None
    place: int | None
    length: int
    ranked: int


def walk(session: Session, ordered: Select[Any], employee_no: str, closing_id: int) -> Walk:
    """``ordered`` is the list as the reader came from it (``core.tables.asked``)."""
    ranked = (
        select(func.count())
        .where(Scorecard.closing_id == closing_id, Scorecard.company_rank.is_not(None))
        .scalar_subquery()
    )
    number = ordered.selected_columns["employee_no"]
    rows = session.execute(ordered.with_only_columns(number, ranked, maintain_column_froms=True))
    found = rows.all()
    numbers = [row[0] for row in found]
    company = found[0][1] if found else 0
    if employee_no not in numbers:
        return Walk(None, None, None, len(numbers), company)
    at = numbers.index(employee_no)
    return Walk(
        before=numbers[at - 1] if at else None,
        after=numbers[at + 1] if at + 1 < len(numbers) else None,
        place=at + 1,
        length=len(numbers),
        ranked=company,
    )


def reads_only_own(viewer: Viewer, session: Session, day: date) -> bool:
    """Whether the viewer's only scorecards are their own."""
    ids = visible_employees(viewer, Permission.SCORECARDS_READ, day=day, closed=True)
    others = session.scalar(ids.where(Employee.id != (viewer.employee_id or 0)).limit(1))
    return others is None
