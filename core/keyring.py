"""Keys for what the database must not give away, wrapped by the master key outside it.

Each purpose has keys of its own in ``wrapped_keys``, encrypted under the master key: ``audit``
chains the trail, ``reviews`` seals closed rounds, ``records`` encrypts wages and other secrets.
A new master key wraps the same keys again (``flask key rotate``), so what was encrypted or chained
before stays readable, closed months included. Keys are made for a new database only: a master key
that is missing or another one is an error, never a new start.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app, has_app_context
from sqlalchemy import event, inspect, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from core.errors import N_, Unavailable
from core.models import AuditEntry, WrappedKey
from core.secrets import PURPOSES, BadKey, GivenKey, KeyRing, Keys, MasterKey, Opened

NONCE = 12
NONCES = 64  # drawn at once
NUMBER = 4  # bytes of a key's number before a sealed file
# Sums are padded to this length before they are encrypted: how long one is would tell.
MONEY_WIDTH = 20
DOES_NOT_OPEN = N_("The master key does not open this database. Put back the key it was made with.")
EXTENSION = "pingyou_keys"
FRESH = "keys_made"


class WrongKey(Unavailable):
    """The master key at hand does not open what the database holds."""


class Box:
    """Encrypts and decrypts many values of one session; keys are looked up once."""

    def __init__(self, session: Any) -> None:
        self._session = session
        newest = ring(session).newest("records")
        self._number = newest.id
        self._nonces: list[bytes] = []
        self._newest = AESGCM(newest.key)
        self._ciphers: dict[int, AESGCM] = {newest.id: self._newest}

    def seal(self, place: str, plain: str) -> str:
        """``plain`` encrypted for one place (table, row, column): it opens nowhere else."""
        if not self._nonces:
            self._draw()
        nonce = self._nonces.pop()
        sealed = self._newest.encrypt(nonce, plain.encode(), place.encode())
        body = binascii.b2a_base64(nonce + sealed, newline=False)
        return f"{self._number}:{body.decode()}"

    def open(self, place: str, sealed: str) -> str:
        """The text; raises ``WrongKey`` where the key, the place or the content is not the one."""
        number, _, body = sealed.partition(":")
        try:
            data = base64.b64decode(body, validate=True)
            cipher = self._cipher(int(number))
            return cipher.decrypt(data[:NONCE], data[NONCE:], place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise WrongKey(
                N_("What is stored in %(place)s cannot be opened."), place=place
            ) from error

    def _draw(self) -> None:
        """Nonces that were never used: many at once, for it is drawing that takes the time."""
        drawn = secrets.token_bytes(NONCE * NONCES)
        self._nonces = [drawn[at : at + NONCE] for at in range(0, len(drawn), NONCE)]

    def seal_bytes(self, place: str, plain: bytes) -> bytes:
        """Like ``seal``, for a file: the number of the key, the nonce, the rest."""
        nonce = secrets.token_bytes(NONCE)
        sealed = self._newest.encrypt(nonce, plain, place.encode())
        return self._number.to_bytes(NUMBER, "big") + nonce + sealed

    def open_bytes(self, place: str, sealed: bytes) -> bytes:
        """What ``seal_bytes`` sealed; raises ``WrongKey`` like ``open``."""
        number, body = int.from_bytes(sealed[:NUMBER], "big"), sealed[NUMBER:]
        try:
            return self._cipher(number).decrypt(body[:NONCE], body[NONCE:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongKey(
                N_("What is stored in %(place)s cannot be opened."), place=place
            ) from error

    def seal_money(self, place: str, sum_: Decimal) -> str:
        return self.seal(place, str(sum_).rjust(MONEY_WIDTH))

    def open_money(self, place: str, sealed: str) -> Decimal:
        return Decimal(self.open(place, sealed).strip())

    def _cipher(self, number: int) -> AESGCM:
        if number not in self._ciphers:
            key = ring(self._session).numbered("records", number)
            if key is None:  # made by another process since
                _rings.pop(_engine(self._session), None)
                key = ring(self._session).numbered("records", number)
            if key is None:
                raise WrongKey(N_("A key is missing: key %(number)s."), number=number)
            self._ciphers[number] = AESGCM(key)
        return self._ciphers[number]


_default: dict[str, Keys] = {}
_rings: WeakKeyDictionary[Engine, KeyRing] = WeakKeyDictionary()


def install(keys: Keys | Callable[[], MasterKey], app: Flask | None = None) -> None:
    """Where the master key is: for one application, or for whatever has none of its own."""
    given = GivenKey(keys) if callable(keys) else keys
    if app is not None:
        app.extensions[EXTENSION] = given
    else:
        _default["keys"] = given


def ring(session: Any) -> KeyRing:
    """The opened keys; those of a new database are made, in the session's transaction.

    Raises ``WrongKey`` where the master key does not open them; nothing is overwritten then.
    """
    engine = _engine(session)
    known = _rings.get(engine)
    if known is not None:
        return known
    found = _opened(session)
    if not found.whole:
        session.info[FRESH] = True  # kept only once they are committed: others may be first
        return _made(session)
    if not session.info.get(FRESH):
        _rings[engine] = found
    return found


def master_of(session: Any) -> MasterKey:
    """The master key that opens this database; raises ``WrongKey``. Makes the keys of a new one."""
    ring(session)
    wrapped = session.execute(
        select(WrappedKey.id, WrappedKey.purpose, WrappedKey.wrapped).order_by(WrappedKey.id)
    ).all()
    for master in _present():
        try:
            for row in wrapped:
                _unwrapped(master, row)
        except InvalidTag:
            continue
        return master
    raise WrongKey(DOES_NOT_OPEN)


def check(session: Any) -> None:
    """Raises ``WrongKey`` where no master key at hand opens this database, or one cannot be used.

    Makes nothing; the tables need not be there yet.
    """
    _present()
    if inspect(session.connection()).has_table(WrappedKey.__tablename__):
        _opened(session)


def key_for(session: Any, purpose: str) -> bytes:
    """The newest key of a purpose (32 bytes)."""
    return ring(session).newest(purpose).key


def sealing(session: Any, purpose: str) -> Callable[[str], str]:
    """A keyed digest under the key of ``purpose``, 32 hex digits.

    The key is opened when it is first needed.
    """
    keyed: list[Any] = []  # of each digest only the key has been taken in

    def digest(plain: str) -> str:
        if not keyed:
            keyed.append(hashlib.blake2b(key=key_for(session, purpose), digest_size=16))
        own = keyed[0].copy()
        own.update(plain.encode())
        return own.hexdigest()  # type: ignore[no-any-return]

    return digest


def encrypt(session: Any, place: str, plain: str) -> str:
    """One ``Box.seal``."""
    return Box(session).seal(place, plain)


def decrypt(session: Any, place: str, sealed: str) -> str:
    """One ``Box.open``."""
    return Box(session).open(place, sealed)


def hold(session: Any) -> None:
    """Let nobody else make or wrap keys until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE wrapped_keys IN EXCLUSIVE MODE"))
    else:
        session.execute(text("UPDATE wrapped_keys SET id = id WHERE id < 0"))


def rewrap(session: Any, new: MasterKey) -> int:
    """Wrap every key under ``new``, and add a newer one for records; how many were wrapped.

    The caller holds the table (``hold``).
    """
    opened = _opened(session)
    rows = session.scalars(select(WrappedKey).order_by(WrappedKey.id)).all()
    session.info[FRESH] = True
    for row in rows:
        key = opened.numbered(row.purpose, row.id)
        if key is None:
            raise WrongKey(N_("A key is missing: key %(number)s."), number=row.id)
        row.wrapped = _wrapped(new, row.purpose, key)
    _add(session, opened, "records", new)
    session.flush()
    forget(session)
    return len(rows)


def forget(session: Any) -> None:
    """Open the keys anew when they are next needed."""
    _rings.pop(_engine(session), None)


def _engine(session: Any) -> Engine:
    engine: Engine = session.get_bind().engine
    return engine


def _keys() -> Keys:
    if has_app_context() and EXTENSION in current_app.extensions:
        keys: Keys = current_app.extensions[EXTENSION]
        return keys
    return _default["keys"]


def _present() -> Sequence[MasterKey]:
    try:
        return _keys().present()
    except BadKey as error:
        raise WrongKey(N_("The master key cannot be used: %(reason)s."), reason=error) from error


def _opened(session: Any) -> KeyRing:
    """The keys of the database, opened by whichever master key at hand fits."""
    rows = session.execute(
        select(WrappedKey.id, WrappedKey.purpose, WrappedKey.wrapped).order_by(WrappedKey.id)
    ).all()
    found = KeyRing()
    if not rows:
        return found
    present = _present()
    if not present:
        raise WrongKey(
            N_("The master key of this database is missing. Put the file master.key back.")
        )
    for master in present:
        try:
            opened = [Opened(row.id, row.purpose, _unwrapped(master, row)) for row in rows]
        except InvalidTag:
            continue
        for each in opened:
            found.add(each)
        if not session.info.get(FRESH):
            _keys().settle(master)
        return found
    raise WrongKey(DOES_NOT_OPEN)


def _made(session: Any) -> KeyRing:
    """The keys of a new database, after making those that are missing."""
    hold(session)
    found = _opened(session)  # somebody else may have been first
    if found.whole:
        return found
    if not found.keys and session.execute(select(AuditEntry.id).limit(1)).first() is not None:
        raise WrongKey(N_("The keys of this database were removed. Put a copy of it back."))
    present = _present()
    master = present[0] if present else _keys().make()
    for purpose in PURPOSES:
        if purpose not in found.keys:
            _add(session, found, purpose, master)
    return found


def _add(session: Any, opened: KeyRing, purpose: str, master: MasterKey) -> None:
    key = secrets.token_bytes(32)
    row = WrappedKey(purpose=purpose, wrapped=_wrapped(master, purpose, key))
    session.add(row)
    session.flush()
    opened.add(Opened(row.id, purpose, key))


def _wrapped(master: MasterKey, purpose: str, key: bytes) -> str:
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(master.derive("wrap")).encrypt(nonce, key, purpose.encode())
    return base64.b64encode(nonce + sealed).decode()


def _unwrapped(master: MasterKey, row: Any) -> bytes:
    """Raises ``InvalidTag``."""
    try:
        data = base64.b64decode(row.wrapped, validate=True)
        cipher = AESGCM(master.derive("wrap"))
        return cipher.decrypt(data[:NONCE], data[NONCE:], row.purpose.encode())
    except ValueError as error:
        raise InvalidTag from error


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_rollback")
def _settled(session: Session) -> None:
    """What the database holds now is what others see too."""
    if not session.in_nested_transaction():
        session.info.pop(FRESH, None)
