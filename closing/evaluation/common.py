"""What the routes of the monthly evaluation share."""

from __future__ import annotations

from typing import Any

from flask import abort
from sqlalchemy.orm import Session

from closing.evaluation.listing import EvaluationMonth, evaluation_month
from closing.evaluation.saving import Saving
from core import web
from core.db import db
from core.errors import N_, Conflict, NotFound
from core.permissions import Permission, Scope
from core.values import Month


def session() -> Session:
    return db.session()


def loaded(month: Month) -> EvaluationMonth:
    """The month with its policy; 404 where none is in force."""
    found = evaluation_month(session(), month)
    if found is None:
        abort(404)
    return found


def open_loaded(month: Month) -> EvaluationMonth:
    """The same of a month that may be written; raises ``Conflict`` where it is closed."""
    found = loaded(month)
    if found.closed:
        raise Conflict(N_("%(month)s is closed: its evaluations stay."), month=str(month))
    return found


def saving(month: EvaluationMonth) -> Saving:
    return Saving(session(), web.viewer(), web.now(), month)


def person_of(month: EvaluationMonth, employee_no: str) -> Any:
    """The row of somebody evaluated in the month; raises ``NotFound``."""
    found = saving(month).rows([employee_no]).get(employee_no)
    if found is None:
        raise NotFound(N_("There is no such person."))
    return found


def writes() -> bool:
    return web.viewer().may(Permission.EVALUATIONS_WRITE)


def reads_only_own() -> bool:
    """Whether the viewer sees nobody's evaluation but their own."""
    return web.viewer().scopes(Permission.EVALUATIONS_READ) == {Scope.OWN}
