"""People of a month with the state of their evaluation, values, feedback and notes, for pages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.actor import FOR, people_in
from core.permissions import Permission, Scope
from core.values import Month
from core.viewer import Viewer
from evaluations.models import MetricValue
from evaluations.monthly.models import EvaluationFeedback, EvaluationNote, EvaluationState
from staff.models import Assignment, Employee, Team
from staff.queries import team_of_viewer, visible_employees

# Columns by label, whatever their types: a list is read by its names.
_select: Callable[..., Any] = select
CHOICES = 300


def evaluated(
    viewer: Viewer, day: date, month: Month, positions: Collection[str], *, closed: bool
) -> Select[Any]:
    """Whoever is evaluated in the month, as far as the viewer may see it; not the viewer.

    ``positions`` are those that have a template. Columns: id, employee_no, name, team (path),
    position, state (None for a draft), at, by, reason, written (whether there is feedback).
    """
    last = month.last_day
    as_of = case((Employee.leave_date < last, Employee.leave_date), else_=last)
    newest = (
        select(func.max(Assignment.effective_from))
        .where(Assignment.employee_id == Employee.id, Assignment.effective_from <= as_of)
        .correlate(Employee)
        .scalar_subquery()
    )
    state, feedback = EvaluationState, EvaluationFeedback
    some = feedback.strengths + feedback.improve + feedback.next_step
    visible = visible_employees(viewer, Permission.EVALUATIONS_READ, day=day, closed=closed)
    found: Select[Any] = (
        _select(
            Employee.id,
            Employee.employee_no,
            Employee.name,
            Team.path.label("team"),
            Assignment.position,
            state.state,
            state.at,
            state.by,
            state.reason,
            func.coalesce(some != "", false()).label("written"),
        )
        .join(
            Assignment,
            and_(Assignment.employee_id == Employee.id, Assignment.effective_from == newest),
        )
        .outerjoin(Team, Team.id == Assignment.team_id)
        .outerjoin(state, and_(state.employee_id == Employee.id, state.month == month))
        .outerjoin(feedback, and_(feedback.employee_id == Employee.id, feedback.month == month))
        .where(
            Employee.hire_date <= last,
            or_(Employee.leave_date.is_(None), Employee.leave_date >= month.first_day),
            Assignment.position.in_(sorted(positions)),
            Employee.id.in_(visible),
            Employee.id.not_in(viewer.people),
        )
    )
    return found


@dataclass(frozen=True, slots=True)
class Tally:
    """How many evaluations there are to be seen, how many are submitted, and in which teams."""

    everybody: int
    submitted: int
    given_back: int
    teams: tuple[str, ...]
    positions: tuple[str, ...]

    @property
    def waiting(self) -> int:
        return self.everybody - self.submitted


def tally(session: Session, query: Select[Any]) -> Tally:
    """Counts over the whole of ``evaluated``. One statement."""
    listed = query.subquery()
    rows = session.execute(
        select(listed.c.team, listed.c.position, listed.c.state, func.count()).group_by(
            listed.c.team, listed.c.position, listed.c.state
        )
    ).all()
    return _tally([(*row,) for row in rows])


def tally_and_ids(
    session: Session, query: Select[Any], order: Sequence[str]
) -> tuple[Tally, list[int]]:
    """The same counts, and the ids in the order of the columns named. One statement."""
    listed = query.subquery()
    rows = session.execute(
        select(listed.c.id, listed.c.team, listed.c.position, listed.c.state).order_by(
            *(listed.c[name] for name in order)
        )
    ).all()
    counts = Counter((row.team, row.position, row.state) for row in rows)
    return _tally([(*key, count) for key, count in counts.items()]), [row.id for row in rows]


def _tally(rows: Sequence[tuple[Any, ...]]) -> Tally:
    """From team, position, state and how many they are."""
    states: dict[str | None, int] = defaultdict(int)
    for _, _, state, count in rows:
        states[state] += count
    return Tally(
        sum(states.values()),
        states["submitted"],
        states["returned"] + states["reopened"],
        tuple(sorted({team for team, *_ in rows if team is not None})),
        tuple(sorted({position for _, position, *_ in rows})),
    )


@dataclass(frozen=True, slots=True)
class Value:
    """What is entered in a cell; ``imported`` says that a file brought it."""

    value: float
    sample_size: int | None
    reason: str | None
    entered_by: str | None
    imported: bool


def values(session: Session, month: Month, people: Collection[int]) -> dict[int, dict[str, Value]]:
    """Entered values by employee id and metric."""
    rows = session.execute(
        select(
            MetricValue.employee_id,
            MetricValue.metric,
            MetricValue.value,
            MetricValue.sample_size,
            MetricValue.reason,
            MetricValue.entered_by,
            MetricValue.batch_id,
        ).where(MetricValue.month == month, MetricValue.employee_id.in_(sorted(people)))
    )
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    for who, metric, value, size, reason, by, batch in rows:
        found[who][metric] = Value(value, size, reason, by, batch is not None and by is None)
    return found


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    employee_id: int
    employee_no: str
    name: str
    day: date
    kind: str
    text: str
    written_by: str
    writer: str
    shared_at: datetime | None
    own: bool


def owns(label: str, written_by: str) -> bool:
    """Whether a note is of whoever goes by ``label``: they wrote it, or it was written for them.

    Who stands in for somebody has what they wrote as that, and nothing private of the one away.
    """
    return label == written_by or (FOR not in label and label in people_in(written_by))


def _owned(label: str) -> ColumnElement[bool]:
    """``owns`` as a condition."""
    written_by = EvaluationNote.written_by
    if FOR in label:
        return written_by == label
    return or_(
        written_by == label,
        written_by.startswith(label + FOR, autoescape=True),
        written_by.endswith(FOR + label, autoescape=True),
    )


def readable_notes(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Condition: one's own notes, those shared about oneself, and for HR whatever is shared."""
    held = viewer.scopes(Permission.EVALUATIONS_READ)
    shared: list[ColumnElement[bool]] = []
    if Scope.ALL in held:
        shared.append(EvaluationNote.employee_id.is_not(None))
    if viewer.employee_id is not None:
        shared.append(EvaluationNote.employee_id == viewer.employee_id)
        if Scope.TEAM in held:
            shared.append(EvaluationNote.employee_id.in_(team_of_viewer(viewer, day)))
    return or_(
        _owned(viewer.label),
        and_(EvaluationNote.shared_at.is_not(None), or_(false(), *shared)),
    )


def notes(
    session: Session,
    viewer: Viewer,
    day: date,
    *,
    month: Month | None = None,
    people: Collection[int] | None = None,
    most: int | None = None,
) -> list[Note]:
    """Notes that the viewer may read, the newest first; ``most`` at most."""
    writer = aliased(Employee)
    query = (
        select(
            EvaluationNote.id,
            EvaluationNote.employee_id,
            Employee.employee_no,
            Employee.name,
            EvaluationNote.day,
            EvaluationNote.kind,
            EvaluationNote.text,
            EvaluationNote.written_by,
            func.coalesce(writer.name, EvaluationNote.written_by),
            EvaluationNote.shared_at,
        )
        .join(Employee, Employee.id == EvaluationNote.employee_id)
        .outerjoin(writer, writer.employee_no == EvaluationNote.written_by)
        .where(readable_notes(viewer, day))
        .order_by(EvaluationNote.day.desc(), EvaluationNote.id.desc())
    )
    if month is not None:
        query = query.where(EvaluationNote.day.between(month.first_day, month.last_day))
    if people is not None:
        query = query.where(EvaluationNote.employee_id.in_(sorted(people)))
    if most is not None:
        query = query.limit(most)
    made: Callable[..., Note] = Note
    return [made(*row, owns(viewer.label, row.written_by)) for row in session.execute(query)]


def writable_people(session: Session, viewer: Viewer, day: date) -> list[tuple[str, str]]:
    """Number and name of those about whom the viewer may write, as far as a list is of use."""
    ids = visible_employees(viewer, Permission.EVALUATIONS_WRITE, day=day)
    rows = session.execute(
        select(Employee.employee_no, Employee.name)
        .where(
            Employee.id.in_(ids),
            Employee.id.not_in(viewer.people),
            or_(Employee.leave_date.is_(None), Employee.leave_date >= day),
        )
        .order_by(Employee.employee_no)
        .limit(CHOICES)
    )
    return [(number, name) for number, name in rows]


def feedback_of(session: Session, month: Month, employee_id: int) -> EvaluationFeedback | None:
    return session.get(EvaluationFeedback, (employee_id, month))


def state_of(session: Session, month: Month, employee_id: int) -> EvaluationState | None:
    return session.get(EvaluationState, (employee_id, month))


def submitted_feedback(employee: ColumnElement[int] | Any, month: Month) -> ColumnElement[bool]:
    """Condition: the feedback of a submitted evaluation of that employee and month."""
    state = EvaluationState
    handed_in = exists().where(
        state.employee_id == EvaluationFeedback.employee_id,
        state.month == EvaluationFeedback.month,
        state.state == "submitted",
    )
    return and_(
        EvaluationFeedback.employee_id == employee, EvaluationFeedback.month == month, handed_in
    )
