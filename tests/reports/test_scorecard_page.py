"""One scorecard as its readers see it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.centres import expected
from support.parsed import Table
from support.readers import AGENT, MONTH, Reports

URL = f"/scorecards/{MONTH}/{AGENT}"


@pytest.fixture(scope="module")
def entry() -> dict[str, Any]:
    """The scorecard as the example tells it."""
    return next(e for e in expected("centre-b", str(MONTH)) if e["employee_no"] == AGENT)


def amount(text: str) -> Decimal:
    return Decimal(text.replace("−", "-").replace(",", "").replace("▼ ", "-").replace("▲ ", ""))


def table(tables: list[Table], head: str) -> Table:
    return next(each for each in tables if head in each.heads)


def test_the_head_tells_total_grade_ranks_and_change(
    reports: Reports, entry: dict[str, Any]
) -> None:
    page = reports.page("agent", URL)
    assert entry["name"] in page.headings()[0]
    for text in (str(entry["total"]), "Unsatisfactory", f"{entry['team_rank']} / 17", "17 / 40"):
        assert text in page.text
    assert "▼ 3.37" in page.text


def test_the_lines_add_up_to_the_base(reports: Reports, entry: dict[str, Any]) -> None:
    lines = table(reports.page("agent", URL).tables, "Metric")
    shown = [row for row in lines.rows if len(row) == 9]
    *scored, base = shown
    points = [amount(row[8]) for row in scored if row[8] != "—"]
    assert base[0] == "Base"
    assert sum(points) == amount(base[8]) == Decimal("59.88")
    weights = [Decimal(row[4]) for row in scored if row[6] != "—"]
    assert sum(weights) == Decimal(base[4]) == 85
    products = [Decimal(row[4]) * amount(row[6]) for row in scored if row[6] != "—"]
    by_hand = sum(products, Decimal(0)) / 85
    assert abs(by_hand - amount(base[8])) < Decimal("0.01")
    assert len(scored) == len(entry["lines"])


def test_the_ledger_adds_up_to_the_total(reports: Reports, entry: dict[str, Any]) -> None:
    page = reports.page("agent", URL)
    ledger = next(
        each for each in page.tables if each.rows and each.rows[0][0].startswith("Own lines")
    )
    *parts, total = ledger.rows
    assert total[0] == "Total"
    assert sum(amount(row[1]) for row in parts) == amount(total[1]) == Decimal(str(entry["total"]))
    assert "LEA-P3 Mandatory training overdue" in ledger.rows[2][0]


def test_what_moved_adds_up_to_the_change(reports: Reports) -> None:
    moved = table(reports.page("agent", URL).tables, "Points of the total")
    *parts, change = moved.rows
    assert sum(amount(row[-1]) for row in parts) == amount(change[-1]) == Decimal("-3.37")
    smaller = next(each for each in reports.page("agent", URL).tables
                   if "Points of the total" in each.heads and each.rows[0] not in moved.rows
                   and "Score now" in each.heads)  # fmt: skip
    assert parts[-1][0] == f"{len(smaller.rows)} smaller parts"
    assert sum(amount(row[-1]) for row in smaller.rows) == amount(parts[-1][-1])


def test_pay_adds_up_and_names_what_was_asked(reports: Reports, entry: dict[str, Any]) -> None:
    page = reports.page("agent", URL)
    pay = next(each for each in page.tables if each.rows[0][0].startswith("Performance bonus"))
    figures = [amount(row[1].replace("CN¥", "").replace("+", "")) for row in pay.rows]
    assert sum(figures[:-1]) == figures[-1] == Decimal(entry["pay"]["payout"])
    assert "asked CN¥50.00, allowed at most 50% of the bonus: CN¥0.00" in pay.rows[1][0]


def test_pay_is_hidden_from_supervisors_and_shown_to_hr_and_auditors(reports: Reports) -> None:
    assert "Performance bonus" not in reports.html("supervisor", URL)
    for who in ("agent", "hr", "auditor"):
        assert "Performance bonus" in reports.html(who, URL)


def test_a_line_without_data_says_so_and_a_small_sample_shows_its_sum(reports: Reports) -> None:
    page = reports.page("agent", URL)
    assert "Counts for nothing; its weight goes to the other lines." in page.text
    assert "15 of the weight has no data" in page.text
    # csat 72 of 73 with a prior of 100
    assert "Adjusted for its small sample: 96.5%" in page.text
    assert "(73 × 98.6301% + 100 × " in page.text


def test_rules_are_given_with_their_reasons(reports: Reports, entry: dict[str, Any]) -> None:
    page = reports.page("agent", URL)
    fired = [rule["rule"] for rule in entry["rules"] if rule["state"] != "undecided"]
    codes = [text for tag, text in page.words if tag == "span" and text in fired]
    assert codes == fired
    for text in (
        "Late arrivals 4 > 3",
        "Late arrivals 4, counted above 3, at most 4 times: × 1",
        "LAT-P1 (Late more than three times) counted at least 2 times in 6 months.",
        "Case K30",
        "QUA-P3 counts in its place.",
        "Happened on Oct 15, 2026",
        "grade D at most · no award for 3 months · review for demotion",
    ):
        assert text in page.text
    undecided = sum(rule["state"] == "undecided" for rule in entry["rules"])
    assert f"{undecided} rules could not be decided" in page.text


def test_reviews_are_shown_by_group_and_name_nobody(reports: Reports) -> None:
    groups = table(reports.page("agent", URL).tables, "Reviews")
    assert {row[0] for row in groups.rows} == {"Supervisor", "Other teams", "Oneself"}
    assert all(int(row[1]) >= 3 for row in groups.rows if row[0] == "Other teams")
    assert "360° feedback" not in reports.page("auditor", URL).headings("h2")


def test_neighbours_follow_the_list_that_the_reader_came_from(reports: Reports) -> None:
    listed = reports.page("hr", f"/scorecards/{MONTH}?sort=employee_no").tables[0].column("Number")
    at = listed.index(listed[5])
    page = reports.page("hr", f"/scorecards/{MONTH}/{listed[at]}?sort=employee_no")
    assert f"/scorecards/{MONTH}/{listed[at - 1]}?sort=employee_no" in page.links
    assert f"/scorecards/{MONTH}/{listed[at + 1]}?sort=employee_no" in page.links
    graded = reports.page("hr", f"/scorecards/{MONTH}?grade=D").tables[0].column("Number")
    first = reports.page("hr", f"/scorecards/{MONTH}/{graded[0]}?grade=D")
    assert f"1 / {len(graded)}" in first.text
    assert f"/scorecards/{MONTH}/{graded[1]}?grade=D" in first.links


def test_the_trend_is_a_chart_with_the_same_data_as_a_table(reports: Reports) -> None:
    page = reports.page("agent", URL)
    trend = table(page.tables, "Middle half of the team")
    months = ["August 2026", "September 2026", "October 2026"]
    assert [row[0] for row in trend.rows] == months
    totals = {
        month: next(e for e in expected("centre-b", month) if e["employee_no"] == AGENT)["total"]
        for month in ("2026-08", "2026-09", "2026-10")
    }
    assert [Decimal(row[1]) for row in trend.rows] == [Decimal(str(t)) for t in totals.values()]
    answer = reports.client("agent").get(f"{URL}/trend.svg")
    assert answer.mimetype == "image/svg+xml"
    assert "fell to 57.39 in October 2026" in answer.get_data(as_text=True)


def test_a_month_without_a_scorecard_says_why_and_keeps_the_person(reports: Reports) -> None:
    page = reports.page("hr", f"/scorecards/2026-11/{AGENT}", status=404)
    assert "has no scorecard in November 2026" in page.headings()[0]
    assert "The month is not closed." in page.text
    html = reports.html("hr", URL)
    assert f'href="/scorecards/2026-09/{AGENT}"' in html


def test_the_page_speaks_chinese(reports: Reports) -> None:
    page = reports.page("agent", URL, "zh")
    for text in ("不合格", "较上月", "客户满意度", "触发的制度", "迟到超过三次", "怎么算的"):
        assert text in page.text
