"""An application on a free port of this machine, for a browser to look at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask
    from playwright.sync_api import Page


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the application while it is served."""
    server = make_server("127.0.0.1", 0, whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def whole(app: WSGIApplication) -> WSGIApplication:
    """Answers read and closed before they are sent.

    The server leaves an answer open when the browser goes away in its middle, and an open file
    is a warning, which fails a test.
    """

    def answer(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        body: Any = app(environ, start)
        if not hasattr(body, "close"):
            return list(body)
        with closing(body):
            return [b"".join(body)]

    return answer


def sign_in(page: Page, address: str, name: str, password: str) -> None:
    """To the dashboard."""
    page.goto(f"{address}/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{address}/")


def sign_out(page: Page) -> None:
    """By the page's own button: an answer under way may bring back a cookie that was deleted."""
    page.evaluate("document.querySelector('form[action$=\"/sign-out\"] button').click()")
    page.wait_for_selector("[name=password]")
