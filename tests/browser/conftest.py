"""What journeys stand on: the demo centre on a database of their own, and a browser in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from support.databases import Databases
from support.demo_centre import demo
from support.journeys import Journey
from support.page_checks import Complaints
from support.served import served

from core.db import db


@pytest.fixture(params=[("zh-CN", 375), ("en", 1280)], ids=["zh-375", "en-1280"])
def journey(
    request: pytest.FixtureRequest, databases: Databases, browser: Browser, tmp_path: Path
) -> Iterator[Journey]:
    language, width = request.param
    app = demo(databases, tmp_path)
    context = browser.new_context(
        viewport={"width": width, "height": 740}, locale=language, accept_downloads=True
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    made = Journey(app, "", page, language, Complaints().listen(page))
    with served(app) as made.address:
        yield made
        context.close()
    with app.app_context():
        db.engine.dispose()
    assert made.complaints.take() == []
