"""The list of a month's scorecards, and the heat map beside it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook
from support.centres import expected
from support.readers import AGENT, MONTH, Reports

URL = f"/scorecards/{MONTH}"


@pytest.fixture(scope="module")
def entries() -> list[dict[str, Any]]:
    return expected("centre-b", str(MONTH))


def exported(reports: Reports, who: str, url: str) -> list[dict[str, str]]:
    text = reports.client(who).get(url).get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_title_is_the_answer(reports: Reports, entries: list[dict[str, Any]]) -> None:
    graded = sum(entry["grade"] is not None for entry in entries)
    page = reports.page("hr", URL)
    rest = len(entries) - graded
    assert page.headings() == [f"October 2026: {graded} graded, {rest} without a grade"]
    assert "45 人已评级" in reports.page("hr", URL, "zh").headings()[0]


def test_fifty_rows_a_page_in_the_order_of_rank(
    reports: Reports, entries: list[dict[str, Any]]
) -> None:
    first = reports.page("hr", URL).tables[0].column("Number")
    second = reports.page("hr", f"{URL}?page=2").tables[0].column("Number")
    assert len(first) == 50
    wanted = sorted(entries, key=lambda e: (e["company_rank"] or 9999, e["employee_no"]))
    assert first + second == [entry["employee_no"] for entry in wanted]


def test_columns_hold_what_the_close_gave(reports: Reports, entries: list[dict[str, Any]]) -> None:
    before = {entry["employee_no"]: entry for entry in expected("centre-b", "2026-09")}
    found = {row["Number"]: row for row in exported(reports, "hr", f"{URL}?format=csv")}
    assert set(found) == {entry["employee_no"] for entry in entries}
    for entry in entries:
        row = found[entry["employee_no"]]
        assert row["Name"] == entry["name"]
        assert row["Grade"] == (entry["grade"] or "")
        assert float(row["Total"]) == entry["total"]
        old = before.get(entry["employee_no"])
        both = old is not None and old["status"] == entry["status"] == "complete"
        if both and old is not None:
            assert float(row["Change"]) == round(entry["total"] - old["total"], 2)
        else:
            assert row["Change"] == ""


@pytest.mark.parametrize(
    ("query", "keeps"),
    [
        ("grade=D", lambda e: e["grade"] == "D"),
        ("status=incomplete", lambda e: e["status"] == "incomplete"),
        ("status=ramping", lambda e: e["ramping"]),
        ("template=agent", lambda e: e["template"] == "agent"),
        ("team=客服中心", lambda e: True),
        ("team=客服中心/售后组", lambda e: e["team"] == "客服中心/售后组"),
        ("q=e006", lambda e: e["employee_no"].startswith("E006")),
    ],
)
def test_filters_keep_what_they_say_and_exports_hold_exactly_that(
    reports: Reports, entries: list[dict[str, Any]], query: str, keeps: Any
) -> None:
    wanted = {entry["employee_no"] for entry in entries if keeps(entry)}
    assert wanted
    rows = exported(reports, "hr", f"{URL}?{query}&format=csv")
    assert {row["Number"] for row in rows} == wanted
    shown = reports.page("hr", f"{URL}?{query}&sort=total&dir=desc").tables[0]
    totals = [float(text) for text in shown.column("Total") if text != "—"]
    assert totals == sorted(totals, reverse=True)
    assert set(shown.column("Number")) <= wanted


def test_the_workbook_is_the_same_list(reports: Reports) -> None:
    url = f"{URL}?grade=D&sort=name"
    sheet = load_workbook(io.BytesIO(reports.client("hr").get(f"{url}&format=xlsx").data)).active
    assert sheet is not None
    numbers = [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert numbers == reports.page("hr", url).tables[0].column("Number")


def test_grades_are_counted_and_lead_to_their_lists(
    reports: Reports, entries: list[dict[str, Any]]
) -> None:
    html = reports.html("hr", URL)
    for grade in "ABCDE":
        count = sum(entry["grade"] == grade for entry in entries)
        assert f'<a href="/scorecards/{MONTH}?grade={grade}">{count}</a>' in html


def test_an_open_month_says_what_to_do(reports: Reports) -> None:
    page = reports.page("hr", "/scorecards/2026-11")
    assert page.headings() == ["November 2026 is not closed"]
    assert "/scorecards" in page.links


def test_the_place_leads_to_the_newest_month_and_keeps_one_that_was_chosen(
    reports: Reports,
) -> None:
    client = reports.client("hr")
    assert client.get("/scorecards").location == f"/scorecards/{MONTH}"
    assert client.get("/scorecards?month=2026-08").location == "/scorecards/2026-08"
    assert client.get("/scorecards?month=2020-01").location == f"/scorecards/{MONTH}"
    assert reports.client("agent").get("/scorecards").location == f"/scorecards/{MONTH}/{AGENT}"


def test_the_heat_map_shows_every_line_of_everybody(
    reports: Reports, entries: list[dict[str, Any]]
) -> None:
    rows = exported(reports, "hr", f"/heatmap/{MONTH}?format=csv")
    assert len(rows) == len(entries)
    names = {"csat": "Customer satisfaction", "qa_score": "QA score"}
    found = {row["Number"]: row for row in rows}
    for entry in entries:
        for line in entry["lines"]:
            if line["metric"] in names:
                cell = found[entry["employee_no"]][names[line["metric"]]]
                assert (float(cell) if cell else None) == pytest.approx(line["score"])
    page = reports.page("hr", f"/heatmap/{MONTH}?template=agent")
    agents = sum(entry["template"] == "agent" for entry in entries)
    assert page.headings() == [f"October 2026: the scores of {agents} people"]
    assert "Team QA score" not in page.tables[0].heads
