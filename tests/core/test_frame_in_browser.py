"""The frame in a real browser: at every width, without a complaint on its console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from factories import people
from playwright.sync_api import Page
from support.served import served, sign_in
from support.site import Site


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The site served on a free port, with a small centre in it."""
    with site.session() as session:
        people.centre(session)
    with served(site.app) as at:
        yield at


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_no_page_is_wider_than_the_window(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, address, "E0003", people.PASSWORD)
    for path in ("/", "/staff/?month=2026-10", "/staff/?q=nobody", "/account"):
        page.goto(address + path)
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{path} is {over} px too wide"
    assert complaints == []


def test_the_rail_becomes_a_bar_at_the_bottom_on_phones(page: Page, address: str) -> None:
    sign_in(page, address, "E0003", people.PASSWORD)
    assert page.locator(".rail").is_visible()
    assert not page.locator(".bottombar").is_visible()
    page.set_viewport_size({"width": 375, "height": 740})
    assert not page.locator(".rail").is_visible()
    page.click(".bottombar details > summary")
    assert page.locator(".sheet").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".sheet").is_visible()


def test_the_page_follows_the_system_into_the_dark(page: Page, address: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{address}/sign-in")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_selector("html[data-bs-theme=light]")


def test_the_search_suggests_people_within_reach(page: Page, address: str) -> None:
    sign_in(page, address, "E0002", people.PASSWORD)
    with page.expect_response("**/staff/suggest**"):
        page.type("#find-person", "E000")
    page.wait_for_selector("#found-people option", state="attached")
    options = page.locator("#found-people option").evaluate_all("all => all.map(o => o.value)")
    assert options == ["E0002", "E0004", "E0005"]


def test_signing_in_works_by_keyboard_and_without_scripts(page: Page, address: str) -> None:
    assert page.context.browser is not None
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{address}/sign-in")
    plain.focus("[name=name]")
    for _field in range(3):  # the name, the password, the button: each shows where one is
        shown = "getComputedStyle(document.activeElement).outlineStyle"
        assert plain.evaluate(shown) == "solid"
        plain.keyboard.press("Tab")
    plain.focus("[name=name]")
    plain.keyboard.type("E0004")
    plain.keyboard.press("Tab")
    plain.keyboard.type(people.PASSWORD)
    plain.keyboard.press("Enter")
    plain.wait_for_url(f"{address}/")
    plain.context.close()
