"""Keys for what the database must not give away, wrapped by the master key outside it.

Each purpose has keys of its own in ``wrapped_keys``, encrypted under the master key: ``audit``
chains the trail, ``reviews`` seals closed rounds, ``records`` encrypts wages and other secrets.
A new master key wraps the same keys again (``flask key rotate``), so what was encrypted or chained
before stays readable, closed months included. A wrong master key is an error, never a new start.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.engine import Engine

from core.errors import N_, Refused
from core.models import WrappedKey
from core.secrets import MasterKey

PURPOSES = ("audit", "reviews", "records")
NONCE = 12


class WrongKey(Refused):
    """The master key at hand does not open what the database holds."""


@dataclass(slots=True)
class KeyRing:
    """The opened keys of one database: newest last, by purpose."""

    keys: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)

    def newest(self, purpose: str) -> tuple[int, bytes]:
        return self.keys[purpose][-1]

    def numbered(self, purpose: str, number: int) -> bytes:
        for each, key in self.keys.get(purpose, ()):
            if each == number:
                return key
        raise WrongKey(N_("A key is missing: key %(number)s."), number=number)


_master: dict[str, Callable[[], MasterKey]] = {}
_rings: WeakKeyDictionary[Engine, KeyRing] = WeakKeyDictionary()


def install(master: Callable[[], MasterKey]) -> None:
    """Use ``master`` from now on; called once by the composition root."""
    _master["key"] = master


def ring(session: Any) -> KeyRing:
    """The opened keys; those that are missing are made, in the session's transaction.

    Raises ``WrongKey`` where the master key does not open them; nothing is overwritten then.
    """
    engine = session.get_bind().engine
    known = _rings.get(engine)
    if known is not None and all(purpose in known.keys for purpose in PURPOSES):
        return known
    found = _opened(session, _master["key"]())
    made = [purpose for purpose in PURPOSES if purpose not in found.keys]
    for purpose in made:
        _add(session, found, purpose, _master["key"]())
    if made:
        session.flush()  # cached only once they are committed: the next call reads them
    else:
        _rings[engine] = found
    return found


def key_for(session: Any, purpose: str) -> bytes:
    """The newest key of a purpose (32 bytes)."""
    return ring(session).newest(purpose)[1]


def encrypt(session: Any, place: str, text: str) -> str:
    """``text`` sealed for one place (table, row, column): it opens nowhere else."""
    number, key = ring(session).newest("records")
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return f"{number}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(session: Any, place: str, sealed: str) -> str:
    """The text; raises ``WrongKey`` where the key, the place or the content is not the one."""
    number, _, body = sealed.partition(":")
    key = ring(session).numbered("records", int(number))
    data = base64.b64decode(body)
    try:
        return AESGCM(key).decrypt(data[:NONCE], data[NONCE:], place.encode()).decode()
    except InvalidTag as error:
        raise WrongKey(N_("What is stored in %(place)s cannot be opened."), place=place) from error


def rewrap(session: Any, old: MasterKey, new: MasterKey) -> int:
    """Wrap every key under ``new``, and add a newer one for records; how many were wrapped."""
    opened = _opened(session, old)
    rows = session.scalars(select(WrappedKey).order_by(WrappedKey.id)).all()
    for row in rows:
        key = opened.numbered(row.purpose, row.id)
        row.wrapped = _wrapped(new, row.purpose, key)
    _add(session, opened, "records", new)
    session.flush()
    _rings.pop(session.get_bind().engine, None)
    return len(rows)


def _opened(session: Any, master: MasterKey) -> KeyRing:
    found = KeyRing()
    for row in session.execute(
        select(WrappedKey.id, WrappedKey.purpose, WrappedKey.wrapped).order_by(WrappedKey.id)
    ):
        found.keys.setdefault(row.purpose, []).append((row.id, _unwrapped(master, row)))
    return found


def _add(session: Any, opened: KeyRing, purpose: str, master: MasterKey) -> None:
    key = secrets.token_bytes(32)
    row = WrappedKey(purpose=purpose, wrapped=_wrapped(master, purpose, key))
    session.add(row)
    session.flush()
    opened.keys.setdefault(purpose, []).append((row.id, key))


def _wrapped(master: MasterKey, purpose: str, key: bytes) -> str:
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(master.derive("wrap")).encrypt(nonce, key, purpose.encode())
    return base64.b64encode(nonce + sealed).decode()


def _unwrapped(master: MasterKey, row: Any) -> bytes:
    data = base64.b64decode(row.wrapped)
    try:
        return AESGCM(master.derive("wrap")).decrypt(
            data[:NONCE], data[NONCE:], row.purpose.encode()
        )
    except InvalidTag as error:
        raise WrongKey(
            N_("The master key does not open this database. Put back the key it was made with.")
        ) from error
