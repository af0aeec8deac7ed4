"""The helpers of the tests themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import create_engine, text
from support.databases import KINDS, Databases, Kind

BUILT = "CREATE TABLE built (id INTEGER PRIMARY KEY)"


def run(url: str, *statements: str) -> list[int]:
    """Execute the statements, return the first column of the last."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            return list(result.scalars()) if result.returns_rows else []
    finally:
        engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_copies_of_a_template_share_nothing(databases: Databases, kind: Kind) -> None:
    def build(url: str) -> None:
        run(url, BUILT)

    one, two = (databases.copy_of(kind, "share-nothing", build) for _ in range(2))
    run(one, "INSERT INTO built VALUES (7)")
    assert run(one, "SELECT id FROM built") == [7]
    assert run(two, "SELECT id FROM built") == []
    databases.drop(one)
    databases.drop(two)


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_is_built_once(databases: Databases, kind: Kind, tmp_path: Path) -> None:
    calls: list[str] = []

    def build(url: str) -> None:
        calls.append(url)
        run(url, BUILT)

    name = f"once-{tmp_path.name.replace('_', '-').lower()}"[:40]
    for _ in range(3):
        databases.drop(databases.copy_of(kind, name, build))
    assert len(calls) == 1


def test_the_browser_shows_chinese(page: Page) -> None:
    page.set_content('<span style="font: 40px Noto Sans SC">评优</span>')
    width = page.evaluate("document.querySelector('span').getBoundingClientRect().width")
    assert width == pytest.approx(80, abs=1)  # two glyphs, each as wide as high
    assert page.evaluate("document.fonts.check('40px \"Noto Sans SC\"', '评')")
