"""Settings from the environment (docs/operation.md) as one value that tests can build too."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.permissions import Role
from core.secrets import load_master_key

LANGUAGES = ("zh", "en")
MAX_UPLOAD = 300 * 1024 * 1024
SESSION_SECONDS = 12 * 3600


def settings(instance: Path, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Flask configuration. ``given`` overrides the environment; raises ``ValueError``."""
    source: dict[str, Any] = {**os.environ, **(given or {})}
    instance.mkdir(parents=True, exist_ok=True)
    master = load_master_key(instance, source.get("PINGYOU_KEY"))
    language = source.get("PINGYOU_LANGUAGE", "zh")
    if language not in LANGUAGES:
        raise ValueError(f"PINGYOU_LANGUAGE must be one of {', '.join(LANGUAGES)}: {language!r}")
    session_key = base64.b64encode(master.derive("session")).decode()
    return {
        "SQLALCHEMY_DATABASE_URI": _database_url(source.get("DATABASE_URL"), instance),
        "SQLALCHEMY_ENGINE_OPTIONS": source.get("SQLALCHEMY_ENGINE_OPTIONS", {}),
        "SECRET_KEY": source.get("SECRET_KEY") or session_key,
        "MASTER_KEY": master,
        "TIMEZONE": source.get("PINGYOU_TIMEZONE", "Asia/Shanghai"),
        "LANGUAGE": language,
        "DEMO": bool(source.get("PINGYOU_DEMO")),
        "UPLOADS": instance / "uploads",
        "MAX_CONTENT_LENGTH": MAX_UPLOAD,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": source.get("PINGYOU_TLS", "") == "1",
        "TESTING": bool(source.get("TESTING")),
        "WTF_CSRF_ENABLED": source.get("WTF_CSRF_ENABLED", True),
        "BOOTSTRAP_SERVE_LOCAL": True,
        "PERMANENT_SESSION_LIFETIME": SESSION_SECONDS,
        "ROLE_POSITIONS": _role_positions(source.get("PINGYOU_ROLE_POSITIONS", "")),
        "PASSWORD_MEMORY": int(source.get("PASSWORD_MEMORY", 19456)),
        "PASSWORD_ROUNDS": int(source.get("PASSWORD_ROUNDS", 2)),
    }


def _role_positions(text: str) -> dict[str, Role]:
    """``position=role, position=role``: roles that come with a position, beside those by name."""
    positions = {str(role): role for role in (Role.HR, Role.ADMINISTRATOR, Role.AUDITOR)}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        position, _, role = pair.rpartition("=")
        try:
            positions[position.strip()] = Role(role.strip())
        except ValueError as error:
            raise ValueError(f"PINGYOU_ROLE_POSITIONS: no role {role.strip()!r}") from error
    return positions


def _database_url(url: str | None, instance: Path) -> str:
    """SQLite in the instance folder by default; ``postgres://`` is spelled as drivers want it."""
    if not url:
        return f"sqlite:///{instance / 'pingyou.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
