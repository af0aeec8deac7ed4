"""Security headers. Nothing inline and nothing from elsewhere runs or is shown."""

from __future__ import annotations

from flask import Flask, request
from flask.wrappers import Response

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
YEAR = 365 * 24 * 3600


def init_headers(app: Flask) -> None:
    app.after_request(_add)
    app.config.setdefault("SEND_FILE_MAX_AGE_DEFAULT", 3600)


def _add(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    is_file = (request.endpoint or "").rpartition(".")[2] == "static"
    if not is_file and "Cache-Control" not in response.headers:
        # Pages hold what only their reader may see; a shared computer must not show them later.
        response.headers["Cache-Control"] = "no-store"
    return response
