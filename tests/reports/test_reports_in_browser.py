"""The pages of scorecards in a real browser: nothing hangs over, nothing complains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from factories import people
from playwright.sync_api import Page
from support.readers import AGENT, MONTH, Reports
from support.served import served, sign_in

PATHS = (
    "/",
    f"/scorecards/{MONTH}",
    f"/scorecards/{MONTH}/{AGENT}",
    f"/heatmap/{MONTH}",
    *(f"/records/{MONTH}/{AGENT}/{f}" for f in ("tickets", "complaints", "attendance", "reviews")),
)


@pytest.fixture
def address(module_reports: Reports) -> Iterator[str]:
    with served(module_reports.site.app) as at:
        yield at


@pytest.mark.parametrize("width", [375, 1280])
def test_no_page_is_wider_than_the_window_in_either_language(
    page: Page, address: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, address, "the-hr", people.PASSWORD)
    for language in ("zh-CN", "en"):
        if page.locator("html").get_attribute("lang") != language:
            if width < 768:
                page.click(".bottombar details > summary")
            page.locator("form.language button").locator("visible=true").first.click()
            page.wait_for_selector(f"html[lang={language}]")
        for path in PATHS:
            page.goto(address + path)
            over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert over <= 0, f"{path} is {over} px too wide in {language}"
        page.goto(address)
    assert complaints == []


def test_a_scorecard_is_read_and_left_by_keyboard(page: Page, address: str) -> None:
    sign_in(page, address, "the-hr", people.PASSWORD)
    page.goto(f"{address}/scorecards/{MONTH}?sort=employee_no")
    page.locator("tbody th a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/scorecards/{MONTH}/E00*")
    summary = page.locator(".line-more summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator(".line-more details[open]").count() == 1
    page.locator(".walk a[rel=next]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".walk-steps span:text('2 /')")
    page.wait_for_load_state("networkidle")
    drawn = page.locator(".chart img").evaluate("image => image.naturalWidth")
    assert drawn > 300
