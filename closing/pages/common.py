"""What these routes share."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from flask import current_app, flash, redirect, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from closing.months import newest_closed
from closing.policy import Policy
from closing.versions import policy_in_force, versions
from closing.versions import policy_version as numbered_version
from core import web
from core.db import db, transaction
from core.errors import N_, Conflict, Refused
from core.forms import keep_typed
from core.values import Month
from staff.models import Employee


def link(endpoint: str, **values: Any) -> str | None:
    """The address of a page, None where this application does not have it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def attempt(act: Callable[[], object], done: str, back: str) -> Response:
    """Run a service in a transaction, tell what came of it, and go back to a page."""
    try:
        with transaction():
            act()
        flash(done)
    except Refused as refused:
        flash(refused.message.render(_), "error")
    return redirect(back)


def attempt_on(
    page: Callable[[], str], act: Callable[[], object], done: str, back: str
) -> Response | tuple[str, int]:
    """``attempt``, but a refusal shows the ``page`` at once, as others left it, and above it the
    words that were typed and not kept."""
    try:
        with transaction():
            act()
        flash(done)
        return redirect(back)
    except Refused as refused:
        flash(refused.message.render(_), "error")
        keep_typed()
        return page(), 409 if isinstance(refused, Conflict) else 400


def names_of(session: Session, numbers: Collection[str] | None = None) -> dict[str, str]:
    """Names by employee number; everybody's where ``numbers`` is None."""
    query = select(Employee.employee_no, Employee.name)
    if numbers is not None:
        query = query.where(Employee.employee_no.in_(sorted(numbers)))
    return dict(session.execute(query).all())


def open_month(session: Session) -> Month:
    """The month that is worked on: after the newest closed one, else the selected one."""
    newest = newest_closed(session)
    return newest.plus(1) if newest is not None else web.selected_month()


def policy_for(session: Session, month: Month) -> Policy:
    """The policy in force, else the oldest one there is; raises ``Refused`` where there is none."""
    version = policy_in_force(session, month)
    if version is not None:
        return version.policy
    listed = versions(session)
    if not listed:
        raise Refused(N_("No policy is in force in %(month)s."), month=str(month))
    oldest = min(listed, key=lambda row: (row.effective_from, -row.number))
    return numbered_version(session, oldest.number).policy


def policy_or_none(session: Session, month: Month) -> Policy | None:
    """``policy_for``, None where no policy was ever published."""
    try:
        return policy_for(session, month)
    except Refused:
        return None


def session() -> Session:
    return db.session()


def names_by_id(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Employee number and name by id."""
    query = select(Employee.id, Employee.employee_no, Employee.name)
    rows = session.execute(query.where(Employee.id.in_(sorted(ids))))
    return {who: (number, name) for who, number, name in rows}
