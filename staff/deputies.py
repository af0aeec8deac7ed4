"""Deputies: who stands in for somebody away, from and to a day.

A deputy acts for the one away, as whom they choose in their own session: with that one's team and
what leading it opens, and with nothing else of either. It does not pass on to a deputy's deputy.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Conflict, Forbidden, NotFound, Refused
from staff import notices
from staff.models import Deputy, Employee
from staff.queries import team_of
from staff.viewer import has_left

NAMED = notices.kind(
    "deputy.named", N_("You stand in for %(name)s from %(first)s to %(last)s. Act in their place.")
)
ENDED = notices.kind("deputy.ended", N_("You no longer stand in for %(name)s."))


def name_deputy(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    absent_id: int,
    deputy_no: str,
    first: date,
    last: date,
) -> Deputy:
    """Let somebody stand in for one away; one deputy at a time.

    An administrator does it for others, never so that they stand in themselves. Raises ``Refused``
    with the field ``deputy``, ``first`` or ``last``, ``Forbidden``, ``Conflict`` for days that
    another deputy has.
    """
    one_at_a_time(session, "deputies")
    absent = _present(session, absent_id, now, "absent")
    deputy = _by_number(session, deputy_no, now)
    _check_days(deputy, first, last, now)
    if deputy.id == absent.id:
        raise Refused(N_("Nobody stands in for themselves."), field="deputy")
    if actor.employee_id == deputy.id:
        raise Forbidden(N_("Nobody makes themselves somebody's deputy."))
    if not session.scalars(team_of(absent.id, now.wall.date()).limit(1)).first():
        raise Refused(N_("%(name)s leads nobody, so there is nothing to stand in for."),
                      field="absent", name=absent.name)  # fmt: skip
    _check_free(session, absent, first, last)
    row = Deputy(
        absent_id=absent.id,
        deputy_id=deputy.id,
        first_day=first,
        last_day=last,
        created_by=actor.label,
        created_at=now.moment,
    )
    session.add(row)
    session.flush()
    _record(session, actor, now, "deputy.named", absent, after=_told(row, deputy))
    notices.notify(
        session,
        now=now.moment,
        to=[deputy.id],
        kind=NAMED,
        params={"name": absent.name, "first": first, "last": last},
        endpoint="accounts.deputies",
        values={},
    )
    return row


def end_deputy(
    session: Session, *, actor: Actor, now: Now, deputy_id: int, absent_id: int | None = None
) -> None:
    """End it before its last day, at once. With ``absent_id`` it has to be one's own.

    Raises ``NotFound``, ``Conflict`` where it is over.
    """
    one_at_a_time(session, "deputies")
    row = session.get(Deputy, deputy_id)
    if row is None or absent_id not in (None, row.absent_id):
        raise NotFound(N_("There is no such deputy."))
    if row.ended_at is not None or row.last_day < now.wall.date():
        raise Conflict(N_("This is over already."))
    absent = session.get_one(Employee, row.absent_id)
    deputy = session.get_one(Employee, row.deputy_id)
    row.ended_by, row.ended_at = actor.label, now.moment
    session.flush()
    _record(session, actor, now, "deputy.ended", absent, before=_told(row, deputy))
    notices.notify(
        session,
        now=now.moment,
        to=[deputy.id],
        kind=ENDED,
        params={"name": absent.name},
        endpoint="accounts.deputies",
        values={},
    )


def listed(absent_id: int | None = None) -> Select[Any]:
    """Deputies of everybody, or of one: id, first_day, last_day, ended_at, created_by, and number
    and name of both.
    """
    away, deputy = aliased(Employee), aliased(Employee)
    columns: list[Any] = [
        Deputy.id,
        away.employee_no.label("absent_no"),
        away.name.label("absent"),
        deputy.employee_no.label("deputy_no"),
        deputy.name.label("deputy"),
        Deputy.first_day,
        Deputy.last_day,
        Deputy.ended_at,
        Deputy.created_by,
    ]
    query = (
        select(*columns)
        .join(away, away.id == Deputy.absent_id)
        .join(deputy, deputy.id == Deputy.deputy_id)
    )
    return query if absent_id is None else query.where(Deputy.absent_id == absent_id)


def of_one(session: Session, absent_id: int) -> Sequence[Any]:
    """One's own deputies, the newest first."""
    query = listed(absent_id).order_by(Deputy.first_day.desc(), Deputy.id.desc())
    return session.execute(query).all()


def person_of(session: Session, number: str, now: Now) -> int:
    """The id of who is away, by number; raises ``Refused`` with the field ``absent``."""
    return _by_number(session, number, now, "absent").id


def _by_number(session: Session, number: str, now: Now, field: str = "deputy") -> Employee:
    found = session.scalar(select(Employee.id).where(Employee.employee_no == number.strip()))
    if found is None:
        raise Refused(N_("There is nobody of this number."), field=field)
    return _present(session, found, now, field)


def _present(session: Session, employee_id: int, now: Now, field: str) -> Employee:
    person = session.get_one(Employee, employee_id)
    if has_left(person, now.wall.date()):
        raise Refused(N_("%(name)s has left."), field=field, name=person.name)
    return person


def _check_days(deputy: Employee, first: date, last: date, now: Now) -> None:
    if first < now.wall.date():
        raise Refused(N_("This day is past."), field="first")
    if last < first:
        raise Refused(N_("The last day comes before the first."), field="last")
    if deputy.leave_date is not None and deputy.leave_date < last:
        raise Refused(N_("%(name)s will have left by then."), field="last", name=deputy.name)


def _check_free(session: Session, absent: Employee, first: date, last: date) -> None:
    same = select(Deputy.id).where(
        Deputy.absent_id == absent.id,
        Deputy.ended_at.is_(None),
        Deputy.first_day <= last,
        Deputy.last_day >= first,
    )
    if session.scalars(same.limit(1)).first() is not None:
        raise Conflict(N_("Another deputy has some of these days; end that one first."))


def _told(row: Deputy, deputy: Employee) -> dict[str, str]:
    return {
        "deputy_no": deputy.employee_no,
        "first": row.first_day.isoformat(),
        "last": row.last_day.isoformat(),
    }


def _record(
    session: Session,
    actor: Actor,
    now: Now,
    action: str,
    absent: Employee,
    before: object = None,
    after: object = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action=action,
        subject=absent.employee_no,
        before=before,
        after=after,
    )
