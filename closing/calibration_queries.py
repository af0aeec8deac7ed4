"""What calibration compares: the preview, the month before, spot checks, and what was changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from closing.calibration import Change, Entry, Leniency, Spread, changes, leniency, spreads
from closing.kept_preview import PreviewCard
from core.models import AuditEntry, MonthState
from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer
from evaluations.models import SpotCheck
from evaluations.scorecards.models import Scorecard
from staff.models import Employee, Team
from staff.queries import assignments_on, visible_employees

Key = int | str | None
"""A group: the id of a supervisor, the path of a team, None where there is neither."""


@dataclass(frozen=True, slots=True)
class Before:
    """A scorecard of the month before, closed."""

    employee_id: int
    supervisor_id: int | None
    team: str | None
    grade: str | None
    total: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A group of the open month's preview beside the month before; ``entered`` and ``checks`` are
    of the supervisor, None for teams."""

    key: Key
    now: Spread
    before: Spread | None
    entered: Leniency | None = None
    checks: Leniency | None = None


def in_scope(session: Session, viewer: Viewer, day: date) -> frozenset[int]:
    """Whose evaluations the viewer may give back: a manager's people, for HR everybody."""
    return frozenset(
        session.scalars(visible_employees(viewer, Permission.EVALUATIONS_RETURN, day=day))
    )


def month_before(session: Session, month: Month, people: Collection[int]) -> list[Before]:
    """The scorecards of the month before, if it is closed."""
    earlier = month.plus(-1)
    assigned = assignments_on(earlier.last_day)
    rows = session.execute(
        select(
            Scorecard.employee_id,
            assigned.c.supervisor_id,
            Team.path,
            Scorecard.grade,
            Scorecard.total,
        )
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .outerjoin(assigned, assigned.c.employee_id == Scorecard.employee_id)
        .outerjoin(Team, Team.id == Scorecard.team_id)
        .where(MonthState.month == earlier)
        .order_by(Scorecard.employee_id)
    )
    return [Before(*row) for row in rows if row[0] in people]


def spot_checks(
    session: Session, month: Month, templates: dict[int, str]
) -> list[tuple[int, str, float]]:
    """(checker, template, score) of the month's checks of these people (template by id)."""
    rows = session.execute(
        select(SpotCheck.checked_by_id, SpotCheck.employee_id, SpotCheck.score)
        .where(
            SpotCheck.day.between(month.first_day, month.last_day),
            SpotCheck.checked_by_id.is_not(None),
        )
        .order_by(SpotCheck.id)
    )
    return [
        (checker, templates[who], score)
        for checker, who, score in rows
        if checker is not None and who in templates
    ]


def compared(
    cards: Iterable[PreviewCard],
    before: Iterable[Before],
    checks: Iterable[tuple[int, str, float]],
    by: str,
) -> list[Compared]:
    """Every group of the cards, by ``supervisor`` or ``team``."""
    cards = list(cards)
    own = spreads((_key(card, by), card.grade, card.total) for card in cards)
    earlier = spreads((_key(each, by), each.grade, each.total) for each in before)
    groups = dict.fromkeys(_key(card, by) for card in cards)
    entered: dict[Key, Leniency] = {}
    checked: dict[Key, Leniency] = {}
    if by == "supervisor":
        entered = leniency(
            (_key(card, by), (card.template, metric), score)
            for card in cards
            for metric, score in card.entered
        )
        given: Iterable[tuple[Key, str, float]] = checks
        checked = leniency(given)
        groups |= dict.fromkeys(checked)
    return [
        Compared(
            key,
            own.get(key, Spread(0)),
            earlier.get(key),
            entered.get(key),
            checked.get(key),
        )
        for key in groups
    ]


def _key(card: PreviewCard | Before, by: str) -> Key:
    return card.team if by == "team" else card.supervisor_id


def changed(session: Session, month: Month, people: Collection[int]) -> list[Change]:
    """What calibration changed about these people, the newest first. One statement."""
    returned, entry = aliased(AuditEntry), AuditEntry
    start = f"evaluation:{month}:"
    after_return = exists().where(
        returned.action == "evaluation.returned",
        returned.subject.startswith(start, autoescape=True),
        func.substr(entry.subject, 1, func.length(returned.subject) + 1) == returned.subject + ":",
        entry.id > returned.id,
    )
    rows = session.execute(
        select(entry.at, entry.actor, entry.action, entry.subject, entry.payload)
        .where(
            entry.subject.startswith(start, autoescape=True),
            or_(
                entry.action == "evaluation.returned",
                and_(entry.action == "evaluation.value", after_return),
            ),
        )
        .order_by(entry.id)
    ).all()
    numbers = {row.subject.split(":")[2] for row in rows}
    known = set(
        session.scalars(
            select(Employee.employee_no).where(
                Employee.employee_no.in_(sorted(numbers)), Employee.id.in_(sorted(people))
            )
        )
        if numbers
        else ()
    )
    return changes(Entry(*row) for row in rows if row.subject.split(":")[2] in known)
