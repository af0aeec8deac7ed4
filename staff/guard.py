"""Load a person for a page, or answer as the table of permissions says."""

from __future__ import annotations

from typing import NoReturn

from flask import abort, g
from sqlalchemy import select

from core import web
from core.db import db
from core.permissions import Permission
from core.viewer import reading
from staff.models import Employee
from staff.queries import is_visible


def person_or_abort(employee_no: str, permission: Permission, *, closed: bool = False) -> Employee:
    """The employee of that number, if ``permission`` reaches them for this viewer.

    404 where there is none or the viewer may not see them, 403 where they may be seen but not
    acted upon. ``closed`` says that the page is about a closed month (auditors see those).
    """
    person = db.session.scalar(select(Employee).where(Employee.employee_no == employee_no))
    if person is None:
        abort(404)
    if not _reaches(permission, person.id, closed):
        _refuse(person, permission, closed)
    return person


def _refuse(person: Employee, permission: Permission, closed: bool) -> NoReturn:
    read = reading(permission)
    g.refused = f"{permission} {person.employee_no}"
    may_read = read is not None and read != permission and _reaches(read, person.id, closed)
    abort(403 if may_read else 404)


def _reaches(permission: Permission, employee_id: int, closed: bool) -> bool:
    return is_visible(
        db.session(), web.viewer(), permission, employee_id, day=web.today(), closed=closed
    )
