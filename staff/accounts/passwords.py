"""Passwords: how they are hashed, which ones are refused, how one-time ones are made."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import N_, Refused

MIN_LENGTH = 10
MAX_LENGTH = 128
# A verification takes its memory for some 30 ms; more than two at once would only queue for cores.
_AT_ONCE = BoundedSemaphore(2)


@dataclass(frozen=True)
class Hasher:
    """argon2id; ``memory`` in KiB. OWASP's smallest recommended setting by default."""

    memory: int = 19456
    rounds: int = 2

    @cached_property
    def _argon2(self) -> PasswordHasher:
        return PasswordHasher(time_cost=self.rounds, memory_cost=self.memory, parallelism=1)

    @cached_property
    def _nobody(self) -> str:
        return self._argon2.hash(secrets.token_hex())

    def hash(self, password: str) -> str:
        with _AT_ONCE:
            return self._argon2.hash(password)

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; takes as long where there is no account at all."""
        with _AT_ONCE:
            try:
                self._argon2.verify(stored or self._nobody, password[:MAX_LENGTH])
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None


_state = {"hasher": Hasher()}


def use(hasher: Hasher) -> None:
    """Hash by ``hasher`` from now on; called once by the composition root."""
    _state["hasher"] = hasher


def hasher() -> Hasher:
    return _state["hasher"]


_COMMON = (
    "password", "passw0rd", "letmein", "welcome", "qwerty", "asdfgh", "zxcvbn", "1q2w3e",
    "1qaz2wsx", "abc123", "admin", "iloveyou", "dragon", "monkey", "woaini", "5201314",
    "1314520", "123456", "654321", "888888", "666666", "000000", "111111", "112233",
    "123123", "147258", "abcdef",
    "mima", "changeme", "secret", "test",
)  # fmt: skip
_LEFT = 6


def check(password: str, *, about: Iterable[str] = ()) -> None:
    """Raise ``Refused`` for a password that is short, common, or made of words about its owner.

    ``about`` are such words: name, employee number, e-mail, login.
    """
    if len(password) < MIN_LENGTH:
        raise Refused(
            N_("Use at least %(count)d characters; a sentence is fine."),
            field="password",
            count=MIN_LENGTH,
        )
    if len(password) > MAX_LENGTH:
        raise Refused(N_("Use at most %(count)d characters."), field="password", count=MAX_LENGTH)
    rest = password.casefold()
    words = [word.casefold() for word in (*about, "pingyou", "评优") if word and len(word) > 1]
    for word in sorted([*words, *_COMMON], key=len, reverse=True):
        rest = rest.replace(word, "")
    digits_only = password.isdecimal()  # a telephone number, a date, a run
    if digits_only or len(rest) < _LEFT or len(set(rest)) < 5:
        raise Refused(
            N_("This one is easy to guess: it is common, or made of names. Choose another."),
            field="password",
        )


_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time() -> str:
    """A password to hand over: 12 characters without look-alikes, in groups of four."""
    groups = ["".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)]
    return "-".join(groups)
