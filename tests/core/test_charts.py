"""Charts: the same bytes for the same data, Chinese in it, nothing that runs."""

from __future__ import annotations

from xml.etree import ElementTree

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
    assert f'"stroke: {charts.ACCENT}"]{{stroke:{charts.DARK[charts.ACCENT]}' in text


def test_a_chart_without_a_single_value_is_an_empty_frame() -> None:
    ElementTree.fromstring(charts.trend(Trend("", ("1",), (None,))))


def test_a_chart_is_drawn_once_and_asked_for_by_its_tag(site: Site) -> None:
    drawn = []

    def draw(data: Trend) -> bytes:
        drawn.append(data)
        return b"<svg/>"

    view = web.public(lambda: charts.respond(draw, DATA))
    site.app.add_url_rule("/chart.svg", "chart", view)
    first = site.client().get("/chart.svg")
    assert first.mimetype == "image/svg+xml"
    assert "private" in first.headers["Cache-Control"]
    again = site.client().get("/chart.svg", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert len(drawn) == 1
