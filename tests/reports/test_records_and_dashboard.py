"""Records lead back to the figures; the dashboard is at most two clicks from a scorecard."""

from __future__ import annotations

import re
from statistics import mean

import pytest
from sqlalchemy import select
from support.centres import expected
from support.readers import AGENT, MONTH, Reports

from evaluations.models import Complaint, Ticket
from training.models import Course

RECORDS = f"/records/{MONTH}/{AGENT}"
CJK = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]{3,}")


def facts() -> dict[str, float]:
    entries = expected("centre-b", str(MONTH))
    found: dict[str, float] = next(e for e in entries if e["employee_no"] == AGENT)["facts"]
    return found


def test_tickets_give_the_figures_of_the_scorecard(reports: Reports) -> None:
    rows = [
        row
        for page in (1, 2)
        for row in reports.page("agent", f"{RECORDS}/tickets?page={page}").tables[0].rows
    ]
    heads = reports.page("agent", f"{RECORDS}/tickets").tables[0].heads
    waits = [float(row[heads.index("Waited (min)")].replace("—", "nan")) for row in rows]
    known = [wait for wait in waits if wait == wait]
    assert len(known) == facts()["first_response_minutes_n"]
    assert mean(known) == pytest.approx(facts()["first_response_minutes"], abs=0.01)
    rated = reports.page("agent", f"{RECORDS}/tickets?rating=good").headings()[0]
    bad = reports.page("agent", f"{RECORDS}/tickets?rating=bad").headings()[0]
    good = int(rated.rpartition(" ")[2])
    whole = good + int(bad.rpartition(" ")[2])
    assert whole == facts()["csat_n"]
    assert good / whole == facts()["csat"]


def test_the_calendar_counts_as_the_facts_do(reports: Reports) -> None:
    page = reports.page("agent", f"{RECORDS}/attendance")
    found = facts()
    title = (
        f"{found['worked_days']:g} of {found['scheduled_days']:g} scheduled days worked,"
        f" late {found['late_count']:g} times"
    )
    assert page.headings() == [title]
    assert len(page.tables[0].rows) == MONTH.length
    late = [row for row in page.tables[0].rows if "late by" in row[4]]
    assert len(late) == found["late_count"]
    assert "absent, not explained" in page.text


def test_records_that_are_none_say_so(reports: Reports) -> None:
    page = reports.page("hr", f"/records/2026-11/{AGENT}/complaints")
    assert "There is no record of this kind in this month." in page.text


def test_a_scorecard_is_one_click_from_its_owners_dashboard(reports: Reports) -> None:
    page = reports.page("agent", "/")
    assert page.headings() == ["October 2026: 57.39, grade E"]
    assert f"/scorecards/{MONTH}/{AGENT}" in page.links


def test_supervisors_see_who_fell_and_hr_what_waits(reports: Reports) -> None:
    page = reports.page("supervisor", "/")
    fell = next(each for each in page.tables if "Change" in each.heads)
    assert fell.rows
    assert all(float(row[4].removeprefix("▼ ")) >= 3 for row in fell.rows)
    hr = reports.page("hr", "/")
    assert "What waits" in hr.text
    months = next(each for each in hr.tables if "Payroll exported" in each.heads)
    assert [row[0] for row in months.rows] == ["October 2026", "September 2026", "August 2026"]
    assert months.column("Scorecards")[0] == "56"


def test_an_administrator_sees_no_scores(reports: Reports) -> None:
    page = reports.page("admin", "/")
    assert page.tables == []
    assert not any("/scorecards" in link for link in page.links)


PAGES = [
    "/",
    f"/scorecards/{MONTH}",
    f"/scorecards/{MONTH}/{AGENT}",
    f"/heatmap/{MONTH}",
    *(f"{RECORDS}/{f}" for f in ("tickets", "complaints", "spotchecks", "attendance")),
    *(f"{RECORDS}/{f}" for f in ("training", "metrics", "incidents", "reviews")),
    f"/scorecards/2026-11/{AGENT}",
]
DATA = re.compile(r"[A-Z]{3}-[PR]\d+R?|[ETKC]\d+|\d{8}-[A-Z]{3}-\d+|CSV|XLSX|PDF|the-hr")


def words_of_records(reports: Reports) -> set[str]:
    """What stands in the files themselves, in whatever language."""
    columns = (Ticket.channel, Ticket.category, Complaint.channel, Complaint.category)
    with reports.site.session() as session:
        return {
            str(value)
            for column in (*columns, Course.course_code, Course.name)
            for value in session.scalars(select(column).distinct())
        }


@pytest.mark.parametrize("url", PAGES)
def test_a_page_holds_no_word_of_the_other_language(reports: Reports, url: str) -> None:
    status = 404 if "2026-11" in url else 200
    chinese = reports.page("hr", url, "zh", status)
    records = words_of_records(reports)
    left = [
        text for _, text in chinese.words if text not in records and WORD.search(DATA.sub("", text))
    ]
    assert left == []
    english = reports.page("hr", url, "en", status)
    labels = [
        text
        for tag, text in english.words
        if tag in ("h2", "h3", "label", "button", "dt", "summary", "option", "legend")
    ]
    heads = [head for table in english.tables for head in table.heads]
    teams = re.compile(r"客服中心\S*")
    assert [text for text in [*labels, *heads] if CJK.search(teams.sub("", text))] == []
