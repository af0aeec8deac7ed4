"""What people are called in other systems, said one by one; a file of many is an import."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.audit import record
from core.db import one_at_a_time
from core.errors import N_, Forbidden, NotFound, Refused
from core.seen import check_seen, state_of
from staff.external_ids import ALWAYS
from staff.models import Employee, ExternalId

GUARD = "aliases"


def aliases() -> Select[Any]:
    """Every name elsewhere with the person who has it; an open beginning is empty."""
    columns: list[Any] = [
        ExternalId.id.label("id"),
        ExternalId.source.label("source"),
        ExternalId.external_id.label("external_id"),
        Employee.employee_no.label("employee_no"),
        Employee.name.label("name"),
        ExternalId.valid_from.label("valid_from"),
        ExternalId.valid_to.label("valid_to"),
    ]
    return select(*columns).join(Employee, Employee.id == ExternalId.employee_id)


def alias(session: Session, number: int) -> ExternalId:
    found = session.get(ExternalId, number)
    if found is None:
        raise NotFound(N_("there is no such name"))
    return found


def employee_no_of(session: Session, found: ExternalId) -> str:
    number = session.scalar(select(Employee.employee_no).where(Employee.id == found.employee_id))
    return number or ""


def sources(session: Session) -> list[str]:
    query = select(ExternalId.source).distinct().order_by(ExternalId.source)
    return list(session.scalars(query))


def add_alias(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    source: str,
    external_id: str,
    employee_no: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> ExternalId:
    """Say whose a name is from a day on; saying the same again changes nothing.

    Raises ``Refused`` where it is somebody else's at that time.
    """
    one_at_a_time(session, GUARD)
    start = valid_from or ALWAYS
    person = _person(session, employee_no, actor)
    known = session.scalar(
        select(ExternalId).where(
            ExternalId.source == source,
            ExternalId.external_id == external_id,
            ExternalId.valid_from == start,
        )
    )
    if known is not None and (known.employee_id, known.valid_to) == (person.id, valid_to):
        return known
    if known is not None:
        raise Refused(
            N_("this name is known from that day on already: change it there"), field="valid_from"
        )
    found = ExternalId(source=source, external_id=external_id, valid_from=start, valid_to=valid_to)
    found.employee_id = person.id
    _check(session, found)
    session.add(found)
    session.flush()
    _note(session, found, None, _told(found, employee_no), actor, now)
    return found


def change_alias(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    number: int,
    employee_no: str,
    valid_from: date | None,
    valid_to: date | None,
    seen: str | None = None,
) -> None:
    """What was taken in by the name stays where it is. Raises like ``add_alias``, and ``Meanwhile``
    where ``seen`` is not its ``seen_of`` any more."""
    one_at_a_time(session, GUARD)
    found = alias(session, number)
    before = _told(found, employee_no_of(session, found))
    check_seen(seen, before)
    _mine(found.employee_id, actor)
    person = _person(session, employee_no, actor)
    wanted = (person.id, valid_from or ALWAYS, valid_to)
    with session.no_autoflush:
        found.employee_id, found.valid_from, found.valid_to = wanted
        _check(session, found)
    after = _told(found, employee_no)
    if after != before:
        _note(session, found, before, after, actor, now)


def seen_of(session: Session, found: ExternalId) -> str:
    """Tells apart two states of a name."""
    return state_of(_told(found, employee_no_of(session, found)))


def remove_alias(session: Session, *, actor: Actor, now: datetime, number: int) -> None:
    one_at_a_time(session, GUARD)
    found = alias(session, number)
    _mine(found.employee_id, actor)
    _note(session, found, _told(found, employee_no_of(session, found)), None, actor, now)
    session.delete(found)


def _person(session: Session, employee_no: str, actor: Actor) -> Employee:
    person = session.scalar(select(Employee).where(Employee.employee_no == employee_no))
    if person is None:
        message = N_('nobody has the number "%(cell)s"')
        raise Refused(message, field="employee_no", cell=employee_no[:60])
    _mine(person.id, actor)
    return person


def _mine(employee_id: int, actor: Actor) -> None:
    if employee_id == actor.employee_id:
        raise Forbidden(N_("Nobody says which names are their own: somebody else does."))


def _check(session: Session, wanted: ExternalId) -> None:
    """On one day a name belongs to one person, and is told once."""
    end = wanted.valid_to or date.max
    if end < wanted.valid_from:
        raise Refused(N_("lies before from"), field="valid_to")
    others = select(ExternalId).where(
        ExternalId.source == wanted.source, ExternalId.external_id == wanted.external_id
    )
    for each in session.scalars(others):
        overlaps = each.valid_from <= end and wanted.valid_from <= (each.valid_to or date.max)
        if each is not wanted and each.id != wanted.id and overlaps:
            raise Refused(
                N_("belongs to %(number)s at that time already"),
                field="valid_from",
                number=employee_no_of(session, each),
            )


def _told(found: ExternalId, employee_no: str) -> dict[str, str | None]:
    return {
        "employee_no": employee_no,
        "from": None if found.valid_from == ALWAYS else str(found.valid_from),
        "to": str(found.valid_to) if found.valid_to else None,
    }


def _note(
    session: Session,
    found: ExternalId,
    before: dict[str, str | None] | None,
    after: dict[str, str | None] | None,
    actor: Actor,
    now: datetime,
) -> None:
    record(
        session,
        actor=actor,
        at=now,
        action="alias",
        subject=f"alias:{found.source}:{found.external_id}"[:200],
        before=before,
        after=after,
    )
