"""The demo centre for tests in a browser: filled once per run, served, signed in to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page
from support.centres import KEY
from support.databases import Databases, build_schema
from support.site import application
from werkzeug.serving import make_server

from closing.demo.services import PASSWORD
from core import keyring
from core.db import db

DEMO = ("--staff", "60", "--months", "4")
TEMPLATE = "every-page"


def opened(url: str, folder: Path) -> Flask:
    app = application(url, folder / "instance")
    keyring.install(lambda: KEY, app)
    return app


def demo(databases: Databases, folder: Path) -> Flask:
    """The application on a copy of the demo centre."""

    def build(url: str) -> None:
        build_schema(url)
        app = opened(url, folder)
        for words in (["init"], ["demo", *DEMO]):
            result = app.test_cli_runner().invoke(args=words)
            assert result.exit_code == 0, result.output
        with app.app_context():
            db.engine.dispose()

    return opened(databases.copy_of("sqlite", TEMPLATE, build), folder)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sign_in(page: Page, address: str, viewer: str, language: str) -> None:
    """To the dashboard, in one of the languages ``zh-CN`` and ``en``."""
    page.goto(f"{address}/sign-in")
    page.fill("[name=name]", viewer)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{address}/")
    speak(page, language)


def speak(page: Page, language: str) -> None:
    """Change to the language, if the page is in the other one."""
    if page.locator("html").get_attribute("lang") != language:
        page.evaluate("document.querySelector('form.language button').click()")
        page.wait_for_selector(f"html[lang={language}]")
