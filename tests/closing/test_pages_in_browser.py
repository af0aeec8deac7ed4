"""The close, an approval and an award in a real browser, at the width of a desk and of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from factories import offices, people
from factories.offices import AWARD, NOW, OCTOBER, SEPTEMBER
from playwright.sync_api import Page
from support.served import served, sign_in
from support.site import Site


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """The office on a port of this machine; E0005 waits for a decision in October."""
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    with site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
        offices.complaints(session, "E0005")
        offices.close(session, SEPTEMBER)
    with time_machine.travel(NOW + timedelta(hours=1), tick=True), served(site.app) as at:
        yield at


def test_approving_closing_and_reopening_by_hand(page: Page, address: str) -> None:
    sign_in(page, address, "E0003", people.PASSWORD)
    page.goto(f"{address}/closing/2026-10")
    page.click("a:has-text('1 proposal is not decided')")
    page.check("input[name=chosen]")
    page.click("text=Approve what is ticked")
    page.wait_for_selector("text=1 approved.")
    page.goto(f"{address}/closing/2026-10")
    page.click("details.confirm > summary")
    page.click("text=Close and lock 5 scorecards")
    page.wait_for_selector("h1:has-text('October 2026 is closed')")
    page.click("text=Reopen the month")
    page.fill("[name=reason]", "One more ticket")
    page.click("button:has-text('Reopen 1 month')")
    page.wait_for_selector("text=Every revision is kept.")


def test_a_page_that_fetches_itself_shows_that_nothing_can_be_computed(
    page: Page, address: str
) -> None:
    sign_in(page, address, "E0003", people.PASSWORD)
    refusal = "<main><h1>Nobody is employed</h1></main>"
    page.route(
        "**/preview?figures=1",
        lambda route: route.fulfill(status=400, content_type="text/html", body=refusal),
    )
    page.goto(f"{address}/closing/2026-10/preview")
    page.wait_for_selector("h1:has-text('Nobody is employed')")


def test_confirming_an_award_by_hand(page: Page, address: str) -> None:
    sign_in(page, address, "E0003", people.PASSWORD)
    page.goto(f"{address}/rewards/awards/2026-09/{AWARD}")
    page.click("text=Confirm the ticked as winners")
    page.wait_for_selector("text=1 winner is confirmed.")
    assert "Person E0004" in page.inner_text(".plain-list")


def test_a_draft_is_given_more_rows_before_it_is_saved(page: Page, address: str) -> None:
    sign_in(page, address, "E0003", people.PASSWORD)
    page.goto(f"{address}/policy/drafts")
    page.fill("[name=name]", "Later")
    page.click("main form button.btn-primary")
    page.click("a[href$='/sheet/attendance']")
    tiers = "[name$='attendance.late_tiers']"
    held = page.locator("[name^='attendance.late_tiers[']").count()
    page.fill(tiers, "90")
    page.click(".table-wrap:has([name$='attendance.late_tiers']) + [data-add-row]")
    page.locator(tiers).last.fill("120")
    page.click("main form button.btn-primary")
    page.wait_for_selector("text=Saved.")
    values = [each.input_value() for each in page.locator("[name^='attendance.late_tiers[']").all()]
    assert values[held:] == ["90", "120"]


@pytest.mark.parametrize("width", [375, 1280])
def test_no_page_is_wider_than_the_window(page: Page, address: str, width: int) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_viewport_size({"width": width, "height": 740})
    sign_in(page, address, "E0003", people.PASSWORD)
    paths = (
        *("closing", "closing/2026-10", "closing/2026-10/preview", "closing/2026-09"),
        "closing/2026-10/calibration",
        *("closing/2026-09/reopen", "payroll/2026-09", "policy/", "policy/1", "policy/new"),
        *("rewards/matrix", "rewards/incidents", "rewards/incidents/new"),
        *("rewards/proposals/2026-10", "rewards/awards/2026-09", "rewards/honours"),
        f"rewards/awards/2026-09/{AWARD}",
    )
    for path in paths:
        page.goto(f"{address}/{path}")
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{path} is {over} px too wide"
    assert complaints == []
