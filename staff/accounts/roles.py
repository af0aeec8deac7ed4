"""Roles given by hand: an administrator gives them, and a second person confirms.

So nobody makes themselves HR by an account of their own that they have made for it. The very first
HR, or administrator beside the first, is given by one alone: there is nobody else to ask yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.actor import Actor
from core.clock import Now
from core.db import one_at_a_time
from core.errors import N_, Forbidden, NotFound, Refused
from core.models import Setting
from core.permissions import Role
from staff import notices
from staff.accounts.administration import HR_WAS, Positions, other_account, roles_by_hand
from staff.accounts.naming import get, label_of
from staff.accounts.trail import note
from staff.models import Account, Employee, RoleGrant, RoleRequest
from staff.viewer import people_of_hr

BY_HAND = (Role.HR, Role.ADMINISTRATOR, Role.AUDITOR)
WAITS = notices.kind("role.waits", N_("A role for %(name)s waits for you to confirm it."))


def give_role(
    session: Session,
    *,
    actor: Actor,
    now: Now,
    account_id: int,
    role: Role,
    positions: Positions,
) -> bool:
    """Give a role by hand; whether it holds at once, or waits for a second person.

    Raises ``Forbidden`` for one's own account.
    """
    account = other_account(session, actor, account_id)
    if role not in BY_HAND:
        raise Refused(N_("This role is not given by hand."), field="role")
    one_at_a_time(session, "roles")
    if role in roles_by_hand(session, account_id):
        raise Refused(N_("This account has the role already."), field="role")
    if _request(session, account_id, role) is not None:
        raise Refused(N_("This role waits for a second person already."), field="role")
    if _nobody_to_ask(session, actor, account_id, now, positions):
        _grant(session, actor, now, "role.give", account, role)
        return True
    session.add(
        RoleRequest(
            account_id=account_id,
            role=str(role),
            asked_by_id=actor.account_id,
            asked_by=actor.label,
            asked_at=now.moment,
        )
    )
    session.flush()
    note(session, actor, now, "role.ask", account, after={"role": str(role)})
    _tell(session, actor, account, now, positions)
    return False


def confirm_role(session: Session, *, actor: Actor, now: Now, account_id: int, role: Role) -> None:
    """Confirm a role that somebody else gave to somebody else. Raises ``Forbidden``."""
    one_at_a_time(session, "roles")
    asked = _waiting(session, account_id, role)
    if actor.account_id is not None and actor.account_id in (asked.asked_by_id, account_id):
        raise Forbidden(N_("A second person confirms this: HR, or another administrator."))
    session.delete(asked)
    session.flush()
    _grant(session, actor, now, "role.confirm", get(session, account_id), role)


def decline_role(session: Session, *, actor: Actor, now: Now, account_id: int, role: Role) -> None:
    """It is not given after all; whoever gave it may take it back like this, too."""
    one_at_a_time(session, "roles")
    session.delete(_waiting(session, account_id, role))
    session.flush()
    note(session, actor, now, "role.decline", get(session, account_id), before={"role": str(role)})


def waiting(session: Session, account_id: int | None = None) -> Sequence[RoleRequest]:
    """Roles that wait for a second person, the oldest first."""
    query = select(RoleRequest).order_by(RoleRequest.id)
    if account_id is not None:
        query = query.where(RoleRequest.account_id == account_id)
    return session.scalars(query).all()


def _grant(
    session: Session, actor: Actor, now: Now, action: str, account: Account, role: Role
) -> None:
    before = roles_by_hand(session, account.id)
    session.add(RoleGrant(account_id=account.id, role=str(role)))
    session.flush()
    after = roles_by_hand(session, account.id)
    note(session, actor, now, action, account, before=before, after=after)


def _request(session: Session, account_id: int, role: Role) -> RoleRequest | None:
    return session.scalar(select(RoleRequest).filter_by(account_id=account_id, role=str(role)))


def _waiting(session: Session, account_id: int, role: Role) -> RoleRequest:
    found = _request(session, account_id, role)
    if found is None:
        raise NotFound(N_("This role waits for nobody."))
    return found


def _nobody_to_ask(
    session: Session, actor: Actor, account_id: int, now: Now, positions: Positions
) -> bool:
    """No HR, now or before, and no other administrator; closed accounts count.

    Otherwise an administrator would only have to close those of the others first.
    """
    others = _administrators(session) - {actor.account_id, account_id}
    hr = people_of_hr(session, now.wall.date(), positions)
    return not others and not hr.labels and session.get(Setting, HR_WAS) is None


def _administrators(session: Session) -> set[int]:
    granted = select(RoleGrant.account_id).where(RoleGrant.role == Role.ADMINISTRATOR)
    return set(session.scalars(granted))


def _tell(session: Session, actor: Actor, account: Account, now: Now, positions: Positions) -> None:
    """HR and the other administrators, as far as they have an inbox."""
    to = set(people_of_hr(session, now.wall.date(), positions).people)
    ids = select(Account.employee_id).where(Account.id.in_(_administrators(session)))
    to |= {each for each in session.scalars(ids) if each is not None}
    person = session.get(Employee, account.employee_id) if account.employee_id else None
    notices.notify(
        session,
        now=now.moment,
        to=to - {actor.employee_id, account.employee_id},
        kind=WAITS,
        params={"name": person.name if person else label_of(session, account)},
        endpoint="administration.person",
        values={"account_id": account.id},
    )
