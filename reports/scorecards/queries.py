"""Scorecards from the store: a month's list, and one person's over the months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, aliased

from core import kept, tables
from core.models import Closing, MonthState
from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer
from evaluations.scorecards.models import Scorecard
from reports.reach import out_for, readable, sees_everything
from staff.models import Employee, Team
from staff.queries import visible_employees

# Columns by label, whatever their types: a list is read by its names.
_select: Callable[..., Any] = select


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
    # Asked for row by row, so that what only counts the rows does not ask at all.
    total_before = (
        select(before.total)
        .where(
            before.employee_id == card.employee_id,
            before.closing_id.in_(closed_before),
            before.status == "complete",
        )
        .correlate(card)
        .scalar_subquery()
    )
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
            case((card.status == "complete", card.total - total_before)).label("change"),
            card.base,
            card.adjustment,
            card.coverage,
            card.team_rank,
            card.company_rank,
        )
        .select_from(card)
        .join(MonthState, MonthState.closing_id == card.closing_id)
        .join(Employee, Employee.id == card.employee_id)
        .outerjoin(Team, Team.id == card.team_id)
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


def overview(session: Session, viewer: Viewer, closing: Closing, cards: Select[Any]) -> Overview:
    """Counts over the whole of ``month_cards``, which are the viewer's. One statement, or two."""
    grades: dict[str, int] = defaultdict(int)
    statuses: dict[str, int] = defaultdict(int)
    teams: set[str] = set()
    templates: set[str] = set()
    for grade, status, team, template, count in groups(session, viewer, closing, cards):
        if grade is not None:
            grades[grade] += count
        statuses[status] += count
        templates.add(template)
        if team is not None:
            parts = team.split("/")
            teams.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
    total = sum(statuses.values())
    return Overview(dict(grades), dict(statuses), tuple(sorted(teams)), tuple(templates), total)


Group = tuple[str | None, str, str | None, str, int]


def groups(
    session: Session, viewer: Viewer, closing: Closing, cards: Select[Any]
) -> Iterable[Group]:
    """Grade, status, team and template among ``month_cards``, and how many there are of each."""
    if sees_everything(viewer):
        return _groups_of_closing(session, closing)
    listed = cards.subquery()
    rows = session.execute(
        _select(
            listed.c.grade, listed.c.status, listed.c.team, listed.c.template, func.count()
        ).group_by(listed.c.grade, listed.c.status, listed.c.team, listed.c.template)
    )
    return [(*row,) for row in rows]


def _groups_of_closing(session: Session, closing: Closing) -> list[Group]:
    """Those of everybody. Teams are told by their paths of today: only the counts are kept."""

    def counted() -> list[tuple[Any, ...]]:
        by = (Scorecard.grade, Scorecard.status, Scorecard.team_id, Scorecard.template)
        of_closing = Scorecard.closing_id == closing.id
        rows = session.execute(_select(*by, func.count()).where(of_closing).group_by(*by))
        return [(*row,) for row in rows]

    found = kept.of_closing(closing, "groups", counted)
    paths = {team.id: team.path for team in session.execute(_select(Team.id, Team.path))}
    return [
        (grade, status, paths.get(team), template, count)
        for grade, status, team, template, count in found
    ]


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


# Columns of the list that say the same of a closing whenever they are asked.
FIXED = ("company_rank", "employee_no", "template", "grade", "total", "team_rank", "base")


def walk(
    session: Session, viewer: Viewer, ordered: tables.Ordered, employee_no: str, closing: Closing
) -> Walk:
    """``ordered`` is the list as the reader came from it (``core.tables.asked``)."""

    def read() -> tuple[list[str], int]:
        return _numbers(session, ordered.query, closing.id)

    if sees_everything(viewer) and ordered.whole and ordered.sort in FIXED:
        what = ("walk", ordered.sort, ordered.descending)
        numbers, company = kept.of_closing(closing, what, read)
    else:
        numbers, company = read()
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


def _numbers(session: Session, ordered: Select[Any], closing_id: int) -> tuple[list[str], int]:
    """The numbers in their order, and how many have a rank in the company. One statement."""
    ranked = (
        select(func.count())
        .where(Scorecard.closing_id == closing_id, Scorecard.company_rank.is_not(None))
        .scalar_subquery()
    )
    number = ordered.selected_columns["employee_no"]
    rows = session.execute(ordered.with_only_columns(number, ranked, maintain_column_froms=True))
    found = rows.all()
    return [row[0] for row in found], found[0][1] if found else 0


def reads_only_own(viewer: Viewer, session: Session, day: date) -> bool:
    """Whether the viewer's only scorecards are their own."""
    ids = visible_employees(viewer, Permission.SCORECARDS_READ, day=day, closed=True)
    others = session.scalar(ids.where(Employee.id != (viewer.employee_id or 0)).limit(1))
    return others is None
