"""The identity provider of sign-on by OpenID Connect: its address, and what it says of a person.

Nothing is asked of any host but that of the issuer and those of ``OIDC_HOSTS``, whatever the
provider's own description names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

KEY = "pingyou_provider"
LEEWAY = 60  # seconds that its clock may be off
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NotSignedOn(Exception):
    """The provider was not reached, or its word is not to be believed. Says why, for the log."""


@dataclass(frozen=True, slots=True)
class Provider:
    """``claim`` holds the employee number; where it is empty, the verified e-mail decides."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str = ""
    name: str = ""
    hosts: frozenset[str] = frozenset()
    trust_factor: bool = False


def provider_of(source: Mapping[str, Any]) -> Provider | None:
    """From the configuration; None where there is no sign-on. Raises ``ValueError``."""
    issuer = source["OIDC_ISSUER"]
    if not issuer:
        return None
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError(f"OIDC_ISSUER must begin with https://: {issuer!r}")
    for needed in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if not source[needed]:
            raise ValueError(f"OIDC_ISSUER needs {needed}")
    if not source["SITE_URL"]:
        raise ValueError("OIDC_ISSUER needs PINGYOU_URL, the address to come back to")
    trust = source["OIDC_TRUST_FACTOR"] or "off"
    if trust not in ("on", "off"):
        raise ValueError(f"OIDC_TRUST_FACTOR must be on or off: {trust!r}")
    more = source["OIDC_HOSTS"].replace(",", " ").split()
    return Provider(
        issuer=issuer,
        client_id=source["OIDC_CLIENT_ID"],
        client_secret=source["OIDC_CLIENT_SECRET"],
        claim=source["OIDC_CLAIM"],
        name=source["OIDC_NAME"],
        hosts=frozenset({host, *(each.lower() for each in more)}),
        trust_factor=trust == "on",
    )


def init_provider(app: Flask) -> None:
    """Raises ``ValueError`` for settings that make no sense."""
    provider = app.config["PROVIDER"] = provider_of(app.config)
    if provider is None:
        return
    from staff.accounts.provider_client import client_of

    app.extensions[KEY] = client_of(provider)


def leave_for(app: Flask, callback: str, *, again: bool = False) -> Any:
    """The redirect to the provider; the browser's session keeps state, nonce and verifier.

    ``again`` makes the provider ask even those who are signed on there, and say when it did.
    """
    more = {"prompt": "login", "max_age": "0"} if again else {}
    with _believing():
        return app.extensions[KEY].authorize_redirect(callback, **more)


def claims(app: Flask) -> Mapping[str, Any]:
    """What the provider says, once its answer to this browser is checked.

    State, signature, issuer, audience, nonce and times. Raises ``NotSignedOn``.
    """
    with _believing():
        token = app.extensions[KEY].authorize_access_token(leeway=LEEWAY)
        found: Mapping[str, Any] | None = token.get("userinfo")
        if found is None:
            raise NotSignedOn("the provider sent no identity")
        return found


class _believing:
    """Whatever is wrong with an answer becomes ``NotSignedOn``."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if error is None or isinstance(error, NotSignedOn):
            return
        from staff.accounts.provider_client import WRONG

        if isinstance(error, (*WRONG, ValueError, KeyError, TypeError, RuntimeError)):
            # Not what it says: that may be anything that the provider or the browser sent.
            raise NotSignedOn(type(error).__name__) from error
