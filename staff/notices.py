"""Notices: what concerns somebody, in their inbox and, where they have an address, by letter.

A module that sends some declares them where it sends them, and says ``notify`` in the transaction
that causes them: what is rolled back was never told, what is committed is told exactly once.

    LODGED = notices.kind("appeal.lodged", N_("%(name)s appeals their scorecard of %(month)s"))
    notices.notify(session, now=now.moment, to=[...], kind=LODGED,
                   params={"name": "...", "month": month},
                   endpoint="appeals.appeal", values={"appeal_id": 7})

Texts name no wages, no scores and no raters, for they are sent by mail. Parameters that are a
``Month``, a ``date`` or ``Names`` are written out in the reader's language; texts stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, has_app_context
from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core import mail, mailing
from core.db import one_at_a_time
from core.errors import NotFound
from core.messages import N_
from core.values import Month, Names
from staff import notice_words
from staff.models import Account, Employee, Notice

Param = str | int | Month | date | Names
# What must not travel by mail, whoever reads it; free text may hold any of the others.
FORBIDDEN = re.compile(
    r"wage|pay|salary|amount|money|score|total|points|grade|rank|rater|reviewer|reason|comment"
)
_PLACES = re.compile(r"%\((\w+)\)")
_kinds: dict[str, str] = {}


def kind(key: str, text: str) -> str:
    """Declare a kind of notices by its English text, and get its key; once per key."""
    if _kinds.setdefault(key, text) != text:
        raise ValueError(f"the kind of notices {key} has two texts")
    forbidden = [name for name in _PLACES.findall(text) if FORBIDDEN.search(name)]
    if forbidden:
        raise ValueError(f"notices must not tell {', '.join(forbidden)}")
    return key


def kinds() -> Mapping[str, str]:
    """The texts of all kinds that are declared, by their keys."""
    return _kinds


def notify(
    session: Session,
    *,
    now: datetime,
    to: Iterable[int],
    kind: str,
    params: Mapping[str, Param],
    endpoint: str,
    values: Mapping[str, Any],
    once: str | None = None,
) -> int:
    """Tell employees (by id) something, each once; how many were told.

    ``endpoint`` and ``values`` are the page it leads to. With ``once`` nobody is told again who was
    told under that name before: for reminders. Whoever has left is told nothing. ``forget`` takes
    such notices back, and their letters leave no trace once they are sent.
    """
    missing = set(_PLACES.findall(_kinds[kind])) ^ set(params)
    if missing:
        raise ValueError(f"{kind}: {', '.join(sorted(missing))} does not fit its text")
    stored = {name: notice_words.stored(value) for name, value in params.items()}
    place = {
        name: value if isinstance(value, int) else str(value) for name, value in values.items()
    }
    ids = set(to)
    if once is not None:
        one_at_a_time(session, "notices")  # else two at once both find that nobody was told
    told = session.execute(_recipients(ids, _day_of(now), once)).all()
    for person in told:
        session.add(
            Notice(
                employee_id=person.id,
                kind=kind,
                params=stored,
                endpoint=endpoint,
                values=place,
                created_at=now,
                once=once,
            )
        )
    if has_app_context() and mailing.is_configured():
        for person in told:
            if person.email:
                letter = notice_words.letter(
                    person.language, _kinds[kind], stored, endpoint, place, person.name
                )
                mail.queue(session, recipient=person.email, letter=letter, now=now, topic=once)
    session.flush()
    return len(told)


def forget(session: Session, once: str) -> None:
    """Take back what was told under names that begin so, with the letters that wait."""
    session.execute(delete(Notice).where(Notice.once.startswith(once, autoescape=True)))
    mail.forget(session, once)


def _day_of(now: datetime) -> date:
    """The day on the organisation's clock."""
    zone = current_app.config.get("TIMEZONE") if has_app_context() else None
    return now.astimezone(ZoneInfo(zone or "UTC")).date()


def _recipients(ids: set[int], day: date, once: str | None) -> Select[Any]:
    """Those of them who are employed, in a total order: id, name, email, language."""
    columns: list[Any] = [Employee.id, Employee.name, Employee.email, Account.language]
    query = (
        select(*columns)
        .select_from(Employee)
        .outerjoin(Account, Account.employee_id == Employee.id)
        .where(Employee.id.in_(ids), or_(Employee.leave_date.is_(None), Employee.leave_date >= day))
        .order_by(Employee.id)
    )
    if once is not None:
        told = select(Notice.employee_id).where(Notice.once == once)
        query = query.where(Employee.id.not_in(told))
    return query


def listed(employee_id: int | None) -> Select[Any]:
    """Somebody's inbox. Columns: id, kind, params, endpoint, values, created_at, read_at."""
    return select(
        Notice.id,
        Notice.kind,
        Notice.params,
        Notice.endpoint,
        Notice.values,
        Notice.created_at,
        Notice.read_at,
    ).where(_of(employee_id))


def unread(employee_id: Any) -> Any:
    """How many notices of whom the column names are unread, as part of another query."""
    return (
        select(func.count())
        .select_from(Notice)
        .where(Notice.employee_id == employee_id, Notice.read_at.is_(None))
        .scalar_subquery()
    )


def read(session: Session, *, now: datetime, employee_id: int | None, notice_id: int) -> Notice:
    """Mark one of somebody's notices as read; it stays read from the first time on."""
    found = session.scalars(select(Notice).where(_of(employee_id), Notice.id == notice_id)).first()
    if found is None:
        raise NotFound(N_("This notice does not exist."))
    found.read_at = found.read_at or now
    return found


def newest(session: Session, employee_id: int | None) -> int:
    """The number of somebody's newest notice, 0 where there is none."""
    return session.scalar(select(func.max(Notice.id)).where(_of(employee_id))) or 0


def read_all(session: Session, *, now: datetime, employee_id: int | None, until: int) -> int:
    """Mark somebody's notices as read, up to the one of this number; how many were not.

    What came since they looked stays unread.
    """
    shown = _of(employee_id), Notice.id <= until, Notice.read_at.is_(None)
    done: Any = session.execute(update(Notice).where(*shown).values(read_at=now))
    return int(done.rowcount)


def _of(employee_id: int | None) -> ColumnElement[bool]:
    """One's own; an account that is nobody's has none."""
    return Notice.employee_id == (employee_id if employee_id is not None else -1)
