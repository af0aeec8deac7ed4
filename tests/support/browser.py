"""A real browser for tests: Debian's Chromium, with a font that has Chinese glyphs.

Tests that use ``browser`` or ``page`` carry the marker ``browser``. Where there is no Chromium
they are skipped, or fail where CI=true.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium found: install it, or set CHROMIUM to its path"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Machines for tests have no Chinese font as a rule, and would show boxes.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


def chromium() -> str | None:
    """The path of a Chromium, or None."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        if name and (found := shutil.which(name)):
            return found
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"browser", "page"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium per worker."""
    path = chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("fonts")
    fonts = Path(pylopdf_fonts_zh_cn.sans_path()).parent
    settings = folder / "fonts.conf"
    settings.write_text(FONTS.format(fonts=fonts, cache=folder / "cache"), encoding="utf-8")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=QUIET, env={**os.environ, "FONTCONFIG_FILE": str(settings)}
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of 1280 by 800 in a context of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()
