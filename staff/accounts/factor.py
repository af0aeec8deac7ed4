"""The second factor: time-based codes of an authenticator, each taken once, and recovery codes."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from core import audit, keyring
from core.actor import Actor
from core.clock import Now
from core.errors import N_, Refused
from core.models import Setting
from staff.accounts import codes, sessions, throttles
from staff.accounts.naming import get, label_of
from staff.accounts.throttles import Claim, Verdict
from staff.accounts.trail import note
from staff.models import Account, RecoveryCode

WINDOW = 1  # steps that the clock of a telephone may be off, either way
RECOVERY_CODES = 10
SETTING = "second_factor"


def is_switched_off(session: Session) -> bool:
    """Whether this installation was told not to require a second factor (demos are)."""
    return session.scalar(select(Setting.value).where(Setting.key == SETTING)) == "off"


def switch_off(session: Session, *, actor: Actor, now: Now) -> None:
    """Require it of nobody; every page says so."""
    session.merge(Setting(key=SETTING, value="off"))
    audit.record(
        session, actor=actor, at=now.moment, action="setting", subject=SETTING, after="off"
    )


def new_secret() -> str:
    return pyotp.random_base32()


def address(secret: str, label: str) -> str:
    """What the QR code says to an authenticator."""
    uri: str = pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name="Pingyou")
    return uri


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, a little off at most; None where it is none."""
    totp = pyotp.TOTP(secret)
    seconds = int(now.timestamp())
    given = "".join(code.split())
    for offset in range(-WINDOW, WINDOW + 1):
        if hmac.compare_digest(totp.at(seconds, counter_offset=offset).encode(), given.encode()):
            return seconds // totp.interval + offset
    return None


def enrol(
    session: Session, *, actor: Actor, now: Now, account_id: int, secret: str, code: str
) -> list[str]:
    """Store the secret once its first code is right; returns the recovery codes, told this once.

    Every session of the account ends: they began without a second factor. Raises ``Refused``.
    """
    account = get(session, account_id)
    if account.second_factor is not None:
        raise Refused(N_("There is a second factor already; take it off first."))
    step = step_of(secret, code, now.moment)
    if step is None:
        raise Refused(
            N_("This code does not fit. Check the clock of the telephone and type the next one."),
            field="code",
        )
    account.second_factor = keyring.encrypt(session, _place(account_id), secret)
    account.factor_step = step
    sessions.end_all(session, actor=actor, now=now, account_id=account_id)
    note(session, actor, now, "factor.set", account)
    return _new_recovery_codes(session, account_id)


def verify(session: Session, *, account_id: int, code: str, now: Now, claimed: Claim) -> Verdict:
    """Check a code of the authenticator, or a recovery code. Failures are counted and delay.

    Whichever it was, it does not count a second time. ``claimed`` is the try
    (``throttles.for_factor``), committed before.
    """
    if claimed.wait:
        return Verdict(False, claimed.wait)
    account = get(session, account_id)
    if _take_step(session, account, code, now) or _take_recovery_code(session, account, code, now):
        throttles.settle(session, claimed, forgotten=claimed.keys)
        return Verdict(True)
    return Verdict(False)


def _take_step(session: Session, account: Account, code: str, now: Now) -> bool:
    """Use up a time step; of two that come with the same code, one finds it taken."""
    if account.second_factor is None:
        return False
    secret = keyring.decrypt(session, _place(account.id), account.second_factor)
    step = step_of(secret, code, now.moment)
    if step is None:
        return False
    taken: Any = session.execute(
        update(Account)
        .where(
            Account.id == account.id,
            (Account.factor_step.is_(None)) | (Account.factor_step < step),
        )
        .values(factor_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)


def _take_recovery_code(session: Session, account: Account, code: str, now: Now) -> bool:
    taken: Any = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.hash == codes.hashed(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now.moment)
    )
    if taken.rowcount != 1:
        return False
    label = label_of(session, account)
    actor = Actor(label, account.employee_id, account.id, "")
    audit.record(session, actor=actor, at=now.moment, action="factor.recovery", subject=label)
    return True


def recovery_codes_left(session: Session, account_id: int) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
            )
        )
        or 0
    )


def renew_recovery_codes(session: Session, *, actor: Actor, now: Now, account_id: int) -> list[str]:
    """Ten new ones; the old ones are void."""
    account = get(session, account_id)
    if account.second_factor is None:
        raise Refused(N_("There is no second factor yet."))
    note(session, actor, now, "factor.recovery_codes", account)
    return _new_recovery_codes(session, account_id)


def _new_recovery_codes(session: Session, account_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    made = [codes.make() for _ in range(RECOVERY_CODES)]
    rows = [{"account_id": account_id, "hash": codes.hashed(code)} for code in made]
    session.execute(insert(RecoveryCode), rows)
    return made


def remove(session: Session, *, actor: Actor, now: Now, account_id: int) -> None:
    """Take the second factor off: one's own after a code, or somebody else's who lost it.

    A reset ends the sessions of the account; who needs a factor is led to set up a new one.
    """
    account = get(session, account_id)
    if account.second_factor is None:
        raise Refused(N_("There is no second factor yet."))
    account.second_factor = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    own = actor.account_id == account_id
    if not own:
        sessions.end_all(session, actor=actor, now=now, account_id=account_id)
    note(session, actor, now, "factor.removed" if own else "factor.reset", account)


def _place(account_id: int) -> str:
    return f"accounts:{account_id}:totp"
