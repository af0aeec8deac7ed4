"""Signing in: who it is, and how long a wrong guess has to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.secrets import sha256
from staff.accounts import passwords
from staff.accounts.services import find
from staff.models import Account, Employee, SignInFailure
from staff.viewer import has_left

FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Throttle:
    """After ``free`` failures each further one doubles the wait, up to ``longest`` seconds."""

    free: int
    longest: int

    def wait(self, failures: int) -> int:
        if failures < self.free:
            return 0
        return int(min(self.longest, 2 ** min(failures - self.free + 1, 20)))


# One name from one address is soon slowed down. A name from everywhere only a little, so that
# nobody can lock somebody else out; an address only after many, for a whole office may share it.
PAIR, NAME, ADDRESS = Throttle(5, 900), Throttle(20, 30), Throttle(60, 300)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Either the account, or how many seconds the next try has to wait (0: wrong, try again)."""

    account: Account | None
    wait: int = 0


def sign_in(session: Session, *, name: str, password: str, address: str, now: Now) -> Outcome:
    """Check a name and a password. Failures are counted, and delay the next try.

    An unknown name costs the same verification as a known one. Nothing is verified while a delay
    runs.
    """
    keys = _keys(name, address)
    wait = _wait(session, keys, now.moment)
    if wait:
        return Outcome(None, wait)
    account = find(session, name)
    right = passwords.hasher().verify(account.password_hash if account else None, password)
    if account is None or not right or not _may(session, account, now):
        for key in keys:
            _count(session, key, now.moment)
        _record(session, now, "sign_in.failed", account, name, address)
        return Outcome(None)
    session.execute(delete(SignInFailure).where(SignInFailure.key.in_(list(keys)[:2])))
    _record(session, now, "sign_in", account, name, address)
    return Outcome(account)


def _may(session: Session, account: Account, now: Now) -> bool:
    person = session.get(Employee, account.employee_id) if account.employee_id else None
    return account.active and not has_left(person, now.wall.date())


def _keys(name: str, address: str) -> dict[str, Throttle]:
    """Typed names may be anything, even a password in the wrong field: only a hash is kept."""
    who = sha256(name.strip().lower().encode())[:32]
    return {f"pair:{who}:{address}": PAIR, f"name:{who}": NAME, f"address:{address}": ADDRESS}


def _wait(session: Session, keys: dict[str, Throttle], now: datetime) -> int:
    rows = session.scalars(select(SignInFailure).where(SignInFailure.key.in_(list(keys))))
    waits = [0]
    for row in rows:
        if now - row.last_at < FORGOTTEN:
            until = row.last_at + timedelta(seconds=keys[row.key].wait(row.count))
            waits.append(int((until - now).total_seconds()))
    return max(waits)


def _count(session: Session, key: str, now: datetime) -> None:
    old = (SignInFailure.key == key) & (SignInFailure.last_at <= now - FORGOTTEN)
    session.execute(update(SignInFailure).where(old).values(count=0))
    counted = update(SignInFailure).where(SignInFailure.key == key)
    values = {"count": SignInFailure.count + 1, "last_at": now}
    if session.execute(counted.values(values)).rowcount:  # type: ignore[attr-defined]
        return
    try:
        with session.begin_nested():
            session.add(SignInFailure(key=key, count=1, last_at=now))
    except IntegrityError:  # another worker was first
        session.execute(counted.values(values))


def _record(
    session: Session, now: Now, action: str, account: Account | None, name: str, address: str
) -> None:
    subject = "?"
    if account is not None:
        person = session.get(Employee, account.employee_id) if account.employee_id else None
        subject = person.employee_no if person else account.login or ""
    label = subject if action == "sign_in" else "anonymous"
    actor = Actor(label, account.employee_id if account else None, None, address)
    audit.record(session, actor=actor, at=now.moment, action=action, subject=subject)
