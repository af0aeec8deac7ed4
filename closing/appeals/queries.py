"""Appeals as pages list and show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, false, func, or_, select
from sqlalchemy.orm import Session

from closing.appeals.carrying import concerns
from closing.appeals.models import (
    Appeal,
    AppealComment,
    AppealLine,
    CarriedResult,
    PayAdjustment,
    Receipt,
)
from core.actor import FOR
from core.models import Closing, DocumentVersion, MonthState
from core.permissions import Permission, Scope
from core.values import Month
from core.viewer import Viewer
from evaluations.scorecards.models import Scorecard
from staff.models import Employee, Team
from staff.queries import visible_employees

GRANTED = ("accepted", "partly")


def appeals(viewer: Viewer, day: date) -> Select[Any]:
    """Appeals of those whom the viewer may see, as of ``day``.

    Columns: id, month, scorecard_id, revision and document_version_id (of its closing),
    month_state, published_at, exported_at, employee_id, employee_no, name, team (path), state,
    lines, undecided, waiting (granted lines without effect), lodged_at, due_on, decided_at,
    applied_at, withdrawn_at.
    """
    line = AppealLine
    count = select(func.count()).where(line.appeal_id == Appeal.id)
    pending = count.where(line.decision.in_(GRANTED), line.applied_at.is_(None))
    columns: list[Any] = [
        Appeal.id,
        Appeal.month,
        Appeal.scorecard_id,
        Closing.revision,
        Closing.document_version_id,
        MonthState.state.label("month_state"),
        MonthState.published_at,
        MonthState.exported_at,
        Appeal.employee_id,
        Employee.employee_no,
        Employee.name,
        Team.path.label("team"),
        Appeal.state,
        count.scalar_subquery().label("lines"),
        count.where(line.decision.is_(None)).scalar_subquery().label("undecided"),
        pending.scalar_subquery().label("waiting"),
        Appeal.lodged_at,
        Appeal.due_on,
        Appeal.decided_at,
        Appeal.applied_at,
        Appeal.withdrawn_at,
    ]
    return (
        select(*columns)
        .join(Scorecard, Scorecard.id == Appeal.scorecard_id)
        .join(Closing, Closing.id == Scorecard.closing_id)
        .join(Employee, Employee.id == Appeal.employee_id)
        .outerjoin(Team, Team.id == Scorecard.team_id)
        .outerjoin(MonthState, MonthState.month == Appeal.month)
        .where(_visible(viewer, day))
    )


def _visible(viewer: Viewer, day: date) -> ColumnElement[bool]:
    """Auditors see those of closed months, the second decider those about records that HR made."""
    permission = Permission.APPEALS_READ
    visible: ColumnElement[bool] = Appeal.employee_id.in_(
        visible_employees(viewer, permission, day=day)
    )
    if viewer.hr is not None and Scope.OF_HR in viewer.scopes(permission):
        visible = or_(visible, Appeal.id.in_(_made_by(viewer.hr.labels)))
    if viewer.reaches_all(permission, closed=True) and not viewer.reaches_all(permission):
        closed = select(MonthState.month).where(MonthState.state == "closed")
        visible = or_(visible, Appeal.month.in_(closed))
    return visible


def _made_by(labels: Iterable[str]) -> Select[Any]:
    """Appeals with a line about a record that one of these made or approved, or a deputy of or
    by one of them."""
    makers = cast(AppealLine.makers, Text)
    names = [json.dumps(label)[1:-1] for label in sorted(labels)]
    ways = [(begin, end) for begin in ('"', FOR) for end in ('"', FOR)]
    named = [
        makers.contains(f"{begin}{name}{end}", autoescape=True)
        for name in names
        for begin, end in ways
    ]
    return select(AppealLine.appeal_id).where(or_(false(), *named))


def appeal(session: Session, viewer: Viewer, day: date, appeal_id: int) -> Any | None:
    """One row of ``appeals``; None where there is none or it is not for this viewer."""
    return session.execute(appeals(viewer, day).where(Appeal.id == appeal_id)).one_or_none()


def lines(session: Session, appeal_id: int) -> Sequence[Any]:
    """(line, adjustment or None) in the order in which they were written."""
    return session.execute(
        select(AppealLine, PayAdjustment)
        .outerjoin(PayAdjustment, PayAdjustment.appeal_line_id == AppealLine.id)
        .where(AppealLine.appeal_id == appeal_id)
        .order_by(AppealLine.id)
    ).all()


def comments(session: Session, appeal_id: int) -> Sequence[AppealComment]:
    rows = select(AppealComment).where(AppealComment.appeal_id == appeal_id)
    return session.scalars(rows.order_by(AppealComment.id)).all()


@dataclass(frozen=True, slots=True)
class Result:
    """A scorecard in one revision, as far as an appeal compares it."""

    revision: int
    total: float | None
    grade: str | None


def results(session: Session, appeal: Any) -> list[Result]:
    """The scorecard appealed against, and the one in force where it is another."""
    rows = session.execute(
        select(Closing.revision, Scorecard.total, Scorecard.grade)
        .join(Closing, Closing.id == Scorecard.closing_id)
        .outerjoin(MonthState, MonthState.closing_id == Closing.id)
        .where(
            Scorecard.employee_id == appeal.employee_id,
            Scorecard.month == appeal.month,
            or_(Scorecard.id == appeal.scorecard_id, MonthState.closing_id.is_not(None)),
        )
        .order_by(Closing.revision)
    )
    return [Result(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Standing:
    """What its owner has said to a scorecard, or to an earlier one that said the same of them.

    ``since`` is when that earlier one was published, None where there is none.
    """

    scorecard_id: int
    receipt: Receipt | None
    appeal_id: int | None
    appeal_state: str | None
    since: datetime | None


def standing(session: Session, scorecard_id: int) -> Standing:
    row = session.execute(
        select(Receipt, Appeal.id, Appeal.state, CarriedResult.published_at)
        .select_from(Scorecard)
        .outerjoin(Receipt, Receipt.scorecard_id == Scorecard.id)
        .outerjoin(CarriedResult, CarriedResult.scorecard_id == Scorecard.id)
        .outerjoin(Appeal, concerns() & (Appeal.state != "withdrawn"))
        .where(Scorecard.id == scorecard_id)
        .order_by(Appeal.id.desc())
        .limit(1)
    ).one()
    return Standing(scorecard_id, *row)


def own_scorecard(session: Session, employee_id: int | None, month: Month) -> int | None:
    """The id of somebody's published scorecard in force."""
    return session.scalar(
        select(Scorecard.id)
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .where(
            MonthState.month == month,
            MonthState.published_at.is_not(None),
            Scorecard.employee_id == employee_id,
        )
    )


@dataclass(frozen=True, slots=True)
class Own:
    """Somebody's published scorecard in force, with what it follows from; ``since`` is when its
    result was published."""

    card: Scorecard
    closing: Closing
    month: MonthState
    policy: DocumentVersion
    appeal_id: int | None
    since: datetime


def own(session: Session, employee_id: int | None, month: Month) -> Own | None:
    """One statement, as long as what it gives is kept: others find its rows in the session."""
    row = session.execute(
        select(
            Scorecard,
            Closing,
            MonthState,
            DocumentVersion,
            Appeal.id,
            func.coalesce(CarriedResult.published_at, MonthState.published_at),
        )
        .join(MonthState, MonthState.closing_id == Scorecard.closing_id)
        .join(Closing, Closing.id == Scorecard.closing_id)
        .join(DocumentVersion, DocumentVersion.id == Closing.document_version_id)
        .outerjoin(CarriedResult, CarriedResult.scorecard_id == Scorecard.id)
        .outerjoin(Appeal, concerns() & (Appeal.state != "withdrawn"))
        .where(
            MonthState.month == month,
            MonthState.published_at.is_not(None),
            Scorecard.employee_id == employee_id,
        )
        .order_by(Appeal.id.desc())
        .limit(1)
    ).one_or_none()
    return Own(*row) if row else None


def undecided(session: Session, month: Month) -> int:
    """Appeals about the month that nobody decided yet."""
    query = select(func.count()).where(Appeal.state == "lodged", Appeal.month == month)
    return session.execute(query).scalar_one()
