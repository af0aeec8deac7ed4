"""Evaluating by hand: keys, a block from a spreadsheet, saving as one types, two at one cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from factories import offices, people
from factories.offices import NOW, OCTOBER, SEPTEMBER
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select
from support.served import served, sign_in
from support.site import Site

from closing.evaluation import live
from evaluations.models import MetricValue
from evaluations.monthly.models import EvaluationFeedback

PASTE = """([input, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const how = {clipboardData: data, bubbles: true, cancelable: true};
  input.dispatchEvent(new ClipboardEvent("paste", how));
}"""


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    site.app.config["BABEL_DEFAULT_LOCALE"] = "en"
    site.app.config["LANGUAGE"] = "en"
    live._kept.clear()
    with site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
        offices.close(session, SEPTEMBER)
    with time_machine.travel(NOW + timedelta(hours=1), tick=True), served(site.app) as at:
        yield at


def stored(site: Site, number: str, metric: str) -> float | None:
    with site.session() as session:
        return session.scalar(
            select(MetricValue.value).where(
                MetricValue.employee_id == offices.employee_id(session, number),
                MetricValue.metric == metric,
                MetricValue.month == OCTOBER,
            )
        )


def field(page: Page, number: str, metric: str) -> str:
    return f'input[name="cell:{number}:{metric}"]'


def cell(page: Page, number: str, metric: str) -> str:
    return f'tr[data-row="{number}"] td[data-metric="{metric}"]'


def test_evaluating_by_hand(page: Page, address: str, site: Site) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, address, "E0002", people.PASSWORD)
    page.goto(f"{address}/evaluations/2026-10")
    _keys(page, site)
    _block(page, site)
    _two_at_one_cell(page, site, address)
    _a_reason_while_saving(page, site)
    page.set_viewport_size({"width": 375, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    _words_while_saving(page, site, address)
    assert complaints == []


def _keys(page: Page, site: Site) -> None:
    """Typed, Enter: saved, the scores follow, and the cell below has the focus."""
    total = page.locator('tr[data-row="E0004"] .figure-total')
    expect(total).not_to_have_text("—")
    before = total.inner_text()
    page.fill(field(page, "E0004", "csat"), "80%")
    page.press(field(page, "E0004", "csat"), "Enter")
    expect(page.locator(field(page, "E0005", "csat"))).to_be_focused()
    expect(page.locator(cell(page, "E0004", "csat"))).to_have_attribute("data-state", "saved")
    expect(total).not_to_have_text(before)
    assert stored(site, "E0004", "csat") == 0.8
    page.keyboard.press("ArrowRight")
    expect(page.locator(field(page, "E0005", "callback_rate"))).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(field(page, "E0004", "callback_rate"))).to_be_focused()


def _block(page: Page, site: Site) -> None:
    """Two rows of two columns, one of them out of range: it is flagged, the others are saved.

    A third row has no place, which is said with it.
    """
    start = page.query_selector(field(page, "E0004", "csat"))
    page.evaluate(PASTE, [start, "91.5%\t９６％\r\n92%\t130%\r\n93%\r\n"])
    flagged = page.locator(cell(page, "E0005", "callback_rate"))
    expect(flagged.locator(".cell-problem")).to_contain_text("not between 0% and 100%")
    expect(page.locator(cell(page, "E0005", "csat"))).to_have_attribute("data-state", "saved")
    expect(page.locator(".save-state")).to_contain_text("found no open cell: 1")
    assert stored(site, "E0004", "csat") == 0.915
    assert stored(site, "E0004", "callback_rate") == 0.96
    assert stored(site, "E0005", "csat") == 0.92
    assert stored(site, "E0005", "callback_rate") == 0.95
    page.press(field(page, "E0005", "callback_rate"), "Escape")
    expect(flagged.locator(".cell-problem")).to_be_hidden()
    expect(page.locator(".save-state")).to_be_empty()


def _two_at_one_cell(page: Page, site: Site, address: str) -> None:
    """Another tab changed the value: both are shown, and one chooses."""
    other = page.context.new_page()
    other.goto(f"{address}/evaluations/2026-10")
    other.fill(field(other, "E0004", "csat"), "70%")
    other.press(field(other, "E0004", "csat"), "Enter")
    expect(other.locator(cell(other, "E0004", "csat"))).to_have_attribute("data-state", "saved")
    page.fill(field(page, "E0004", "csat"), "60%")
    page.press(field(page, "E0004", "csat"), "Tab")
    problem = page.locator(f"{cell(page, 'E0004', 'csat')} .cell-problem")
    expect(problem).to_contain_text("70%")
    expect(page.locator(field(page, "E0004", "csat"))).to_have_value("60%")
    assert stored(site, "E0004", "csat") == 0.7
    problem.locator("text=Take mine").click()
    expect(page.locator(cell(page, "E0004", "csat"))).to_have_attribute("data-state", "saved")
    assert stored(site, "E0004", "csat") == 0.6
    other.close()


def _hold(page: Page, url: str, act: Callable[[], None]) -> Route:
    """What ``act`` sends first, under way until it is let go on."""
    held: list[Route] = []
    page.route(url, lambda route: route.continue_() if held else held.append(route))
    act()
    while not held:
        page.evaluate("0")  # lets what happened meanwhile arrive here
    return held[0]


def _a_reason_while_saving(page: Page, site: Site) -> None:
    """It is sent once the way is free, and not forgotten."""
    page.fill(field(page, "E0004", "review_360"), "77")
    page.press(field(page, "E0004", "review_360"), "Enter")
    reason = page.locator("#bar-reason")
    expect(reason).to_be_visible()
    page.locator(field(page, "E0005", "csat")).fill("93%")
    saving = _hold(page, "**/cells", lambda: page.press(field(page, "E0005", "csat"), "ArrowDown"))
    reason.fill("One check was somebody else's")
    reason.press("Enter")
    saving.continue_()
    expect(page.locator(cell(page, "E0004", "review_360"))).to_have_attribute("data-state", "saved")
    assert stored(site, "E0004", "review_360") == 77
    expect(reason).to_be_hidden()


def _words_while_saving(page: Page, site: Site, address: str) -> None:
    """What is typed before the answer is there is saved after it."""
    page.goto(f"{address}/evaluations/2026-10/E0004")
    words = page.locator("[data-part=strengths] textarea")
    saving = _hold(page, "**/feedback", lambda: words.fill("Calm"))
    words.fill("Calm and clear")
    words.blur()
    page.evaluate("() => new Promise((done) => setTimeout(done))")  # it was tried, and put off
    with page.expect_response(lambda answer: "clear" in (answer.request.post_data or "")) as second:
        saving.continue_()
    assert second.value.ok
    with site.session() as session:
        assert session.scalars(select(EvaluationFeedback.strengths)).one() == "Calm and clear"
