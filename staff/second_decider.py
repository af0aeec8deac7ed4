"""The second decider: decides where HR may not, because it is about HR or HR recorded it.

A small centre has one person in HR. An administrator appoints one other account; the setting names
it, and what it opens is ``core.permissions.OF_HR``.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Forbidden, Refused
from core.models import Setting
from core.permissions import Role
from core.seen import MEANWHILE, Meanwhile
from staff import notices
from staff.models import Account, Employee
from staff.viewer import SECOND_DECIDER, load_viewer, people_of_hr

ABOUT_SELF = N_(
    "Nobody decides about themselves. Where HR has nobody else, the second decider does it, "
    "whom an administrator appoints under Accounts."
)
AS_CANDIDATE = N_(
    "Nobody decides on an award for which they are a candidate. Where HR has nobody else, the "
    "second decider does it, whom an administrator appoints under Accounts."
)
APPOINTED = notices.kind(
    "second_decider.appointed", N_("%(name)s decides from now on where HR may not.")
)


def account_of(session: Session) -> int | None:
    """The account of the second decider, None where nobody is appointed."""
    value = session.scalar(select(Setting.value).where(Setting.key == SECOND_DECIDER))
    return int(value) if value else None


def appoint(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    account_id: int,
    positions: Mapping[str, Role],
    seen: str | None = None,
) -> None:
    """Appoint an account instead of the one before, if there was any; HR and they are told.

    Raises ``Meanwhile`` where the one before is not ``seen``, ``Forbidden`` for one's own,
    ``Refused`` for HR itself, for one that is closed, and for one without an employee: whoever
    appoints could have made it for themselves.
    """
    one_at_a_time(session, SECOND_DECIDER)
    if seen not in (None, str(account_of(session) or "")):
        raise Meanwhile(MEANWHILE)
    day = now.wall.date()
    viewer = load_viewer(session, account_id, today=day, positions=positions)
    if viewer is None:
        raise Refused(N_("This account is closed, or its owner has left."))
    if actor.account_id == account_id:
        raise Forbidden(N_("Nobody appoints themselves."))
    if viewer.employee_id is None:
        raise Refused(N_("The second decider is an employee: nobody else is known to HR."))
    if Role.HR in viewer.roles:
        raise Refused(N_("The second decider is somebody outside HR."))
    before = _label(session)
    session.merge(Setting(key=SECOND_DECIDER, value=str(account_id)))
    session.flush()
    _record(session, actor, now, before, viewer.label)
    to = set(people_of_hr(session, day, positions).people)
    notices.notify(
        session,
        now=now.moment,
        to=to | {viewer.employee_id},
        kind=APPOINTED,
        params={"name": viewer.name},
        endpoint="accounts.account",
        values={},
    )


def dismiss(session: Session, *, actor: Actor, now: Now) -> None:
    """From now on there is none. Raises ``Refused`` where there was none."""
    one_at_a_time(session, SECOND_DECIDER)
    row = session.get(Setting, SECOND_DECIDER)
    if row is None:
        raise Refused(N_("Nobody is appointed."))
    before = _label(session)
    session.delete(row)
    session.flush()
    _record(session, actor, now, before, None)


def _label(session: Session) -> str | None:
    account_id = account_of(session)
    account = session.get(Account, account_id) if account_id is not None else None
    if account is None:
        return None
    person = session.get(Employee, account.employee_id) if account.employee_id else None
    return person.employee_no if person else account.login


def _record(
    session: Session, actor: Actor, now: Now, before: str | None, after: str | None
) -> None:
    audit.record(
        session,
        actor=actor,
        at=now.moment,
        action="role.second_decider",
        subject=after or before or "?",
        before=before,
        after=after,
    )
