"""What the routes of attendance share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import current_app
from sqlalchemy.orm import Session

from closing.pages.common import policy_or_none
from closing.services import sections_of
from core import web
from core.db import db
from core.values import Month
from staff.attendance.policy import DEFAULT_LEAVE, LeaveType
from staff.attendance.request_rows import Who
from staff.attendance.services import refresh_days
from staff.viewer import people_of_hr


def session() -> Session:
    return db.session()


def types_in(month: Month) -> Mapping[str, LeaveType]:
    """The types of leave of a month's policy; the usual ones where there is no policy."""
    policy = policy_or_none(session(), month)
    return policy.leave if policy else DEFAULT_LEAVE


def limit_in(month: Month) -> int | None:
    policy = policy_or_none(session(), month)
    return policy.attendance.corrections if policy else None


def month_of(day: date | None) -> Month:
    return Month.of(day or web.today())


def who(*, asks: bool = False) -> Who:
    """Who acts; with the people of HR where somebody asks."""
    hr: frozenset[int] = frozenset()
    if asks:
        hr = people_of_hr(session(), web.today(), current_app.config["ROLE_POSITIONS"]).people
    return Who(web.current_actor(), web.now(), hr)


def refresh() -> None:
    """The days that a decision made stale, in its transaction."""
    refresh_days(session(), sections_of(session()))
