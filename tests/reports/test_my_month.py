"""The employee's month: what would raise it, the rules that apply, the calendar, the document."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from support.parsed import Parsed
from support.pdf import pages
from support.readers import AGENT, MONTH, NOW, Reports

from closing.models import PolicyAcknowledgement
from core.models import AuditEntry
from evaluations.monthly.models import EvaluationFeedback, EvaluationState
from staff.models import Employee

URL = f"/scorecards/{MONTH}/{AGENT}"


def rows_of(page: Parsed, head: str) -> list[list[str]]:
    return next(each for each in page.tables if head in each.heads).rows


def amount(text: str) -> Decimal:
    return Decimal(text.replace("▼ ", "-").replace("▲ ", "").replace("= ", ""))


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_what_would_raise_the_total_stands_largest_first_with_reasons(reports: Reports) -> None:
    rows = rows_of(reports.page("agent", URL), "One step")
    gains = [amount(row[3]) for row in rows]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 0
    assert any("percentage points" in row[0] for row in rows)
    assert any(row[0].startswith("Without LEA-P3") for row in rows)


def test_the_document_holds_what_the_page_shows(reports: Reports) -> None:
    answer = reports.client("agent").get(f"{URL}.pdf")
    assert answer.mimetype == "application/pdf"
    assert f"scorecard-{MONTH}-{AGENT}-r1.pdf" in answer.headers["Content-Disposition"]
    sheets = pages(answer.data)
    assert 1 <= len(sheets) <= 2
    text = flat("".join(sheets))
    page = reports.page("agent", URL)
    lines = [row for row in rows_of(page, "Metric") if len(row) == 9]
    for row in lines:
        assert flat(row[0] + row[1]) in text, row
        assert flat(row[8]) in text, row
    for said in (
        "57.39",
        "LEA-P3",
        "revision 1",
        "policy version",
        "−3.37",
        "All facts of the month",
    ):
        assert flat(said) in text, said
    assert "Performancebonus" in text
    groups = rows_of(page, "Group")
    assert groups
    for row in groups:
        assert flat("".join(row[:4])) in text, row


def test_the_document_holds_the_feedback_once_it_is_handed_in(reports: Reports) -> None:
    month, words = MONTH, "Say the next step\nbefore you hang up"
    with reports.site.session() as session:
        who = session.scalars(select(Employee.id).where(Employee.employee_no == AGENT)).one()
        by: dict[str, Any] = {"employee_id": who, "month": month, "at": NOW, "by": "E1"}
        session.add(EvaluationFeedback(improve=words, **by))
    assert "hangup" not in flat("".join(pages(reports.client("agent").get(f"{URL}.pdf").data)))
    with reports.site.session() as session:
        session.add(EvaluationState(state="submitted", submitted_by="E1", **by))
    text = flat("".join(pages(reports.client("agent").get(f"{URL}.pdf").data)))
    with reports.site.session() as session:
        session.execute(delete(EvaluationFeedback))
        session.execute(delete(EvaluationState))
    assert flat("To improve Say the next step before you hang up") in text


def test_the_document_speaks_chinese_and_names_who_took_it(reports: Reports) -> None:
    answer = reports.client("hr", "zh").get(f"{URL}.pdf")
    text = flat("".join(pages(answer.data)))
    for said in ("评分卡", "客户满意度", "触发的制度", "迟到超过三次", "the-hr"):
        assert said in text, said
    with reports.site.session() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "export").order_by(AuditEntry.id.desc())
        ).first()
        assert entry is not None
        assert (entry.actor, entry.subject) == ("the-hr", f"scorecard-{MONTH}-{AGENT}-r1.pdf")


def test_pay_stays_out_of_the_document_of_whoever_may_not_see_it(reports: Reports) -> None:
    answer = reports.client("supervisor").get(f"{URL}.pdf")
    assert "Performancebonus" not in flat("".join(pages(answer.data)))


def test_a_document_of_unpublished_results_is_not_its_owners(reports: Reports) -> None:
    reports.publish(False)
    assert reports.client("agent").get(f"{URL}.pdf").status_code == 404
    assert reports.client("hr").get(f"{URL}.pdf").status_code == 200


def test_the_rules_that_apply_tell_what_each_did(reports: Reports) -> None:
    page = reports.page("agent", f"{URL}/rules")
    assert "Rules that apply to me" in page.headings()[0]
    states = re.findall(r"This month (\w+)", page.text)
    assert states != []
    assert set(states) <= {"Counts", "Superseded", "Proposed"}
    assert "Happened" not in page.text
    assert "−2 points" in page.text
    other = reports.page("supervisor", f"{URL}/rules")
    assert "Rules that apply to" in other.headings()[0]
    assert "I have read" not in other.text
    reports.publish(False)
    assert "This month" not in reports.page("agent", f"{URL}/rules").text
    answer = reports.client("agent").get(f"/rules/mine?month={MONTH}")
    assert answer.headers["Location"] == f"{URL}/rules"


def test_a_version_is_acknowledged_once_and_by_its_reader(reports: Reports) -> None:
    client = reports.client("agent")
    html = client.get(f"{URL}/rules").get_data(as_text=True)
    number = re.search(r'action="/policy/(\d+)/acknowledgements"', html)
    assert number is not None
    path = f"/policy/{number[1]}/acknowledgements"
    for _ in range(2):
        answer = reports.site.post(client, path, {"next": f"{URL}/rules"}, form="/account")
        assert answer.headers["Location"] == f"{URL}/rules"
    assert "You acknowledged this version" in client.get(f"{URL}/rules").get_data(as_text=True)
    with reports.site.session() as session:
        assert len(session.scalars(select(PolicyAcknowledgement)).all()) == 1
        said = select(AuditEntry).where(AuditEntry.action == "policy.acknowledged")
        assert [each.actor for each in session.scalars(said)] == [AGENT]
    listed = reports.client("hr").get(f"{path}?state=yes&format=csv").get_data().decode("utf-8-sig")
    assert [line.split(",")[0] for line in listed.splitlines()[1:]] == [AGENT]
    assert AGENT not in reports.html("hr", f"{path}?state=no")
    assert re.search(r"1 of \d+ have acknowledged", reports.page("hr", path).headings()[0])
    assert reports.client("agent").get(path).status_code == 404
    reports.html("admin", "/account")
    answer = reports.site.post(reports.client("admin"), path, form="/account")
    assert answer.status_code in (302, 403)


def test_attendance_is_a_calendar_from_monday_with_words_beside_colours(reports: Reports) -> None:
    html = reports.html("agent", f"/records/{MONTH}/{AGENT}/attendance")
    days = re.findall(r'<li class="day [^"]*">.*?</li>', html, re.DOTALL)
    assert len(days) == 31
    assert "from-3" in days[0]  # October 2026 begins on a Thursday
    late = [day for day in days if "day-warn" in day]
    assert late != []
    assert [day for day in late if not re.search("late by|early|missing", day)] == []
    heads = re.search(r'class="month-days".*?</ul>', html, re.DOTALL)
    assert heads is not None
    assert re.findall(r"<li>(\w+)</li>", heads[0])[0] == "Mon"
