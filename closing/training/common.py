"""What the routes of training share."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.catalogue import fact_catalogue
from closing.pages.common import policy_or_none
from core import web
from core.db import db
from core.errors import N_, NotFound
from core.i18n import language
from core.permissions import Permission
from core.values import Month
from staff import positions
from training.models import Course


def session() -> Session:
    return db.session()


def course_or_none(code: str | None) -> Course | None:
    return session().scalar(select(Course).where(Course.course_code == (code or "")))


def course_of(course_id: int) -> Course:
    """Raises ``NotFound``."""
    found = session().get(Course, course_id)
    if found is None:
        raise NotFound(N_("There is no such course."))
    return found


def metric_names() -> dict[str, str]:
    """Names of what a course may be meant to raise, by key: facts of the policy in force."""
    policy = policy_or_none(session(), Month.of(web.today()))
    if policy is None:
        return {}
    declared = {key: each.names.get(language()) for key, each in policy.metrics.items()}
    known = {key: spec.names.get(language()) for key, spec in fact_catalogue(policy).items()}
    return {**known, **declared}


def listed(text: str) -> list[str]:
    """The parts of a list that is stored with semicolons."""
    return [part for part in text.split(";") if part]


def positions_text(row: Any) -> str:
    comma: str = _(", ")
    return comma.join(positions.name(each) for each in listed(row.positions))


def metrics_text(row: Any, names: dict[str, str]) -> str | None:
    return ", ".join(names.get(key, key) for key in listed(row.metrics)) or None


def reads_others() -> bool:
    """Whether the viewer reads anybody's records but their own."""
    held = web.viewer().scopes(Permission.TRAINING_READ)
    return any(scope != "own" for scope in held)
