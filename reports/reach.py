"""How far a viewer's reading goes: whose scorecards, in which months, and which of one person's.

An employee sees a closed month's results once they are published; whoever reads them for their
work sees them from the close on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from closing import months
from closing.policy import Policy
from closing.versions import in_force_id, policy_of_closing
from core.models import Closing, DocumentVersion, MonthState
from core.permissions import Permission, Scope
from core.values import Month
from core.viewer import Viewer
from evaluations.monthly.models import EvaluationFeedback
from evaluations.monthly.queries import submitted_feedback
from evaluations.scorecards.models import Scorecard
from staff.models import Employee
from staff.queries import team_of_viewer, visible_employees


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A month as it is closed now, with the policy of then; ``published_at`` is None until.

    ``document`` is held so that the session keeps it for whoever asks for the version again.
    """

    month: Month
    closing: Closing
    published_at: datetime | None
    policy: Policy
    document: DocumentVersion


def closed_month(session: Session, month: Month) -> ClosedMonth | None:
    """None while the month is open. One statement."""
    found = months.closed_month(session, month)
    if found is None:
        return None
    version = policy_of_closing(session, found.document.id)
    return ClosedMonth(
        month, found.closing, found.state.published_at, version.policy, found.document
    )


def sees_unpublished(viewer: Viewer) -> bool:
    """Whether the viewer sees even their own results before they are published."""
    return viewer.reaches_all(Permission.SCORECARDS_READ, closed=True)


def sees_everything(viewer: Viewer) -> bool:
    """Whether ``readable`` leaves no scorecard of a closed month out, for this viewer."""
    return sees_unpublished(viewer)


def readable(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Condition on ``Scorecard`` joined to ``MonthState``: what the viewer may read.

    ``day`` decides who reports to whom (today).
    """
    ids = visible_employees(viewer, Permission.SCORECARDS_READ, day=day, closed=True)
    return Scorecard.employee_id.in_(ids) & out_for(viewer, MonthState, Scorecard)


def out_for(viewer: Viewer, state: Any, card: Any) -> ColumnElement[bool]:
    """Condition: the month is published, or the scorecard is not the viewer's own."""
    if viewer.employee_id is None or sees_unpublished(viewer):
        return literal(True)
    return or_(state.published_at.is_not(None), card.employee_id != viewer.employee_id)


def newest_readable(session: Session, viewer: Viewer, day: date) -> Month | None:
    """The newest closed month of which the viewer may read a scorecard."""
    some = exists().where(
        Scorecard.closing_id == MonthState.closing_id, readable(viewer, day)
    ).correlate(MonthState)  # fmt: skip
    return session.scalar(
        select(MonthState.month)
        .where(MonthState.closing_id.is_not(None), some)
        .order_by(MonthState.month.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whom the viewer looks at; ``is_me`` and ``in_team`` say in which scopes."""

    id: int
    employee_no: str
    name: str
    viewer: Viewer
    is_me: bool
    in_team: bool

    def may(self, permission: Permission, *, closed: bool = True) -> bool:
        """Whether ``permission`` reaches this person; ``closed``: rows of a closed month."""
        held = self.viewer.scopes(permission)
        return (
            self.viewer.reaches_all(permission, closed=closed)
            or (self.is_me and Scope.OWN in held)
            or (self.in_team and Scope.TEAM in held)
        )

    def may_see_results(self, month: ClosedMonth) -> bool:
        """Whether the viewer may read this person's scorecard of the month."""
        if not self.may(Permission.SCORECARDS_READ):
            return False
        return not self.is_me or sees_unpublished(self.viewer) or month.published_at is not None


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody in a month: ``closed`` is None while it is open, ``policy`` where none is in force.

    ``document`` is held so that the session keeps it for whoever asks for the version again;
    ``feedback`` is that of a submitted evaluation.
    """

    person: Subject
    closed: ClosedMonth | None
    policy: Policy | None
    document: DocumentVersion | None
    feedback: EvaluationFeedback | None = None


def look(
    session: Session, viewer: Viewer, employee_no: str, month: Month, day: date
) -> Looked | None:
    """``subject`` and ``closed_month`` in one statement, with the policy of the month."""
    row = session.execute(
        _of(viewer, employee_no, day)
        .add_columns(Closing, MonthState.published_at, DocumentVersion, EvaluationFeedback)
        .outerjoin(MonthState, (MonthState.month == month) & MonthState.closing_id.is_not(None))
        .outerjoin(Closing, Closing.id == MonthState.closing_id)
        .outerjoin(
            DocumentVersion,
            DocumentVersion.id == func.coalesce(Closing.document_version_id, in_force_id(month)),
        )
        .outerjoin(EvaluationFeedback, submitted_feedback(Employee.id, month))
    ).first()
    if row is None:
        return None
    person, closing, published_at, document, feedback = _subject(row, viewer), *row[4:]
    policy = policy_of_closing(session, document.id).policy if document else None
    if closing is None or policy is None:
        return Looked(person, None, policy, document, feedback)
    closed = ClosedMonth(month, closing, published_at, policy, document)
    return Looked(person, closed, policy, document, feedback)


def subject(session: Session, viewer: Viewer, employee_no: str, day: date) -> Subject | None:
    """The person with this number, whether or not the viewer may see anything of theirs."""
    row = session.execute(_of(viewer, employee_no, day)).first()
    return None if row is None else _subject(row, viewer)


def _of(viewer: Viewer, employee_no: str, day: date) -> Select[Any]:
    in_team: ColumnElement[bool] = literal(False)
    if viewer.employee_id is not None:
        in_team = Employee.id.in_(team_of_viewer(viewer, day))
    columns: list[Any] = [Employee.id, Employee.employee_no, Employee.name, in_team]
    return select(*columns).select_from(Employee).where(Employee.employee_no == employee_no)


def _subject(row: Any, viewer: Viewer) -> Subject:
    return Subject(row[0], row[1], row[2], viewer, row[0] == viewer.employee_id, bool(row[3]))
