"""The key that lies outside the database, and what is derived from it.

``instance/master.key`` is made on first start where neither it nor ``PINGYOU_KEY`` exists. The
audit chain and the seals of closed review rounds hang on it, so it belongs in every backup, kept
apart from the database.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


class BadKey(Exception):
    """The key file cannot be read; nothing is overwritten."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    secret: bytes

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for each purpose."""
        return hmac.digest(self.secret, b"pingyou:" + purpose.encode(), "sha256")

    def seal(self, purpose: str, text: str) -> str:
        """Keyed digest of ``text``, base64url without padding (43 characters)."""
        digest = hmac.digest(self.derive(purpose), text.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def load_master_key(folder: Path, given: str | None) -> MasterKey:
    """The key from the setting, else from the file, which is made where it is missing.

    Raises ``BadKey`` for a key that is not 32 bytes in base64.
    """
    if given:
        return MasterKey(_decoded(given, "PINGYOU_KEY"))
    path = folder / "master.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        text = base64.b64encode(secrets.token_bytes(32))
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process was first
            pass
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
    return MasterKey(_decoded(path.read_text().strip(), str(path)))


def _decoded(text: str, where: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadKey(f"{where}: not a key in base64") from error
    if len(secret) != 32:
        raise BadKey(f"{where}: a key has 32 bytes")
    return secret


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
