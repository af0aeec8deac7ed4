"""How long a wrong guess has to wait. Kept in the database, so it holds over workers and restarts.

Failures are counted under keys: of what was typed as a name (hashed, for it may be anything, even a
password in the wrong field), of an address, of both together. Keys are made of what was typed, not
of whose account it is: otherwise a delay would tell which names belong to one person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core import audit
from core.actor import Actor
from core.clock import Now
from core.secrets import sha256
from staff.models import Account, Employee, SignInFailure

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it was right, or how many seconds the next try has to wait (0: wrong, try again)."""

    right: bool
    wait: int = 0


# One name from one address is soon slowed down. A name from everywhere only a little, so that
# nobody can lock somebody else out; an address only after many, for a whole office may share it.
PAIR, NAME, ADDRESS = Throttle(5, 900), Throttle(20, 30), Throttle(60, 300)
# Six digits are few: here every wrong one counts, wherever it comes from. Nobody is locked out by
# strangers, for it takes the password to get this far.
FACTOR = Throttle(5, 900)
# Letters asked for: everyone counts, for each reaches somebody.
LETTER, LETTERS = Throttle(3, 900), Throttle(30, 900)
# One's own password, typed again in a session.
CURRENT = Throttle(5, 900)

Keys = Mapping[str, Throttle]


def who(name: str) -> str:
    """What was typed as a name, so that it cannot be read."""
    return sha256(name.strip().lower().encode())[:32]


def for_sign_in(name: str, address: str) -> Keys:
    key = who(name)
    return {f"pair:{key}:{address}": PAIR, f"name:{key}": NAME, f"address:{address}": ADDRESS}


def for_factor(account_id: int) -> Keys:
    return {f"factor:{account_id}": FACTOR}


def for_letters(name: str, address: str) -> Keys:
    return {f"letter:{who(name)}": LETTER, f"letters:{address}": LETTERS}


def for_current(account_id: int) -> Keys:
    return {f"current:{account_id}": CURRENT}


def _left(row: SignInFailure, throttle: Throttle, now: datetime) -> int:
    if _is_past(row, now):
        return 0
    wait = throttle.wait(row.count)
    until = row.last_at + timedelta(seconds=wait)
    return min(wait, max(0, int((until - now).total_seconds())))


def _is_past(row: SignInFailure, now: datetime) -> bool:
    """Also one that lies in the future, from a clock that was wrong: nobody waits until then."""
    return abs(now - row.last_at) >= FORGOTTEN


@dataclass(frozen=True, slots=True)
class Claim:
    """A try that was counted as a failure before it was made, or how long it has to wait.

    ``before`` is when the last failure under each key was, for giving it back.
    """

    keys: Keys
    at: datetime
    wait: int
    before: Mapping[str, datetime]


def claim(session: Session, keys: Keys, now: datetime) -> Claim:
    """Count a try before it is made, unless it has to wait: commit this, and only then verify.

    So however many come at once, no more of them are verified than one after the other. Those who
    claim under the same key wait for each other here, and nowhere else.
    """
    rows = _locked(session, keys, now)
    waits = max([0, *(_left(row, keys[row.key], now) for row in rows)])
    before = {row.key: row.last_at for row in rows}
    if not waits:
        for row in rows:
            row.count = 1 if _is_past(row, now) else row.count + 1
            row.last_at = now
        session.flush()
    return Claim(keys, now, waits, before)


def _locked(session: Session, keys: Keys, now: datetime) -> Sequence[SignInFailure]:
    """A row for each key, ours until the end of the transaction; always in the same order."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new = [{"key": key, "count": 0, "last_at": now} for key in sorted(keys)]
    session.execute(dialect.insert(SignInFailure).values(new).on_conflict_do_nothing())
    return session.scalars(
        select(SignInFailure)
        .where(SignInFailure.key.in_(list(keys)))
        .order_by(SignInFailure.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def settle(session: Session, claimed: Claim, *, forgotten: Iterable[str]) -> None:
    """The try was right: it was no failure, and those before it under ``forgotten`` are past."""
    forgotten = set(forgotten)
    for key in sorted(set(claimed.keys) - forgotten):
        row = SignInFailure.key == key
        restored = {"count": SignInFailure.count - 1, "last_at": claimed.before[key]}
        newest = SignInFailure.last_at == claimed.at
        session.execute(update(SignInFailure).where(row, newest).values(restored))
        session.execute(
            update(SignInFailure)
            .where(row, SignInFailure.last_at > claimed.at)
            .values(count=SignInFailure.count - 1)
        )
    forget(session, forgotten)


def forget(session: Session, keys: Iterable[str]) -> None:
    session.execute(delete(SignInFailure).where(SignInFailure.key.in_(list(keys))))


class Delay(NamedTuple):
    """Somebody's sign-in, or an address, that has to wait: ``seconds`` from now."""

    account_id: int | None
    subject: str
    name: str
    failures: int
    seconds: int


def delays(session: Session, now: datetime) -> list[Delay]:
    """Everybody known who has to wait now, by number, then addresses; no unknown names."""
    rows = session.scalars(
        select(SignInFailure).where(SignInFailure.last_at > now - FORGOTTEN)
    ).all()
    waiting: dict[str, tuple[int, int]] = {}
    for row in rows:
        kind, _, rest = row.key.partition(":")
        throttle = {"pair": PAIR, "name": NAME, "address": ADDRESS, "factor": FACTOR}.get(kind)
        seconds = _left(row, throttle, now) if throttle else 0
        if seconds:
            key = f"{kind}:{rest}" if kind in ("address", "factor") else rest.partition(":")[0]
            known = waiting.get(key, (0, 0))
            waiting[key] = (max(known[0], row.count), max(known[1], seconds))
    if not waiting:
        return []
    addresses = [
        Delay(None, key.partition(":")[2], "", *waiting[key])
        for key in sorted(waiting)
        if key.startswith("address:")
    ]
    return [*_people(session, waiting), *addresses]


def _people(session: Session, waiting: Mapping[str, tuple[int, int]]) -> list[Delay]:
    found = []
    for account_id, names, label, name in _names(session):
        hits = [waiting[key] for key in names if key in waiting]
        if hits:
            found.append(
                Delay(account_id, label, name, max(h[0] for h in hits), max(h[1] for h in hits))
            )
    return sorted(found, key=lambda each: each.subject)


def _names(
    session: Session, account_id: int | None = None
) -> Iterable[tuple[int, list[str], str, str]]:
    query = select(
        Account.id, Account.login, Employee.employee_no, Employee.email, Employee.name
    ).outerjoin(Employee, Employee.id == Account.employee_id)
    if account_id is not None:
        query = query.where(Account.id == account_id)
    for row in session.execute(query):
        typed = [text for text in (row.login, row.employee_no, row.email) if text]
        keys = [*(who(text) for text in typed), f"factor:{row.id}"]
        yield row.id, keys, row.employee_no or row.login or "", row.name or row.login or ""


def release_account(session: Session, *, actor: Actor, now: Now, account_id: int) -> None:
    """Let an account sign in again at once, by every name it goes by."""
    for _, keys, label, _ in _names(session, account_id):
        names = [key for key in keys if not key.startswith("factor:")]
        exact = [f"factor:{account_id}", f"current:{account_id}", *(f"name:{key}" for key in names)]
        exact += [f"letter:{key}" for key in names]
        pairs = [SignInFailure.key.startswith(f"pair:{key}:") for key in names]
        session.execute(delete(SignInFailure).where(or_(SignInFailure.key.in_(exact), *pairs)))
        audit.record(session, actor=actor, at=now.moment, action="account.release", subject=label)


def release_address(session: Session, *, actor: Actor, now: Now, address: str) -> None:
    """Let an address try again at once."""
    forget(session, [f"address:{address}", f"letters:{address}"])
    audit.record(session, actor=actor, at=now.moment, action="address.release", subject=address)
