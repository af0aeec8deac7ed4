"""The client of the identity provider; loaded where there is one, for it takes memory."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError
from requests import RequestException

from staff.accounts.provider import NotSignedOn, Provider

WAIT = 10  # seconds for each answer of the provider
# Signatures with a key that only the provider has.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
# What may be wrong with an answer.
WRONG = (OAuthError, JoseError, RequestException)


class _Session(OAuth2Session):  # type: ignore[misc]
    """Every request passes here, redirects too."""

    def __init__(self, *args: Any, hosts: frozenset[str], issuer: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hosts, self._scheme = hosts, urlsplit(issuer).scheme

    def send(self, request: Any, **kwargs: Any) -> Any:
        parts = urlsplit(request.url)
        if parts.hostname not in self._hosts or parts.scheme not in ("https", self._scheme):
            raise NotSignedOn(f"the provider sends us to {parts.hostname}: see OIDC_HOSTS")
        return super().send(request, **kwargs)


class _Client(FlaskOAuth2App):  # type: ignore[misc]
    client_cls = _Session

    def load_server_metadata(self) -> Any:
        metadata = super().load_server_metadata()
        if metadata.get("issuer") != self.issuer:
            known = metadata.get("issuer")
            metadata.clear()  # it is asked again next time
            raise NotSignedOn(f"the provider calls itself {known!r}")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        usable = [each for each in offered if each in ALGORITHMS]
        metadata["id_token_signing_alg_values_supported"] = usable
        return metadata


def client_of(provider: Provider) -> Any:
    client = _Client(
        FlaskIntegration("sign-on"),
        "sign-on",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email profile",
            "code_challenge_method": "S256",
            "default_timeout": WAIT,
            "hosts": provider.hosts,
            "issuer": provider.issuer,
        },
    )
    client.issuer = provider.issuer
    return client
