"""Writing records by hand: while their month is open, and about people who were there."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, Refused
from core.models import MonthState
from core.values import Month
from staff.models import Employee


def hold_records(session: Session, month: Month) -> None:
    """Nobody else writes records or closes the month until this transaction ends.

    Raises ``Conflict`` where it is closed.
    """
    one_at_a_time(session, "months")
    if is_closed(session, month):
        raise Conflict(N_("%(month)s is closed: its records stay as they are."), month=str(month))


def is_closed(session: Session, month: Month) -> bool:
    state = session.scalar(select(MonthState.state).where(MonthState.month == month))
    return state == "closed"


def not_oneself(actor: Actor, *people: int | None) -> None:
    """Raises ``Forbidden`` where the actor, or whom they act for, is one of the people."""
    if any(actor.is_person(each) for each in people):
        raise Forbidden(N_("This is about you: somebody else has to do it."))


def employed(person: Employee, day: date, field: str) -> None:
    """Raises ``Refused`` at the field where the person was not employed on the day."""
    if day < person.hire_date or (person.leave_date is not None and day > person.leave_date):
        raise Refused(
            N_("%(number)s was not employed on this day."), field=field, number=person.employee_no
        )


def short_enough(text: str, field: str, limit: int) -> str:
    """The text without blanks around it; raises ``Refused`` at the field where it is too long."""
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > limit:
        raise Refused(N_("is longer than %(limit)s characters"), field=field, limit=limit)
    return plain
