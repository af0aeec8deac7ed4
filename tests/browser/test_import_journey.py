"""A stranger loads a whole centre through the browser and closes its months."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import people
from playwright.sync_api import Page, expect
from support import centres
from support.centres import (
    KINDS_OF_FILES,
    cards,
    expected,
    expected_months,
    unpacked,
)
from support.compare import differences
from support.databases import Databases
from support.served import served, sign_in
from support.site import Site, application

from core.clock import Now
from core.db import db
from core.permissions import Role
from core.values import Month

NAME = "centre-b"
NOT_IN_FILES = {"revision", "policy_version", "as_of"}


@pytest.fixture
def site(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty database, one account of HR, and the clock of the examples."""
    monkeypatch.setattr("core.clock.now", lambda _zone: Now(centres.NOW, centres.CLOCK))
    url = databases.fresh("sqlite")
    made = Site(application(url, tmp_path))
    with made.session() as session:
        people.account(session, login="stranger", roles=[Role.HR])
    yield made
    with made.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with served(site.app) as at:
        yield at


def publish_policy(page: Page, address: str, file: Path) -> None:
    page.goto(f"{address}/policy/new")
    page.set_input_files("input[type=file]", file)
    page.click("button[value=check]")
    page.click("details.confirm > summary")
    page.click("button[value=publish]")
    page.wait_for_url(f"{address}/policy/1")


def import_file(page: Page, address: str, file: Path) -> str:
    """Upload, look, confirm; what the button said. The kind is recognised."""
    page.goto(f"{address}/imports/")
    page.set_input_files("input[type=file]", file)
    page.click(".upload button.btn-primary")
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    expect(page.locator("h2#refused")).to_have_count(0)
    button = page.locator(".deeds form[action$=confirm] button")
    said = button.inner_text()
    button.click()
    expect(page.locator(".state-good")).to_be_visible(timeout=60_000)
    return said


def close_month(page: Page, address: str, month: Month) -> None:
    page.goto(f"{address}/closing/{month}")
    page.click("details.confirm > summary")
    page.click(f"form[action$='{month}/close'] button")
    expect(page.locator(".flashes .notice")).to_be_visible(timeout=60_000)
    expect(page.locator(".flashes .notice-bad")).to_have_count(0)


@pytest.mark.long
@pytest.mark.parametrize(("width", "language"), [(375, "zh"), (1280, "en")])
def test_a_stranger_loads_a_centre_and_closes_its_months(
    page: Page, site: Site, address: str, width: int, language: str
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.set_default_timeout(30_000)
    folder = unpacked(NAME)
    sign_in(page, address, "stranger", people.PASSWORD)
    if language == "en":
        page.locator("button[name=language][value=en]:visible").click()
    publish_policy(page, address, folder / "policy.yaml")
    for kind in KINDS_OF_FILES:
        said = import_file(page, address, folder / f"{kind}.csv")
        rows = len((folder / f"{kind}.csv").read_text(encoding="utf-8-sig").splitlines()) - 1
        assert str(rows) in said.replace(",", ""), kind
        assert ("写入" in said) == (language == "zh")
        page.wait_for_load_state()
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"the page of {kind} is {over} px too wide"
    page.goto(f"{address}/imports/")
    assert page.locator("#history ~ .table-wrap tbody tr").count() == len(KINDS_OF_FILES)
    for month in expected_months(NAME):
        close_month(page, address, month)
    with site.session() as session:
        for month in expected_months(NAME):
            got = [
                {key: value for key, value in card.items() if key not in NOT_IN_FILES}
                for card in cards(session, month)
            ]
            assert list(differences(expected(NAME, str(month)), got)) == [], month
    best = max(expected(NAME, str(expected_months(NAME)[-1])), key=lambda card: card["total"] or 0)
    page.goto(f"{address}/scorecards/{expected_months(NAME)[-1]}/{best['employee_no']}")
    expect(page.locator("main")).to_contain_text(f"{best['total']:.2f}")
