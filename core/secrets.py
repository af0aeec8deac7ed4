"""The master key that lies outside the database: where it is kept, and what hangs on it.

``PINGYOU_KEY``, or the file ``instance/master.key``, which is made for a new database and never
again: with a database that another key belongs to, a missing key is an error (``core.keyring``).
While a key is replaced, the next one lies beside it as ``master.key.next``, so that whatever moment
the work broke off at, one of the two opens the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.drafted import drafted, put_new, sync

FILE = "master.key"
SESSIONS = "session.key"
PURPOSES = ("audit", "reviews", "records")


class BadKey(Exception):
    """The key file cannot be read; nothing is overwritten."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """32 bytes; its text must not show in a traceback or log."""

    secret: bytes

    def __repr__(self) -> str:
        return "MasterKey(...)"

    @classmethod
    def new(cls) -> MasterKey:
        return cls(secrets.token_bytes(32))

    @classmethod
    def parse(cls, text: str, where: str) -> MasterKey:
        """Raises ``BadKey`` for what is not 32 bytes in base64."""
        try:
            secret = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise BadKey(f"{where}: not a key in base64") from error
        if len(secret) != 32:
            raise BadKey(f"{where}: a key has 32 bytes")
        return cls(secret)

    @property
    def text(self) -> str:
        """What ``parse`` reads."""
        return base64.b64encode(self.secret).decode()

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for each purpose."""
        return hmac.digest(self.secret, b"pingyou:" + purpose.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class GivenKey:
    """A key from the environment, or of a test; it is never made or replaced here."""

    key: Callable[[], MasterKey]

    def present(self) -> Sequence[MasterKey]:
        return [self.key()]

    def make(self) -> MasterKey:
        return self.key()

    def settle(self, key: MasterKey) -> None:
        """The key at hand is the only one there is."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The key in ``instance/master.key``."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / FILE

    @property
    def next_path(self) -> Path:
        return self.folder / f"{FILE}.next"

    def present(self) -> Sequence[MasterKey]:
        """The key, and the one that was to follow it where a rotation broke off.

        Raises ``BadKey`` for a file that holds no key.
        """
        found = []
        for path in (self.path, self.next_path):
            try:
                text = path.read_text(encoding="ascii").strip()
            except FileNotFoundError:
                continue
            except (OSError, UnicodeDecodeError) as error:
                raise BadKey(f"{path}: cannot be read") from error
            found.append(MasterKey.parse(text, str(path)))
        return found

    def make(self) -> MasterKey:
        """A new key in a new file; whichever process comes first makes it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(self.path, MasterKey.new().text)
        return self.present()[0]

    def prepare(self, key: MasterKey) -> None:
        """Lay the next key beside the present one; what one left that was killed goes."""
        for left in (self.next_path, *self.folder.glob(f".{self.next_path.name}.*")):
            left.unlink(missing_ok=True)
        if not write_new(self.next_path, key.text):
            raise BadKey(f"{self.next_path}: is there already")

    def settle(self, key: MasterKey) -> None:
        """The database opens with ``key``: where that is the next one, it becomes the key."""
        keys = self.present()
        if key in keys[1:] or (self.next_path.exists() and not self.path.exists()):
            try:
                self.next_path.replace(self.path)
            except OSError:  # another process was first, or the folder is not ours to write
                return
            sync(self.folder)


Keys = GivenKey | KeyFile


@dataclass(frozen=True, slots=True)
class Opened:
    """One key of the database."""

    id: int
    purpose: str
    key: bytes


@dataclass(slots=True)
class KeyRing:
    """The opened keys of one database: newest last, by purpose."""

    keys: dict[str, list[Opened]] = field(default_factory=dict)

    def add(self, opened: Opened) -> None:
        self.keys.setdefault(opened.purpose, []).append(opened)

    def newest(self, purpose: str) -> Opened:
        return self.keys[purpose][-1]

    def numbered(self, purpose: str, number: int) -> bytes | None:
        found = (each.key for each in self.keys.get(purpose, ()) if each.id == number)
        return next(found, None)

    @property
    def whole(self) -> bool:
        return all(purpose in self.keys for purpose in PURPOSES)


def master_keys(folder: Path, given: str | None) -> Keys:
    """Where the key is: the setting, else the file. Raises ``BadKey`` for a bad setting."""
    if given:
        key = MasterKey.parse(given.strip(), "PINGYOU_KEY")
        return GivenKey(lambda: key)
    return KeyFile(folder)


def session_secret(folder: Path, given: str | None) -> str:
    """What signs cookies where ``SECRET_KEY`` does not say: made once, or of ``PINGYOU_KEY``.

    It is a key of its own, so that a new master key signs nobody out.
    """
    if given:
        return base64.b64encode(
            MasterKey.parse(given.strip(), "PINGYOU_KEY").derive("session")
        ).decode()
    path = folder / SESSIONS
    if not path.exists():
        write_new(path, MasterKey.new().text)
    return MasterKey.parse(path.read_text(encoding="ascii").strip(), str(path)).text


def write_new(path: Path, text: str) -> bool:
    """A whole file that its owner alone may read; False where there is one already, which stays."""
    with drafted(path, text.encode(), 0o600) as draft:
        return put_new(draft, path)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
