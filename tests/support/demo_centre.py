"""The demo centre for tests in a browser: filled once per run, served, signed in to."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from playwright.sync_api import Page
from support.centres import KEY
from support.databases import Databases, build_schema
from support.served import sign_in as enter
from support.site import application

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


def sign_in(page: Page, address: str, viewer: str, language: str) -> None:
    """To the dashboard, in one of the languages ``zh-CN`` and ``en``."""
    enter(page, address, viewer, PASSWORD)
    speak(page, language)


def speak(page: Page, language: str) -> None:
    """Change to the language, if the page is in the other one."""
    if page.locator("html").get_attribute("lang") != language:
        page.evaluate("document.querySelector('form.language button').click()")
        page.wait_for_selector(f"html[lang={language}]")
