"""Settings from the environment (docs/operation.md) as one value that tests can build too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.mail import Server
from core.permissions import Role
from core.secrets import master_keys, session_secret

LANGUAGES = ("zh", "en")
MAX_UPLOAD = 300 * 1024 * 1024
SESSION_SECONDS = 12 * 3600
SHORTEST_KEY = 16
SIGN_ON = (
    "OIDC_ISSUER",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_CLAIM",
    "OIDC_HOSTS",
    "OIDC_NAME",
    "OIDC_TRUST_FACTOR",
)


def settings(instance: Path, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Flask configuration. ``given`` overrides the environment; raises ``ValueError``."""
    source: dict[str, Any] = {**os.environ, **(given or {})}
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    given_key = source.get("PINGYOU_KEY")
    language = source.get("PINGYOU_LANGUAGE", "zh")
    if language not in LANGUAGES:
        raise ValueError(f"PINGYOU_LANGUAGE must be one of {', '.join(LANGUAGES)}: {language!r}")
    return {
        "SQLALCHEMY_DATABASE_URI": _database_url(source.get("DATABASE_URL"), instance),
        # An error that is logged must not say what stood in the statement: wages, reviews, codes.
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "hide_parameters": True,
            **source.get("SQLALCHEMY_ENGINE_OPTIONS", {}),
        },
        "SECRET_KEY": _signing_key(source) or session_secret(instance, given_key),
        "MASTER_KEYS": master_keys(instance, given_key),
        "TIMEZONE": _timezone(source.get("PINGYOU_TIMEZONE") or "Asia/Shanghai"),
        "LANGUAGE": language,
        "DEMO": bool(source.get("PINGYOU_DEMO")),
        "UPLOADS": instance / "uploads",
        "ATTACHMENTS": instance / "attachments",
        "MAX_CONTENT_LENGTH": MAX_UPLOAD,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": source.get("PINGYOU_TLS", "") == "1",
        "TESTING": bool(source.get("TESTING")),
        "WTF_CSRF_ENABLED": source.get("WTF_CSRF_ENABLED", True),
        "BOOTSTRAP_SERVE_LOCAL": True,
        "PERMANENT_SESSION_LIFETIME": SESSION_SECONDS,
        "IDLE_MINUTES": _whole(source, "PINGYOU_IDLE_MINUTES", 60),
        "SECOND_FACTOR": _is_on(source.get("PINGYOU_SECOND_FACTOR", "on")),
        **_mail(source),
        **{name: source.get(name, "") for name in SIGN_ON},
        "PROXIES": _proxies(source.get("PINGYOU_PROXIES", "0")),
        "TRUSTED_HOSTS": _listed(source.get("PINGYOU_HOSTS", "")) or None,
        "ROLE_POSITIONS": _role_positions(source.get("PINGYOU_ROLE_POSITIONS", "")),
        "PASSWORD_MEMORY": _whole(source, "PASSWORD_MEMORY", 19456),
        "PASSWORD_ROUNDS": _whole(source, "PASSWORD_ROUNDS", 2),
    }


def _signing_key(source: Mapping[str, Any]) -> str | bytes:
    key: str | bytes = source.get("SECRET_KEY") or ""
    if key and len(key) < SHORTEST_KEY:
        raise ValueError(f"SECRET_KEY needs {SHORTEST_KEY} characters that nobody can guess")
    return key


def _proxies(text: str) -> int:
    """How many proxies stand in front: whose headers about address and scheme are believed."""
    if not str(text).isdecimal():
        raise ValueError(f"PINGYOU_PROXIES must be a number: {text!r}")
    return int(text)


def _whole(source: Mapping[str, Any], name: str, default: int) -> int:
    text = str(source.get(name) or default)
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{name} must be a whole number above 0: {text!r}")
    return int(text)


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError(f"PINGYOU_TIMEZONE: there is no time zone {name!r}") from error
    return name


def _listed(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _is_on(value: str) -> bool:
    if value not in ("on", "off"):
        raise ValueError(f"PINGYOU_SECOND_FACTOR must be on or off: {value!r}")
    return value == "on"


def _mail(source: Mapping[str, Any]) -> dict[str, str]:
    """Letters hold links, and whose site they lead to must not depend on what a request says."""
    smtp, site = source.get("SMTP_URL", ""), source.get("PINGYOU_URL", "").rstrip("/")
    if smtp:
        Server.parse(smtp)
        if not site:
            raise ValueError("SMTP_URL needs PINGYOU_URL, the address that letters link to")
    if site and not site.startswith(("https://", "http://")):
        raise ValueError(f"PINGYOU_URL must begin with https:// or http://: {site!r}")
    host = urlsplit(site).hostname or "localhost"
    sender = source.get("PINGYOU_MAIL_FROM") or f"pingyou@{host}"
    return {"SMTP_URL": smtp, "SITE_URL": site, "MAIL_FROM": sender}


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
            url = "postgresql+psycopg://" + url.removeprefix(prefix)
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError as error:
        raise ValueError("DATABASE_URL is no address of a database") from error
    if backend not in ("sqlite", "postgresql"):
        raise ValueError(f"DATABASE_URL must name SQLite or PostgreSQL, not {backend}")
    if backend == "postgresql" and find_spec("psycopg") is None:
        raise ValueError("DATABASE_URL needs the driver: pip install 'psycopg[binary]'")
    return url
