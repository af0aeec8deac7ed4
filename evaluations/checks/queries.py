"""Spot checks and checklists for pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer
from evaluations.checks.checklists import newest_numbers
from evaluations.checks.models import CheckAnswer, Checklist, ChecklistVersion, CheckSheet
from evaluations.models import SpotCheck
from staff.models import Employee
from staff.queries import visible_employees

# Columns by label, whatever their types: a list is read by its names.
_select: Callable[..., Any] = select


def checks(viewer: Viewer, day: date, month: Month, *, closed: bool) -> Select[Any]:
    """The month's checks as far as the viewer may see them, with and without a checklist.

    Columns: id, day, employee_no, name, score, checked_by, comment, checklist (its name).
    """
    checker = aliased(Employee)
    visible = visible_employees(viewer, Permission.RECORDS_READ, day=day, closed=closed)
    found: Select[Any] = (
        _select(
            SpotCheck.id,
            SpotCheck.day,
            Employee.employee_no,
            Employee.name,
            SpotCheck.score,
            func.coalesce(checker.name, CheckSheet.written_by).label("checked_by"),
            ChecklistVersion.name.label("checklist"),
            SpotCheck.comment,
        )
        .join(Employee, Employee.id == SpotCheck.employee_id)
        .outerjoin(checker, checker.id == SpotCheck.checked_by_id)
        .outerjoin(CheckSheet, CheckSheet.spot_check_id == SpotCheck.id)
        .outerjoin(ChecklistVersion, ChecklistVersion.id == CheckSheet.checklist_version_id)
        .where(
            SpotCheck.day.between(month.first_day, month.last_day),
            SpotCheck.employee_id.in_(visible),
        )
    )
    return found


def check(session: Session, check_id: int) -> Any:
    """A check with its sheet and version (both None where a file brought it) and names, or None."""
    checker = aliased(Employee)
    return session.execute(
        _select(
            SpotCheck,
            CheckSheet,
            ChecklistVersion,
            Employee.employee_no,
            Employee.name,
            func.coalesce(checker.name, CheckSheet.written_by).label("checked_by"),
        )
        .join(Employee, Employee.id == SpotCheck.employee_id)
        .outerjoin(checker, checker.id == SpotCheck.checked_by_id)
        .outerjoin(CheckSheet, CheckSheet.spot_check_id == SpotCheck.id)
        .outerjoin(ChecklistVersion, ChecklistVersion.id == CheckSheet.checklist_version_id)
        .where(SpotCheck.id == check_id)
    ).one_or_none()


def people_to_check(viewer: Viewer, day: date) -> Select[Any]:
    """Whom the viewer may check: id, employee_no, name."""
    found: Select[Any] = (
        _select(Employee.id, Employee.employee_no, Employee.name)
        .where(
            Employee.id.in_(visible_employees(viewer, Permission.RECORDS_WRITE, day=day)),
            Employee.id.not_in(viewer.people),
        )
        .order_by(Employee.employee_no)
    )
    return found


def checklists(session: Session, *, active: bool = False) -> list[Any]:
    """Newest versions by name: id (of the version), checklist_id, number, name, items, state,
    used (how many checks were made by any version)."""
    newest, used = newest_numbers(), aliased(ChecklistVersion)
    count = (
        select(func.count())
        .select_from(CheckSheet)
        .join(used, used.id == CheckSheet.checklist_version_id)
        .where(used.checklist_id == Checklist.id)
        .correlate(Checklist)
        .scalar_subquery()
    )
    query = (
        _select(
            ChecklistVersion.id,
            ChecklistVersion.checklist_id,
            ChecklistVersion.number,
            ChecklistVersion.name,
            ChecklistVersion.items,
            ChecklistVersion.written_by,
            ChecklistVersion.written_at,
            Checklist.state,
            count.label("used"),
        )
        .join(Checklist, Checklist.id == ChecklistVersion.checklist_id)
        .join(
            newest,
            and_(
                newest.c.checklist_id == ChecklistVersion.checklist_id,
                newest.c.number == ChecklistVersion.number,
            ),
        )
        .order_by(Checklist.state, ChecklistVersion.name, Checklist.id)
    )
    if active:
        query = query.where(Checklist.state == "active")
    return list(session.execute(query))


def versions(session: Session, checklist_id: int) -> list[ChecklistVersion]:
    """All versions, the newest first."""
    return list(
        session.scalars(
            select(ChecklistVersion)
            .where(ChecklistVersion.checklist_id == checklist_id)
            .order_by(ChecklistVersion.number.desc())
        )
    )


def missed(session: Session, version_id: int) -> dict[int, tuple[int, int]]:
    """By item: how often it was checked (n/a left out), and how often it was not met."""
    rows = session.execute(
        select(
            CheckAnswer.item,
            func.count(),
            func.count().filter(CheckAnswer.answer.in_(["no", "partly"])),
        )
        .join(CheckSheet, CheckSheet.spot_check_id == CheckAnswer.spot_check_id)
        .where(CheckSheet.checklist_version_id == version_id, CheckAnswer.answer != "na")
        .group_by(CheckAnswer.item)
    )
    return {item: (count, bad) for item, count, bad in rows}
