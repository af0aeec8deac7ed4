"""Charts: the same bytes for the same data, Chinese in it, nothing that runs."""

from __future__ import annotations

import base64
import hashlib
import re
from xml.etree import ElementTree

from playwright.sync_api import Page, Route
from support.site import Site

from core import charts, web
from core.charts import Bars, Trend

DATA = Trend(
    title="10月 88.9 分",
    labels=("8月", "9月", "10月"),
    values=(80.0, None, 88.9),
    band=((70.0, 85.0), None, (71.0, 86.0)),
    own="张",
    others="团队",
)


def test_the_same_data_gives_the_same_bytes() -> None:
    assert charts.trend(DATA) == charts.trend(DATA)


def test_a_chart_is_well_formed_and_holds_its_words() -> None:
    svg = charts.trend(DATA)
    ElementTree.fromstring(svg)
    text = svg.decode()
    for word in ("10月 88.9 分", "团队", "张 88.9", "Noto Sans SC"):
        assert word in text
    assert "<script" not in text
    ElementTree.fromstring(charts.bars(Bars("等级", ("A", "B"), (3, 5), marked=1)))


def test_colours_change_with_the_page() -> None:
    text = charts.trend(DATA).decode()
    assert "prefers-color-scheme:dark" in text
    assert f'[stroke="{charts.ACCENT}"]{{stroke:{charts.DARK[charts.ACCENT]}' in text
    assert f'stroke="{charts.ACCENT}"/' in text or f'stroke="{charts.ACCENT}" ' in text


def test_a_chart_needs_no_leave_for_styles_but_that_of_its_one_sheet() -> None:
    for svg in (charts.trend(DATA), charts.bars(Bars("等级", ("A", "B"), (3, 5), marked=1))):
        root = ElementTree.fromstring(svg)
        assert not [each for each in root.iter() if "style" in each.attrib]
        (sheet,) = root.iter("{http://www.w3.org/2000/svg}style")
        digest = hashlib.sha256((sheet.text or "").encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in charts.POLICY
    assert "unsafe" not in charts.POLICY


def test_a_browser_shows_a_chart_under_its_policy(page: Page) -> None:
    """Drawn as it was meant, dark where the reader wants it dark, and nothing is refused."""
    body = charts.trend(DATA)

    def answer(route: Route) -> None:
        headers = {"Content-Type": "image/svg+xml", "Content-Security-Policy": charts.POLICY}
        route.fulfill(body=body, headers=headers)

    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.route("**/chart.svg", answer)
    page.emulate_media(color_scheme="dark")
    page.goto("http://127.0.0.1:9/chart.svg")
    lines = page.locator(f'path[stroke="{charts.ACCENT}"]')
    shown = lines.first.evaluate("each => getComputedStyle(each).stroke")
    assert shown == "rgb(79, 209, 192)"
    assert page.locator("text").first.evaluate("e => getComputedStyle(e).fontSize") == "8px"
    assert said == []


def test_for_a_phone_a_chart_is_half_as_wide_with_few_labels_and_all_its_title() -> None:
    title = "Somebody With A Long Name fell to 87.33 in September 2026"
    months = tuple(f"month {number}" for number in range(12))
    said = "".join(
        ElementTree.fromstring(
            charts.trend(Trend(title, months, tuple(range(80, 92))), True)
        ).itertext()
    )
    shown = [month for month in months if re.search(rf"\b{month}\b", said)]
    assert shown == ["month 2", "month 5", "month 8", "month 11"]
    assert all(word in said for word in title.split())
    wide, narrow = (charts.bars(Bars(title, months, (1,) * 12), each) for each in (False, True))
    assert b'viewBox="0 0 518.4' in wide
    assert b'viewBox="0 0 259.2' in narrow
    assert all(month.encode() in narrow for month in months)


def test_a_chart_without_a_single_value_is_an_empty_frame() -> None:
    drawn = [charts.trend(Trend("", ("May",), (value,))) for value in (None, 80)]
    empty, one = ("".join(ElementTree.fromstring(each).itertext()) for each in drawn)
    assert "May" in empty
    assert "80" in one
    assert "80" not in empty


def test_a_chart_is_drawn_once_and_asked_for_by_its_tag(site: Site) -> None:
    drawn = []

    def draw(data: Trend, narrow: bool) -> bytes:
        drawn.append(narrow)
        return b"<svg/>"

    view = web.public(lambda: charts.respond(draw, DATA))
    site.app.add_url_rule("/chart.svg", "chart", view)
    first = site.client().get("/chart.svg")
    assert first.mimetype == "image/svg+xml"
    assert "private" in first.headers["Cache-Control"]
    again = site.client().get("/chart.svg", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert drawn == [False]
    assert site.client().get("/chart.svg?narrow=1").headers["ETag"] != first.headers["ETag"]
    assert drawn == [False, True]
